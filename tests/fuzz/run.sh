#!/bin/sh
# tests/fuzz/run.sh SEEDS SECONDS [TARGET...]: libFuzzer on each target; run by make fuzz in its build folder.
set -eu
seeds=$1 seconds=$2
shift 2
targets=${*:-ini option safetensors npz torch json idx cifar archive gzip jpeg png}
for target in $targets; do
  mkdir -p "corpus/$target" "given/$target"
  cp "$seeds/$target"-* "given/$target"
  echo "== $target, $seconds s"
  FUZZ_TARGET=$target ./tests/fuzz/fuzzer -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -malloc_limit_mb=2048 \
    -max_len=65536 -artifact_prefix="found-$target-" -print_final_stats=1 "corpus/$target" "given/$target" >"$target.log" 2>&1 ||
    { tail -60 "$target.log"; exit 1; }
  grep -E 'number_of_executed_units|peak_rss' "$target.log"
done
