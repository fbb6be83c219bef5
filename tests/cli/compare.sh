#!/bin/sh
# tests/cli/compare.sh: compare, sweep, and stages side by side. Means and standard errors are computed again by awk from the
# copies' own summaries; a copy's bytes are those of the same stage with its seed set by hand; 1e-9 is what awk's printing and
# other orders of summing may differ by.
. "${srcdir:-.}/tests/cli/lib.sh"
write() {
  cat <<END
[defaults]
dataset       = digits
model         = mlp
model.hidden  = 8
epochs        = ${EPOCHS:-2}
batch         = 64
limit         = ${LIMIT:-300}
schedule      = decay
schedule.rate = 0.1
[train single]
[train right]
seed = 2
[connect arc]
ends = single right
[scan path]
paths  = line(single,right) arc
points = 3
[ensemble fge]
ensembler      = fge
start          = single@1
budget         = 2
schedule.cycle = 1
END
}
{
  write
  cat <<END
[compare equal]
of      = fge single
seeds   = 1..3
budgets = 1 2
[sweep width]
over.model.hidden = 8 (6 6)
over.seed         = 1 2
stages            = path single
[sweep bends]
over.arc.curve.bends = 1..3
stages               = path
END
} >e.ini
expect 0 run e.ini
cp out first

echo "-- copies are ordinary stages, and what a change does not reach is not made again"
for stage in single,seed=2 single,seed=3,run=2 right,seed=2,model.hidden=6-6 arc,arc.curve.bends=3 fge,run=2; do
  test -s "runs/e/$stage/summary.json" || die "no stage $stage"
done
for stage in single,model.hidden=8 single,arc.curve.bends=2 arc,arc.curve.bends=1 right,run=2 single,seed=1; do
  test ! -e "runs/e/$stage" || die "$stage is nothing but another stage again"
done
write >alone.ini
# at SEED ARGUMENT...: alone.ini with every stage's seed moved to SEED, but for the noise and the subsets, which are common.
at() {
  seed=$1
  shift
  expect 0 run alone.ini --set train.single.seed=$seed --set train.right.seed=$((seed + 1)) --set connect.arc.seed=$seed \
    --set scan.path.seed=$seed --set ensemble.fge.seed=$seed "$@"
}
at 1001
cmp runs/alone/fge/member-0.safetensors 'runs/e/fge,seed=2/member-0.safetensors' || die "fge,seed=2 is not fge from seed 1001"
at 1001001
cmp runs/alone/single/final.safetensors 'runs/e/single,seed=2,run=2/final.safetensors' || die "the second run's seed"
at 1001 --set defaults.model.hidden='6 6'
cmp runs/alone/path/arc/curve.npz 'runs/e/path,seed=2,model.hidden=6-6/arc/curve.npz' || die "path at 6 6, seed 2"

echo "-- figures"
# figure NAME: mean and standard error of the numbers on standard input are those of the JSON object NAME of a file.
close() { awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(d <= 1e-9 * (1 + (b < 0 ? -b : b))) }' ||
  die "$3: $1, not $2"; }
mean() { awk '{ s += $1; n++ } END { printf "%.15g", s / n }'; }
error() { awk '{ v[n++] = $1; s += $1 } END { m = s / n; for (i = 0; i < n; i++) q += (v[i] - m) ^ 2; printf "%.15g", sqrt(q / (n - 1) / n) }'; }
copy() { json "$2" <"runs/e/$1/summary.json"; }
equal() { json "$1" <runs/e/equal/summary.json; }
test "$(equal 'rows.#')" = 4 || die "two stages at two budgets are four rows"
for s in '' ,seed=2 ,seed=3; do copy "fge$s" combined.test.nll; done >nll
close "$(equal rows.0.test.nll.mean)" "$(mean <nll)" "fge's mean nll"
close "$(equal rows.0.test.nll.se)" "$(error <nll)" "its standard error"
for s in '' ,seed=2 ,seed=3; do copy "single$s" metrics.test.error; done >single
for s in '' ,seed=2 ,seed=3; do copy "fge$s" combined.test.error; done | paste - single | awk '{ printf "%.15g\n", $1 - $2 }' >paired
close "$(equal rows.0.test.error.difference.mean)" "$(mean <paired)" "the paired difference"
close "$(equal rows.0.test.error.difference.se)" "$(error <paired)" "its standard error"
test "$(equal rows.2.members.0)" = 2 || die "two runs of fge with a member each"
test "$(equal rows.2.epochs)" = 4.0 || die "two runs of two epochs"
test "$(equal rows.0.work.0.single)" = 0.5 || die "fge starts half way through single"
# The ensemble of two independent trainings, measured by a stage of its own.
{
  write
  printf '[train other]\nseed = 1000001\n[evaluate both]\nof = single other\nensemble = yes\nsplits = test\n'
} >pool.ini
expect 0 run pool.ini
close "$(equal rows.3.test.nll.values.0)" "$(json combined.test.nll <runs/pool/both/summary.json)" "two runs pooled"

csv() { awk -F, -v key="$1" 'index($0, key) == 1 { print $0 }' runs/e/width/sweep.csv; }
test "$(head -1 runs/e/width/sweep.csv)" = model.hidden,stage,figure,n,mean,se,min,max || die "sweep.csv's head"
for s in ,seed=2,model.hidden=6-6 ,model.hidden=6-6; do copy "single$s" metrics.test.nll; done >nll
row=$(csv '6 6,single,metrics.test.nll,2,')
test -n "$row" || die "no row for 6 6"
close "$(echo "$row" | cut -d, -f5)" "$(mean <nll)" "the mean in sweep.csv"
close "$(echo "$row" | cut -d, -f6)" "$(error <nll)" "the error in sweep.csv"
close "$(echo "$row" | cut -d, -f7)" "$(sort -g nll | head -1)" "the least in sweep.csv"
grep -q '"paths.line(single,right).splits.train.nll.max"' runs/e/width/sweep.csv || die "no path in sweep.csv"
for row in 'equal: over 3 seeds' 'width: mean ± standard error' 'bends: mean over seeds'; do says "$row" first; done
grep -q 'single,seed=2' first && die "copies stand in the tables"

echo "-- nothing is done twice, and a longer list makes only what is new"
expect 0 run e.ini
test "$(grep -Evc 'done already|rounded|will be one member' err)" = 0 || die "something ran again: $(grep -v 'done already' err)"
expect 0 run e.ini --set compare.equal.seeds=1..4
test "$(grep -Evc 'done already|rounded|will be one member' err)" -le 8 || die "more than seed 4's stages ran: $(grep -v 'done already' err)"
test -d 'runs/e/equal.~1~' && test ! -d 'runs/e/fge,seed=2.~1~' || die "the wrong stage was set aside"

echo "-- side by side"
expect 0 run e.ini --jobs 3 --out side
expect 0 run e.ini --out one
same one side "stages side by side give other bytes"
says 'single,seed=2  train nll'
expect 0 run e.ini -j2 --out side
test "$(grep -Evc 'done already|rounded|will be one member' err)" = 0 || die "something ran again"
expect 2 run e.ini -j 0
rm -r 'side/single,seed=2' 'side/fge,seed=2'
expect 2 run e.ini --out side --stage 'fge,seed=2'
says 'it needs single,seed=2, which is unfinished'
expect 0 run e.ini --out side --stage 'single,seed=2'
expect 0 run e.ini --out side --stage 'fge,seed=2'
same one side "stages one by one give other bytes"
expect 2 run e.ini --stage nosuch

echo "-- a failing stage, and a stop, end all"
# No process can make a folder where a file is; the one that fails says why, the parent which.
mkdir blocked
touch blocked/arc
expect 1 run e.ini --out blocked -j 2
says '[connect arc] failed, as said above'
if test -z "${VALGRIND_COMMAND:-}"; then
  EPOCHS=400 LIMIT=0 write >long.ini
  start run long.ini -j 2
  until test -n "$(find runs/long/single runs/long/right -name '*.state.safetensors' 2>/dev/null)"; do
    kill -0 $pid 2>/dev/null || die "it ended before it was stopped"
    sleep 0.01
  done
  kill -TERM $pid
  code=0
  wait $pid || code=$?
  test $code = 143 || die "SIGTERM: exit code $code"
  says 'to resume: '
  test -z "$(find runs/long -name .lock)" || die "a child still runs"
fi

echo "-- what is refused"
refuse() { # TEXT SECTION...
  want=$1
  shift
  { write; printf '%s\n' "$@"; } >bad.ini
  expect 2 check bad.ini
  says "$want"
}
refuse 'no stage takes the key "model.hiden"; did you mean "model.hidden"?' '[sweep s]' 'over.model.hiden = 1 2' 'stages = single'
refuse 'connect takes no key "curve.bend"; did you mean "curve.bends"?' '[sweep s]' 'over.arc.curve.bend = 1 2' 'stages = path'
refuse 'changes nothing in the stages listed' '[sweep s]' 'over.arc.curve.bends = 1 2' 'stages = single'
refuse 'below the minimum' '[sweep s]' 'over.arc.curve.bends = -1 2' 'stages = path'
refuse 'nothing to sweep over' '[sweep s]' 'stages = path'
refuse 'the value 1 is listed twice' '[sweep s]' 'over.arc.curve.bends = 1..2 1' 'stages = path'
refuse 'the range 5..3 is descending; write 3..5' '[sweep s]' 'over.seed = 5..3' 'stages = path'
refuse 'no stage "pat"; did you mean "path"?' '[sweep s]' 'over.seed = 1 2' 'stages = pat'
refuse 'a sweep cannot run a sweep' '[sweep a]' 'over.seed = 1 2' 'stages = b' '[sweep b]' 'over.seed = 1 2' 'stages = path'
refuse '"path" is a scan stage' '[compare c]' 'of = path single'
refuse '"0" is not a seed' '[compare c]' 'of = fge single' 'seeds = 0 1'
refuse 'the seed 2 is listed twice' '[compare c]' 'of = fge single' 'seeds = 2 1..3'
refuse 'the budget 2 is listed twice' '[compare c]' 'of = fge single' 'budgets = 2 2'
refuse 'is not in `of`' '[compare c]' 'of = fge' 'single = right'
refuse 'compare one model' '[train wide]' 'model.hidden = 9' '[compare c]' 'of = single wide'
