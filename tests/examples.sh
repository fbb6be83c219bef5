#!/bin/sh
# tests/examples.sh: every example in the public headers and the documentation works. In a header's comments, indented code
# after an empty line is compiled as a file, and a statement in backquotes as a function's body; both against the headers
# as a plugin gets them, with strict warnings. On the pages (README.md, doc/), experiments are checked, and commands of
# strait must exist with the options that they are given. strait-plugin(7) has a test of its own, tutorial.sh. With an
# argument it reads the headers of that folder, and nothing else.
set -eu
top=${srcdir:-.}
headers=${1:-$top/framework/include/strait}
work=$(mktemp -d "${TMPDIR:-/tmp}/strait-examples-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/include"
cp -r "$headers" "$work/include/strait"

# What the examples speak of without showing it.
cat >"$work/given.h" <<'EOF'
#include <strait/strait.h>
struct bezier { strait_object object; int64_t bends; };
struct warm { strait_object object; double rate; };
struct moons { strait_object object; };
int64_t points(const void *self);
void coefficients(const void *self, double t, double *c);
int32_t init(void *self);
extern const strait_schedule_ops schedule_ops;
extern const strait_dataset_ops dataset_ops;
EOF
cat >"$work/bezier.h" <<'EOF'
static const strait_option options[] = {STRAIT_INT("bends", struct bezier, bends, "1", 0, 9, "bends")};
EOF
cat >"$work/ops.h" <<'EOF'
static const strait_curve_ops ops = {.size = sizeof ops, .points = points, .coefficients = coefficients};
EOF

# Writes each example to a file: HEADER-LINE.c for a block, HEADER-LINE.s for a statement.
for header in "$headers"/*.h; do
  awk -v out="$work/$(basename "$header" .h)" '
    function close_block() { if (file != "") close(file); file = "" }
    /^ \*$/ { close_block(); empty = 1; next }
    /^ \*   [^ ]/ && empty { file = out "-" FNR ".c" }
    /^ \*   / && file != "" { print substr($0, 6) >file; empty = 0; next }
    { close_block(); empty = 0 }
    {
      line = $0
      while (match(line, /`[^`]*;`/)) {
        file = out "-" FNR ".s"
        print substr(line, RSTART + 1, RLENGTH - 2) >file
        close_block()
        line = substr(line, RSTART + RLENGTH)
      }
    }' "$header"
done
blocks=$(find "$work" -maxdepth 1 -name '*-*.c' | wc -l)
statements=$(find "$work" -maxdepth 1 -name '*-*.s' | wc -l)

compile() { # FILE NAME
  ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -Wno-unused-const-variable -I"$work/include" -fsyntax-only "$1" \
    2>"$work/log" || { echo "strait/$2: the example there does not compile"; cat "$work/log"; return 1; }
}
where() { basename "$1" | sed 's/-\([0-9]*\)\..*/.h:\1/'; }
failed=0
for block in "$work"/*-*.c; do
  {
    cat "$work/given.h"
    grep -q 'strait_option options\[\]' "$block" || cat "$work/bezier.h"
    grep -q 'strait_curve_ops ops' "$block" || ! grep -q '&ops' "$block" || cat "$work/ops.h"
    cat "$block"
  } >"$work/one.c"
  compile "$work/one.c" "$(where "$block")" || failed=1
done
for statement in "$work"/*-*.s; do
  {
    echo '#include <strait/strait.h>'
    echo 'int32_t example(const void *self, strait_graph *g, int c, int d, int stage, int block, const char *name);'
    echo 'int32_t example(const void *self, strait_graph *g, int c, int d, int stage, int block, const char *name) {'
    echo '  (void)self, (void)g, (void)c, (void)d, (void)stage, (void)block, (void)name;'
    cat "$statement"
    echo '  return 0; }'
  } >"$work/one.c"
  compile "$work/one.c" "$(where "$statement")" || failed=1
done
test "$failed" = 0 || exit 1
test $# = 0 || exit 0
if test "$blocks" -lt 5 || test "$statements" -lt 3; then
  echo "only $blocks blocks and $statements statements found in $headers"
  exit 1
fi

# Can it fail? What the headers once had (a table by position without its second field), a misspelt field and a statement
# with an argument too few.
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
refused() { # FILE SED-COMMAND WHERE
  rm -rf "$work/strait"
  cp -r "$headers" "$work/strait"
  chmod -R u+w "$work/strait"
  sed -i "$2" "$work/strait/$1"
  ! cmp -s "$headers/$1" "$work/strait/$1" || { echo "the test itself changed nothing in $1: $2"; exit 1; }
  if sh "$self" "$work/strait" >"$work/said" || ! grep -q "strait/$1:[0-9]*: the example" "$work/said"; then
    echo "the test itself does not see: $1 $2"
    exit 1
  fi
}
refused plugin.h 's/^ \*   static const strait_curve_ops ops = {.*/ *   static const strait_curve_ops ops = {sizeof ops, points, coefficients, 0};/'
refused plugin.h 's/^\( \*.*\)\.summary = "a slow start"/\1.sumary = "a slow start"/'
refused option.h 's/^\( \*.*\)"1", 0, 64, /\1"1", 0, /'
refused host.h 's/`return strait_fail(self, STRAIT_EINVAL, /`return strait_fail(STRAIT_EINVAL, /'

# --- pages ---

# The experiments: ```ini of README.md, and what a manual page shows unfilled after [defaults]. Data that comes with strait
# stands in for data that may not be here.
check() { # FILE WHERE
  sed -i 's/fashion-mnist/digits/' "$1"
  "$STRAIT" check "$1" >"$work/log" 2>&1 || { echo "$2: the experiment there is refused"; cat "$work/log"; return 1; }
}
awk -v out="$work/readme" '/^```ini$/ { n++; file = out n ".ini"; next } /^```$/ { file = "" } file != "" { print >file }' "$top/README.md"
check "$work/readme1.ini" README.md
sed 's/^\\&//; s/\\-/-/g; s/\\e/\\/g' "$top/doc/strait-experiment.5" |
  awk -v out="$work/page" '/^\.nf/ { n++; file = out n ".ini"; next } /^\.fi/ { file = "" } /^\.R[SE]/ { next } file != "" { print >file }'
printf '[defaults]\ndataset = digits\n[train left]\n' >"$work/common.ini" # which an example includes
seen=0
for page in "$work"/page*.ini; do
  grep -q '^\[defaults\]' "$page" || continue
  check "$page" strait-experiment.5
  seen=$((seen + 1))
done
test "$seen" -ge 1 || { echo 'no experiment found in strait-experiment.5'; exit 1; }
printf '[train left]\nepoch = 3\n' >"$work/bad.ini"
if check "$work/bad.ini" bad >"$work/said"; then
  echo 'the test itself takes any experiment'
  exit 1
fi

# The commands: lines of code that begin with strait.
commands() {
  sed 's/\\-/-/g' "$top"/doc/strait.1.last | sed -n '/^\.nf/,/^\.fi/p' | grep '^strait '
  awk '/^```/ { on = !on; next } on || /^    /' "$top/README.md" "$top"/doc/*.md | sed -n 's/^ *\(\.\/run \)\{0,1\}\(strait [a-z].*\)/\2/p'
}
commands >"$work/commands"
test "$(grep -c . "$work/commands")" -ge 5 || { echo 'commands are missing'; exit 1; }
while read -r line; do
  # shellcheck disable=SC2086 # words
  set -- $line
  "$STRAIT" "$2" --help >"$work/help" 2>&1 || { echo "no such command: $line"; exit 1; }
  "$STRAIT" --help >>"$work/help"
  for word in "$@"; do
    case $word in
    --*) grep -q -e "$word" "$work/help" || { echo "strait $2 takes no $word: $line"; exit 1; } ;;
    esac
  done
done <"$work/commands"
echo "$blocks blocks, $statements statements, $seen experiments, $(grep -c . "$work/commands") commands"
