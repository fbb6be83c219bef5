# tests/cli/lib.sh: what the tests of the program share. Sourced by each; makes a temporary folder and works in it.
set -eu
program=${builddir:-$PWD}/strait
json_tool=${builddir:-$PWD}/tests/cli/json-tool
library=${builddir:-$PWD}/tests/torture/.libs/fault.so # for LD_PRELOAD: tests/torture/fault.c
STRAIT_PLUGIN_DIR=${STRAIT_PLUGIN_DIR:-$PWD/plugins/.libs} STRAIT_PLUGIN_PATH=${builddir:-$PWD}/tests/cli/.libs
export STRAIT_PLUGIN_DIR STRAIT_PLUGIN_PATH
unset COLUMNS # tables would be broken
scratch=$(mktemp -d "${TMPDIR:-/tmp}/strait-cli-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP
cd "$scratch"

die() {
  echo "FAILED: $*" >&2
  test ! -s err || sed 's/^/  | /' err >&2
  exit 1
}
# The program, under valgrind where make check-valgrind asks for it.
strait() { ${VALGRIND_COMMAND:-} "$program" "$@"; }
# expect CODE ARGUMENT...: runs strait; its output is in the files out and err.
expect() {
  want=$1
  shift
  code=0
  strait "$@" >out 2>err || code=$?
  test "$code" = "$want" || die "strait $*: exit code $code, not $want"
}
# start ARGUMENT...: runs strait in the background; pid is its own.
start() {
  ${VALGRIND_COMMAND:-} "$program" "$@" >out 2>err &
  pid=$!
}
# wait_for FILE: until it is there; what was started must not end before.
wait_for() { until test -e "$1"; do kill -0 "$pid" 2>/dev/null || die "ended early"; sleep 0.02; done; }
# says TEXT: it is in err (or in the file given second).
says() { grep -qF -- "$1" "${2:-err}" || die "no '$1' in ${2:-err}: $(cat "${2:-err}")"; }
# json PATH <file: a value in a JSON document; the document must parse.
json() { "$json_tool" "$1"; }
# What must be the same bytes, however a run went.
sums() { (cd "$1" && find . -name '*.safetensors' -o -name '*.npz' -o -name summary.json -o -name members.json | LC_ALL=C sort |
  xargs sha256sum); }
same() {
  sums "$1" >sums.a
  sums "$2" >sums.b
  test -s sums.a || die "$1 holds no results"
  diff sums.a sums.b >&2 || die "$3"
}
# One that takes a tenth of a second.
tiny_experiment() {
  cat <<END
[defaults]
dataset = digits
model = mlp
model.hidden = 4
batch = 64
limit = 130
epochs = 3
[train left]
[train right]
seed = 2
[connect arc]
ends = left right
[scan along]
paths = arc
points = 3
END
}
# A small experiment with every verb; SIZE and EPOCHS make it longer. It has batch norm (the model comes with the tests).
experiment() {
  cat <<END
[defaults]
dataset       = digits
model         = normed
model.hidden  = ${SIZE:-12}
epochs        = ${EPOCHS:-4}
batch         = 64
limit         = ${LIMIT:-1000}
schedule      = decay
schedule.rate = 0.1
[train left]
[train right]
seed = 2
[connect arc]
ends = left right
[connect kinked]
ends  = left right@2
curve = polychain
[scan compare]
paths  = line(left,right) arc kinked
points = ${POINTS:-5}
[ensemble fge]
ensembler      = fge
start          = left@2
budget         = ${BUDGET:-6}
schedule.cycle = 1
[ensemble points]
ensembler        = curve-points
ensembler.points = 4
path             = arc
[evaluate every]
of       = left fge[*] arc(0.5) mean(left,right)
ensemble = yes
[plane sheet]
through = left right arc(0.5)
grid    = ${GRID:-2}
[compare rivals]
of = left fge
END
}
