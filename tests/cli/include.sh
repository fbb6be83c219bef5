#!/bin/sh
# tests/cli/include.sh: include = FILE and the variables of [set]: what is composed has the keys, and so the results, of the same
# experiment in one file; cycles, missing files and unknown variables are errors that name file and line. And colour on a terminal.
. "${srcdir:-.}/tests/cli/lib.sh"
mkdir -p common/deep
cat >common/base.ini <<END
include = deep/data.ini
[set]
width = 4
rate  = 0.1
[defaults]
model         = mlp
model.hidden  = \${width}
epochs        = 2
schedule.rate = \${rate}
[train left]
seed = 1
END
cat >common/deep/data.ini <<END
[defaults]
dataset = digits
epochs  = 7
batch   = 64
limit   = 130
END
cat >e.ini <<END
include = common/base.ini
[set]
width = \${half}\${half}
half  = 6
[train left]
seed = 5
[train right]
seed = 2
END
# The same in one file: [set] of e.ini over that of base.ini, epochs of base.ini over that of data.ini.
cat >plain.ini <<END
[defaults]
dataset       = digits
batch         = 64
limit         = 130
model         = mlp
model.hidden  = 66
epochs        = 2
schedule.rate = 0.1
[train left]
seed = 5
[train right]
seed = 2
END
keys() { for stage in left right; do json key <runs/$1/$stage/summary.json; done; }
echo "-- the same results"
expect 0 run e.ini
expect 0 run plain.ini
keys e >keys.e
keys plain >keys.plain
test "$(sort -u keys.e | wc -l)" = 2 || die "two stages have one key"
cmp keys.e keys.plain || die "what is included has other keys"
same runs/e runs/plain "what is included has other results"
echo "-- a change in an included file or a variable counts"
sed 's/^limit .*/limit = 140/' common/deep/data.ini >new && mv new common/deep/data.ini
expect 0 run e.ini
keys e >keys.now
cmp -s keys.e keys.now && die "a change of an included file was not seen"
expect 0 run e.ini --set set.half=3
test "$(json keys.trace <runs/e/left/stage.json)" = no || die "the record of left"
keys e >keys.set
cmp -s keys.set keys.now && die "--set of a variable was not seen"
echo "-- faults"
fails() { # TEXT MESSAGE: an experiment of this text is refused with this
  printf '%s\n' "$1" >bad.ini
  expect 2 plan bad.ini
  says "$2"
}
fails 'include = nowhere.ini
[train a]' 'bad.ini:1: include = nowhere.ini: there is no file nowhere.ini'
fails 'include =
[train a]' 'bad.ini:1: include names no file; write include = FILE'
fails '
include = ./bad.ini
[train a]' 'bad.ini:2: include = ./bad.ini: ./bad.ini leads back to itself'
mkdir -p round
printf 'include = two.ini\n[train a]\n' >round/one.ini
printf '\n\ninclude = ../round/one.ini\n' >round/two.ini
expect 2 plan round/one.ini
says 'round/two.ini:3: include = ../round/one.ini'
says 'leads back to itself'
fails 'include = round
[train a]' 'bad.ini:1: include = round: there is no file round'
fails '[set]
size = 3
[train a]
epochs = ${sise}' 'bad.ini:4: [train a] epochs: ${sise}: no such variable in [set]; did you mean "size"?'
fails '[set]
a = ${b}
b = ${a}
[train a]
epochs = ${a}' 'leads back to itself'
fails '[train a]
epochs = ${a' 'has no '"'}'"
printf '[train a]\nepoch = 3\n' >part.ini
fails 'include = part.ini
[defaults]
dataset = digits
model = mlp' 'part.ini:2: [train a] train takes no key "epoch"'
expect 2 plan e.ini --set set.haf=3
says '[set] has no variable "haf"'
fails '[train a]
include = part.ini' 'include'

echo "-- colour: on a terminal alone, and not with NO_COLOR"
escape=$(printf '\033')
expect 2 plan bad.ini
grep -q "$escape" err && die "colour in a file"
command -v script >/dev/null || {
  echo "skipped: script is not installed"
  exit 0
}
TERM=xterm && export TERM
script -qec "env -u NO_COLOR $program plan bad.ini" /dev/null </dev/null >seen 2>&1 || true
grep -q "${escape}\[31mstrait:" seen || die "no colour on a terminal: $(cat seen)"
script -qec "env NO_COLOR=1 $program plan bad.ini" /dev/null </dev/null >seen 2>&1 || true
grep -q 'strait:' seen || die "no message"
grep -q "${escape}\[31m" seen && die "colour in spite of NO_COLOR"
exit 0
