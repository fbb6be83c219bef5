#!/bin/sh
# tests/torture/kill.sh: KILLS runs, each ended by SIGKILL, SIGTERM, SIGINT or SIGHUP at a random instant, in turn from
# nothing and from what the one before left, so that every stage is hit; each is then finished, and must have the bytes of
# an undisturbed run. The instants come from a generator with the seed SEED: uniform over the time a whole run takes.
# make check kills 8 times, make torture 200.
test -z "${VALGRIND_COMMAND:-}" || exit 77 # what is killed cannot be looked through for leaks
. "${srcdir:-.}/tests/cli/lib.sh"
kills=${KILLS:-8}
SIZE=32 EPOCHS=${EPOCHS:-6} LIMIT=${LIMIT:-1500} POINTS=${POINTS:-41} BUDGET=8 experiment >e.ini
from=$(date +%s%N)
expect 0 run e.ini --out whole
to=$(date +%s%N)
# Number, signal, delay in seconds, and whether to begin anew: one a line, more than needed, as some come too late. Half of the
# kills go on with what is there; their run is shorter, so their delay is too.
awk -v n="$((6 * kills))" -v seed="${SEED:-1}" -v whole="$(((to - from) / 1000))" 'BEGIN {
  srand(seed)
  split("KILL TERM INT HUP", signal, " ")
  for (i = 1; i <= n; i++) {
    anew = i % 2
    printf "%d %s %.6f %d\n", i, signal[1 + int(4 * rand())], rand() * whole / 1e6 * (anew ? 1 : .5), anew
  }
}' >plan

# The background job of a script ignores SIGINT; strait must not, so it is started by a program that takes it back.
launch() {
  perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV or exit 127' "$program" run e.ini --out part >out 2>err &
  pid=$!
}
command -v perl >/dev/null || exit 77

struck=0 late=0
while read -r number signal delay anew; do
  test $struck -lt "$kills" || break
  test "$anew" = 0 || rm -rf part
  launch
  sleep "$delay"
  kill -"$signal" $pid 2>/dev/null || true
  code=0
  wait $pid || code=$?
  case $signal:$code in
  *:0) late=$((late + 1)) ;; # it was done already
  KILL:137) struck=$((struck + 1)) ;;
  TERM:143 | INT:130 | HUP:129)
    struck=$((struck + 1))
    # It ends by itself and says how to go on, unless the signal came before it could listen.
    test ! -s err || says 'to resume: '
    if test "$anew" = 1 && find part -name .lock 2>/dev/null | grep .; then die "SIG$signal leaves a lock"; fi
    ;;
  *) die "kill $number, SIG$signal after $delay s: exit code $code" ;;
  esac
  if test "$anew" = 0; then
    expect 0 run e.ini --out part
    if grep 'cannot be used\|starts over\|treating it as missing' err >&2; then die "kill $number: a checkpoint was damaged"; fi
    same whole part "kill $number, SIG$signal after $delay s: other bytes"
    for aside in part/*~; do test ! -e "$aside" || die "kill $number: results were set aside"; done
  fi
done <plan
echo "-- $struck kills in time, $late after the end: the bytes are equal in all"
test "$struck" = "$kills" || die "only $struck kills came in time"
