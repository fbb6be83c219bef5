#!/bin/sh
# tests/cli/figures.sh: what the figures of `strait plot` show is what was measured: each is drawn as SVG, and the points of its
# lines and marks are read back (svg.awk) and held against schedules' formulas, summaries and tables. Skipped without gnuplot.
start=$PWD
. "${srcdir:-.}/tests/cli/lib.sh"
command -v gnuplot >/dev/null || {
  echo "skipped: gnuplot is not installed"
  exit 77
}
awk_file=$(cd "$start" && cd "${srcdir:-.}/tests/cli" && pwd)/svg.awk
cat >e.ini <<END
[defaults]
dataset       = digits
model         = mlp
model.hidden  = 8
epochs        = 3
batch         = 64
limit         = 640
schedule      = decay
schedule.rate = 0.1
[train a]
[train b]
seed  = 2
trace = yes
[train c]
seed = 3
[train d]
seed = 4
[connect arc]
ends = a b
epochs = 2
[scan many]
paths  = line(a,b) line(a,c) line(a,d) line(b,c) line(b,d) line(c,d) line(a,a@1) line(b,b@1) line(c,c@1) line(d,d@1) line(a@1,b@1) line(a@1,c@1) line(a@1,d@1) arc
points = 5
[scan one]
paths  = arc
points = 3
[plane sheet]
path = arc
grid = 5
[ensemble sse]
ensembler       = snapshot
budget          = 6
schedule        = cosine
schedule.cycles = 3
trace           = yes
[ensemble fge]
ensembler      = fge
start          = a@2
budget         = 4
schedule       = triangle
schedule.high  = 0.1
schedule.low   = 0.01
schedule.cycle = 1
[ensemble along]
ensembler        = curve-points
ensembler.points = 5
path             = arc
[compare equal]
of    = sse fge
seeds = 1 2
[compare several]
of      = a b
budgets = 3 6
seeds   = 1 2
[sweep rates]
over.arc.schedule.rate = 0.2 0.01 0.04
stages                 = one
[sweep two]
over.schedule.rate = 0.01 0.1
over.model.hidden  = 4 (4 4) 8
stages             = a
[sweep bends]
over.arc.curve.bends = 1 2 3
stages               = one
END
expect 0 run e.ini
expect 0 plot runs/e --formats svg
drawn() { # FIGURE OPTION...: its points, into the file points
  figure=runs/e/figures/$1.svg
  shift
  test -s "$figure" || die "no $figure"
  awk "$@" -f "$awk_file" "$figure" >points
  test -s points || die "$figure: nothing was read back"
}
# near LINES PART TEXT: that many lines in the file pairs, whose two numbers differ by PART of the greatest at most. An SVG has
# hundredths of a pixel; a figure some 200 pixels of height.
near() {
  awk -v want="$1" -v part="$2" '
    { d = $1 - $2; d = d < 0 ? -d : d; worst = d > worst ? d : worst; top = $2 > top ? $2 : top; n++ }
    END {
      if (n == want && worst <= part * top) exit 0
      printf "%d lines of %d, worst difference %g of %g\n", n, want, worst, top
      exit 1
    }' pairs || die "$3"
}

echo "-- schedules: the rate of every iteration, from the formula"
# 10 iterations an epoch. Cosine annealing in 3 cycles of 20 (Huang et al., 2017, equation 2).
drawn sse-course
awk '$1 == "1a" { i++; print $6, .1 / 2 * (cos(atan2(0, -1) * ((i - 1) % 20) / 20) + 1) }' points >pairs
near 60 0.002 "the cosine"
awk '$1 == "1a" { i++; print $5, i }' points >pairs
near 60 0.002 "its iterations"
test "$(awk '$1 == "2a" && $4 == "mark"' points | wc -l)" = 3 || die "3 members were kept"
# A triangle of 10: down in its first half, up in its second (Garipov et al., 2018, section 4).
drawn fge-course
awk '$1 == "1a" { t = (i++ % 10 + 1) / 10
  print $6, t <= .5 ? (1 - 2 * t) * .1 + 2 * t * .01 : (2 - 2 * t) * .01 + (2 * t - 1) * .1 }' points >pairs
near 20 0.002 "the triangle"
drawn arc-training
test "$(grep -c '^1a ' points)" = 20 || die "the rates of a curve's training"
drawn a-training
test "$(grep -c '^1a ' points)" = 30 || die "the rates of a training"
awk '$1 == "1a" && i++ < 10 { print $6, .1 }' points >pairs
near 10 0.002 "the rate before it decays"
drawn a-training -v logy=1
awk '$1 == "1b" && $4 == "mark" { print $6 }' points >got
sed -n 's/.*"event":"epoch".*"loss":\([0-9.]*\).*/\1/p' runs/e/a/log.jsonl | paste -d' ' got - >pairs
near 3 0.01 "the loss of each epoch"

echo "-- curve-points: along t, without a learning rate"
if grep -q 'learning rate' runs/e/figures/along-course.svg; then die "networks along a curve have no learning rate"; fi
drawn along-course
awk '$1 == "2a" && $4 == "mark" { print $5, (i++) / 4 }' points >pairs
near 5 0.002 "the places of curve-points"
awk '$1 == "2a" && $4 == "mark" { print $6 }' points >got
for i in 0 1 2 3 4; do json members.$i.metrics.test.error <runs/e/along/summary.json; done | paste -d' ' got - >pairs
near 5 0.005 "their errors"

echo "-- paths: all 14 in one figure, no colour twice"
drawn many-nll-arc -v logy=1
awk '$4 == "line" && $2 !~ /worst/ { print $3, $2 }' points | LC_ALL=C sort -u >names
test "$(wc -l <names)" = 14 || die "$(wc -l <names) of 14 paths are drawn"
awk '{ print $1 }' names | uniq -d >twice
test ! -s twice || die "colours that are there twice: $(cat twice)"
for i in 0 5 13; do
  path=$(json paths.$i.path <runs/e/many/summary.json)
  awk -v path="$path" '$2 == path && $4 == "line" { print $6 }' points >values
  echo "$(head -n 1 values) $(json paths.$i.splits.train.nll.start <runs/e/many/summary.json)" >pairs
  echo "$(tail -n 1 values) $(json paths.$i.splits.train.nll.end <runs/e/many/summary.json)" >>pairs
  near 2 0.01 "$path: nll at its ends"
done

echo "-- compare: nothing is moved aside"
drawn equal-error
for name in sse fge; do says "<text>$name<" runs/e/figures/equal-error.svg; done
awk '$4 == "mark" { print $6 }' points >got
for i in 0 1; do json rows.$i.test.error.mean <runs/e/equal/summary.json; done | paste -d' ' got - >pairs
near 2 0.005 "one budget: each stage's mean"
for measure in error nll; do
  drawn several-$measure
  # Lines in the order of the stages, each from left to right: rows 0 and 2, then 1 and 3.
  awk '$4 == "line" && $2 != "-" { print $5 }' points >at
  awk '$4 == "line" && $2 != "-" { print $6 }' points >got
  for i in 0 2 1 3; do json rows.$i.epochs <runs/e/several/summary.json; done | paste -d' ' at - >pairs
  near 4 0.002 "budgets are not where they are"
  for i in 0 2 1 3; do json rows.$i.test.$measure.mean <runs/e/several/summary.json; done | paste -d' ' got - >pairs
  near 4 0.005 "the means of $measure"
done

echo "-- an axis of errors is wider than what is chance"
awk '/text-anchor="end"/ { end = 1 } end && /<text>[0-9.]+</ { gsub(/[^0-9.]/, ""); print; end = 0 }' \
  runs/e/figures/fge-members.svg >ticks
awk -v error="$(json combined.test.error <runs/e/fge/summary.json)" -v samples="$(json combined.test.samples <runs/e/fge/summary.json)" '
  { low = NR == 1 || $1 < low ? $1 : low; high = $1 > high ? $1 : high }
  END { p = error / 100; se = 100 * sqrt(p * (1 - p) / samples); exit high - low < 6 * se }' ticks ||
  die "the members' errors fill the axis: $(cat ticks)"

echo "-- sweeps: values at their places"
drawn rates-nll -v logx=1
says 'arc.schedule.rate (log)' runs/e/figures/rates-nll.svg
awk '$4 == "line" && $2 == "arc" { print $5, ++i == 1 ? .01 : i == 2 ? .04 : .2 }' points >pairs
near 3 0.005 "rates on a log axis"
awk '$4 == "line" && $2 == "arc" { print $6 }' points >got
awk -F, '$3 == "paths.arc.splits.train.nll.max" { print $1, $5 }' runs/e/rates/sweep.csv | LC_ALL=C sort -n | awk '{ print $2 }' |
  paste -d' ' got - >pairs
near 3 0.005 "the highest nll of each rate"
drawn bends-nll
awk '$4 == "line" && $2 == "arc" { print $5, ++i }' points >pairs
near 3 0.002 "whole numbers on an even axis"
# Two keys: a map, each cell with its mean.
awk -F, '$4 == "metrics.test.error" { printf "%.4g\n", $6 }' runs/e/two/sweep.csv >means
test "$(wc -l <means)" = 6 || die "six means"
while read -r mean; do says ">$mean<" runs/e/figures/two-test-error.svg; done <means
test "$(grep -c '<polygon fill = .rgb' runs/e/figures/two-test-error.svg)" -ge 6 || die "six cells"
says '>4 4<' runs/e/figures/two-test-error.svg

echo "-- planes: vectors, with their names"
for figure in sheet-loss sheet-error; do
  if grep -q '<image' runs/e/figures/$figure.svg; then die "$figure is a raster"; fi
  for name in a b bend; do says "<text>$name<" runs/e/figures/$figure.svg; done
  says '(log)' runs/e/figures/$figure.svg
done
# The curve, in white: from the first end, which is the origin, to the second, which is on the axis.
drawn sheet-loss
awk '$3 == "#ffffff" && $4 == "line" { if (!n++) print 1 + $5, 1; if (n == 1) print 1 + $6, 1; x = $5; y = $6 }
  END { print 1 + y, 1; print x, width }' "width=$(json width <runs/e/sheet/summary.json)" points >pairs
near 4 0.005 "the curve's ends"

echo "-- titles name stage and samples"
for figure in many-nll-arc one-error-t sheet-loss fge-course sse-members equal-nll; do
  grep -qE "<text>${figure%%-*}: .*samples\)<" runs/e/figures/$figure.svg || die "$figure has no title"
done

echo "-- a training's test error, with trace = yes"
says '"event":"trace"' runs/e/b/log.jsonl
drawn b-training
awk '$2 == "test" && $4 == "line" { print $6 }' points >got
test "$(wc -l <got)" = 3 || die "three epochs"
echo "$(tail -n 1 got) $(json metrics.test.error <runs/e/b/summary.json)" >pairs # without batch norm the last is the end's
near 1 0.005 "the test error of the last epoch"
if grep -q '>test<' runs/e/figures/a-training.svg; then die "a test error that nobody measured"; fi

echo "-- ensembles as they grow: both in one picture"
for name in sse fge; do says ">$name<" runs/e/figures/sse-so-far.svg; done
drawn sse-so-far
for name in sse fge; do
  members=$(grep -c '"iteration"' runs/e/$name/members.json)
  awk -v name=$name '$2 == name && $4 == "line" { print $6 }' points >got
  { json members.0.metrics.test.error <runs/e/$name/summary.json
    json combined.test.error <runs/e/$name/summary.json; } >want
  { head -n 1 got && tail -n 1 got; } | paste -d' ' - want >pairs
  near 2 0.005 "$name: one member alone and all together"
  test "$(wc -l <got)" = "$members" || die "$name: $(wc -l <got) of $members members"
done
awk '$2 == "sse" && $4 == "line" { print $5, 2 * ++i }' points >pairs # of 2 epochs each
near 3 0.002 "the epochs spent"

echo "-- reliability: bins and the calibration error that follows from them"
for stage in a sse; do
  where=metrics
  test $stage = a || where=combined
  tr -d ' \n' <runs/e/$stage/summary.json | sed "s/.*\"$where\"://; s/.*\"test\"://; s/.*\"reliability\":{//" >bins
  for part in count confidence accuracy; do sed "s/.*\"$part\":\[\([^]]*\)\].*/\1/" bins | tr ',' '\n' >$part; done
  paste -d' ' count confidence accuracy | awk -v ece="$(json $where.test.ece <runs/e/$stage/summary.json)" '
    { n += $1; d = $2 - $3; sum += $1 * (d < 0 ? -d : d) } END { print sum / n, ece; print n, 1797 }' >pairs
  near 2 1e-6 "$stage: the calibration error of its bins"
  drawn $stage-reliability
  awk '$2 == "right" && $4 == "line" { print $6 }' points | paste -d' ' - accuracy >pairs
  near "$(grep -c . accuracy)" 0.005 "$stage: the bins drawn"
done
