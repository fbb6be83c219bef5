#!/bin/sh
# tests/cli/children.sh: trainings that go on from another: with the same order of samples they repeat it to the bit, with
# another they differ; restart = yes begins anew. Two children of one checkpoint are one line each.
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<'END'
[defaults]
model         = normed
epochs        = 4
batch         = 64
limit         = 1000
schedule.rate = 0.1
[train parent]
keep = 1
[train same]
start = parent@i20
keep  = 1
# Two children that differ in nothing that is used: t is drawn for curves only.
[train twin]
start  = parent@i20
seed.t = 5
[train other]
start      = parent@i20
seed.order = 7
[train again]
start   = parent@i20
restart = yes
[train early]
start      = parent@i20
seed.order = 8
stop       = 3
[train whole]
start = parent
epochs = 5
[evaluate ends]
of = parent@0 same@0 other@i20 parent@i20
[scan between]
paths  = line(other,same) line(same,twin)
points = 5
END
expect 0 run e.ini
# The tensors alone: the metadata names the stage's key, which differs.
tensors() { "${builddir:-$PWD}/tests/cli/tensors" "runs/e/$1"; }
equal() { test "$(tensors "$1")" = "$(tensors "$2")" || die "$1 and $2 differ"; }
differ() { test "$(tensors "$1")" != "$(tensors "$2")" || die "$1 and $2 are equal"; }
# 1000 samples by 64: 16 iterations an epoch, so iteration 20 is inside the second.
equal same/final.safetensors parent/final.safetensors
equal same/final.state.safetensors parent/final.state.safetensors
equal same/epoch-2.safetensors parent/epoch-2.safetensors
equal same/epoch-3.state.safetensors parent/epoch-3.state.safetensors
equal twin/final.safetensors same/final.safetensors
differ other/final.safetensors same/final.safetensors
differ again/final.safetensors same/final.safetensors
differ early/final.safetensors parent/epoch-3.safetensors
test "$(json iterations <runs/e/same/summary.json)" = 44 || die "the child runs 64 - 20 iterations"
test "$(json spent <runs/e/same/summary.json)" = 64 || die "64 are spent in all"
test "$(json iterations <runs/e/again/summary.json)" = 64 || die "restart runs all 64"
test "$(json spent <runs/e/again/summary.json)" = 84 || die "20 + 64 are spent"
at() { json "networks.$1.metrics.test.nll" <runs/e/ends/summary.json; }
test "$(at 1)" = "$(at 3)" || die "same@0 is what it started from"
test "$(at 2)" = "$(at 3)" || die "other@i20 is what it started from"
test "$(at 0)" != "$(at 3)" || die "parent@0 is not parent@i20"
test "$(json paths.1.chord <runs/e/between/summary.json)" = 0.0 || die "twins lie at one point"
# It goes on from a moment only where that makes sense.
expect 2 check e.ini --set train.same.batch=32
says 'set restart = yes'
expect 2 check e.ini --set train.same.optimiser=adamw
says 'restart = yes'
