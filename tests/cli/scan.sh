#!/bin/sh
# tests/cli/scan.sh: what a scan says beside the measures: files against NumPy, the ensemble with the start against
# evaluate's, segments of chains, layer-wise lines, and paths that are none.
. "${srcdir:-.}/tests/cli/lib.sh"
EPOCHS=3 LIMIT=300 BUDGET=4 experiment | sed '/scan compare/,/^points/d' >base.ini
cat base.ini - >e.ini <<END
[scan whole]
paths  = line(left,right) line(left,right;only=*) line(left,right; only=*.weight) line(left,right;only=*.bias,*) arc kinked chain(left,fge[*])
points = 7
[scan parts]
paths  = line(left,right;only=*.weight) line(left,right;only=*.bias)
points = 3
refine = 0
pairs  = no
[evaluate both]
of       = left right
ensemble = yes
END
expect 0 run e.ini
at() { json "$1" <"runs/e/$2/summary.json"; }

echo "-- NumPy"
if test -x /usr/bin/python3; then
  for file in runs/e/whole/*/curve.npz; do
    code=0
    /usr/bin/python3 "$srcdir/tests/landscape/check-curve.py" "$file" >numpy 2>&1 || code=$?
    test $code = 0 || test $code = 77 || die "$file: $(cat numpy)"
    test $code = 77 || /usr/bin/python3 "$srcdir/tests/landscape/reference-names.py" curve "$file" >numpy ||
      die "$file: $(cat numpy)"
  done
  test $code = 0 || echo "   skipped: no NumPy"
else
  echo "   skipped: no python3"
fi

echo "-- at t = 1 the pair is the ensemble of both ends, and so is its disagreement"
test "$(at paths.0.splits.test.pair_err.end whole)" = "$(at combined.test.error both)" || die "another error"
test "$(at paths.0.splits.test.pair_nll.end whole)" = "$(at combined.test.nll both)" || die "another nll"
test "$(at paths.0.splits.test.disagree_start.end whole)" = "$(at combined.test.disagreement both)" || die "another disagreement"
test "$(at paths.4.splits.test.disagree_start.end whole)" = "$(at paths.0.splits.test.disagree_start.end whole)" ||
  die "an arc between the same ends has other ends"

echo "-- a line on which all parameters move is the line; the parts' lengths add up as in Pythagoras"
for key in test.nll.max test.nll.t_max train.loss.barrier_line train.error.integral test.pair_nll.min; do
  test "$(at paths.1.splits.$key whole)" = "$(at paths.0.splits.$key whole)" || die "$key"
done
test "$(at paths.3.chord whole)" = "$(at paths.0.chord whole)" || die 'only=*.bias,* is all'
test "$(at paths.0.splits.test.nll.start whole)" = "$(at paths.2.splits.test.nll.start whole)" || die "another start"
test "$(at paths.0.splits.test.nll.end whole)" != "$(at paths.2.splits.test.nll.end whole)" || die "the biases moved"
awk -v a="$(at paths.0.chord parts)" -v b="$(at paths.1.chord parts)" -v c="$(at paths.0.chord whole)" \
  'BEGIN { d = (a * a + b * b) / (c * c) - 1; exit !(d < 1e-9 && d > -1e-9) }' || die "the parts are not the whole"

echo "-- |w(t)| stands beside the nll"
says 'least |w|' out
test "$(at paths.1.norm.min whole)" = "$(at paths.0.norm.min whole)" || die "the same line has another |w|"
says "$(at paths.0.norm.min whole | cut -c 1-3)" out
awk -v a="$(at paths.0.norm.start whole)" -v m="$(at paths.0.norm.min whole)" 'BEGIN { exit !(0 < m && m < a) }' ||
  die "|w| does not dip between two networks"

echo "-- segments"
members=$(at members.# fge)
test "$(at paths.6.segments.count whole)" = "$members" || die "left and $members members make $members segments"
test "$(at paths.5.segments.count whole)" = 2 || die "one bend makes two segments"
test "$(at paths.6.segments.train.loss.values.0.0 whole)" = "$(at paths.6.splits.train.loss.start whole)" || die "starts elsewhere"
n=0
i=0
while test $i -lt "$members"; do
  n=$((n + $(awk -v a="$(at paths.6.segments.train.loss.values.$i.0 whole)" -v m="$(at paths.6.segments.train.loss.values.$i.1 whole)" \
    -v b="$(at paths.6.segments.train.loss.values.$i.2 whole)" 'BEGIN { print m < a && m < b }')))
  i=$((i + 1))
done
test "$(at paths.6.segments.train.loss.below whole)" = $n || die "not $n middles are below"

echo "-- refused"
refuse() {
  printf '%s\n' "[scan bad]" "paths = $1" | cat base.ini - >bad.ini
  expect 2 check bad.ini
  says "paths = $1"
  says "$2"
}
refuse 'chain(left)' 'a path needs at least two points; this is one'
refuse 'line(left)' 'a line has 2 ends, not 1'
refuse 'line(left,right;but=x)' 'only=PATTERN'
printf '[scan bad]\npaths = line(left,right;only=conv9.*)\n' | cat base.ini - >bad.ini
expect 2 check bad.ini
says 'no parameter of normed matches "conv9.*"'
printf '[scan bad]\npaths = arc\nrefine = 21\n' | cat base.ini - >bad.ini
expect 2 check bad.ini
says 'refine = 21: above the maximum 20'

echo "-- curves: where they start, and what they descend"
cat base.ini - >curves.ini <<END
[connect middle]
ends  = left right
start = mean(left,right)
[connect on]
ends   = left right
start  = arc#1
epochs = 1
schedule = constant
schedule.rate = 0
[connect worst]
ends      = left right
curve     = polychain
curve.bends = 2
objective = worst
draws     = 3
strata    = 3
END
expect 0 run curves.ini --out runs/e
tensors() { "${builddir:-$PWD}/tests/cli/tensors" "runs/e/$1"; }
test "$(tensors arc/point-1.safetensors)" = "$(tensors middle/point-1.safetensors)" || die "the middle is where a bend starts"
tensors arc/point-1.safetensors | grep -v running >a
tensors on/point-1.safetensors | grep -v running >b
cmp a b || die "at the rate 0 it stays where it starts"
expect 0 plan curves.ini --out elsewhere --json
i=0
while test "$(json stages.$i.name <out)" != worst; do i=$((i + 1)); done
test "$(json stages.$i.trained <out)" = 2700 || die "3 epochs of 300 images at 3 t each are 2,700"
expect 2 check curves.ini --set connect.worst.draws=1
says 'objective = worst weighs several t of a batch'
expect 2 check curves.ini --set connect.on.start='arc#1 arc#0'
says 'the curve has 1 point between its ends, and `start` names 2'
expect 2 check curves.ini --set connect.worst.objective=wurst
says 'not one of: mean, length, worst'
