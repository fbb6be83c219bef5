#!/bin/sh
# tests/cli/fits.sh: what cannot fit in memory or on the disk is refused before anything is written: what it needs, what
# there is, and what to do. The sizes are beyond any machine: 3 TB of weights seven times; 74 MB of checkpoint a million
# times.
. "${srcdir:-.}/tests/cli/lib.sh"
refused() { # WHAT it says; more arguments for run
  expect 2 run e.ini --out part "$@"
  test ! -e part || die "something was written"
}
cat >e.ini <<END_OF_FILE
[train small]
epochs = 1
limit = 130
[train huge]
model.hidden = 65536
$(awk 'BEGIN { for (i = 1; i < 200; i++) print "  65536" }')
epochs = 1
limit = 130
END_OF_FILE
refused
says 'e.ini:4: [train huge] needs '
says ' MB of memory, and there are '
says 'take a smaller batch or model'
# Seven vectors of 199 (65536 + 1) 65536 floats and a little more: the weights and the gradient; the training's weights and
# momentum, and these once more for a checkpoint; what is read back. 23932 GB, to the first three digits.
test "$(sed -n 's/.*needs \([0-9]*\) MB of memory.*/\1/p' err | cut -c 1-3)" = 239 || die "not seven vectors"
test "$(sed -n 's/.*needs \([0-9]*\) MB of memory.*/\1/p' err | wc -c)" = 9 || die "not 23.9 TB"
# A stage that fits runs alone all the same.
expect 0 run e.ini --out alone --stage small
cat >e.ini <<'END_OF_FILE'
[train kept]
model.hidden = 3000 3000
epochs = 1000000
keep = 1
limit = 130
END_OF_FILE
refused
says 'e.ini:1: [train kept] results and checkpoints up to it take another '
says ' MB of disk, and '
says ' MB are free at part; make room, choose another --out, or set keep or checkpoint-limit lower'

# What strait plan tells of disk follows the limit: a moment is weights and momentum, two vectors of 64*8+8 + 8*10+10
# floats; kept is the last one, beside it 3 to go on from and the one being written, or with a limit 1 and that one.
cat >e.ini <<'END_OF_FILE'
[train a]
model.hidden = 8
limit = 130
epochs = 3
END_OF_FILE
moment=$((2 * 4 * (64 * 8 + 8 + 8 * 10 + 10)))
expect 0 plan e.ini --json
test "$(json disk <out)" = $((5 * moment)) || die "not five moments: $(json disk <out)"
expect 0 plan e.ini --json --set train.a.checkpoint-limit=0.001
test "$(json disk <out)" = $((3 * moment)) || die "not three moments: $(json disk <out)"

test -z "${VALGRIND_COMMAND:-}" && test "${SANITIZERS:-no}" = no || exit 0
echo "-- a stage that was begun needs only the rest: of five moments one is there after its first epoch"
cat >e.ini <<'END_OF_FILE'
[train a]
model.hidden = 1000
limit = 130
epochs = 3
END_OF_FILE
moment=$((2 * 4 * (64 * 1000 + 1000 + 1000 * 10 + 10)))
# free MOMENTS TENTHS [VARIABLE=VALUE...]: a run where so much is free.
free() {
  bytes=$((moment * $1 + moment * $2 / 10))
  shift 2
  code=0
  env FAULT_FREE=$bytes "$@" LD_PRELOAD="$library" "$program" run e.ini --out begun \
    >out 2>err || code=$?
}
free 4 9
test $code = 2 || die "began where 4.9 moments of 5 are free: $code"
says 'take another 3 MB of disk, and 3 MB are free'
test ! -e begun || die "something was written"
n=20
while test ! -e begun/a/epoch-1.state.safetensors; do
  test $n -lt 200 || die "no write to kill at leaves the first epoch's checkpoint"
  rm -rf begun
  free 5 1 FAULT_CALLS=write FAULT_ACTION=KILL FAULT_AT=$n
  test $code = 137 || die "killed at write $n: $code"
  n=$((n + 1))
done
free 3 0
test $code = 2 || die "went on where 3 moments of 4 are free: $code"
says 'take another 2 MB of disk'
free 4 9
test $code = 0 || die "did not go on where 4.9 moments of 4 are free: $code"
