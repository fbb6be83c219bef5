#!/bin/sh
# tests/cli/stop.sh: ends runs by `strait stop` and by SIGUSR1, waits for a run that is in use, and requeues a job: with a
# scontrol that only notes what it is asked for (tests/slurm has a real one).
. "${srcdir:-.}/tests/cli/lib.sh"
# Long trainings, so that they are still at work when they are asked to stop.
SIZE=64 EPOCHS=12 LIMIT=1000 POINTS=41 BUDGET=14 experiment | sed 's/^\[train .*/&\nepochs = 150/' >e.ini
expect 0 run e.ini --out whole
# ended CODE: how what was started ended.
ended() {
  code=0
  wait "$pid" || code=$?
  test $code = "$1" || die "exit code $code, not $1"
}

# saves FOLDER: waits for its first state; an old one may be gone already.
saves() {
  until ls "$1"/epoch-*.state.safetensors >ls.out 2>&1; do
    kill -0 "$pid" 2>/dev/null || die "ended early"
    sleep 0.01
  done
}

echo "-- strait stop"
for jobs in 1 2; do
  rm -rf part
  start run e.ini --out part -j $jobs
  saves part/left
  cp err first.err
  ${VALGRIND_COMMAND:-} "$program" stop part --wait >said 2>stop.err || die "stop: $(cat stop.err)"
  test -z "$(find part -name .lock)" || die "--wait did not wait"
  ended 143
  says ': process ' said
  says 'stopped by strait stop'
  says 'to resume: '
  test ! -e part/every/summary.json || die "it was not stopped"
  # The request was for that run: the next one is not concerned.
  expect 0 run e.ini --out part
  same whole part "a stopped run ends with other bytes"
done
expect 0 stop part
says 'nothing runs in part' out
expect 2 stop .
says 'there is no experiment.json'

echo "-- exit code 75, and --wait-lock"
rm -rf part
start run e.ini --out part
saves part/left
first=$pid
expect 75 run e.ini --out part
says '(--wait-lock)'
expect 75 run e.ini --out part -j 2
start run e.ini --out part --wait-lock
ended 0
grep -q 'is in use; waiting until it is free' err || die "it did not wait"
wait "$first" || die "the first of two failed"
same whole part "two runs that take turns end with other bytes"
rm -rf part
start run e.ini --out part
saves part/left
first=$pid
start run e.ini --out part --wait-lock
until grep -q 'waiting until' err; do sleep 0.05; done
kill -TERM "$pid"
ended 143 # it can be stopped while it waits
kill -9 "$first"
wait "$first" 2>/dev/null || true

echo "-- strait clean leaves a run that is at work alone"
rm -rf part
expect 0 run e.ini --out part --stage left --set train.left.seed=9
start run e.ini --out part
wait_for part/left.~1~
wait_for part/left/stage.json
first=$pid
expect 75 clean part
says 'is in use by process'
test -e part/left.~1~/stage.json || die "clean removed something"
kill -9 "$first"
wait "$first" 2>/dev/null || true
mkdir part/gone.~3~ # its stage has no folder
expect 0 clean part
test -z "$(find part -name '*~')" || die "clean left something"
test -e part/left/stage.json || die "clean removed current results"
test ! -e part/gone || die "clean made a folder"

echo "-- SIGUSR1 saves; --requeue then asks Slurm for another turn"
mkdir bin
cat >bin/scontrol <<'END'
#!/bin/sh
echo "$*" >>"$ASKED"
test ! -e "$ASKED.refuses" || { echo 'Requested operation is presently disabled' >&2; exit 1; }
END
chmod +x bin/scontrol
PATH=$scratch/bin:$PATH ASKED=$scratch/asked SLURM_JOB_ID=12
export PATH ASKED SLURM_JOB_ID
rm -rf part
start run e.ini --out part --stage left --requeue
saves part/left
kill -USR1 "$pid"
ended 75
says 'job 12 is in the queue again'
test "$(cat asked)" = 'requeue 12' || die "scontrol got: $(cat asked)"
test -z "$(find part -name .lock)" || die "it asks for another turn with the folder locked"
expect 0 run e.ini --out part
same whole part "a requeued run ends with other bytes"
# Stopped otherwise, or without --requeue, it is not requeued.
rm -rf part asked
start run e.ini --out part --requeue
saves part/left
kill -TERM "$pid"
ended 143
start run e.ini --out part
wait_for part/left/.lock
kill -USR1 "$pid"
ended 138
test ! -e asked || die "scontrol was asked"

echo "-- a job that no longer gets on is not requeued for ever"
# Another process, which does nothing, has the stage: no turn gets on.
rm -rf part
start run e.ini --out part --stage right
saves part/right
first=$pid
kill -STOP "$first"
turns=0 code=75
while test $code = 75; do
  test $turns -lt 5 || die "it is requeued for ever"
  start run e.ini --out part --stage right --requeue --wait-lock
  until grep -q 'waiting until' err; do sleep 0.02; done
  kill -USR1 "$pid"
  code=0
  wait "$pid" || code=$?
  turns=$((turns + 1))
done
test $code = 1 || die "exit code $code, not 1"
says 'job 12 is not requeued: its last runs reached no new checkpoint'
test "$(grep -c . asked)" = 2 && test $turns = 3 || die "requeued $(grep -c . asked) times in $turns turns, not 2 in 3"
kill -9 "$first"
wait "$first" 2>/dev/null || true

echo "-- a site that does not requeue"
touch asked.refuses
rm -rf part
SLURM_JOB_ID=13
start run e.ini --out part --stage right --requeue
saves part/right
kill -USR1 "$pid"
ended 1
says 'presently disabled'
