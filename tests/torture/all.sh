#!/bin/sh
# tests/torture/all.sh [NAME...]: every fault at every call, 200 kills, 2000 stages: what doc/reliability.md promises; run by
# make torture. As many at a time as there are CPUs, or as JOBS says. A NAME is a script here, or faults:KIND for one kind of
# tests/torture/faults.sh.
set -eu
STRIDE=${STRIDE:-1} KILLS=${KILLS:-200} STAGES=${STAGES:-2000} WIDTH=${WIDTH:-9960}
export STRIDE KILLS STAGES WIDTH
names=${*:-faults:memory faults:starved faults:memory-later memory kill divergence faults:full faults:broken faults:killed
  faults:unreadable faults:unreadable-later faults:full-for-good faults:starved-early load flips}
echo $names | tr ' ' '\n' | xargs -P "${JOBS:-$(nproc 2>/dev/null || echo 1)}" -n 1 sh -c '
  script=${1%%:*}
  test "$script" = "$1" || export KINDS="${1#*:}"
  if said=$(sh "${srcdir:-.}/tests/torture/$script.sh" 2>&1); then result=passed; else result="FAILED with $?"; fi
  printf "%s\n" "$said" "== $1 $result"
  test "$result" = passed' sh
