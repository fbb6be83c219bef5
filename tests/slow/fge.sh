#!/bin/sh
# tests/slow/fge.sh: FGE against one network of the same budget: MLP 784-128-128-10, all of Fashion-MNIST, 12 epochs; FGE starts
# at epoch 9, with cycles of one epoch between 5e-2 and 5e-4. Over five seeds its mean nll must lie at least .003 below the single
# networks' (an independent program gave .311 against .318 over three).
. "${srcdir:-.}/tests/cli/lib.sh"
test -d /usr/share/datasets/fashion-mnist || { echo 'SKIPPED: Fashion-MNIST is not here (Debian: dataset-fashion-mnist)'; exit 77; }
cat >fge.ini <<'END'
[defaults]
dataset       = fashion-mnist
model         = mlp
model.hidden  = 128 128
batch         = 128
schedule      = decay
schedule.rate = 0.05
weight-decay  = 1e-4
[train single]
epochs = 12
[ensemble fge]
ensembler      = fge
start          = single@9
budget         = 12
schedule.cycle = 1
schedule.high  = 5e-2
schedule.low   = 5e-4
END
for seed in 1 2 3 4 5; do
  expect 0 run fge.ini --out "results$seed" --set defaults.seed=$seed
  echo "$(json metrics.test.error <"results$seed/single/summary.json") $(json metrics.test.nll <"results$seed/single/summary.json")" \
    "$(json combined.test.error <"results$seed/fge/summary.json") $(json combined.test.nll <"results$seed/fge/summary.json")"
done | tee measured
awk '{ for (i = 1; i <= 4; i++) s[i] += $i }
  END { printf "means of five: single error %.2f %% nll %.4f, FGE error %.2f %% nll %.4f\n", s[1] / NR, s[2] / NR, s[3] / NR, s[4] / NR
        exit !(NR == 5 && s[4] / NR <= s[2] / NR - .003) }' measured || die 'FGE is not better by .003'
