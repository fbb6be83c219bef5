#!/bin/sh
# tests/cli/run.sh: a whole experiment: its files and tables, nothing done twice, what a change makes anew, checkpoints that are
# asked for later. What to expect follows from strait(1) and strait-experiment(5).
. "${srcdir:-.}/tests/cli/lib.sh"
experiment >e.ini

expect 0 check e.ini
says 'ensemble points' out
test ! -e runs || die "check wrote something"
expect 0 run e.ini
cp out first
for file in left/final.safetensors left/final.state.safetensors left/epoch-2.safetensors left/epoch-2.state.safetensors \
  left/log.jsonl left/provenance.json left/stage.json left/summary.json right/epoch-2.safetensors arc/point-0.safetensors \
  arc/point-1.safetensors arc/point-2.safetensors compare/line-left-right/curve.npz compare/arc/curve.npz \
  fge/member-3.safetensors points/member-3.safetensors every/summary.json experiment.json; do
  test -s "runs/e/$file" || die "no file $file"
done
# Nothing is left of what only served to resume, and no lock.
test -z "$(find runs -name '*epoch-[134]*' -o -name state -o -name .lock -o -name '*.tmp' -o -name 'arc' -name '*state*')" ||
  die "left behind: $(find runs)"
test "$(ls runs/e/left/*.safetensors | wc -l)" = 4 || die "left keeps more or less than final and epoch 2"
for row in 'line(left,right)' 'kinked' 'ends (the worse)' 'fge (fge)' 'every: together' 'runs/e/compare/PATH/curve.npz'; do
  says "$row" first
done

echo "-- nothing is done twice"
touch mark
sleep 0.02
expect 0 run e.ini
test "$(grep -c 'done already' err)" = 10 || die "something ran again"
cmp first out || die "the second run prints other results"
test -z "$(find runs -newer mark -type f ! -name 'experiment.*')" || die "written again: $(find runs -newer mark -type f)"
expect 0 show runs/e
grep -v '^ *strait run' first | sed 's/;$//' >a
sed 's/;$//' out >b
cmp a b || die "show prints other results than run"

echo "-- JSON"
expect 0 run e.ini --json --quiet
test ! -s err || die "--quiet was not quiet"
test "$(json 'stages.#' <out)" = 10 || die "not all stages are in the JSON"
test "$(json stages.0.summary.metrics.test.samples <out)" = 1797 || die "digits has 1797 test samples"
expect 0 show runs/e --json
test "$(json stages.4.summary.paths.1.path <out)" = arc || die "the scan's second path is arc"
expect 0 check e.ini --json
test "$(json stages.4.state <out)" = done || die "check does not know what is done"
while read -r line; do
  echo "$line" | json event >/dev/null || die "log.jsonl: $line"
  case $line in
  *'"epoch"'*) test "$(echo "$line" | json waited | awk '{ print ($1 >= 0 && $1 <= 1) }')" = 1 || die "log.jsonl: waited: $line" ;;
  esac
done <runs/e/left/log.jsonl
json runs.0.host <runs/e/left/provenance.json >/dev/null || die "provenance.json names no host"

echo "-- a change makes anew what depends on it, and nothing else"
sums runs/e >before
expect 0 run e.ini --set connect.arc.curve.bends=2
test "$(grep -c 'done already' err)" = 5 || die "left, right, kinked, fge and rivals do not depend on arc"
for stage in arc compare points every sheet; do
  test -d "runs/e/$stage.~1~" || die "$stage was not set aside"
done
test -s runs/e/arc/point-3.safetensors || die "two bends make four control points"
expect 0 check e.ini --set connect.arc.curve.bends=3
says 'to do again: it changed' out
expect 0 check e.ini
says 'done, in arc.~1~' out
expect 0 run e.ini
says 'arc is taken back from runs/e/arc.~1~'
test -d 'runs/e/arc.~2~' || die "the second change overwrote something"
expect 0 clean runs/e
test -z "$(find runs -name '*~')" || die "clean left $(find runs -name '*~')"
sums runs/e >after
diff before after || die "the same experiment has other bytes now"

echo "-- a name, threads and what is kept change nothing"
sed 's/left/first/g' e.ini >renamed.ini
expect 0 check renamed.ini --out runs/e
expect 0 run e.ini --threads 2 --set train.right.keep=3
test "$(grep -c 'done already' err)" = 9 || die "something ran again"
test -s runs/e/right/epoch-3.safetensors || die "keep = 3 kept nothing"

echo "-- a checkpoint asked for later is made, and the results stay"
cp -R runs/e copy
printf '[evaluate later]\nof = left@3 left@i23 left@0\n' | cat e.ini - >later.ini
expect 0 run later.ini --out runs/e
says 'makes a missing checkpoint'
test -s runs/e/left/epoch-3.safetensors || die "no epoch 3"
test -s runs/e/left/iteration-23.state.safetensors || die "no iteration 23"
rm -r runs/e/later runs/e/left/epoch-3.* runs/e/left/iteration-23.*
same copy runs/e "the replay touched results"
expect 0 run later.ini --out fresh # from the beginning: the same checkpoints
expect 0 run later.ini --out runs/e
rm runs/e/right/epoch-3.* # of keep = 3 above
same fresh runs/e "a replayed checkpoint has other bytes than the training's own"

echo "-- to be measured otherwise is no reason to train again"
cp -R runs/e again
expect 0 run e.ini --out again --set defaults.eval.test-samples=100
test "$(grep -c 'measures its weights again' err)" = 4 || die "two trainings and two curves have weights already"
test "$(json metrics.test.samples <again/left/summary.json)" = 100 || die "not measured anew"
cmp again/left/final.safetensors runs/e/left/final.safetensors || die "trained again"
test ! -e 'again/left.~1~' || die "set aside"
expect 0 run e.ini --out again
rm -rf again/*.~*
cmp again/left/summary.json runs/e/left/summary.json || die "measured as before, but with another result"
rm -rf again

echo "-- lost weights are made again"
sums runs/e >before
rm runs/e/left/final.safetensors
expect 0 run later.ini --out runs/e
sums runs/e >after
diff before after || die "other bytes"

echo "-- one owner at a time"
SIZE=128 EPOCHS=400 LIMIT=0 experiment >long.ini
start run long.ini
until test -n "$(find runs/long/left -name '*.state.safetensors' 2>/dev/null)"; do sleep 0.01; done
expect 75 run long.ini
says 'is in use by process'
kill -9 $pid
wait $pid 2>/dev/null || true
