#!/bin/sh
# tests/cli/import.sh: weights out to PyTorch's and NumPy's formats and back, number by number; what does not fit a network is
# listed, and then nothing is written; what is imported is as good an end of a curve as what was trained. tests/cli/torch.sh
# does the same with PyTorch on the other side.
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<'END'
[defaults]
model  = normed
epochs = 1
limit  = 500
[train left]
[train right]
seed = 2
END
expect 0 run e.ini
left=runs/e/left/final.safetensors
right=runs/e/right/final.safetensors
# A line a tensor: its name and a hash of its numbers.
tensors() { "${builddir:-$PWD}/tests/cli/tensors" "$1"; }
same_tensors() { test "$(tensors "$1")" = "$(tensors "$2")" || die "$1 and $2 hold other tensors"; }
normed='--model normed --input 1x8x8 --classes 10'

echo "-- there and back"
for name in a.pt b.pth c.th d.npz e.safetensors; do
  expect 0 export $left $name
  says "wrote $name: 8 tensors" out
  expect 0 import $name back.safetensors $normed
  says 'matched 8 of the 8 tensors of normed' out
  says 'wrote back.safetensors: in an experiment, file:back.safetensors' out
  same_tensors $left back.safetensors
  expect 0 import $name plain.safetensors
  test "$(tensors $left | sort)" = "$(tensors plain.safetensors | sort)" || die "$name: other tensors without a model"
done

echo "-- weights that are no numbers"
# (A file without strait's checksum: its last number becomes a NaN.)
python=$(command -v python3 || true)
if test -n "$python"; then
  "$python" - plain.safetensors nan.safetensors <<'END'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + length])
header.pop("__metadata__", None)
text = json.dumps(header).encode()
body = data[8 + length:-4] + struct.pack("<f", float("nan"))
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + body)
END
  expect 2 import nan.safetensors no.safetensors $normed
  says 'nan; weights are finite numbers'
  test ! -e no.safetensors || die "weights that no experiment takes were written"
fi

expect 0 export $left again.pt
cmp a.pt again.pt || die "equal weights are other bytes"
expect 0 import a.pt x.safetensors --json
test "$(json tensors <out)" = 8 || die "8 tensors"
test "$(json format <out)" = PyTorch || die "PyTorch's format"
test "$(json wrote <out)" = x.safetensors || die "wrote x.safetensors"
# 8x8x12 + 12, four of 12, 12x10 + 10.
test "$(json numbers <out)" = 958 || die "958 numbers"
expect 0 export $left x.npz --json
test "$(json wrote <out)" = x.npz || die "wrote x.npz"

echo "-- ends of a curve"
expect 0 export $right r.pt
expect 0 import a.pt left.safetensors $normed
expect 0 import r.pt right.safetensors $normed
cat >curve.ini <<'END'
[defaults]
model  = normed
epochs = 1
limit  = 500
[connect arc]
ends = file:left.safetensors file:right.safetensors
[evaluate both]
of = file:left.safetensors arc(0)
END
expect 0 run curve.ini
same_tensors runs/curve/arc/point-0.safetensors $left
same_tensors runs/curve/arc/point-2.safetensors $right

echo "-- names"
printf '* module.*\n' >add.map
expect 0 export $left m.pt --map add.map
says 'note: the map renamed 8 of 8 tensors and dropped 0' out
expect 0 import m.pt back.safetensors $normed
says 'note: took "module." away from 8 of 8 names' out
same_tensors $left back.safetensors
expect 2 import m.pt none.safetensors $normed --strip none
says 'unexpected  module.fc1.weight (12, 64)' out
expect 0 import m.pt back.safetensors $normed --strip=module.
printf 'module.fc1.* first.*\nmodule.bn1.* -\n' >odd.map
expect 0 import m.pt odd.safetensors --strip none --map odd.map
says 'note: the map renamed 2 of 8 tensors and dropped 4' out
tensors odd.safetensors | grep -q '^first.weight ' || die "no first.weight"
tensors odd.safetensors | grep -q '^module.fc2.bias ' || die "no module.fc2.bias"
printf '* x\n' >same.map
expect 2 import m.pt none.safetensors --map same.map
says 'two arrays are named "x"'
printf '* -\n' >none.map
expect 2 import m.pt none.safetensors --map none.map
says 'no tensors are left'
printf 'a\n' >bad.map
expect 2 import m.pt none.safetensors --map bad.map
says 'bad.map:1: a rule is two words'
expect 2 export $left none.pt --map same.map
says 'two arrays are named "x"'

echo "-- all or nothing"
echo 'as it was' >kept.safetensors
refused() { # ARGUMENT...
  expect 2 import a.pt kept.safetensors "$@"
  test "$(cat kept.safetensors)" = 'as it was' || die "import $* wrote something"
  says 'a.pt does not fit'
}
refused $normed --set model.hidden=13
says 'matched 1 of the 8 tensors of normed' out
says 'shape       fc1.weight: (12, 64) in the file, (13, 64) in the network' out
says '0 tensors missing, 0 unexpected, 7 of another shape, 0 of another type; nothing is written'
refused $normed --set model.hidden=13 --json
test "$(json shape.# <out)" = 7 || die "7 of another shape"
test "$(json shape.0.name <out)" = fc1.weight || die "fc1.weight has another shape"
test "$(json shape.0.file.0 <out)" = 12 || die "12 in the file"
test "$(json shape.0.network.0 <out)" = 13 || die "13 in the network"
test "$(json wrote <out)" = null || die "it says that it wrote"
refused --model mlp --input 64 --set 'model.hidden=12'
says 'unexpected  bn1.weight (12)' out
says '0 tensors missing, 4 unexpected, 0 of another shape'
printf 'fc2.bias last.bias\nbn1.running_var -\n' >other.map
refused $normed --map other.map
says 'missing     fc2.bias (10)' out
says 'missing     bn1.running_var (12)' out
says 'unexpected  last.bias (10)' out
says 'matched 6 of the 8' out
refused $normed --classes 11
says 'shape       fc2.bias: (10) in the file, (11) in the network' out

echo "-- bad usage and bad files"
bad() { # TEXT ARGUMENT...
  text=$1
  shift
  expect 2 "$@"
  says "$text"
  test ! -e none.safetensors && test ! -e none.pt || die "$* wrote something"
}
bad 'what import writes is named OUT.safetensors' import a.pt none.pt
bad '--set needs --model' import a.pt none.safetensors --set model.hidden=3
bad 'model.OPTION=VALUE is needed' import a.pt none.safetensors $normed --set hidden=3
bad 'no such option; did you mean' import a.pt none.safetensors $normed --set model.hiden=3
bad '--input 3x: not a shape' import a.pt none.safetensors --model normed --input 3x
bad '--classes' import a.pt none.safetensors $normed --classes 0
bad 'no model "nomed"; did you mean "normed"?' import a.pt none.safetensors --model nomed
bad 'is for PyTorch' import d.npz none.safetensors --key state_dict
bad 'usage: strait import' import a.pt
bad 'nothing.pt' import nothing.pt none.safetensors
bad 'not a safetensors, .npz or PyTorch file' import e.ini none.safetensors
bad "the name's end says the format" export $left none.txt
bad 'nothing.safetensors' export nothing.safetensors none.pt
head -c 300 a.pt >cut.pt
bad 'cut.pt' import cut.pt none.safetensors
# What a hostile file would do: it makes a file in this folder. It must not come to that.
printf '\200\002\212\012\154\374\234\106\371\040\152\250\120\031.\200\002M\351\003.\200\002}U\015little_endian\210s.' >evil.pt
printf 'cos\nsystem\nX\010\000\000\000touch it\205R.' >>evil.pt
bad 'it holds an object of os.system: nothing in a pickle is called' import evil.pt none.safetensors
test ! -e it || die "the pickle's command ran"

echo "-- one is no plural"
header='{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
{ printf "\\$(printf %o ${#header})\\0\\0\\0\\0\\0\\0\\0%s\\0\\0\\0\\0" "$header"; } >one.safetensors
expect 0 import one.safetensors other.safetensors
says 'one.safetensors: safetensors, 1 tensor, 1 number' out
