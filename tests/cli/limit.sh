#!/bin/sh
# tests/cli/limit.sh: checkpoint-limit bounds the checkpoints that a training, curve or ensemble resumes from, and never takes
# the newest. A run is killed at one write after the other (tests/torture/fault.c), so that each state of the folder is seen, and
# nothing depends on time: checkpoints are made at epochs' ends alone.
test -z "${VALGRIND_COMMAND:-}" || exit 77
test "${SANITIZERS:-no}" = no || exit 77
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<'END_OF_FILE'
[defaults]
dataset = digits
model = mlp
model.hidden = 8
batch = 64
limit = 130
epochs = 5
schedule = constant
schedule.rate = 0.05
checkpoint-every = 1000
[train left]
[train right]
seed = 2
[connect arc]
ends = left right@3
[ensemble pair]
ensembler = independent
ensembler.runs = 2
budget = 8
END_OF_FILE
expect 0 run e.ini --out whole --threads=1
# most LIMIT WHAT: kills at every 5th write; sets `seen` to the most checkpoints that stage WHAT ever had, and checks that
# once it had one it has one always, and that the run goes on to the right bytes.
most() {
  n=20 seen=0
  while :; do
    rm -rf part
    code=0
    FAULT_CALLS=write FAULT_ACTION=KILL FAULT_AT=$n LD_PRELOAD=$library "$program" run e.ini --out part --threads=1 --quiet \
      --set "defaults.checkpoint-limit=$1" >out 2>err || code=$?
    test $code = 137 || break
    count=$(find part -path "part/$2/*.state.safetensors" | wc -l)
    test "$count" -le $seen || seen=$count
    if test -e "part/$2/log.jsonl" && test ! -e "part/$2/summary.json" && test "$2" = left; then
      # The log tells of an epoch's end before its checkpoint is made: of the one before, there is one.
      test "$(wc -l <"part/$2/log.jsonl")" -lt 2 || test "$count" -ge 1 || die "limit $1, killed at write $n: none is left"
    fi
    n=$((n + 5))
  done
  test $code = 0 || die "the last run ended with code $code"
  same whole part "with a limit of $1 the bytes are others"
}
# killed STAGE LIMIT: a run that is killed with a limit goes on to the same bytes.
killed() {
  rm -rf part
  code=0
  FAULT_CALLS=write FAULT_ACTION=KILL FAULT_AT=90 LD_PRELOAD=$library "$program" run e.ini --out part --threads=1 --quiet \
    --set "defaults.checkpoint-limit=$1" >out 2>err || code=$?
  test $code = 137 || die "not killed"
  expect 0 run e.ini --out part --set "defaults.checkpoint-limit=$1"
  same whole part "killed with a limit of $1, the bytes are others"
}
bytes() { cat whole/right/epoch-3.safetensors whole/right/epoch-3.state.safetensors | wc -c; }
two=$(awk -v bytes="$(bytes)" 'BEGIN { printf "%.6f", 2.5 * bytes / 1e6 }')
for stage in left arc; do
  most 0 $stage
  test $seen -ge 4 || die "$stage without a limit: $seen checkpoints at the most; the newest two, the epoch's beginning, the next"
  most 0.000001 $stage
  test $seen = 2 || die "$stage with a limit that no checkpoint keeps: $seen, not the newest and the next"
done
# A state of an ensemble is one file: the next is there only until an older one is removed.
most 0 pair
test $seen -ge 3 || die "an ensemble without a limit: $seen states at the most; the newest two and the epoch's beginning"
most 0.000001 pair
test $seen -le 2 || die "an ensemble with a limit that no state keeps: $seen, not the newest and the next"
most "$two" left
test $seen = 3 || die "with a limit of two checkpoints: $seen, not two and the next"
killed 0.000001
killed "$two"
# The limit says nothing about results.
expect 0 run e.ini --out whole --set defaults.checkpoint-limit=1
if grep 'changed' err; then die "a limit makes results outdated"; fi
expect 2 run e.ini --out part --set defaults.checkpoint-limit=-1
says 'below the minimum 0'
