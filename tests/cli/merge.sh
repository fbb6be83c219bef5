#!/bin/sh
# tests/cli/merge.sh: [merge NAME] as a user sees it: against means and lines that other stages make, for any number of
# threads, and what is refused. The rules themselves are tested in tests/verbs/test-merging.c.
. "${srcdir:-.}/tests/cli/lib.sh"
head='[defaults]\ndataset = digits\nmodel = mlp\nmodel.hidden = 16\nbatch = 64\nepochs = 2\nholdout = 200\n[train a]\n[train b]\nstart = a@1\nrestart = yes\nseed = 2\n[train c]\nseed = 3\n'
printf "$head" >e.ini
cat >>e.ini <<'END'
[merge m]
of = a b
weights = 2 1
[merge s]
of = a b mean(a@0:20,a:1) mean(a:1)
method = greedy-soup
points = 0
[merge both]
of = mean(b:2,c:1,a:-1) mean(b:2,c:-1,a:1)
method = greedy-soup
points = 0
[merge t]
of = a b
base = a@1
method = ties
[merge d]
of = a b
base = a@1
method = dare
points = 3
[merge far]
of = a c
method = slerp
[merge e]
of = a@1 a b
method = ema
points = 0
[scan l]
paths = line(a,m) line(b,m)
points = 11
refine = 0
[evaluate v]
of = a b mean(a,b) mean(a:1,b:1,mean(a@0:20,a:1):1) m mean(a:2,b:1) s mean(a:1)
splits = validation test
[train on]
start = m
restart = yes
epochs = 1
END
expect 0 run e.ini
cp out shown
at() { json "$1" <"runs/e/$2/summary.json"; }

echo "-- the mean is what mean(a:2,b:1) names"
test "$(at networks.4.metrics.test.nll v | cut -c1-8)" = "$(at networks.5.metrics.test.nll v | cut -c1-8)" || die "not the mean"
test "$(at metrics.test.error m)" = "$(at networks.4.metrics.test.error v)" || die "measured otherwise than evaluate"

echo "-- barriers are those of a scan, by both definitions"
for i in 0 1; do
  for split in train test; do
    for measure in nll error; do
      for kind in mean line; do
        test "$(at networks.$i.barrier.$split.$measure.$kind m)" = "$(at paths.$i.splits.$split.$measure.barrier_$kind l)" ||
          die "barrier_$kind of the $split $measure of network $i"
      done
    done
  done
  test "$(at networks.$i.metrics.test.nll m)" = "$(at networks.$i.metrics.test.nll v)" || die "network $i"
done

echo "-- the greedy soup admits what is strictly better on the validation split"
error() { at "networks.$1.metrics.validation.error" v; }
awk -v a="$(error 0)" -v b="$(error 1)" -v both="$(error 2)" -v three="$(error 3)" 'BEGIN {
  second = both < (a <= b ? a : b)
  best = second ? both : (a <= b ? a : b)
  print (second || a <= b ? "true" : "false"), (second || b < a ? "true" : "false"), (second && three < best ? "true" : "false")
}' >wanted
for i in 0 1 2; do at networks.$i.kept s; done | xargs >kept
diff wanted kept >&2 || die "another soup"
test "$(at networks.3.kept s)" = false || die "a copy of a network is no gain"

# b + x and b - x, of which the mean is b again.
test "$(at networks.0.kept both) $(at networks.1.kept both)" = 'true true' || die "a gain is not taken"
test "$(at metrics.test.error both)" = "$(at networks.1.metrics.test.error v)" || die "the mean of b + x and b - x is not b"

echo "-- different basins are warned of, children of one network are not"
says 'different basins, and a mean of them is not safe' shown
test "$(at checks.0.state far)" = warn || die "no warning"
test "$(at checks.0.state m)" = pass || die "a warning"
says 'above line' shown

echo "-- the same bytes for any number of threads"
mv runs/e one
expect 0 run e.ini --threads 2
same one runs/e "threads change a merge"
rm -rf runs

echo "-- what is refused, by check too"
refuse() {
  printf "$head[merge x]\n$1" >x.ini
  for command in check run; do
    expect 2 $command x.ini
    says "$2"
    test ! -e runs || die "something was written"
  done
}
refuse 'of = a\n' 'mean needs at least two networks'
refuse 'of =\n' 'of'
refuse 'of = a b c\nmethod = slerp\n' 'slerp is between two networks, and `of` names 3'
refuse 'of = a b\nweights = 1 2 3\n' 'weights has 3 numbers for 2 networks'
refuse 'of = a b\nweights = 0 0\n' 'all weights are 0'
refuse 'of = a b\nweights = 1 -1\n' 'weights of a mean are at least 0'
refuse 'of = a b\nmethod = ties\n' 'ties adds changes to the network that the others were trained from'
refuse 'of = a b\nbase = c\n' 'method = mean does not use this key'
refuse 'of = a b\ndecay = 0.5\n' 'method = mean does not use this key'
refuse 'of = a b\nmethod = dare\nbase = c\ndrop = 1\n' 'above the maximum'
refuse 'of = a z\n' 'no stage "z"'
refuse 'of = a b\npoints = 1\n' 'points = 1: a line has two ends'
refuse 'of = a b\nmethod = avrage\n' 'no'
refuse 'of = a other\n[train other]\nmodel.hidden = 3\n' 'has another model than'
refuse 'of = a line(a,b)(2)\n' 't goes from 0 to 1'
refuse 'of = a mean(a:1,b:-1)\n' 'divided by their sum, and this is 0'
sed '/^holdout/d' e.ini >x.ini
expect 2 check x.ini
says 'greedy-soup chooses on the validation split, which is empty'
