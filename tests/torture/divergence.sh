#!/bin/sh
# tests/torture/divergence.sh: a rate that no training stands is named and stopped, or halved until it holds; then too the
# bytes are the same however often the run is killed. 300 is a thousand times the rate that suits such a network; on the
# curve the decay, 1000 * 1, makes the weights a thousand times larger at each step, in its first epoch.
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<'END'
[defaults]
dataset       = digits
model         = mlp
model.hidden  = 16
batch         = 64
limit         = 400
epochs        = 3
momentum      = 0
weight-decay  = 0.01
schedule      = constant
schedule.rate = 0.1
checkpoint-every = 0.001
[train left]
schedule.rate = 300
[train right]
seed = 2
[train other]
seed = 3
[connect arc]
ends = right other
schedule.rate = 1000
weight-decay  = 1
[ensemble rounds]
ensembler        = pfge
ensembler.rounds = 3
start            = right@1
budget           = 7
schedule         = triangle
schedule.cycle-iterations = 4
schedule.high    = 1000
schedule.low     = 500
weight-decay     = 1
END
halve=--set=defaults.on-divergence=halve

echo "-- stopped, with the iteration, the rate and the last good checkpoint named"
expect 1 run e.ini --out part
says 'left] iteration '
says ' at the rate 300'
says 'the last good checkpoint is '
says 'on-divergence = halve'
test ! -e part/left/summary.json || die "a diverged training has results"

echo "-- halved, the curve too; and what was stopped goes on from its checkpoint to the same bytes"
expect 0 run e.ini --out whole $halve
says 'at the rate 300; '
says 'arc: iteration '
says 'rounds: iteration '
says 'resuming from iteration 0 at half'
test "$(json halvings <whole/left/summary.json)" -ge 1 || die "the summary does not tell"
test "$(json halvings <whole/rounds/summary.json)" -ge 3 || die "the summary of the ensemble does not tell"
grep -q '"halved".*"source": *2' whole/rounds/log.jsonl || die "the log does not tell of the last source"
expect 0 run e.ini --out part $halve
says 'train left  resumes'
same whole part "a training that stopped at its divergence ends with other bytes than one that went on"

test -z "${VALGRIND_COMMAND:-}" && test "${SANITIZERS:-no}" = no || exit 0
echo "-- killed at every ${STRIDE:-31}th write, before, between and after divergences"
n=${STRIDE:-31}
while :; do
  rm -rf part
  code=0
  FAULT_CALLS=write FAULT_ACTION=KILL FAULT_AT=$n LD_PRELOAD=$library "$program" run e.ini --out part $halve >out 2>err || code=$?
  test $code = 137 || break
  expect 0 run e.ini --out part $halve
  same whole part "killed at write $n, the bytes are others"
  n=$((n + ${STRIDE:-31}))
done
test $code = 0 || die "the last run ended with code $code"
test "$n" -gt 150 || die "there were only $n writes"

echo "-- what goes on does so from the last attempt's checkpoints, not from those of one that was given up"
cat >kept.ini <<'END'
[train kept]
dataset       = digits
model         = mlp
model.hidden  = 16
batch         = 400
limit         = 400
epochs        = 40
momentum      = 0
weight-decay  = 1
schedule      = constant
schedule.rate = 1000
keep          = 1
on-divergence = halve
END
expect 0 run kept.ini --out kept
halvings=$(grep -c '"halved"' kept/kept/log.jsonl)
for n in 250 288 560 660; do
  rm -rf part
  FAULT_CALLS=write FAULT_ACTION=KILL FAULT_AT=$n LD_PRELOAD=$library "$program" run kept.ini --out part --threads 1 >out 2>err &&
    die "it ended before write $n"
  expect 0 run kept.ini --out part
  same kept part "killed at write $n, the bytes are others"
  # Those after its newest checkpoint come twice: three from one state, before it goes back to the start.
  test "$(grep -c '"halved"' part/kept/log.jsonl)" -le $((halvings + 3)) || die "killed at write $n, it diverged again"
done
