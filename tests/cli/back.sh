#!/bin/sh
# tests/cli/back.sh: results that were set aside and are wanted again are taken back, not made again. What is not trained again
# keeps its log, and every file its time; the bytes are those of a run that never changed.
. "${srcdir:-.}/tests/cli/lib.sh"
tiny_experiment >e.ini
change="--set defaults.schedule.rate=0.06" # of every stage
expect 0 run e.ini --out one
expect 0 run e.ini --out two $change
# Files with their times and bytes; without experiment.*, which tell of the last run.
state() { (cd "$1" && find . -mindepth 2 -type f ! -name .lock -exec stat -c '%n %Y %y' {} + | grep -v '\.~' | LC_ALL=C sort &&
  find . -mindepth 2 -type f ! -path '*.~*' -exec sha256sum {} + | LC_ALL=C sort -k 2); }
# As same of lib.sh, of the stages' own folders.
alike() { for stage in left right arc along; do same "$1/$stage" "$2/$stage" "$stage: $3"; done; }
no_locks() { test -z "$(find "$1" -name .lock)" || die "a lock is left: $(find "$1" -name .lock)"; }

echo "-- there, back, and there again: trained once each, dependants too"
expect 0 run e.ini --out part
state part >first
expect 0 run e.ini --out part $change
state part >second
expect 0 check e.ini --out part
test "$(grep -c 'done, in [a-z]*\.~1~' out)" = 4 || die "check does not see what can be taken back: $(cat out)"
expect 0 check e.ini --out part --json
test "$(json stages.0.state <out)" = done && test "$(json stages.0.aside <out)" = 1 || die "check --json"
expect 0 plan e.ini --out part --json
test "$(json minutes <out)" = 0.0 || die "plan counts what will be taken back: $(cat out)"
test "$(json disk <out)" = 0 || die "plan counts disk for it"
expect 0 run e.ini --out part
for stage in left right arc along; do
  says "$stage is taken back from part/$stage.~1~; what was there is now in part/$stage.~2~"
done
test "$(grep -c 'done already' err)" = 4 || die "something was made"
state part >now
diff first now >&2 || die "going back changed files"
alike one part "other bytes than before"
expect 0 run e.ini --out part $change
says 'left is taken back from part/left.~2~; what was there is now in part/left.~3~'
state part >now
diff second now >&2 || die "going there again changed files"
alike two part "other bytes than those of the second options"
no_locks part

echo "-- side by side, and stage by stage"
expect 0 run e.ini --out part -j 2
test "$(grep -c 'is taken back from' err)" = 4 || die "not all four taken back side by side"
state part >now
diff first now >&2 || die "-j 2 changed files"
expect 2 run e.ini --out part $change --stage arc
says 'it needs left, which is unfinished'
for stage in left right arc along; do
  expect 0 run e.ini --out part $change --stage $stage
  says "$stage is taken back from"
done
state part >now
diff second now >&2 || die "--stage changed files"

echo "-- one stage changes: only it and what depends on it go and come back"
rm -rf part
cp -Rp one part
state part >first
expect 0 run e.ini --out part --set train.right.seed=3
test ! -e 'part/left.~1~' || die "left was set aside"
expect 0 run e.ini --out part
test "$(grep -c 'is taken back from' err)" = 3 || die "right, arc and along go back"
state part >now
diff first now >&2 || die "other files"

echo "-- killed at each file operation of going back: nothing is lost, and the next run does it"
if test -z "${VALGRIND_COMMAND:-}" && test "${SANITIZERS:-no}" = no; then
  expect 0 run e.ini --out part --set train.right.seed=3 # right, arc and along of seed 3 are back; the others aside
  cp -Rp part before
  n=1
  while :; do
    rm -rf part
    cp -Rp before part
    code=0
    FAULT_CALLS=write FAULT_ACTION=KILL FAULT_AT=$n LD_PRELOAD=$library "$program" run e.ini --out part --threads=1 --quiet \
      >out 2>err || code=$?
    test $code = 137 || break
    expect 0 run e.ini --out part
    if grep -q 'resumes\|goes on\|epoch' err; then die "killed at $n: trained again"; fi
    alike one part "killed at $n: other bytes"
    state part | grep -v 'experiment' >now
    diff first now >&2 || die "killed at $n: other files"
    expect 0 run e.ini --out part --set train.right.seed=3
    test "$(grep -c 'is taken back from' err)" = 3 || die "killed at $n: the others' results are lost"
    n=$((n + 1))
  done
  test $code = 0 || die "exit code $code at $n"
  test $n -gt 9 || die "only $n operations were seen"
fi

echo "-- the same by hand: between the two renames"
rm -rf part
cp -Rp one part
expect 0 run e.ini --out part $change
for stage in left right arc along; do mv part/$stage "part/$stage.~2~"; done
expect 0 check e.ini --out part
test "$(grep -c 'done, in [a-z]*\.~1~' out)" = 4 || die "check: $(cat out)"
expect 0 run e.ini --out part
says 'left is taken back from part/left.~1~'
state part >now
diff first now >&2 || die "other files"
test ! -e 'part/left.~3~' || die "an empty folder was set aside"
expect 0 run e.ini --out part $change
says 'left is taken back from part/left.~2~'

echo "-- an interrupted training is taken back and resumed; a finished one is preferred"
rm -rf part
cp -Rp one part
rm part/left/summary.json part/left/final.*
mv part/left 'part/left.~1~'
cp -Rp two/left part/left
expect 0 check e.ini --out part
says 'begun, in left.~1~' out
expect 0 run e.ini --out part
says 'left is taken back from part/left.~1~'
alike one part "resumed to other bytes"
rm part/left/summary.json
mv part/left 'part/left.~9~'
cp -Rp one/left 'part/left.~4~'
expect 0 run e.ini --out part
says 'left is taken back from part/left.~4~'

echo "-- measured otherwise meanwhile: the weights are taken back, and measured"
rm -rf part
cp -Rp one part
expect 0 run e.ini --out part $change
expect 0 check e.ini --out part --set defaults.eval.test-samples=100
says 'to measure anew, in left.~1~' out
expect 0 run e.ini --out part --set defaults.eval.test-samples=100
says 'left is taken back from part/left.~1~'
cmp part/left/final.safetensors one/left/final.safetensors || die "other weights"
cmp part/left/log.jsonl one/left/log.jsonl || die "trained again"
test "$(json metrics.test.samples <part/left/summary.json)" = 100 || die "not measured as asked"
rm -rf part
cp -Rp one part
expect 0 run e.ini --out part --set defaults.eval.test-samples=100
test ! -e 'part/left.~1~' || die "only measured otherwise, but set aside"

echo "-- damaged results are not taken back, and the file is named"
for file in final.safetensors stage.json summary.json; do
  rm -rf part
  cp -Rp one part
  expect 0 run e.ini --out part $change
  printf 'x' | dd of="part/left.~1~/$file" bs=1 seek=100 conv=notrunc 2>/dev/null
  expect 0 run e.ini --out part
  if grep -q 'left is taken back' err; then die "$file is damaged, but was taken back"; fi
  test $file = stage.json || says "part/left.~1~ is not taken back"
  test $file = stage.json || says "part/left.~1~/$file"
  alike one part "made again with other bytes"
  test -e "part/left.~1~/$file" || die "the damaged ones are gone"
done

echo "-- after strait clean there is nothing to take back"
rm -rf part
cp -Rp one part
expect 0 run e.ini --out part $change
expect 0 clean part
expect 0 check e.ini --out part
says 'to do again: it changed' out
expect 0 run e.ini --out part
if grep -q 'taken back' err; then die "taken back from nowhere"; fi
alike one part "made again with other bytes"
