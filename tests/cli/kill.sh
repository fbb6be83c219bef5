#!/bin/sh
# tests/cli/kill.sh: a run that is killed or stopped anywhere goes on to the bytes of one that was not.
test -z "${VALGRIND_COMMAND:-}" || exit 77 # what is killed cannot be looked through for leaks
. "${srcdir:-.}/tests/cli/lib.sh"
limit=0 points=161
test "${SANITIZERS:-no}" = no || limit=1000 points=41 # they make it slow enough for the signals
SIZE=64 EPOCHS=${EPOCHS:-12} LIMIT=$limit POINTS=${POINTS:-$points} BUDGET=14 experiment >e.ini
expect 0 run e.ini --out whole

# send SIGNAL PATTERN CODE: starts the run without the pattern's stage, and sends the signal once a file of the pattern is
# there. Tries again where the stage was done before.
send() {
  stage=$(echo "$2" | cut -d/ -f1-2)
  for try in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf "$stage"
    start run e.ini --out part
    while kill -0 $pid 2>/dev/null && test -z "$(find part -path "$2" 2>/dev/null)"; do sleep 0.005; done
    kill -"$1" $pid 2>/dev/null || true
    code=0
    wait $pid || code=$?
    test $code = "$3" && test ! -e "$stage/summary.json" && return
    test $code = 0 || test $code = "$3" || die "SIG$1: exit code $code, not $3"
  done
  die "the run was always faster than SIG$1 at $2"
}
kill_at() { send KILL "$1" 137; }
echo "-- SIGKILL in train, connect, scan and ensemble"
kill_at 'part/left/epoch-[3-9].state.safetensors'
kill_at 'part/arc/epoch-[3-9].state.safetensors'
kill_at 'part/compare/arc/*'
kill_at 'part/fge/state/*.state.safetensors'
expect 0 run e.ini --out part
says 'resumes'
same whole part "a killed run ends with other bytes"

echo "-- SIGTERM and SIGINT: the step is finished, and the command that resumes is printed"
rm -rf part
stop_at() {
  send "$1" "$2" "$3"
  says 'to resume: '
  says 'run e.ini --out part'
}
stop_at TERM 'part/left/epoch-[3-9].state.safetensors' 143
stop_at TERM 'part/arc/epoch-[3-9].state.safetensors' 143
stop_at TERM 'part/compare/arc' 143
stop_at TERM 'part/fge/state/*.state.safetensors' 143
expect 0 run e.ini --out part
same whole part "a stopped run ends with other bytes"
# A shell's background jobs ignore SIGINT, so it is sent by timeout, which does not.
rm -rf part
code=0
${VALGRIND_COMMAND:-} timeout --preserve-status --signal=INT 0.3 "$program" run e.ini --out part >out 2>err || code=$?
test $code = 130 || test $code = 0 || die "SIGINT: exit code $code"
expect 0 run e.ini --out part
same whole part "an interrupted run ends with other bytes"

echo "-- SIGKILL at any time"
rm -rf part
kills=0
for delay in 0.03 0.07 0.11 0.05 0.19 0.13 0.23 0.02 0.31 0.17 0.29 0.37; do
  start run e.ini --out part
  sleep $delay
  kill -9 $pid 2>/dev/null && kills=$((kills + 1))
  wait $pid 2>/dev/null || true
done
expect 0 run e.ini --out part
test $kills -ge 3 || die "only $kills kills came in time"
same whole part "after $kills kills the bytes are others"
# Nothing but results and the log is left.
find whole -type f ! -name log.jsonl | sed 's/^whole//' | LC_ALL=C sort >a
find part -type f ! -name log.jsonl | sed 's/^part//' | LC_ALL=C sort >b
diff a b || die "killed runs leave files behind"

echo "-- killed at the very end of a stage, when its results are whole"
touch part/arc/.lock part/arc/provenance.json.4194304-0.tmp part/experiment.ini.4194304-0.tmp part/experiment.json.4194304-1.tmp
expect 0 run e.ini --out part
find part -type f ! -name log.jsonl | sed 's/^part//' | LC_ALL=C sort >b
diff a b || die "what a killed process left is kept"

echo "-- a damaged checkpoint is found, named, and an earlier one is used"
rm -rf part
kill_at 'part/left/epoch-[4-9].state.safetensors'
newest=$(ls -t part/left/*.state.safetensors | head -1)
last=$(($(wc -c <"$newest") - 1))
tail -c 1 "$newest" | tr '\000-\377' '\001-\377\000' | dd of="$newest" bs=1 seek=$last conv=notrunc 2>/dev/null
expect 0 run e.ini --out part
says "$(basename "$newest")"
same whole part "the bytes differ after a damaged checkpoint"

echo "-- an ensemble's too"
rm -rf part
kill_at 'part/fge/state/source-0-iteration-[1-9]??.state.safetensors'
newest=$(ls -t part/fge/state/*.state.safetensors | head -1)
echo damaged >"$newest"
expect 0 run e.ini --out part
says "$(basename "$newest")"
says 'resuming from the one before it'
same whole part "the bytes differ after a damaged state of an ensemble"
