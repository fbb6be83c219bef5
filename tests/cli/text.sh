#!/bin/sh
# tests/cli/text.sh: language models as a user sees them: a text of our own sentences, trained in streams and in windows,
# a curve, a scan and an ensemble; perplexities are exp(nll); the same bytes for any threads and after a stop.
. "${srcdir:-.}/tests/cli/lib.sh"

# Sentences by a small grammar; the same every time.
awk 'BEGIN {
  split("the a every some", det); split("cat dog bird farmer river old-tree", noun)
  split("sees hears follows likes", verb); split("today slowly again .", last)
  for (i = 0; i < 260; i++) {
    s = (s * 0 + i * 7919 + 13) % 10007
    print " " det[s % 4 + 1], noun[int(s / 4) % 6 + 1], verb[int(s / 24) % 4 + 1], det[int(s / 96) % 4 + 1],
          noun[int(s / 384) % 6 + 1], last[int(s / 2304) % 4 + 1]
  }
}' >all.txt
head -n 200 all.txt >train.txt
sed -n 201,230p all.txt >valid.txt
tail -n 30 all.txt >test.txt

cat >e.ini <<END
[defaults]
dataset            = text
dataset.path       = .
dataset.train      = train.txt
dataset.validation = valid.txt
dataset.test       = test.txt
dataset.steps      = 7
model              = recurrent
epochs             = 3
batch              = 4
loss               = sum-over-steps
clip-norm          = 5
momentum           = 0
weight-decay       = 0
schedule           = exponential
schedule.rate      = 0.5
schedule.constant  = 2
eval.streams       = 4
[train left]
seed = 1
[train right]
seed = 2
[connect arc]
ends  = left right
curve = bezier
curve.bends = 1
[scan along]
paths = line(left,right) arc
points = 5
[plane sheet]
path = arc
grid = 3
[ensemble several]
ensembler = independent
seed      = 3
budget    = 6
[evaluate some]
of = left right mean(left,right)
END
expect 0 check e.ini
expect 0 run e.ini
says perplexity out
grep -q '^  network or ensemble .*test nll  perplexity  test err' out || die "no perplexity beside nll"
grep -q '^  left  *1  *3  *209  ' out || die "the row of left is not in its columns"

echo "-- perplexities are exp(nll)"
close() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > 1 && (a - b) ^ 2 <= 1e-12 * b * b) }' || die "$3: $1 is not exp of the nll, $2"; }
exp_of() { json "$1" <"$2" | awk '{ printf "%.15g\n", exp($1) }'; }
for split in train validation test; do
  close "$(json metrics.$split.perplexity <runs/e/left/summary.json)" "$(exp_of metrics.$split.nll runs/e/left/summary.json)" left
  for at in start end min max; do
    close "$(json paths.0.splits.$split.perplexity.$at <runs/e/along/summary.json)" \
      "$(exp_of paths.0.splits.$split.nll.$at runs/e/along/summary.json)" along
  done
done
for at in corners.0 corners.2 min max; do
  close "$(json splits.test.perplexity.$at <runs/e/sheet/summary.json)" \
    "$(exp_of splits.test.nll.$at runs/e/sheet/summary.json)" sheet
done
close "$(json combined.test.perplexity <runs/e/several/summary.json)" "$(exp_of combined.test.nll runs/e/several/summary.json)" several

echo "-- every token of the test counts once: all but the first"
tokens=$(($(wc -w <test.txt) + $(wc -l <test.txt)))
test "$(json metrics.test.samples <runs/e/left/summary.json)" = $((tokens - 1)) || die "not $tokens - 1 test tokens"

echo "-- the ends of a line are the networks, and an ensemble is better than the mean of its members"
for split in train test; do
  a=$(json metrics.$split.nll <runs/e/left/summary.json) b=$(json paths.0.splits.$split.nll.start <runs/e/along/summary.json)
  test "$a" = "$b" || die "the line begins with the $split nll $b, not with $a"
done
awk -v c="$(json combined.test.nll <runs/e/several/summary.json)" \
  -v a="$(json members.0.metrics.test.nll <runs/e/several/summary.json)" \
  -v b="$(json members.1.metrics.test.nll <runs/e/several/summary.json)" 'BEGIN { exit !(c > 0 && c < (a + b) / 2) }' ||
  die "the ensemble is no better than its members"

echo "-- it learns: better than the counts of words"
counts=$(tr '\n' '#' <train.txt | sed 's/#/ <eos> /g' | tr -s ' ' '\n' | awk 'NF { n[$1]++; all++ }
  END { for (w in n) h -= n[w] / all * log(n[w] / all); print h }')
awk -v a="$(json metrics.train.nll <runs/e/left/summary.json)" -v b="$counts" 'BEGIN { exit !(a < b) }' ||
  die "train nll $(json metrics.train.nll <runs/e/left/summary.json), where counts alone give $counts"

echo "-- threads and stops change nothing"
expect 0 run e.ini --out threads --threads 3
same_results() { test "$(sums "$1")" = "$(sums "$2")" || die "$1 and $2 differ"; }
same_results runs/e threads
start run e.ini --out stopped --set defaults.checkpoint-every=0.01
wait_for stopped/left
sleep 0.1
kill -TERM "$pid" 2>/dev/null || :
wait "$pid" 2>/dev/null || :
expect 0 run e.ini --out stopped --set defaults.checkpoint-every=0.01
same_results runs/e stopped

echo "-- windows, characters, a clear refusal"
expect 0 run e.ini --out windows --set defaults.dataset.order=windows --set defaults.dataset.epoch=64
expect 0 run e.ini --out letters --set defaults.dataset.unit=characters
expect 2 check e.ini --set defaults.batch=300
says 'batch = 300:'
expect 2 check e.ini --set ensemble.several.predictions=yes
says 'predictions = yes'
printf 'a cat sees the zebra\n' >>test.txt
expect 2 check e.ini
says 'test.txt, line 31: the training text has no word "zebra"'
