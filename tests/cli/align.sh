#!/bin/sh
# tests/cli/align.sh: [align NAME] as a user sees it: what it leaves is the same function, as near as its table says; a
# permuted copy comes back; Git Re-Basin's two networks that no permutation connects are told of; what is refused.
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<END
[defaults]
dataset = digits
model = mlp
model.hidden = 24 16
limit = 1000
epochs = 4
schedule.rate = 0.1
[train left]
[train right]
seed = 2
[align weights]
of = left right
points = 5
[align seen]
of = left right
method = activations
samples = 500
points = 5
[align back]
of = right weights
points = 3
[align nowhere]
of = left mean(left,right)
points = 0
[scan lines]
paths = line(left,right) line(left,weights) line(left,weights;repair)
points = 5
[evaluate each]
of = left right weights seen back mean(left,weights)
END
expect 0 run e.ini
at() { json "$2" <"runs/e/$1/summary.json"; }
# less A B: numbers in order, and no text
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a == a + 0 && b == b + 0 && a + 0 < b + 0) }'; }

echo "-- the same function"
for k in 2 3 4; do
  for split in train test; do
    less "$(awk -v a="$(at each networks.1.metrics.$split.nll)" -v b="$(at each networks.$k.metrics.$split.nll)" \
      'BEGIN { print a < b ? b - a : a - b }')" 1e-6 || die "network $k of each has another nll than right"
    test "$(at each networks.1.metrics.$split.error)" = "$(at each networks.$k.metrics.$split.error)" ||
      die "network $k of each has another error than right"
  done
done

echo "-- nearer, and lower between"
for stage in weights seen; do
  less "$(at $stage similarity.before)" "$(at $stage similarity.after)" || die "$stage: no more similar"
  less "$(at $stage distance.after)" "$(at $stage distance.before)" || die "$stage: no nearer"
  less "$(at $stage lines.after.test.nll.barrier_mean)" "$(at $stage lines.before.test.nll.barrier_mean)" ||
    die "$stage: the barrier is no lower"
  test "$(at $stage lines.after.train.samples)" = 1000 || die "$stage: measured on other samples"
done
says 'weights: the units of right matched to those of left by weights' out
says 'cosine of the weights' out
says 'seen: the units of right matched to those of left by activations' out
# The lines are those that a scan measures: grids of 5, refined alike.
for which in before:0 after:1; do
  for value in max barrier_mean barrier_line; do
    test "$(at weights lines.${which%:*}.test.nll.$value)" = "$(at lines paths.${which#*:}.splits.test.nll.$value)" ||
      die "$which: another $value than the scan's"
  done
done

less "$(at lines paths.2.splits.test.nll.barrier_mean)" "$(at lines paths.1.splits.test.nll.barrier_mean)" ||
  die "the repaired line is no lower"
test "$(at lines paths.2.splits.test.nll.end)" = "$(at lines paths.1.splits.test.nll.end)" || die "repair changed an end"

echo "-- a permuted copy comes back"
test "$(at back distance.after)" = 0.0 || die "distance $(at back distance.after)"
less "$(at back distance.before)" 100 && less 1 "$(at back distance.before)" || die "back: nothing was permuted"
less "$(at back lines.after.test.nll.barrier_mean)" 1e-6 || die "a barrier is left"
less 0.999999 "$(at back similarity.after)" || die "back: not the same"
"$builddir/tests/cli/tensors" runs/e/right/final.safetensors >right
"$builddir/tests/cli/tensors" runs/e/back/final.safetensors >back
diff right back >&2 || die "the weights that came back are others"

echo "-- threads"
STRAIT_THREADS=3
export STRAIT_THREADS
expect 0 run e.ini --out threads
unset STRAIT_THREADS
for stage in weights seen back nowhere lines; do
  same runs/e/$stage threads/$stage "$stage depends on the number of threads"
done

echo "-- what is refused"
# refuse TEXT KEYS...: an [align] with these lines
refuse() {
  text=$1
  shift
  sed '/^\[align weights\]/,$d' e.ini >bad.ini
  printf "[train other]\nmodel.hidden = 24 17\n" >>bad.ini
  printf '[align bad]\n' >>bad.ini
  printf '%s\n' "$@" >>bad.ini
  expect 2 check bad.ini
  says "$text"
}
refuse 'align takes two networks, not 1: the second is permuted to match the first' 'of = left'
refuse 'align takes two networks, not 3' 'of = left right left@1'
refuse 'both are the same network; name two' 'of = left left'
refuse '"other" has another model than "left"' 'of = left other'
refuse 'points = 1: a line is measured at 2 points at least; 0 measures none' 'of = left right' 'points = 1'
refuse 'methods' 'of = left right' 'method = methods'
refuse 'of is missing' 'points = 3'
sed 's/^model.hidden.*/model.hidden =/' e.ini >bad.ini
expect 2 check bad.ini
says 'model mlp has no hidden units that could change places'

sed 's/^model = mlp/model = cifarresnet/; s/^model.hidden.*/model.depth = 8/' e.ini >bad.ini
expect 2 check bad.ini
says "'line(left,weights;repair)': model cifarresnet has no layer to repair"
sed 's/^\[scan lines\]/[ensemble some]\nensembler = curve-points\npath = line(left,right;repair)\n&/' e.ini >bad.ini
expect 2 check bad.ini
says "'line(left,right;repair)': only scan measures repaired lines; leave ;repair out"
sed 's/mean(left,weights)/line(left,weights;repair)(0.5)/' e.ini >bad.ini
expect 2 check bad.ini
says "weights are named on the line as it lies; leave ;repair out"
sed 's/;repair/;repaired/' e.ini >bad.ini
expect 2 check bad.ini
says 'after the semicolon of a line comes only=PATTERN'

echo "-- no permutation connects these two"
# x1 < 0 and x2 > 0, by two ways to compute it (Ainsworth et al., 2023, A.6): every permutation of their units leaves a
# quarter of the plane wrong half way.
awk 'BEGIN { print "x1,x2,class"; s = 1
  for (i = 0; i < 4000; i++) {
    for (k = 1; k <= 2; k++) { s = (s * 16807) % 2147483647; x[k] = 2 * s / 2147483647 - 1 }
    printf "%.6f,%.6f,%d\n", x[1], x[2], (x[1] < 0 && x[2] > 0) } }' >table.csv
# network FILE NUMBER...: a weights file of 2-2-2-2 units: the numbers are 0, 1, -1, and e for a little more than 0
network() {
  file=$1
  shift
  header='{"fc1.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"fc1.bias":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},"fc2.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[24,40]},"fc2.bias":{"dtype":"F32","shape":[2],"data_offsets":[40,48]},"fc3.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[48,64]},"fc3.bias":{"dtype":"F32","shape":[2],"data_offsets":[64,72]}}'
  {
    printf "\\$(printf %o $((${#header} % 256)))\\$(printf %o $((${#header} / 256)))\\0\\0\\0\\0\\0\\0"
    printf %s "$header"
    for number; do
      case $number in
      0) printf '\000\000\000\000' ;;
      1) printf '\000\000\200\077' ;;
      -1) printf '\000\000\200\277' ;;
      e) printf '\027\267\321\070' ;; # 1e-4
      esac
    done
  } >"$file"
}
network a.safetensors -1 0 0 -1  1 0  -1 0 0 1  1 0  0 0 -1 -1  0 e
network b.safetensors  1 0 0  1  0 1  1 0 0 -1  0 1  0 0 -1 -1  0 e
cat >corner.ini <<END
[defaults]
dataset = table
dataset.path = table.csv
dataset.test = 2000
normalise = none
model = mlp
model.hidden = 2 2
[evaluate ends]
of = file:a.safetensors file:b.safetensors
[align corner]
of = file:a.safetensors file:b.safetensors
restarts = 10
END
expect 0 run corner.ini
at() { json "$2" <"runs/corner/$1/summary.json"; }
for k in 0 1; do less "$(at ends networks.$k.metrics.test.error)" 0.1 || die "network $k is wrong: $(at ends networks.$k.metrics.test.error) %"; done
less 20 "$(at corner lines.after.test.error.max)" && less 20 "$(at corner lines.after.test.error.barrier_mean)" ||
  die "the barrier is gone: $(at corner lines.after.test.error.barrier_mean)"
says 'up to 2 counts as connected' out
grep -q 'warning: connected' out || die "nothing says that the two are not connected"
