#!/bin/sh
# tests/torture/all.sh NAME...: the tests behind doc/reliability.md, as far as they go; run by make torture. As many at a time
# as there are CPUs, or as JOBS says. A NAME is a script here, faults:KIND for one kind of tests/torture/faults.sh, or the path
# of a test of make check.
set -eu
STRIDE=${STRIDE:-1} KILLS=${KILLS:-200} STAGES=${STAGES:-2000} WIDTH=${WIDTH:-9960}
export STRIDE KILLS STAGES WIDTH
printf '%s\n' "$@" | xargs -P "${JOBS:-$(nproc 2>/dev/null || echo 1)}" -n 1 sh -c '
  case $1 in
  faults:*) export KINDS="${1#*:}" && set -- "$1" sh "${srcdir:-.}/tests/torture/faults.sh" ;;
  */*.sh) set -- "$1" sh "${srcdir:-.}/$1" ;;
  */*) set -- "$1" "${builddir:-.}/$1" ;;
  *) set -- "$1" sh "${srcdir:-.}/tests/torture/$1.sh" ;;
  esac
  name=$1
  shift
  code=0
  said=$("$@" 2>&1) || code=$?
  case $code in 0) result=passed ;; 77) result=skipped ;; *) result="FAILED with $code" ;; esac
  printf "%s\n" "$said" "== $name $result"
  test "$code" = 0 || test "$code" = 77' sh
