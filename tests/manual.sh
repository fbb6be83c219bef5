#!/bin/sh
# tests/manual.sh: the manual pages say what the program says of itself; `make update-manual` mends them.
set -eu
scratch=$(mktemp -d "${TMPDIR:-/tmp}/strait-manual-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
for page in strait.1 strait-experiment.5; do
  sh "$srcdir/doc/make-manual.sh" $page "$builddir/strait" "$srcdir/doc" >"$scratch/$page"
  diff "$srcdir/doc/$page" "$scratch/$page" || { echo "doc/$page has drifted: make update-manual" >&2; exit 1; }
done
