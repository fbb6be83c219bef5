#!/bin/sh
# tests/torture/load.sh: STAGES tiny stages in one experiment, as many as come together in a week: memory and descriptors do
# not grow with what was done. A run of all is compared with a run of a tenth; the program counts for itself at its end.
# make check takes 100 stages, make torture 2000.
test -z "${VALGRIND_COMMAND:-}" || exit 77
test "${SANITIZERS:-no}" = no || exit 77 # they keep freed memory
. "${srcdir:-.}/tests/cli/lib.sh"
stages=${STAGES:-100}
cat >head.ini <<'END'
[defaults]
dataset = digits
model = mlp
model.hidden = 4
batch = 64
limit = 64
epochs = 1
eval.test-samples = 10
END
told() { sed -n "s/^$1 //p" report; }
# run_stages N: a run with N stages; sets peak (kB), descriptors and calls (allocations).
run_stages() {
  awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) printf "[train s%d]\nseed = %d\n", i, i }' | cat head.ini - >e.ini
  rm -rf part
  FAULT_CALLS=memory FAULT_REPORT=$scratch/report LD_PRELOAD=$library "$program" run e.ini --out part --threads=2 --quiet >out 2>err ||
    die "$1 stages: exit code $?"
  test -e "part/s$1/summary.json" || die "the last of $1 stages is not there"
  peak=$(told peak) descriptors=$(told descriptors) calls=$(told calls)
  echo "-- $1 stages: $peak kB, $descriptors descriptors, $calls allocations, $(told milliseconds) ms of processor time"
}
run_stages $((stages / 10))
few_peak=$peak few_descriptors=$descriptors few_calls=$calls
run_stages "$stages"
test "$descriptors" = "$few_descriptors" || die "descriptors are left open: $few_descriptors, then $descriptors"
# Ten times the stages are ten times the work. (Of time no test judges; it is printed.)
test "$calls" -le $((few_calls * 10)) || die "allocations grow faster than stages: $few_calls, then $calls"
grown=$((peak - few_peak))
# What is known of a stage, its keys and its place in the final tables, is kept to the end: 16 kB are allowed. Its network, its
# data and its training, 400 kB and more, are not. 4 MB are the allocator's own spread between two runs.
test $grown -le $((4096 + 16 * stages)) || die "memory grows by $grown kB"
