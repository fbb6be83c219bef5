#!/bin/sh
# tests/cli/checks.sh: the checks of results: each is made to warn once, by an experiment, or a file, that is wrong in just this
# way, and passes in one that is not. Limits are those of verbs/checks.c.
. "${srcdir:-.}/tests/cli/lib.sh"
write() { # paths
  cat <<END
[defaults]
dataset       = digits
model         = mlp
model.hidden  = 16
epochs        = ${EPOCHS:-6}
batch         = 64
limit         = 1000
schedule      = constant
schedule.rate = ${RATE:-0.1}
weight-decay  = ${DECAY:-1e-4}
[train left]
[train right]
seed = 2
${RIGHT:-}
[connect arc]
ends = left right
[scan path]
paths  = ${1:-line(left,right) arc}
points = ${POINTS:-11}
END
}
# state RUN STAGE CHECK [OF]: pass or warn; figure: its figure.
find_check() {
  i=0
  while name=$(json checks.$i.check <"$1/$2/summary.json" 2>/dev/null); do
    of=$(json checks.$i.of <"$1/$2/summary.json" 2>/dev/null || true)
    test "$name" != "$3" || test "$of" != "${4:-}" || break
    i=$((i + 1))
  done
  json checks.$i.check <"$1/$2/summary.json" >/dev/null || die "no check $3 of ${4:-all}"
}
state() { find_check "$@" && json checks.$i.state <"$1/$2/summary.json"; }
figure() { find_check "$@" && json checks.$i.figure <"$1/$2/summary.json"; }
warns() {
  test "$(state "$@")" = warn || die "$3 of ${4:-all} does not warn"
  strait show "$1" >shown
  says "${4:-}${4:+: }$3: " shown
}

echo "-- all is well"
write >e.ini
expect 0 run e.ini --out good
for of in 'line(left,right)' arc; do
  for name in ends distinct trained length means peak smooth regulariser; do
    test "$(state good path $name "$of")" = pass || die "$name of $of warns"
  done
done
test "$(state good path data)" = pass || die "data"
test "$(figure good path ends arc)" = 0.0 || die "a curve's ends are its networks, to the last bit"
says 'of 17 checks passed' out
says 'warning: seeds: one seed' out

echo "-- each warning"
cp -R good ends
rm -r ends/path
sed '/"train"/,/"error"/s/"loss": [0-9.]*/"loss": 1.5/' good/left/summary.json |
  "$json_tool" --seal ends/left/summary.json
expect 0 run e.ini --out ends
warns ends path ends arc
POINTS=3 write >few.ini
expect 0 run few.ini --out few
warns few path smooth 'line(left,right)'
EPOCHS=1 RATE=0.0001 write >raw.ini
expect 0 run raw.ini --out raw
warns raw path trained 'line(left,right)'
DECAY=0.5 EPOCHS=1 RATE=0.0001 write >heavy.ini
expect 0 run heavy.ini --out heavy
warns heavy path regulariser 'line(left,right)'
write 'line(left,left)' >same.ini
expect 0 run same.ini --out same
warns same path distinct 'line(left,left)'
RIGHT='limit = 500' write >other.ini
expect 0 run other.ini --out other
warns other path data
# At 4 points none lies near the line's maximum half way; refined, one does.
POINTS=4 write 'line(left,right)' >even.ini
expect 0 run even.ini --out fine
test "$(state fine path peak 'line(left,right)')" = pass || die "a refined maximum lies between points"
expect 0 run even.ini --out even --set scan.path.refine=0
warns even path peak 'line(left,right)'

echo "-- batch norm"
# fge keeps the statistics of its running network; elsewhere they are re-estimated, as training saw its samples.
LIMIT=200 experiment | sed -e 's/^limit .*/&\naugment = flip/' \
  -e 's/^ensembler .*= fge$/&\nensembler.statistics = keep/' >normed.ini
expect 0 run normed.ini --out normed
grep -q 'refresh.augment = yes' normed/*/summary.json && die "warns of a refresh as it should be"
tr -s ' \n' ' ' <out >words
says 'batch norm: re-estimated on the training samples, augmented' words
says 'as training left it (fge)' words
expect 0 run normed.ini --out plain --set defaults.refresh.augment=no
for stage in compare every sheet points; do warns plain $stage refresh; done
tr -s ' \n' ' ' <out >words
says 're-estimated on the training samples without their augmentation' words

echo "-- compare and sweep"
{
  write
  printf '[train long]\nepochs = 9\n[compare uneven]\nof = left long\nsplits = train test\n'
} >compare.ini
expect 0 run compare.ini --out compare
warns compare uneven budgets
test "$(figure compare uneven budgets)" = 1.5 || die "9 epochs are 1.5 times 6"
warns compare uneven seeds
warns compare uneven fitted
{
  write
  printf '[compare even]\nof = left right\nseeds = 1 2\n[sweep s]\nover.seed = 1 2\nstages = path\n'
} >well.ini
expect 0 run well.ini --out well
for name in budgets data fitted seeds; do test "$(state well even $name)" = pass || die "$name warns"; done
test "$(state well s seeds)" = pass || die "two seeds warn"
grep -q 'warning: seeds' out && die "a sweep over seeds shows the spread"
exit 0
