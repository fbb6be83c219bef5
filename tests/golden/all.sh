#!/bin/sh
# tests/golden/all.sh: every golden file on every kernel set, the large networks too: minutes.
STRAIT_GOLDEN=all exec "${builddir:-.}/tests/golden/test-golden"
