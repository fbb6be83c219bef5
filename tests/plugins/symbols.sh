#!/bin/sh
# tests/plugins/symbols.sh: every plugin that was built exports strait_plugin_v1 and nothing else, and needs nothing of ours.
set -eu
test "${SANITIZERS:-no}" = no || exit 77 # the sanitizers add symbols of their own
folder=${builddir:-.}/plugins/.libs
seen=0 failed=0
for file in "$folder"/*.so; do
  test -e "$file" || continue
  seen=$((seen + 1))
  symbols=$(${NM:-nm} -D --defined-only "$file" | awk '{ print $NF }' | sed 's/@.*//')
  if test "$symbols" != strait_plugin_v1; then
    echo "$file exports: $symbols"
    failed=1
  fi
  undefined=$(${NM:-nm} -D --undefined-only "$file" | awk '$NF ~ /^strait_/ { print $NF }')
  if test -n "$undefined"; then
    echo "$file needs from the program: $undefined"
    failed=1
  fi
done
echo "$seen plugins"
if test "$seen" = 0; then
  grep -q '^    {"' "${builddir:-.}/plugins/builtin.c" || { echo "no plugin in $folder"; exit 1; }
  echo "all of them are built in"
fi
exit "$failed"
