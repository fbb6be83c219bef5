#!/bin/sh
# tests/torture/memory.sh: every verb takes the memory that `strait plan` tells. The networks have 64 WIDTH + WIDTH^2 weights
# and a few, the curve 5 control points; WIDTH = 9960, which make torture takes, makes 100 million. Beside what is planned there
# are the program, its libraries and the buffers of BLAS: BESIDE MB.
test -z "${VALGRIND_COMMAND:-}" || exit 77
test "${SANITIZERS:-no}" = no || exit 77
. "${srcdir:-.}/tests/cli/lib.sh"
width=${WIDTH:-1500} beside=${BESIDE:-64}
cat >e.ini <<END
[defaults]
dataset           = digits
model             = mlp
model.hidden      = $width $width
batch             = 64
limit             = 128
epochs            = 1
checkpoint-limit  = 1
eval.test-samples = 64
[train left]
[train right]
seed = 2
[train third]
seed = 3
[connect arc]
ends        = left right
curve.bends = 3
[scan paths]
paths  = line(left,right) arc
points = 3
[plane view]
through = left right third
grid    = 2
[ensemble fge]
ensembler      = fge
start          = left
budget         = 2
schedule.cycle = 1
[ensemble points]
ensembler        = curve-points
ensembler.points = 4
path             = arc
[evaluate every]
of       = left right arc(0.5) mean(left,right)
ensemble = yes
END
expect 0 plan e.ini --json
mv out plan.json
i=0 wrong=
for stage in left right third arc paths view fge points every; do
  planned=$(json "stages.$i.memory" <plan.json)
  i=$((i + 1))
  FAULT_REPORT=$scratch/report LD_PRELOAD=$library "$program" run e.ini --out part --threads=2 --quiet --stage $stage >out 2>err ||
    die "$stage: exit code $?"
  taken=$(($(sed -n 's/^peak //p' report) * 1024))
  echo "-- $stage: $((planned / 1000000)) MB planned, $((taken / 1000000)) MB taken"
  test $taken -ge $((planned / 100 * 98)) && test $taken -le $((planned / 100 * 102 + beside * 1000000)) || wrong="$wrong $stage"
done
test -z "$wrong" || die "not as planned:$wrong"
