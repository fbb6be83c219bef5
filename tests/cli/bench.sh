#!/bin/sh
# tests/cli/bench.sh: strait bench prints what it promises, and refuses what it cannot take. Nothing here says how fast
# anything is: of times, only that shares of one whole add up to it.
. "${srcdir:-.}/tests/cli/lib.sh"

# near A B TOLERANCE
near() { awk -v a="$1" -v b="$2" -v e="$3" 'BEGIN { d = a - b; exit !(d < e && -d < e) }' || die "$1 is not $2"; }
# positive PATH
positive() {
  value=$(json "$1" <result.json)
  awk -v a="$value" 'BEGIN { exit !(a > 0) }' || die "$1 is $value"
}

echo "-- a model, all three measurements"
expect 0 bench mlp --batch 8 --repeat 1 --seconds 0.01 --threads 2 --json
cp out result.json
# 3*32*32 inputs, 128, 128, 10: weights and biases by hand.
test "$(json parameters <out)" = $((3072 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10)) || die "parameters"
test "$(json multiply_adds <out)" = $((3072 * 128 + 128 * 128 + 128 * 10)) || die "multiply-adds"
test "$(json threads <out)" = 2 || die "threads"
for phase in train curve evaluate; do
  for value in steps images_per_second.median images_per_second.min images_per_second.max step_seconds gflops; do
    positive $phase.$value
  done
  n=$(json "$phase.operators.#" <result.json)
  test "$n" -ge 4 || die "$phase: only $n operators"
  shares=0 i=0 names=
  while test $i -lt "$n"; do
    names="$names $(json $phase.operators.$i.name <result.json)"
    shares="$shares+$(json $phase.operators.$i.share <result.json)"
    i=$((i + 1))
  done
  # Sums of doubles: what is left over is the operator "other".
  near "$(echo "$shares" | awk -F+ '{ for (i = 1; i <= NF; i++) sum += $i; print sum }')" 1 1e-6
  case $names in *"linear forward"*loss*other*) ;; *) die "$phase has the operators$names" ;; esac
done
# Three dense layers; forward, for each of them once a step.
test "$(json train.operators.0.calls <out)" = 3.0 || die "calls of a step"
json curve.operators <out >/dev/null
grep -q '"update"' out || die "no optimiser pass"

echo "-- a part of it, for people"
expect 0 bench preresnet --set model.depth=8 --set model.width=0.25 --input 1x8x8 --classes 3 --batch 2 --repeat 2 \
  --seconds 0 --only train --clock cpu
says 'train' out
says 'norm backward' out
test "$(grep -c '^curve\|^evaluate' out)" = 0 || die "more than was asked"
expect 0 bench mlp --curve none --batch 2 --repeat 1 --seconds 0 --json
json curve <out >/dev/null 2>&1 && die "a curve though there is none"
expect 0 bench mlp --curve polychain --set curve.bends=2 --input 5 --batch 1 --repeat 1 --seconds 0 --only curve

echo "-- what it cannot take"
refuse() {
  message=$1
  shift
  expect 2 bench "$@"
  says "$message"
  test "$(wc -l <err)" = 1 || die "more than one line: $(cat err)"
  test ! -s out || die "something on standard output: $(cat out)"
}
refuse 'a model or --peak'
refuse 'a model or --peak' mlp --peak
refuse 'a model or --peak or --tune' --peak --tune
refuse '--peak takes no value' --peak=1
refuse 'did you mean "mlp"?' mpl
refuse 'did you mean "hidden"?' mlp --set model.hiden=3
refuse 'model.OPTION=VALUE' mlp --set hidden=3
refuse 'model.OPTION=VALUE' mlp --set model.hidden
refuse '--repeat = 0: below the minimum 1' mlp --repeat 0
refuse '--repeat = many: not an integer' mlp --repeat many
refuse 'did you mean --repeat?' mlp --repaet 2
refuse '--batch needs a value' mlp --batch
refuse '--only = some' mlp --only some
refuse 'not with --curve none' mlp --only curve --curve none
refuse 'did you mean "bezier"?' mlp --curve bezer
for shape in 3x 0x2x2 3x32 axb 1x2x3x4x5x6x7x8 ''; do
  expect 2 bench mlp --input "$shape"
done
# A shape the model cannot take: the network's own message.
refuse 'pool' vgg --input 3x4x4

echo "-- convolutions by shape"
if test -z "${VALGRIND_COMMAND:-}" && test "${SANITIZERS:-no}" = no; then # gigabytes of operands
  expect 0 bench --tune --repeat 1 --seconds 0 --threads 2 --json
  cp out result.json
  test "$(json 'convolutions.#' <out)" = 50 || die "ten kernels and numbers of channels, five sizes"
  for rate in forward.direct forward.rule input.direct input.rule weights.direct weights.rule; do
    positive convolutions.0.$rate
    positive convolutions.49.$rate
  done
  test "$(json convolutions.0.rule <out)/$(json convolutions.1.rule <out)" = direct/winograd || die "2x2 maps are not for Winograd"
fi
