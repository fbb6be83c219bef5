#!/bin/sh
# tests/slow/mlp-rows.sh: mode connectivity of MLPs 784-H-H-10 on the first 10,000 images of Fashion-MNIST, for growing width,
# against figures of an independent program (means over one seed pair each, H = 128 over four): maximum train loss (with the
# regulariser) of ends, line (21 points) and curves (31 points), and the Bezier curve's and the chain's length ratio.
# Means of three seed pairs must lie within 10 % (ends, curves), a factor .6 to 1.6 (line), .01 (length ratio), and length
# ratios must fall with H. The other program drops each epoch's last short batch; we keep it, so we take the 9,984 images of
# its 78 full ones. That program's one pair at H = 32 had a chain length of 1.103; PyTorch (tests/slow/oracle.py) gives 1.1152,
# 1.1117 and 1.1122, which is what stands here, and we gave 1.1140 over ten pairs (deviation .0024).
. "${srcdir:-.}/tests/cli/lib.sh"
test -d /usr/share/datasets/fashion-mnist || { echo 'SKIPPED: Fashion-MNIST is not here (Debian: dataset-fashion-mnist)'; exit 77; }

# H ends line bezier length chain length
expected='32 .207 1.393 .245 1.044 .231 1.113
64 .169 1.308 .205 1.035 .179 1.083
128 .162 1.227 .181 1.023 .162 1.060
256 .207 1.025 .207 1.014 .207 1.039'

rows() { # H SEED: ends line bezier length chain length
  cat >rows.ini <<END
[defaults]
dataset       = fashion-mnist
limit         = 9984
model         = mlp
model.hidden  = $1 $1
epochs        = 30
batch         = 128
schedule      = decay
schedule.rate = 0.05
weight-decay  = 5e-4
[train a]
seed = $2
[train b]
seed = $(($2 + 1))
[connect arc]
ends  = a b
curve = bezier
seed  = $2
schedule.rate = 0.025
[connect bent]
ends  = a b
curve = polychain
seed  = $2
schedule.rate = 0.025
[scan straight]
paths  = line(a,b)
points = 21
[scan curved]
paths  = arc bent
points = 31
END
  rm -rf results
  expect 0 run rows.ini --out results
  s=results/straight/summary.json c=results/curved/summary.json
  ends=$(json paths.0.splits.train.loss.start <$s)
  other=$(json paths.0.splits.train.loss.end <$s)
  echo "$1 $(echo "$ends $other" | awk '{print($1 > $2 ? $1 : $2)}')" \
    "$(json paths.0.splits.train.loss.max <$s)" \
    "$(json paths.0.splits.train.loss.max <$c) $(json paths.0.length_ratio <$c)" \
    "$(json paths.1.splits.train.loss.max <$c) $(json paths.1.length_ratio <$c)"
}

for h in 32 64 128 256; do
  for seed in 1 3 5; do
    rows $h $seed
  done
done | tee measured
echo "$expected" >expected
awk '
  FNR == NR { for (i = 2; i <= 7; i++) want[$1, i] = $i; next }
  { n[$1]++; for (i = 2; i <= 7; i++) sum[$1, i] += $i }
  function near(h, i, low, high,   x) {
    x = sum[h, i] / n[h] / want[h, i]
    if (x < low || x > high) { printf "H = %d: %s is %.4f, expected %.4f\n", h, name[i], sum[h, i] / n[h], want[h, i]; bad = 1 }
  }
  function within(h, i, d,   x) {
    x = sum[h, i] / n[h] - want[h, i]
    if (x > d || x < -d) { printf "H = %d: %s is %.4f, expected %.4f\n", h, name[i], sum[h, i] / n[h], want[h, i]; bad = 1 }
  }
  END {
    split("H ends line bezier bezier-length chain chain-length", name, " ")
    print "means of three:"; print "H    ends   line   bezier length  chain  length"
    for (h = 32; h <= 256; h *= 2) {
      printf "%-4d %.4f %.4f %.4f %.4f %.4f %.4f\n", h, sum[h, 2] / 3, sum[h, 3] / 3, sum[h, 4] / 3, sum[h, 5] / 3, sum[h, 6] / 3, sum[h, 7] / 3
      near(h, 2, .9, 1.1); near(h, 3, .6, 1.6); near(h, 4, .9, 1.1); near(h, 6, .9, 1.1); within(h, 5, .01); within(h, 7, .01)
      if (h > 32 && (sum[h, 5] >= sum[h / 2, 5] || sum[h, 7] >= sum[h / 2, 7])) { printf "H = %d: a length ratio does not fall\n", h; bad = 1 }
    }
    exit bad
  }' expected measured || die 'the figures differ'
