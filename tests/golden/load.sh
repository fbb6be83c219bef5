#!/bin/sh
# Weights written by strait load into PyTorch's modules by name. Skipped where PyTorch is not installed.
set -e
golden=${srcdir:-.}/tests/golden
for python in ${PYTHON:-} python3 /usr/bin/python3 ''; do
  test -n "$python" || { echo "no python with torch and numpy: skipped"; exit 77; }
  "$python" -c 'import torch, numpy' 2>/dev/null && break
done
folder=$(mktemp -d "${TMPDIR:-/tmp}/strait-load-XXXXXX")
trap 'rm -rf "$folder"' EXIT
for file in "$golden"/*.txt; do
  "${builddir:-.}/tests/golden/write-weights" "$file" "$folder/weights.safetensors"
  PYTHONDONTWRITEBYTECODE=1 "$python" "$golden/load.py" "$file" "$folder/weights.safetensors"
done
