#!/bin/sh
# tests/torture/faults.sh: one call after the other fails, or is the last before the process is killed: each write, fsync,
# rename and the like; each read and open; each allocation. What must hold wherever it strikes:
#   * the program ends by itself with exit code 1 and a message, or goes on and ends with the right bytes;
#   * started again, it ends with the bytes of an undisturbed run, and finds no checkpoint damaged nor results outdated;
#   * after a failed allocation, all that was allocated is freed.
# make check takes every STRIDE-th call, make torture each one. KINDS and FIRST choose among them.
test -z "${VALGRIND_COMMAND:-}" || exit 77 # both put themselves between the program and its calls
test "${SANITIZERS:-no}" = no || exit 77
. "${srcdir:-.}/tests/cli/lib.sh"
test -e "$library" || die "no $library"
kinds=${KINDS:-full broken killed unreadable memory unreadable-later memory-later full-for-good starved starved-early}
threads=--threads=1 # so that calls come in one order

cat >e.ini <<'END'
[defaults]
dataset       = digits
model         = normed
model.hidden  = 6
batch         = 64
limit         = 130
epochs        = 3
schedule      = decay
schedule.rate = 0.1
eval.test-samples = 100
[train left]
[train right]
seed = 2
[connect arc]
ends = left right@2
[scan compare]
paths  = line(left,right) arc
points = 3
[ensemble fge]
ensembler      = fge
start          = left@2
budget         = 4
schedule.cycle = 1
[evaluate every]
of = fge[*] arc(0.5)
[plane sheet]
through = left right arc(0.5)
grid    = 2
[compare both]
of = left fge
END
expect 0 run e.ini --out whole $threads
sums whole >whole.sums

# with CALLS ACTION AT [TRACE]: the run with that fault; its code.
with() {
  code=0
  FAULT_CALLS=$1 FAULT_ACTION=$2 FAULT_AT=$3 FAULT_TRACE=${4:-} FAULT_REPORT=$scratch/report LD_PRELOAD=$library \
    "$program" run e.ini --out part $threads --quiet >out 2>err || code=$?
}

# Started again, the run must end as if nothing had been. From the same files, but for those that hold times, that is known
# once it was seen: hundreds of allocations fail between one file and the next.
again() {
  state=$(test ! -d part || { cd part && find . ! -name provenance.json ! -name log.jsonl -type f | LC_ALL=C sort |
    xargs -r sha256sum | sha256sum; })
  if grep -qxF "$state" seen 2>/dev/null; then return 0; fi
  expect 0 run e.ini --out part $threads --quiet
  if grep -v 'a cycle of' err >&2; then die "$1: the next run has this to say"; fi
  sums part | diff - whole.sums >&2 || die "$1: other bytes"
  for aside in part/*~; do test ! -e "$aside" || die "$1: results were set aside"; done
  echo "$state" >>seen
}

# What the run finds: nothing, or what one left that was killed in its ensemble.
half=
afresh() {
  rm -rf part report
  test -z "$half" || cp -R half part
}

# strike KIND CALLS ACTION STRIDE
strike() {
  case " $kinds " in *" $1 "*) ;; *) return 0 ;; esac
  afresh
  with "$2" "$3" 0
  test $code = 0 || die "$1: without a fault, exit code $code"
  test "$2" != memory || says 'leaked 0' report
  calls=$(sed -n 's/^calls //p' report)
  test "$calls" -gt 50 || die "$1: only '$calls' calls are counted"
  n=${FIRST:-1} done=0
  while test "$n" -le "$calls"; do
    afresh
    with "$2" "$3" "$n"
    case $3:$code in
    KILL:137 | E*:0) ;;
    E*:1) test -s err || die "$1 at call $n: no message" ;;
    *) die "$1 at call $n: exit code $code" ;;
    esac
    # Some functions of libarchive end the process themselves when memory is out.
    if test "$2" = memory && ! grep -q 'Fatal Internal Error in libarchive' err && ! grep -qx 'leaked 0' report; then
      afresh
      with "$2" "$3" "$n" trace
      die "$1 at call $n: memory was not freed: $(cat report)"
    fi
    again "$1 at call $n"
    n=$((n + $4)) done=$((done + 1))
  done
  echo "-- $1: $done of $calls calls"
}

strike full write ENOSPC "${STRIDE:-23}"
strike broken write EIO "${STRIDE:-41}"
strike killed write KILL "${STRIDE:-13}"
strike unreadable read EIO "${STRIDE:-7}"
strike memory memory ENOMEM "${STRIDE:-601}"
# The same for a run that goes on with what there is: nothing of it may be taken for damaged or outdated.
afresh
n=200
while test -z "$(find part/fge/state -name '*.state.safetensors' 2>/dev/null)"; do
  test $n -lt 400 || die "no call to kill at leaves an ensemble unfinished"
  afresh
  with write KILL $n
  n=$((n + 3))
done
mv part half
half=yes
strike unreadable-later read EIO "${STRIDE:-11}"
strike memory-later memory ENOMEM "${STRIDE:-797}"
half=
FAULT_STICKY=1
export FAULT_STICKY
strike full-for-good write ENOSPC "${STRIDE:-37}"
strike starved memory ENOMEM "${STRIDE:-1201}"

# Where a file is read, settled and looked up, an error is carried through many hands before anything is written: each of
# the first calls in turn, even in the sample. (A layer that loses the status of an error that it has no memory to explain
# lets its caller go on with what is not there.) A plan writes nothing, so that nothing is to be compared.
case " $kinds " in *" starved-early "*) ;; *) exit 0 ;; esac
n=${FIRST:-1} last=$((n + ${EARLY:-120})) calls=0
while test $n -lt $last; do
  code=0
  FAULT_CALLS=memory FAULT_AT=$n FAULT_REPORT=$scratch/report LD_PRELOAD=$library "$program" plan e.ini --out part >out 2>err ||
    code=$?
  test $code = 1 || die "starved-early at call $n: exit code $code"
  test -s err || die "starved-early at call $n: no message"
  says 'leaked 0' report
  n=$((n + 1)) calls=$((calls + 1))
done
echo "-- starved-early: $calls calls"
