#!/bin/sh
# tests/slurm/check.sh: strait submit and a Slurm of one node, started here: make check-slurm. LONG=yes: also across a real
# time limit and with the controller away (3 minutes).
. "${srcdir:-.}/tests/cli/lib.sh"
. "${srcdir:-.}/tests/slurm/node.sh"
slurm_there || exit 77
short=$(mktemp -d /tmp/slurm-XXXXXX)
trap 'stop_slurm; rm -rf "$scratch" "$short"' EXIT
start_slurm "$short" || { echo 'Slurm does not start here' >&2; exit 77; }
mkdir "a b"
cd "a b"
seconds() { date +%s.%N; }
# Until no job is left, or those that are there wait for ever.
until_done() {
  for _ in $(seq 600); do
    test -n "$(squeue -h -o %i)" || return 0
    sleep 0.1
  done
  squeue >&2
  die 'jobs do not end'
}
# Until a stage has a checkpoint.
until_begun() { # RUN/STAGE...
  for _ in $(seq 1200); do
    test -z "$(find "$@" -name 'epoch-*.state.safetensors' 2>/dev/null)" || return 0
    sleep 0.02
  done
  squeue >&2
  die "$* does not begin"
}
# Starts a job that was requeued, which Slurm does after two minutes. Not in the second in which it was requeued: the node
# then refuses the job's credential, and the job fails.
start_again() {
  sleep 2
  scontrol update JobId="$1" StartTime=now
}
job_of() { squeue -h -r -n "e/$1" -o %i; } # STAGE
submitted() { says "submitted $1 stage" out; } # STAGES

echo "-- a graph of 12 stages, in a folder with a blank, has the bytes of strait run"
more='[train third]\nseed = 3\n[connect other]\nends = left third\n'
{
  experiment
  printf "$more"
} >graph.ini
expect 0 run graph.ini --out graph
expect 0 submit graph.ini --out 'runs/a graph'
submitted 12
until_done
same graph 'runs/a graph' "other bytes"

echo "-- done stages send none"
expect 0 submit graph.ini --out 'runs/a graph'
submitted 0
rm -r 'runs/a graph/arc'
expect 0 submit graph.ini --out 'runs/a graph'
submitted 1
until_done
same graph 'runs/a graph' "other bytes"

# Stages that take a second or two.
{
  SIZE=64 EPOCHS=${EPOCHS:-40} LIMIT=0 experiment | sed '/^\[connect kinked\]/,$d'
  printf "$more"
} >e.ini
expect 0 run e.ini --out whole

echo "-- scancel in the midst of a stage"
expect 0 submit e.ini --out runs/c
until_begun runs/c/left
scancel "$(job_of left)"
until_done
grep -q 'stopped by SIGTERM' runs/c/slurm.jobs/left-*.out || die "it did not save: $(cat runs/c/slurm.jobs/left-*.out)"
test ! -e runs/c/left/summary.json && test ! -e runs/c/arc || die "left was done, or arc was begun"
expect 0 submit e.ini --out runs/c
grep -q '^submitted 1*[0-9] stages' out || die "$(cat out)"
until_done
grep -q resumes runs/c/slurm.jobs/left-*.out || die "left began again"
same whole runs/c "other bytes"

echo "-- --cancel, and strait stop"
expect 0 submit e.ini --out runs/s
until_begun runs/s/left
expect 0 submit e.ini --out runs/s --status
grep -q '^train left .*RUNNING' out && grep -q '^connect arc .*waits for what it needs' out || die "$(cat out)"
expect 0 stop runs/s --wait
says 'left: process ' out
until_done
grep -q 'stopped by strait stop' runs/s/slurm.jobs/left-*.out || die "$(cat runs/s/slurm.jobs/left-*.out)"
expect 0 submit e.ini --out runs/s
sleep 0.3
expect 0 submit e.ini --out runs/s --cancel
until_done
expect 0 submit e.ini --out runs/s
until_done
same whole runs/s "other bytes"

echo "-- SIGUSR1 before the time limit: saved, and in the queue again under the same number"
expect 0 submit e.ini --out runs/u
until_begun runs/u/left
id=$(job_of left)
scancel --batch --signal=USR1 "$id"
for _ in $(seq 100); do
  test "$(squeue -h -j "$id" -o '%T %r' | cut -c1-7)" != PENDING || break
  sleep 0.1
done
start_again "$id"
until_done
grep -q "job $id is in the queue again" "runs/u/slurm.jobs/left-$id.out" || die "$(cat "runs/u/slurm.jobs/left-$id.out")"
grep -q resumes "runs/u/slurm.jobs/left-$id.out" || die "it did not resume: $(cat "runs/u/slurm.jobs/left-$id.out")"
same whole runs/u "other bytes"

echo "-- a stage that fails: its dependants are cancelled, and the next submit sends only these"
expect 0 submit e.ini --out runs/f -- --hold
touch runs/f/third # where its folder would be
scontrol release $(squeue -h -o %i | tr '\n' ' ')
until_done
grep -q 'runs/f/third' runs/f/slurm.jobs/third-*.out || die "third did not fail"
test -e runs/f/arc/summary.json && test ! -e runs/f/other || die 'arc was not made, or other was begun'
rm runs/f/third
expect 0 submit e.ini --out runs/f
submitted 2
until_done
same whole runs/f "other bytes"

echo "-- the controller is restarted"
expect 0 submit e.ini --out runs/r
until_begun runs/r/left
stop_controller
run_controller
until_idle
until_done
same whole runs/r "other bytes"

echo "-- a job of one's own, as in the manual"
cat >own.sh <<END
#!/bin/sh
#SBATCH --time=60 --mem=2000 --cpus-per-task=2
#SBATCH --requeue --open-mode=append --signal=B:USR1@120
exec '$program' run e.ini --out runs/o --requeue
END
sbatch -J e/own -o own.out own.sh >/dev/null
until_begun runs/o/left
scancel "$(job_of own)"
until_done
says 'stopped by SIGTERM' own.out
cat >shell.sh <<END
#!/bin/bash
#SBATCH --time=60 --mem=2000 --cpus-per-task=2
#SBATCH --requeue --open-mode=append --signal=B:USR1@120
trap 'again=yes; kill -TERM \$p' USR1
trap : TERM
'$program' run e.ini --out runs/o & p=\$!
wait \$p; rc=\$?; while kill -0 \$p 2>/dev/null; do wait \$p; rc=\$?; done
[ "\$again" ] && [ \$rc = 143 ] && scontrol requeue \$SLURM_JOB_ID && sleep 60
exit \$rc
END
sbatch -J e/shell -o shell.out shell.sh >/dev/null
until_begun runs/o/right
id=$(job_of shell)
scancel --batch --signal=USR1 "$id"
for _ in $(seq 100); do
  test "$(squeue -h -j "$id" -o %T)" != PENDING || break
  sleep 0.1
done
start_again "$id"
until_begun runs/o/arc runs/o/third runs/o/other
scancel "$id"
until_done
says 'stopped by SIGTERM' shell.out
expect 0 run e.ini --out runs/o
same whole runs/o "other bytes"

echo "-- what a job was given"
sbatch -J e/doctor -o doctor.out --mem=300 --cpus-per-task=3 --wrap "exec '$program' doctor" >/dev/null
until_done
grep -q 'memory  *0.3 GiB' doctor.out && grep -q "threads  *$(nproc | awk '{ print $1 < 3 ? $1 : 3 }')\$" doctor.out ||
  die "doctor in a job: $(cat doctor.out)"

echo "-- 300 stages"
tiny_experiment >many.ini
printf '[sweep many]\nstages = arc\nover.seed = 1..100\n' >>many.ini
began=$(seconds)
expect 0 submit many.ini -- --hold
echo "   $(head -n 1 out): $(echo "$(seconds) $began" | awk '{ printf "%.1f", $1 - $2 }') s"
sent=$(awk 'NR == 1 { print $2 }' out)
test "$sent" -ge 300 || die "$sent stages are not 300"
expect 0 submit many.ini --cancel
says "cancelled $sent" out
until_done

test -n "${LONG:-}" || exit 0
echo "-- the controller is away"
stop_controller
expect 1 submit e.ini --out runs/away
says 'Slurm cannot be asked'
run_controller
until_idle

echo "-- across a real time limit"
SIZE=512 EPOCHS=60 LIMIT=0 experiment | sed '/^\[train right\]/,$d' >e.ini
expect 0 run e.ini --out long
expect 0 submit e.ini --out runs/l --threads 1 -- --time=1 --signal=B:USR1@50
id=$(job_of left)
while test ! -e runs/l/left/summary.json; do
  case $(squeue -h -j "$id" -o '%T %r') in
  'PENDING BeginTime') start_again "$id" ;;
  '') test -e runs/l/left/summary.json || die "it ended: $(cat runs/l/slurm.jobs/left-*.out)" ;;
  esac
  sleep 0.5
done
until_done
grep -c 'in the queue again' "runs/l/slurm.jobs/left-$id.out"
same long runs/l "other bytes"
