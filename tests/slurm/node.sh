# tests/slurm/node.sh: a Slurm of one node with 8 CPUs, in a temporary folder: its own key, ports and state. Sourced;
# start_slurm, stop_slurm, restart_controller. Root, or a user whom munge and slurmd let start (they refuse few).
slurm_there() {
  for command in slurmctld slurmd munged sbatch squeue scancel scontrol sinfo; do
    command -v "$command" >/dev/null || { echo "$command is not installed" >&2; return 1; }
  done
}
slurm_pids=
# A port that nobody listens on, from a number on.
free_port() {
  port=$1
  while grep -qi ":$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp; do port=$((port + 1)); done
  echo "$port"
}
slurm_conf() { # FOLDER
  host=$(hostname -s)
  cat <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$1/munge.socket
CredType=cred/munge
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$slurm_port
SlurmdPort=$((slurm_port + 1))
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=0,default_queue_depth=1000
MinJobAge=2
MailProg=/bin/true
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
KillWait=30
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 State=UNKNOWN
PartitionName=short Nodes=$host MaxTime=20 State=UP
PartitionName=main Nodes=$host Default=YES MaxTime=600 State=UP
END
}
run_controller() {
  slurmctld -D "$@" >"$slurm_folder/slurmctld.out" 2>&1 &
  controller=$!
}
start_slurm() { # FOLDER: a short one, as sockets' names are
  slurm_folder=$1
  mkdir -p "$1/state" "$1/spool"
  chmod 755 "$1"
  dd if=/dev/urandom of="$1/key" bs=128 count=1 2>/dev/null
  chmod 400 "$1/key"
  slurm_port=$(free_port $((20000 + $$ % 20000)))
  SLURM_CONF=$1/slurm.conf
  export SLURM_CONF
  slurm_conf "$1" >"$SLURM_CONF"
  munged --force --foreground --key-file="$1/key" --socket="$1/munge.socket" --pid-file="$1/munge.pid" --seed-file="$1/seed" \
    --log-file="$1/munged.log" >"$1/munged.out" 2>&1 &
  slurm_pids=$!
  for _ in $(seq 100); do test -S "$1/munge.socket" && break || sleep 0.05; done
  run_controller -c
  slurmd -D -N "$(hostname -s)" >"$1/slurmd.out" 2>&1 &
  slurm_pids="$! $slurm_pids"
  until_idle
}
until_idle() {
  for _ in $(seq 200); do
    case $(sinfo -h -o %T -p main 2>/dev/null) in idle | mixed | allocated) return 0 ;; esac
    sleep 0.1
  done
  tail -n 5 "$slurm_folder"/*.out "$slurm_folder"/*.log >&2
  return 1
}
stop_controller() {
  kill "$controller" 2>/dev/null || return 0
  wait "$controller" 2>/dev/null || :
}
stop_slurm() {
  test -n "$slurm_pids" || return 0
  scancel --user="$(id -un)" 2>/dev/null || :
  sleep 1
  stop_controller
  for pid in $slurm_pids; do
    kill "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
  done
  slurm_pids=
}
