#!/bin/sh
# tests/coverage.sh: sums up what gcov counted in this folder; run by make coverage in its build folder.
set -eu
find . -name '*.gcda' | LC_ALL=C sort | while read -r data; do
  (cd "$(dirname "$data")" && gcov -n "$(basename "$data")" 2>/dev/null)
done | awk -F"'" '/^File/ { file = $2 }
  /^Lines executed/ && file ~ /(framework|models|datasets|curves|schedulers|plugins)\/[^\047]*\.[ch]$/ && file !~ /tests/ {
    sub(/^.*\/(framework|models|datasets|curves|schedulers|plugins)\//, "&", file)
    match($0, /[0-9.]+%/); share = substr($0, RSTART, RLENGTH - 1); match($0, /of [0-9]+/); lines = substr($0, RSTART + 3, RLENGTH - 3)
    hit = share * lines / 100
    if (!(file in all) || hit > run[file]) { all[file] = lines; run[file] = hit } # in several programs: the one that saw most
    file = "" }
  END { for (f in all) { printf "%6.1f %% of %5d  %s\n", 100 * run[f] / all[f], all[f], f | "sort -n"; a += all[f]; r += run[f] }
    close("sort -n"); printf "%6.1f %% of %5d lines in framework/ and the plugins\n", 100 * r / a, a }'
