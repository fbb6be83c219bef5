#!/bin/sh
# tests/cli/members.sh: the quality of probabilities, of members and of all together, against NumPy; weights and temperatures
# that are fitted on the holdout; what they need.
. "${srcdir:-.}/tests/cli/lib.sh"
EPOCHS=3 LIMIT=400 BUDGET=4 experiment | sed '/^limit/a holdout = 60
/^budget/a predictions = yes' >e.ini
cat >>e.ini <<END
[ensemble chosen]
ensembler      = fge
start          = left@2
budget         = 4
schedule.cycle = 1
weights        = greedy
predictions    = yes
splits         = validation test
[ensemble cooled]
ensembler        = curve-points
ensembler.points = 3
path             = arc
temper           = yes
predictions      = yes
splits           = validation test
[ensemble quiet]
ensembler        = curve-points
ensembler.points = 3
path             = arc
temper           = yes
[compare equal]
of      = chosen cooled left
budgets = 1 2
splits  = validation test
[evaluate together]
of          = left right left@0
ensemble    = yes
weights     = greedy
predictions = yes
splits      = validation test
END
expect 0 run e.ini
for column in 'calibrated nll' Brier ECE; do says "$column" out; done
at() { json "$1" <"runs/e/$2/summary.json"; }

echo "-- NumPy"
if test -x /usr/bin/python3; then
  for stage in 'fge members' 'chosen members' 'cooled members' 'together networks'; do
    code=0
    /usr/bin/python3 "$srcdir/tests/ensemble/check-members.py" "runs/e/${stage% *}" "${stage#* }" >numpy 2>&1 || code=$?
    test $code = 0 || test $code = 77 || die "$stage: $(cat numpy)"
  done
  test $code = 0 || echo "   skipped: no NumPy"
else
  echo "   skipped: no python3"
fi

echo "-- what is fitted says on what"
test "$(at weights.fitted_on chosen)" = validation || die "greedy weights"
test "$(at temperatures.fitted_on cooled)" = validation || die "temperatures"
at weights.values fge >/dev/null 2>&1 && die "equal weights are not fitted"
# greedy is never worse than the best member alone on what it was fitted to
i=0
while nll=$(at members.$i.metrics.validation.nll chosen 2>/dev/null); do
  awk -v a="$(at combined.validation.nll chosen)" -v b="$nll" 'BEGIN { exit !(a <= b + 1e-6) }' || die "member $i is better alone"
  i=$((i + 1))
done
test $i -gt 1 || die "only $i members"

echo "-- what is reported where something was fitted to it is warned of; unasked it is not reported"
test "$(at checks.0.check chosen)" = fitted && test "$(at checks.0.state chosen)" = warn || die "chosen on what it reports"
says 'warning: chosen: fitted: figures for validation are on samples' out
says 'warning: together: fitted: figures for validation' out
test "$(at checks.0.state quiet)" = pass || die "quiet reports test alone"
grep -q 'warning: quiet' out && die "quiet is warned of"
at combined.validation.nll quiet >/dev/null 2>&1 && die "quiet reports what it was fitted to"
test "$(at combined.test.nll quiet)" = "$(at combined.test.nll cooled)" || die "what is reported changes what is fitted"
at combined.validation.nll fge >/dev/null || die "fge reports all but train"

echo "-- compare combines a stage's members as the stage does"
test "$(at rows.0.stage equal)" = chosen && test "$(at rows.0.test.nll.values.0 equal)" = "$(at combined.test.nll chosen)" ||
  die "greedy weights: $(at rows.0.test.nll.values.0 equal), not $(at combined.test.nll chosen)"
test "$(at rows.1.test.nll.values.0 equal)" = "$(at combined.test.nll cooled)" || die "temperatures"
test "$(at rows.0.validation.nll.values.0 equal)" = "$(at combined.validation.nll chosen)" || die "validation"
test "$(at rows.2.test.error.values.0 equal)" = "$(at metrics.test.error left)" || die "a network alone"
# pooled greedy weights are never worse than the better run's on what they are fitted to
awk -v a="$(at rows.3.validation.nll.values.0 equal)" -v b="$(at rows.0.validation.nll.values.0 equal)" 'BEGIN { exit !(a <= b + 1e-3) }' ||
  die "two runs together are worse than one"
says 'warning: fitted: figures for validation' out

echo "-- refused"
sed '/^splits/d' e.ini >bad.ini
refuse() {
  expect 2 check bad.ini --set "$1"
  says "$2"
}
refuse defaults.holdout=0 'fits to the validation split, which is empty; set holdout'
refuse evaluate.together.ensemble=no 'weights, temper and predictions are of networks together; set ensemble = yes'
refuse ensemble.chosen.weights=lazy 'not one of: equal, greedy'
