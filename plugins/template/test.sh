#!/bin/sh
# test.sh: the plugin as it was built, before it is installed: its laws, then the example. Run by `make check`.
set -eu
"$STRAIT" verify .libs/@kind@-@name@.so
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
"$STRAIT" run "${srcdir:-.}/example.ini" --plugin-dir .libs --out "$results/example"
