#!/bin/sh
# tests/lint.sh [tidy] [cppcheck] [gcc]: the analysers on framework/ and the plugins, on all CPUs; run by make lint, which sets
# srcdir and CPPFLAGS. Ends with 1 on any finding. What is turned off, and why: .clang-tidy; for cppcheck
#   missingIncludeSystem: system headers are not read; unusedFunction is not asked for, plugins are called by table
#   nullPointerOutOfMemory and the like are checked by tests/torture/faults.sh instead of guessed at
set -eu
cd "${srcdir:-.}"
jobs=$(nproc 2>/dev/null || echo 1)

# each COMMAND...: runs it with each source file behind it, several at once; prints what each says in one piece.
each() {
  find framework models datasets curves schedulers plugins -name '*.c' | LC_ALL=C sort |
    xargs -P "$jobs" -n 1 sh -c 'status=0 said=$("$@" 2>&1) || status=1; test -z "$said" || printf "%s\n" "$said"; exit $status' sh "$@"
}

failed=0
for tool in ${*:-tidy cppcheck gcc}; do
  echo "== $tool"
  case $tool in
  tidy) # shellcheck disable=SC2016,SC2086
    each sh -c 'clang-tidy --quiet "$2" -- -std=c11 $1 2>/dev/null' sh "$CPPFLAGS" || failed=1 ;;
  cppcheck)
    each cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
      --error-exitcode=1 -Iframework/include -Iframework || failed=1 ;;
  gcc) # shellcheck disable=SC2086
    each gcc -std=c11 -O1 -fanalyzer -Werror -c -o /dev/null $CPPFLAGS || failed=1 ;;
  *) echo "no analyser $tool" >&2; exit 2 ;;
  esac
done
exit $failed
