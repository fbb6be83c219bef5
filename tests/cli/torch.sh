#!/bin/sh
# tests/cli/torch.sh: PyTorch on the other side: checkpoints that it saves are imported number by number, in both of its formats and
# of several makes, and what is exported loads there. Skipped where PyTorch is not installed.
golden=${srcdir:-.}/tests/golden
check=${srcdir:-.}/tests/cli/torch-check.py
case $golden in /*) ;; *) golden=$PWD/$golden check=$PWD/$check ;; esac
for python in ${PYTHON:-} python3 /usr/bin/python3 ''; do
  test -n "$python" || { echo "no python with torch and numpy: skipped"; exit 77; }
  "$python" -c 'import torch, numpy' 2>/dev/null && break
done
. "${srcdir:-.}/tests/cli/lib.sh"
check() { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$golden "$python" "$check" "$@"; }

check make
mkdir imported back
for file in files/*; do
  name=${file#files/}
  eval "set -- $(cat "arguments/$name")"
  expect 0 import "$file" "imported/$name.safetensors" "$@"
  expect 0 export "imported/$name.safetensors" "back/$name.pt"
  expect 0 export "imported/$name.safetensors" "back/$name.npz"
done
test "$(ls imported | wc -l)" = 52 || die "52 files were to be made"
check check >wrong 2>&1 || die "$(cat wrong)"

test ! -e ran || die "a pickle's command ran"

# A network saved whole is nothing but names to us.
for file in whole/*; do
  expect 2 import "$file" none.safetensors
  says 'it holds an object of'
  test ! -e none.safetensors || die "$file: something was written"
done
test "$(ls whole | wc -l)" = 4 || die "4 networks were to be saved whole"

# Weights and their average: nobody can say which is meant.
expect 2 import several.pt none.safetensors
says 'several dicts could be the weights; name one: --key model (6 tensors), --key ema (6 tensors)'
expect 0 import several.pt ema.safetensors --key ema
