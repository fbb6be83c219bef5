#!/bin/sh
# tests/cli/bytes.sh: one seed, the same bytes: for any number of threads, however it is set, and for whatever OpenBLAS is
# told; and at its ends a curve measures, to the last bit, what the networks there do.
. "${srcdir:-.}/tests/cli/lib.sh"
experiment >e.ini
expect 0 run e.ini --threads 1 --out one
expect 0 run e.ini --threads 2 --out two
same one two "2 threads give other bytes than 1"
expect 0 run e.ini --threads 5 --out five
same one five "5 threads give other bytes than 1"
(export OPENBLAS_NUM_THREADS=4 OMP_NUM_THREADS=3 && strait run e.ini --out blas >out 2>err) || die "run"
test "$(json runs.0.threads <blas/left/provenance.json)" = 3 || die "OMP_NUM_THREADS says 3 threads"
same one blas "OpenBLAS's own threads change bytes"
(export OMP_NUM_THREADS=3 STRAIT_THREADS=2 && strait run e.ini --out named >out 2>err) || die "run"
test "$(json runs.0.threads <named/left/provenance.json)" = 2 || die "STRAIT_THREADS goes before OMP_NUM_THREADS"
same one named "STRAIT_THREADS changes bytes"
expect 2 run e.ini --threads 0
(export STRAIT_THREADS=many && strait check e.ini >out 2>err) && die "STRAIT_THREADS=many was taken"

echo "-- the ends of a path are its networks"
at() { json "$1" <"one/$2/summary.json"; }
for split in train test; do
  for measure in loss nll error; do
    test "$(at paths.1.splits.$split.$measure.start compare)" = "$(at metrics.$split.$measure left)" ||
      die "$split $measure at t = 0 is not left's"
    test "$(at paths.1.splits.$split.$measure.end compare)" = "$(at metrics.$split.$measure right)" ||
      die "$split $measure at t = 1 is not right's"
    test "$(at paths.0.splits.$split.$measure.start compare)" = "$(at metrics.$split.$measure left)" ||
      die "$split $measure at the line's start is not left's"
  done
done
test "$(at networks.0.metrics.test.nll every)" = "$(at metrics.test.nll left)" || die "evaluate measures left otherwise"
tensors() { "${builddir:-$PWD}/tests/cli/tensors" "one/$1"; }
test "$(tensors arc/point-0.safetensors)" = "$(tensors left/final.safetensors)" || die "a curve's first point is not left"
test "$(tensors arc/point-2.safetensors)" = "$(tensors right/final.safetensors)" || die "a curve's last point is not right"
