#!/bin/sh
# tests/cli/narrow.sh: tables fit the terminal, or what COLUMNS says, and lose no figure there. In a file or a pipe they
# are as wide as they are.
. "${srcdir:-.}/tests/cli/lib.sh"
terminal=${builddir:-$PWD}/tests/cli/terminal
experiment >a-rather-long-name.ini
expect 0 run a-rather-long-name.ini --quiet
mv out wide
run=runs/a-rather-long-name
expect 0 show $run
awk 'length > 90 { long = 1 } END { exit !long }' out || die 'no line is long: the test shows nothing'
# fits FILE WIDTH: the tables' lines; the last lines of a run name files, whose paths have no place to break.
fits() { sed '/^Files: /,$d' "$1" | tr -d '\r' | awk -v most="$2" 'length > most { print; bad = 1 } END { exit bad }' >&2 ||
  die "lines of more than $2 characters"; }
# figures FILE: all numbers of the tables. Those that name rows stand in each block: once is enough.
figures() { sed '/^Files: /,$d' "$1" | tr -d '\r' | grep -oE '[-+]?[0-9]+\.[0-9]+' | LC_ALL=C sort -u; }
figures out >all
test "$(wc -l <all)" -gt 50 || die 'figures are lacking'
for width in 80 100 50; do
  COLUMNS=$width expect 0 show $run
  fits out $width
  figures out >some
  cmp all some || die "COLUMNS=$width loses figures"
  "$terminal" $width "$program" show $run >out || die "show at a terminal of $width columns"
  fits out $width
  figures out >some
  cmp all some || die "a terminal of $width columns loses figures"
done
# At 80 columns, and each command.
for command in 'list' 'plan a-rather-long-name.ini' 'check a-rather-long-name.ini'; do
  # shellcheck disable=SC2086 # words
  "$terminal" 80 "$program" $command >out || die "$command at a terminal"
  fits out 80
done
# Heads are broken between words, names at their marks; a second block has the rows' names again.
broken=0
for width in 60 70 80 90 100; do
  COLUMNS=$width expect 0 show $run
  if grep -qE '^ {8,}(.* )?(nll|err %)( |$)' out; then broken=1; fi # a head's second line: the names' column is empty
done
test $broken = 1 || die 'heads are not broken between words'
COLUMNS=50 expect 0 show $run
test "$(grep -cE '^  kinked ' out)" -ge 3 || die 'a block lacks the names of its rows'
# A terminal of enough columns, and nonsense in COLUMNS, change nothing.
expect 0 show $run
mv out piped
"$terminal" 200 "$program" show $run | tr -d '\r' >out
cmp piped out || die 'a wide terminal shows something else'
for nonsense in 0 -5 x 3; do
  COLUMNS=$nonsense expect 0 show $run
  cmp piped out || die "COLUMNS=$nonsense changes the tables"
done
