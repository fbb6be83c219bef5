#!/bin/sh
# tests/lint.sh [tidy] [cppcheck] [gcc]: the analysers on framework/ and the plugins; run by make lint, which sets srcdir and
# CPPFLAGS. Ends with 1 on any finding. What is turned off, and why:
#   cppcheck  missingIncludeSystem: system headers are not read; unusedFunction is not asked for, plugins are called by table
#             nullPointerOutOfMemory and the like are checked by tests/torture/faults.sh instead of guessed at
set -eu
cd "${srcdir:-.}"
tools=${*:-tidy cppcheck gcc}
files=$(find framework models datasets curves schedulers plugins -name '*.c' | LC_ALL=C sort)
failed=0
for tool in $tools; do
  echo "== $tool"
  case $tool in
  tidy) # shellcheck disable=SC2086
    clang-tidy --quiet $files -- -std=c11 $CPPFLAGS 2>/dev/null || failed=1 ;;
  cppcheck) # shellcheck disable=SC2086
    cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
      --error-exitcode=1 -Iframework/include -Iframework $files || failed=1 ;;
  gcc)
    for file in $files; do
      # shellcheck disable=SC2086
      gcc -std=c11 -O1 -fanalyzer -Werror -c -o /dev/null $CPPFLAGS "$file" || failed=1
    done ;;
  *) echo "no analyser $tool" >&2; exit 2 ;;
  esac
done
exit $failed
