#!/bin/sh
# tests/cli/mishaps.sh: what happens to runs among other processes: pipes that close, limits, files that change, runs that are
# refused, readers that fail, other processors. Nothing is lost, nothing is told that is not so.
. "${srcdir:-.}/tests/cli/lib.sh"
tiny_experiment >e.ini
expect 0 run e.ini --out whole
sed 's/^epochs = .*/epochs = 400000/' e.ini >long.ini # never done: it is ended by what is done to it
pid=
trap 'kill -9 $pid 2>/dev/null || true; rm -rf "$scratch"' EXIT
plain=no # without a tool that puts itself between the program and its calls
test -n "${VALGRIND_COMMAND:-}" || test "${SANITIZERS:-no}" != no || plain=yes

echo "-- the reader of its messages goes away"
(strait run e.ini --out piped 2>&1 >out || echo $? >failed) | true
test ! -e failed || die "a run whose messages nobody reads ends with $(cat failed)"
same whole piped "the bytes are others"

echo "-- descriptors that are closed"
# (valgrind takes low numbers for itself, so that it is left out here.)
"$program" run e.ini --out closed --json <&- 2>&- >out || die "with standard input and error closed: $?"
same whole closed "the bytes are others"
while read -r line; do echo "$line" | json event >/dev/null || die "log.jsonl: $line"; done <closed/left/log.jsonl
code=0
"$program" list >&- 2>err || code=$?
test $code = 1 || die "nowhere to print to: exit code $code"
says 'cannot write to standard output'
for flag in --help --version; do
  code=0
  strait $flag >/dev/full 2>err || code=$?
  test $code = 1 || die "$flag to a full disk: exit code $code"
  says 'cannot write to standard output'
done

echo "-- a limit on the sizes of files"
cp -R whole limited
rm -r limited/along
code=0
(ulimit -f 1 && strait run e.ini --out limited) >out 2>err || code=$?
test $code = 1 || die "exit code $code"
says 'File too large'
test -z "$(find limited -name '*.tmp' -o -name .lock)" || die "left behind: $(find limited)"

echo "-- names"
cp e.ini ./-e.ini
expect 0 run -j 2 --out dashed -- -e.ini
same whole dashed "the bytes are others"
cp e.ini "$(printf 'caf\351.ini')"
expect 2 run "$(printf 'caf\351.ini')" --out part
says 'is not UTF-8'
expect 2 run e.ini --out "$(printf 'p\351')"
says 'is not UTF-8'
mkdir elsewhere linked
ln -s ../elsewhere linked/left
expect 0 run e.ini --out linked
test -e elsewhere/summary.json || die "a link to a folder was not followed"

echo "-- a run that is refused leaves what is told of the other alone"
start run long.ini --out part
wait_for part/left/stage.json
cp part/experiment.json before
expect 75 run e.ini --out part
says 'is in use by process'
cmp part/experiment.json before || die "experiment.json is the refused run's"
kill -9 $pid
wait $pid 2>/dev/null || true

echo "-- children: stopped together, they save, and the parent alone says how to go on"
rm -rf part
start run long.ini -j 2 --out part --threads 2
wait_for part/left/log.jsonl # an epoch is done
wait_for part/right/log.jsonl
# shellcheck disable=SC2046 # process numbers
test $plain = no || kill -TERM $(pgrep -P $pid) 2>/dev/null || true
kill -TERM $pid 2>/dev/null || true
code=0
wait $pid || code=$?
test $code = 143 || test $code = 1 || die "exit code $code" # 1: a child was seen to end before the parent's own signal came
test "$(grep -c 'to resume: ' err)" -le 1 || die "children say how to go on, too"
if grep -- '--quiet' err >&2; then die "that is no command of the user's"; fi
test -z "$(find part -name '*.tmp' -o -name .lock)" || die "left behind: $(find part)"

echo "-- a file that was changed since this was started"
expect 2 run e.ini --out part --stage left --key 0123
says 'was changed since this was started'

echo "-- a stage alone, whose source lacks what it names"
printf '[evaluate later]\nof = left@i5\n' | cat e.ini - >later.ini
expect 2 run later.ini --out whole --stage later
says 'it needs left, which is unfinished or lacks a checkpoint named here; run it first with --stage left'

echo "-- a checkpoint made again on another kind of processor leaves the results as they are"
expect 0 run e.ini --out other
cp other/left/final.safetensors other/left/final.state.safetensors .
(export STRAIT_KERNELS=portable && strait run later.ini --out other >out 2>err) || die "the missing checkpoint: $(cat err)"
test -e other/left/iteration-5.safetensors || die "it was not made"
cmp final.safetensors other/left/final.safetensors || die "the weights are others"
cmp final.state.safetensors other/left/final.state.safetensors || die "the state is another"
test "$(json kernels.0 <other/left/stage.json)" = portable || test "$(json kernels.1 <other/left/stage.json)" = portable ||
  die "stage.json does not tell of the other kernels"

echo "-- reports and figures"
if command -v gnuplot >/dev/null; then
  echo precious >page.html.figure
  expect 0 report whole --out page.html
  test "$(cat page.html.figure)" = precious || die "a file of the user's is gone"
  # A folder whose name would be a command of gnuplot's, and so of a shell's, if its line's end were believed.
  named=$(printf 'x\n!touch pwned\n#')
  mkdir "$named"
  sed '/^\[scan/,$d' e.ini >"$named/e.ini"
  printf '[plane sheet]\nthrough = left right file:w.safetensors\ngrid = 2\n' >>"$named/e.ini"
  sed 's/^seed = 2/seed = 3/' e.ini >third.ini
  expect 0 run third.ini --out third --stage right
  cp third/right/final.safetensors "$named/w.safetensors"
  expect 0 run "$named/e.ini" --out named
  expect 0 plot named --out sheets
  test -n "$(find sheets -name '*.svg')" || die "no figure of the plane"
  test ! -e pwned || die "the name of a folder was run as a command"
  code=0
  (ulimit -f 2 && strait plot whole --out figures) >out 2>err || code=$?
  test $code = 1 || die "figures that do not fit: exit code $code"
  says 'File too large'
  test -z "$(find figures -type f)" || die "half of a figure: $(find figures -type f)"
fi

test $plain = yes || exit 0
echo "-- one read that fails does not throw away what was measured"
sed 's/^points = 3/points = 4000/' e.ini >fine.ini
expect 0 run fine.ini --out part --stage left
expect 0 run fine.ini --out part --stage right
expect 0 run fine.ini --out part --stage arc
start run fine.ini --out part --stage along --threads=1
wait_for part/along/arc/curve.npz
kill -TERM $pid
code=0
wait $pid || code=$?
test $code = 143 || die "the scan was done before its signal: $code"
# go_on AT: goes on with a copy of it, read AT failing, for a while.
go_on() {
  rm -rf copy
  cp -R part copy
  code=0
  timeout --preserve-status -s TERM 1 env FAULT_CALLS=read FAULT_ACTION=EIO FAULT_AT="$1" FAULT_REPORT=$scratch/report \
    LD_PRELOAD="$library" "$program" run fine.ini --out copy --stage along --threads=1 >out 2>err || code=$?
}
go_on 0
test $code = 143 || die "the scan was done too soon: $code"
calls=$(sed -n 's/^calls //p' report)
test "$calls" -gt 10 || die "only $calls reads"
n=1
while test $n -le "$calls"; do
  go_on $n
  test $code = 1 || test $code = 143 || die "with read $n failing: exit code $code"
  if grep 'starts over' err >&2; then die "with read $n failing the scan starts over"; fi
  n=$((n + 1))
done
