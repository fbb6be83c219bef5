#!/bin/sh
# tests/manual.sh: the manual pages and the completion say what the program says of itself, and there is a page for each
# plugin and for nothing else; `make update-manual` mends them.
set -eu
scratch=$(mktemp -d "${TMPDIR:-/tmp}/strait-manual-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
make_page() { sh "$srcdir/doc/make-manual.sh" "$1" "$builddir/strait" "$srcdir/doc"; }
drifted() { echo "$*: make update-manual" >&2; exit 1; }

make_page list >"$scratch/list"
test "$(wc -l <"$scratch/list")" -gt 20 || { echo 'no plugins are found' >&2; exit 1; }
while read -r page; do
  make_page "$page" >"$scratch/page"
  diff "$srcdir/doc/$page" "$scratch/page" || drifted "doc/$page has drifted"
done <"$scratch/list"
for page in "$srcdir"/doc/plugins/*; do
  grep -qx "plugins/$(basename "$page")" "$scratch/list" || drifted "$page is of no plugin"
done
