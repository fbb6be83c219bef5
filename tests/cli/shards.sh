#!/bin/sh
# tests/cli/shards.sh: trainings whose batches are cut into shards: through threads, kills and the command line. What they
# compute: tests/train/test-ranks.
. "${srcdir:-.}/tests/cli/lib.sh"
experiment >e.ini
expect 0 run e.ini --out plain
expect 0 run e.ini --out one --set defaults.shards=1
same plain one "shards = 1 is not what no key is"
expect 0 run e.ini --out four --set defaults.shards=4 --threads 1
expect 0 run e.ini --out two-threads --set defaults.shards=4 --threads 2
same four two-threads "the number of threads changes shards"
cmp -s four/left/final.safetensors plain/left/final.safetensors && die "shards change nothing"
grep -q '"shards": "*4' four/left/stage.json || die "stage.json does not say so"
# A training in shards goes on to the same bytes.
SIZE=64 EPOCHS=12 LIMIT=1000 POINTS=5 BUDGET=8 experiment | sed 's/^batch .*/batch = 64\nshards = 4/' >long.ini
expect 0 run long.ini --out whole
if test -z "${VALGRIND_COMMAND:-}"; then
  for stage in left arc fge; do
    rm -rf "part/$stage"
    start run long.ini --out part
    while kill -0 "$pid" 2>/dev/null && test -z "$(find "part/$stage" -name '*.state.safetensors' 2>/dev/null)"; do sleep 0.01; done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  expect 0 run long.ini --out part
  same whole part "a killed training in shards ends with other bytes"
fi
# A change of shards is a change of keys.
expect 0 run e.ini --out four --set defaults.shards=2
says 'left changed: shards = 2 (was 4)'
for wrong in 3 128; do
  expect 2 check e.ini --set defaults.shards=$wrong
  says "shards = $wrong"
done
expect 2 check e.ini --set defaults.shards=64 --set defaults.batch=32
says 'a batch of 32 cannot be cut into so many parts'
# A batch takes the memory of one part (an mlp's is mostly its weights: the plan of a convolutional network).
printf '[train a]\ndataset = digits\nmodel = preresnet\nmodel.depth = 8\nbatch = 512\nepochs = 1\n' >conv.ini
expect 0 plan conv.ini --json
all=$(json stages.0.memory <out)
expect 0 plan conv.ini --json --set defaults.shards=8
part=$(json stages.0.memory <out)
test "$part" -lt "$all" || die "memory in shards: $part, whole: $all"
