#!/bin/sh
# tests/lint.sh TOOLS FLAG...: the analysers on framework/ and the plugins, on all CPUs; run by make lint, with the flags that
# the sources are compiled with. TOOLS: "tidy cppcheck gcc" or some of these. Ends with 1 on any finding. plugins/template holds
# what `strait new` fills in, which is no C yet; the vector kernels are looked at as the portable set. What is turned off, and why:
#   clang-tidy  .clang-tidy says it
#   cppcheck    missingIncludeSystem: system headers are not read; unusedFunction is not asked for, plugins are called by table;
#               ctuArrayIndex in winograd_kernel.h, which is included once for each size of kernel: it takes the one's arrays for
#               the other's
#   gcc         shift-count-overflow: it takes a vector of 32-bit numbers for one bit (kernels.c)
set -eu
cd "${srcdir:-.}"
jobs=$(nproc 2>/dev/null || echo 1)
tools=$1
shift
set -- -DKERNELS=portable "$@"

# each COMMAND...: runs it with each source file behind it, several at once; prints what each says in one piece.
each() {
  find framework models datasets curves schedulers plugins -path plugins/template -prune -o -name '*.c' -print | LC_ALL=C sort |
    xargs -P "$jobs" -n 1 sh -c 'status=0 said=$("$@" 2>&1) || status=1; test -z "$said" || printf "%s\n" "$said"; exit $status' sh "$@"
}

failed=0
for tool in $tools; do
  echo "== $tool"
  case $tool in
  tidy) # the file is the last of all: shellcheck disable=SC2016
    each sh -c 'for file; do :; done; clang-tidy --quiet "$file" -- -std=c11 "$@" 2>/dev/null' sh "$@" || failed=1 ;;
  cppcheck)
    each cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem \
      --suppress=ctuArrayIndex:framework/compute/winograd_kernel.h --error-exitcode=1 -Iframework/include -Iframework \
      --library=tests/cppcheck.cfg || failed=1 ;;
  gcc)
    each gcc -std=c11 -O1 -fanalyzer -Wno-analyzer-shift-count-overflow -Werror -c -o /dev/null "$@" || failed=1 ;;
  *) echo "no analyser $tool" >&2; exit 2 ;;
  esac
done
exit $failed
