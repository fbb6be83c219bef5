#!/bin/sh
# tests/cli/finite.sh: what is not a finite number shows as such in every line, table, document and figure; no maximum,
# mean or worse end steps over it. The weights of a network times 1e21 are finite, products of them overflow float32.
. "${srcdir:-.}/tests/cli/lib.sh"
python=$(command -v python3 || true)
test -n "$python" || { echo "skipped: no python3"; exit 77; }
tiny_experiment | sed '/train right/,$d' >train.ini
expect 0 run train.ini --quiet
"$python" - runs/train/left/final.safetensors far.safetensors <<'PYTHON'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + length])
header.pop("__metadata__", None)
text = json.dumps(header).encode()
body = data[8 + length:]
numbers = struct.unpack("<%df" % (len(body) // 4), body)
body = struct.pack("<%df" % len(numbers), *(1e21 * x for x in numbers))
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + body)
PYTHON
cp runs/train/left/final.safetensors near.safetensors
{
  sed '/train left/,$d; /epochs/d' train.ini
  cat <<'INI'
[scan up]
paths = line(file:near.safetensors,file:far.safetensors)
points = 5
[scan down]
paths = line(file:far.safetensors,file:near.safetensors)
points = 5
[evaluate both]
of = file:near.safetensors file:far.safetensors
ensemble = yes
splits = test
[evaluate far]
of = file:far.safetensors
[sweep over]
stages = far
over.eval.train-samples = 50
over.seed = 1..2
INI
} >e.ini
expect 0 run e.ini
at() { json "$1" <"runs/e/$2/summary.json"; }
for stage in up down; do
  for place in max mean integral average barrier_mean barrier_line; do
    test "$(at paths.0.splits.train.nll.$place $stage)" = nan || die "$stage: $place is $(at paths.0.splits.train.nll.$place $stage)"
  done
  says "train nll at most nan" err
done
grep 'ends (the worse)' out | grep -q 'nan' || die "the worse end hides the other: $(grep 'ends (the worse)' out)"
says 'finite: the loss is not finite at' out
test "$(at networks.1.metrics.test.nll both)" = nan || die "a network's nll"
for figure in nll brier ece; do
  test "$(at combined.test.$figure both)" = nan || die "combined $figure: $(at combined.test.$figure both)"
done
grep 'both: together' out | grep -q 'nan' || die "$(grep 'both: together' out)"
cut -d, -f 3- runs/e/over/sweep.csv | grep 'test.nll' | grep -q ',nan,nan,nan,nan$' || die "$(cat runs/e/over/sweep.csv)"
expect 0 show runs/e --json
"$python" -c 'import json, sys; json.load(open("out"), parse_constant=lambda x: sys.exit("not JSON: " + x))' || die "show --json"
expect 0 report runs/e --out page.html
if grep -q '<figure>' page.html; then
  says 'Gaps: ' page.html
fi
