#!/bin/sh
# tests/cli/completion.sh: completes words as bash would, with the completion that is installed, and compares with what the
# program says of itself.
. "${srcdir:-.}/tests/cli/lib.sh"
command -v bash >/dev/null || exit 77
PATH=${builddir:-$PWD}:$PATH
export PATH

# complete WORD...: the completions of the last word, one a line, sorted.
complete() {
  # shellcheck disable=SC2016 # for bash to expand
  bash -c '
    . "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _strait
    printf "%s\n" "${COMPREPLY[@]}"' bash "$srcdir/doc/completion/strait" "$@" 2>err | LC_ALL=C sort
}
# completes WANT WORD...: WANT are words.
completes() {
  want=$(printf '%s\n' $1 | LC_ALL=C sort)
  shift
  got=$(complete "$@")
  test "$got" = "$want" || die "'$*' completes to '$got', not '$want'"
}

expect 0 --help
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
completes "$commands --help --version" strait ''
completes 'describe' strait desc
completes 'doctor' strait doc
for command in $commands; do
  expect 0 "$command" --help
  completes "$(awk '/^options:/ { on = 1 } on && $1 ~ /^--/ { print $1 }' out)" strait "$command" --
done
completes '--plugin-dir' strait run --p
# Values that an option chooses from are in its help.
completes 'all curve evaluate train' strait bench --only ''
completes 'evaluate' strait bench --only e
# Kinds, and names of a kind, which are those that the program finds.
completes 'model' strait describe mo
completes 'bezier polychain' strait describe curve ''
completes 'polychain' strait describe --json curve poly
completes 'preresnet' strait bench --threads 2 prer
completes 'connect' strait describe verb conn
expect 0 list dataset
completes "$(awk '$1 == "dataset" { print $2 }' out)" strait describe dataset ''
# Folders, and files with blanks in their names.
mkdir runs
touch 'my experiment.ini' runs.ini
completes 'runs' strait show ru
test "$(complete strait run my)" = 'my experiment.ini' || die "a name with a blank is cut"
completes 'runs runs.ini' strait run ru
completes '' strait run --threads ''
completes '' strait nothing ''
