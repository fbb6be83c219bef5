#!/bin/sh
# tests/cli/submit.sh: what `strait submit` asks of Slurm, with commands of that name that run each script at once and note
# their words. tests/slurm/check.sh asks a real Slurm.
. "${srcdir:-.}/tests/cli/lib.sh"
mkdir bin 'a b'
cat >bin/sbatch <<'END'
#!/bin/sh
# Runs the script, for each task of an array, and prints a number as the real one does. FAIL: a job that is refused.
number=$(($(cat "$NOTES/number" 2>/dev/null || echo 100) + 1))
test "$number" != "${FAIL:-}" || { echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy" >&2; exit 1; }
echo $number >"$NOTES/number"
for word; do echo "$word"; done >"$NOTES/$number.words"
cat >"$NOTES/$number.script"
export SLURM_JOB_ID=$number
tasks=$(sed -n 's/^--array=0-\([0-9]*\).*/\1/p' "$NOTES/$number.words")
cd "$(sed -n 's/^--chdir=//p' "$NOTES/$number.words")" || exit
for task in $(seq 0 "${tasks:-0}"); do
  test -n "${HOLD:-}" || SLURM_ARRAY_TASK_ID=$task sh "$NOTES/$number.script" >"$NOTES/$number.out" 2>&1 || echo "$number" >>"$NOTES/failed"
done
echo "$number;cluster"
END
cat >bin/squeue <<'END'
#!/bin/sh
test ! -e "$NOTES/down" || { echo 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)' >&2; exit 1; }
cat "$NOTES/queue" 2>/dev/null || :
END
cat >bin/scancel <<'END'
#!/bin/sh
echo "$*" >>"$NOTES/cancelled"
END
cat >bin/sinfo <<'END'
#!/bin/sh
printf 'short|3:00\nmain*|1-00:00:00\nlong|infinite\n'
END
chmod +x bin/*
NOTES=$scratch/notes
export NOTES
fresh() { rm -rf "$NOTES" && mkdir "$NOTES"; }
fresh
plain=$PATH
PATH=$scratch/bin:$PATH
word() { sed -n "s/^--$2=//p" "$NOTES/$1.words"; } # NUMBER OPTION

echo "-- the bytes are those of strait run; done stages send none"
experiment >e.ini
expect 0 run e.ini --out whole
expect 0 submit e.ini --out 'a b/50%' --set defaults.batch=64 -- --partition=long --account='my project'
says 'submitted 10 stages as 10 jobs; 0 queued before, 0 done' out
test ! -e "$NOTES/failed" || die "jobs failed: $(cat "$NOTES/failed")"
same whole 'a b/50%' "jobs give other bytes than a run"
expect 0 submit e.ini --out 'a b/50%'
says 'submitted 0 stages' out
test "$(cat "$NOTES/number")" = 110 || die "done stages were sent"
# arc needs left and right; sbatch(1): %% is a percent sign in the name of a file.
test "$(word 103 dependency)" = afterok:101:102 || die "arc waits for $(word 103 dependency)"
test -z "$(word 101 dependency)" || die "left waits for something"
test "$(word 101 output)" = "$scratch/a b/50%%/slurm.jobs/left-%j.out" || die "output: $(word 101 output)"
test "$(word 101 job-name)" = e/left || die "name"
tail -n 1 "$NOTES/101.words" | grep -qx -- '--account=my project' || die "the user's options are not last"
for option in --requeue --open-mode=append --kill-on-invalid-dep=yes --signal=B:USR1@120 --cpus-per-task=1 --parsable; do
  grep -qx -- "$option" "$NOTES/101.words" || die "no $option"
done
# Memory and time are those of strait plan.
strait plan e.ini --threads 1 --json >plan.json
want=$(json stages.0.memory <plan.json | awk '{ x = $1 * 1.3 / 1048576; print int(x) + (x > int(x)) + 200 "M" }')
test "$(word 101 mem)" = "$want" || die "memory: $(word 101 mem), not $want"
test "$(word 101 time)" = 6 || die "a second of work gets $(word 101 time) minutes, not 6"

echo "-- a partition's limit"
fresh
rm -rf part
expect 0 submit e.ini --out part -- -p short
test "$(word 101 time)" = 3 && grep -qx -- --signal=B:USR1@60 "$NOTES/101.words" || die "short: $(word 101 time)"

echo "-- --dry-run prints a script that does the same"
fresh
rm -rf part
expect 0 submit e.ini --out 'a b/dry' --dry-run
test ! -e "$NOTES/number" || die "it was sent"
test ! -e 'a b/dry' || die "it wrote"
cp out graph.sh
sh graph.sh >out 2>err || die "the script fails"
same whole 'a b/dry' "the script gives other bytes"
test "$(word 103 dependency)" = afterok:101:102 || die "arc waits for $(word 103 dependency)"
# Where there is no Slurm.
PATH=$plain
if ! command -v squeue >/dev/null; then
  expect 0 submit e.ini --out other --dry-run
  test "$(grep -c '^job_' out)" = 10 || die "not 10 jobs"
  expect 2 submit e.ini --out whole --status
fi
PATH=$scratch/bin:$PATH

echo "-- what is queued is not sent again, and is what others wait for"
fresh
rm -rf part
HOLD=1
export HOLD
expect 0 submit e.ini --out part
mark() { sed -n 's/^--comment=//p' "$NOTES/$1.words"; }
printf '101|RUNNING|None|%s\n102|PENDING|Resources|%s\n9|RUNNING|None|strait of another\n' "$(mark 101)" "$(mark 102)" >"$NOTES/queue"
expect 0 submit e.ini --out part
says 'submitted 8 stages as 8 jobs; 2 queued before' out
test "$(word 111 dependency)" = afterok:101:102 || die "arc waits for $(word 111 dependency)"
expect 0 submit e.ini --out part --status
grep -q '^train left .*101 *RUNNING' out && grep -q '^train right .*102 *PENDING *waits for a node' out || die "$(cat out)"
expect 0 submit e.ini --out part --status --json
test "$(json 1.job <out)" = 102 || die "status as JSON"
printf '101|RUNNING|None|%s\n102|PENDING|DependencyNeverSatisfied|%s\n' "$(mark 101)" "$(mark 102)" >"$NOTES/queue"
expect 0 submit e.ini --out part
says 'submitted 9 stages' out # Slurm is about to cancel 102
# Keys that changed make a job outdated.
expect 0 submit e.ini --out part --set train.left.seed=7
says 'left changed since job 101 was submitted'
test "$(cat "$NOTES/cancelled")" = 101 || die "cancelled: $(cat "$NOTES/cancelled")"
rm "$NOTES/cancelled" "$NOTES/queue"
expect 0 submit e.ini --out part --cancel
says 'cancelled 0 jobs' out
expect 0 submit e.ini --out part
printf '%s|RUNNING|None|%s\n' 150 "$(mark "$(cat "$NOTES/number")")" 151 'strait x' >"$NOTES/queue"
expect 0 submit e.ini --out part --cancel
says 'cancelled 1 job' out
test "$(cat "$NOTES/cancelled")" = 150 || die "cancelled: $(cat "$NOTES/cancelled")"
unset HOLD

echo "-- arrays"
fresh
rm -rf part
tiny_experiment >s.ini
printf '[sweep many]\nstages = arc\nover.seed = 1..8\n' >>s.ini
expect 0 run s.ini --out swept
expect 0 submit s.ini --out part --at-once 5
test ! -e "$NOTES/failed" || die "jobs failed: $(cat "$NOTES/failed")"
same swept part "an array gives other bytes than a run"
array=$(grep -l -- --array= "$NOTES"/*.words | head -n 1)
test -n "$array" || die "no array"
grep -qx -- '--array=0-[0-9]*%5' "$array" || die "$(grep array "$array")"
grep -q 'dependency=afterok:[0-9_:]*_' "$NOTES"/*.words || die "nothing waits for a task of an array"

echo "-- refused by sbatch in between: the same command sends the rest"
fresh
rm -rf part
FAIL=104
export FAIL
expect 1 submit e.ini --out part
says 'QOS policy'
says '3 of 10 stages were submitted; the same command submits the rest'
unset FAIL
expect 0 submit e.ini --out part
says 'submitted 7 stages' out
same whole part "the bytes differ"

echo "-- what cannot be"
touch "$NOTES/down"
expect 1 submit e.ini --out part
says 'Slurm cannot be asked for its jobs'
expect 1 submit e.ini --out part --status
rm "$NOTES/down"
for option in --array=1-3 '-d afterok:1' --dependency=singleton --wait; do
  expect 2 submit e.ini -- $option
  says 'strait submit sets this option of sbatch itself'
done
expect 2 submit e.ini more.ini
says 'usage: strait submit'
expect 2 submit -- --mem=1
says 'usage: strait submit'
expect 2 submit missing.ini
# A file that was changed since: the job does not make something else.
fresh
rm -rf part
HOLD=1
export HOLD
expect 0 submit e.ini --out part
sed 's/^epochs .*/epochs = 5/' e.ini >new && mv new e.ini
code=0
SLURM_JOB_ID=101 sh "$NOTES/101.script" >out 2>err || code=$?
test $code = 2 || die "a job for other keys: exit code $code"
says 'was changed since this was started'
# A stage that something is at work on.
SIZE=128 EPOCHS=400 LIMIT=0 experiment >long.ini
start run long.ini --out busy
wait_for busy/left/stage.json
cp err first.err
fresh
expect 75 submit long.ini --out busy
says 'is at work on it'
test ! -e "$NOTES/number" || die "jobs were sent"
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
