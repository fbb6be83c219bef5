#!/bin/sh
# tests/torture/flips.sh: one byte after the other has a bit flipped in each kind of file that the program reads back: what
# reads it says so, and names the file; and what is made anew because of it has the bytes of an undisturbed run. That all
# bits of a file count is shown by tests/store (test-safetensors, test-npz, test-folder), bit by bit; here it is that every
# reader asks. make check flips a few bytes of each file, make torture (STRIDE=1) a bit of every byte.
test -z "${VALGRIND_COMMAND:-}" || exit 77
. "${srcdir:-.}/tests/cli/lib.sh"
command -v perl >/dev/null || exit 77
cat >e.ini <<'END_OF_FILE'
[defaults]
dataset = digits
model = normed
model.hidden = 2
batch = 64
limit = 130
epochs = 2
eval.test-samples = 20
schedule = constant
schedule.rate = 0.05
[train left]
[train right]
seed = 2
[train third]
seed = 3
[connect arc]
ends = left right
[scan along]
paths = arc
points = 3
[plane sheet]
through = left right third
grid = 2
[ensemble points]
ensembler = curve-points
ensembler.points = 2
path = arc
[ensemble two]
ensembler = independent
ensembler.runs = 2
budget = 4
[evaluate some]
of = left arc(0.5) points[0]
END_OF_FILE
expect 0 run e.ini --out whole
# A run that was cut off inside an ensemble's second training and inside left's second epoch: checkpoints of all kinds.
cut_off() { # FILE: a run that is killed some writes after it appears
  n=40
  while test ! -e "cut/$1"; do
    test $n -lt 900 || die "no call to kill at leaves a run with $1"
    rm -rf cut
    FAULT_CALLS=write FAULT_ACTION=KILL FAULT_AT=$n LD_PRELOAD=$library "$program" run e.ini --out cut --threads=1 --quiet \
      >out 2>err || true
    n=$((n + 9))
  done
}
# flip FILE BYTE: flips one bit of it, another one from byte to byte.
flip() {
  perl -e 'my ($file, $at) = @ARGV; open(my $f, "+<:raw", $file) or die; seek($f, $at, 0); read($f, my $c, 1) == 1 or die;
    seek($f, $at, 0); print $f chr(ord($c) ^ (1 << $at % 8))' "$1" "$2" || die "cannot flip"
}
# each FROM CODE FILE REMOVED COMMAND...: with bytes of FROM/FILE flipped in turn and REMOVED removed, the command ends with
# this code and names the file; with code 0, the results are those of an undisturbed run.
each() {
  from=$1 want=$2 file=$3 removed=$4
  shift 4
  test -s "$from/$file" || die "no $from/$file"
  size=$(wc -c <"$from/$file")
  stride=${STRIDE:-$((size / 3 + 1))}
  at=$((size > 7 ? 7 : 0)) flips=0
  test "$stride" != 1 || at=0
  while test $at -lt "$size"; do
    rm -rf part
    cp -R "$from" part
    test -z "$removed" || rm -r "part/$removed"
    flip "part/$file" $at
    expect "$want" "$@"
    says "$(basename "$file")"
    test "$1:$want" != run:2 || says ' and run again'
    if test "$1:$want" = run:0; then
      rm -rf part/*~
      same whole part "$file with byte $at changed: other bytes"
    fi
    at=$((at + stride)) flips=$((flips + 1))
  done
  # Twice the last byte's bit is none at all: then nothing is said.
  rm -rf part
  cp -R "$from" part
  test -z "$removed" || rm -r "part/$removed"
  expect 0 "$@"
  if grep -F "$(basename "$file")" err >&2; then die "$file is complained about as it is"; fi
  echo "-- $file: $flips flips of $size bytes found and named"
}
run="run e.ini --out part --quiet"
# Weights that another stage needs: an error that says what to do.
each whole 2 left/final.safetensors some/summary.json $run
each whole 2 arc/point-1.safetensors some/summary.json $run
each whole 2 points/member-0.safetensors some/summary.json $run
# What can be made again is made again.
each whole 0 left/stage.json '' $run
each whole 0 left/summary.json '' $run
each whole 0 left/provenance.json left/summary.json $run
each whole 0 points/members.json points/summary.json $run
each whole 0 points/member-0.safetensors points/summary.json $run
each whole 0 arc/point-1.safetensors arc/summary.json $run
each whole 0 along/arc/curve.npz along/summary.json $run
each whole 0 sheet/plane.npz sheet/summary.json $run
if test "${SANITIZERS:-no}" = no; then
  cut_off left/epoch-1.state.safetensors
  each cut 0 left/epoch-1.state.safetensors '' $run
  each cut 0 left/epoch-1.safetensors '' $run
  rm -rf cut
  cut_off two/state/member-0.safetensors
  cut_off two/state/source-1-iteration-3.state.safetensors
  each cut 0 two/state/source-1-iteration-3.state.safetensors '' $run
  test ! -e cut/two/state/member-0.safetensors || each cut 0 two/state/member-0.safetensors '' $run
fi
# What is only shown: nothing is shown that is not right.
each whole 2 experiment.json '' show part
each whole 2 right/summary.json '' show part
