#!/bin/sh
# tests/cli/places.sh: results where they cannot be written, are in the way, vanish or belong to another process, and the
# second signal. A clear error, never a hang or a crash; what can go on afterwards goes on to the bytes of a whole run.
. "${srcdir:-.}/tests/cli/lib.sh"
tiny_experiment >e.ini
expect 0 run e.ini --out whole
sed 's/^epochs = .*/epochs = 400000/' e.ini >long.ini # never done: it is ended by what is done to it
pid=
trap 'kill -9 $pid 2>/dev/null || true; rm -rf "$scratch"' EXIT

echo "-- a read-only folder"
mkdir locked
chmod 555 locked
if touch locked/x 2>/dev/null; then # root may write there: then the calls fail, as on a read-only file system
  if test -z "${VALGRIND_COMMAND:-}" && test "${SANITIZERS:-no}" = no; then
    code=0
    FAULT_CALLS=write FAULT_ACTION=EROFS FAULT_AT=1 FAULT_STICKY=1 LD_PRELOAD=$library "$program" run e.ini --out locked/in \
      >out 2>err || code=$?
    test $code = 1 || die "a read-only file system: exit code $code"
    says 'cannot make the folder locked/in: Read-only file system'
  fi
else
  expect 1 run e.ini --out locked/in
  says 'cannot make the folder locked/in: Permission denied'
fi
chmod 755 locked
test ! -e locked/in || die "something was written"

echo "-- folders and files where the other is expected"
for file in left/stage.json left/summary.json left/final.safetensors left/final.state.safetensors; do
  rm -rf part
  mkdir -p "part/$file"
  code=0
  strait run e.ini --out part >out 2>err || code=$?
  test $code = 1 || test $code = 2 || die "a folder named $file: exit code $code"
  says "$(basename "$file")"
done
rm -rf part
: >part
expect 1 run e.ini --out part
says 'cannot make the folder part'
rm part
mkdir part
: >part/left
expect 1 run e.ini --out part
says 'cannot make the folder part/left'

echo "-- empty files"
for file in left/stage.json left/summary.json along/arc/curve.npz; do
  rm -rf part
  cp -R whole part
  : >"part/$file"
  test "$file" != along/arc/curve.npz || rm part/along/summary.json
  expect 0 run e.ini --out part
  says "part/$file"
  rm -rf part/*~
  same whole part "with an empty $file the bytes are others"
done
rm -rf part
cp -R whole part
rm -r part/arc
: >part/left/final.safetensors
expect 2 run e.ini --out part
says 'part/left/final.safetensors: 0 bytes are too few for a safetensors file'
: >empty.safetensors
printf '[evaluate e]\nof = file:empty.safetensors\n' >file.ini
expect 2 run file.ini
says 'empty.safetensors: 0 bytes are too few'

echo "-- a run that is in use, and a lock whose owner was killed"
start run long.ini --out part2
wait_for part2/left/.lock
wait_for part2/left/stage.json
owner=$pid
cp err first.err
expect 75 run long.ini --out part2
says 'part2/left is in use by process '
test -n "${VALGRIND_COMMAND:-}" || says "is in use by process $owner"
kill -9 $owner
wait $owner 2>/dev/null || true
test -e part2/left/.lock || die "the killed owner had no lock"
expect 0 run e.ini --out part2 # the same stages, shorter: what the killed one left is set aside, its lock is no hindrance
rm -rf part2/*~
same whole part2 "after a killed owner the bytes are others"
test -z "$(find part2 -name .lock)" || die "a lock is left"

echo "-- a folder that vanishes"
start run long.ini --out part3
wait_for part3/left/log.jsonl # an epoch is done
mv part3 elsewhere # in one step
code=0
wait $pid || code=$?
test $code = 1 || die "a vanished folder: exit code $code"
says 'part3/left'
expect 0 run e.ini --out part3
rm -rf part3/*~
same whole part3 "where a folder vanished the bytes are others"

echo "-- the second signal stops at once"
# Two are delivered together to a stopped process, so that no time passes between them: it ends without a checkpoint and
# without a word, by a signal. One alone, delivered so, finishes the step and says how to go on.
start run long.ini --out part4
wait_for part4/left/stage.json
kill -STOP $pid
kill -TERM $pid
kill -CONT $pid
code=0
wait $pid || code=$?
test $code = 143 || die "SIGTERM: exit code $code"
says 'to resume: '
# A background job of a script ignores SIGINT, so it is started by a program that takes it back.
command -v perl >/dev/null || exit 0
perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV or exit 127' ${VALGRIND_COMMAND:-} "$program" run long.ini --out part4 >out 2>err &
pid=$!
until test -e part4/left/.lock; do sleep 0.02; done
kill -STOP $pid
kill -TERM $pid
kill -INT $pid
kill -CONT $pid
code=0
wait $pid || code=$?
case $code in 130 | 143) ;; *) die "two signals: exit code $code" ;; esac
if grep 'to resume: ' err; then die "the second signal finished the step"; fi
test -e part4/left/.lock || die "the second signal tidied up"
expect 0 run e.ini --out part4
rm -rf part4/*~
same whole part4 "after two signals the bytes are others"
