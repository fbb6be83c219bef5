#!/bin/sh
# tests/fuzz/run.sh SEEDS SECONDS [TARGET...]: libFuzzer on each target, as many at a time as there are CPUs, or as JOBS says;
# run by make fuzz in its build folder. What it finds is found-TARGET-*, its log TARGET.log.
set -eu
seeds=$1 seconds=$2
shift 2
if test $# != 1; then
  test $# != 0 || set -- ini option safetensors npz torch json idx cifar archive gzip jpeg png
  printf '%s\n' "$@" | xargs -P "${JOBS:-$(nproc 2>/dev/null || echo 1)}" -n 1 sh "$0" "$seeds" "$seconds"
  exit
fi
target=$1
mkdir -p "corpus/$target" "given/$target"
cp "$seeds/$target"-* "given/$target"
FUZZ_TARGET=$target ./tests/fuzz/fuzzer -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -malloc_limit_mb=2048 \
  -max_len=65536 -artifact_prefix="found-$target-" -print_final_stats=1 "corpus/$target" "given/$target" >"$target.log" 2>&1 ||
  { tail -60 "$target.log"; exit 1; }
awk -v target="$target" '/number_of_executed_units/ { n = $2 } /peak_rss/ { peak = $2 }
  END { printf "== %s: %d inputs without a finding, %d MB at the most\n", target, n, peak }' "$target.log"
