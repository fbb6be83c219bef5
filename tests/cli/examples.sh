#!/bin/sh
# tests/cli/examples.sh: the experiments that come with the program can be run: each passes strait check, on the digits where its
# model takes them; of those that need data nobody may have here, all is right but that the data is missing. Each says how long
# it takes.
. "${srcdir:-.}/tests/cli/lib.sh"
case ${srcdir:-.} in
/*) root=${srcdir:-.} ;;
*) die "srcdir is not absolute" ;;
esac
n=0
for file in "$root"/examples/*.ini "$root"/examples/small/*.ini "$root"/examples/paper/*.ini; do
  n=$((n + 1))
  case $file in
  */paper/*) grep -q '^# .*strait plan' "$file" || die "$file does not say how to learn how long it takes" ;;
  *) grep -qE '^# (Measured|Estimated): ' "$file" || die "$file does not say how long it takes" ;;
  esac
  case $file in
  */small/*) grep -qF "$(basename "$file")" "$root/doc/results.md" || die "doc/results.md does not say what $file gives" ;;
  esac
  set --
  ! grep -q '^model *= mlp' "$file" || set -- --set defaults.dataset=digits --set defaults.limit=1300
  code=0
  strait check "$file" "$@" >out 2>err || code=$?
  test $code = 0 && continue
  test $# = 0 || die "$file does not pass strait check"
  grep -qE 'dataset.path' err || die "$file is wrong in more than that its data is missing"
done
test $n -ge 29 || die "only $n examples"
