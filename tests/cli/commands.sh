#!/bin/sh
# tests/cli/commands.sh: every command's help, the lists, and the four forms of every description; a sample that describe
# prints is an experiment that check takes.
. "${srcdir:-.}/tests/cli/lib.sh"

expect 0 --version
grep -q '^strait [0-9]' out || die "no version"
expect 0 --help
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
test "$(echo "$commands" | wc -l)" -ge 7 || die "commands are missing: $commands"
for command in $commands; do
  expect 0 "$command" --help
  says "usage: strait $command" out
  says '--help' out
done
for flag in --set --out --threads --plugin-dir --quiet --json; do
  expect 0 run --help
  says "$flag" out
done

echo "-- list and describe"
expect 0 list
expect 0 list --json
count=$(json '#' <out)
test "$count" -ge 17 || die "only $count plugins"
cp out list.json
expect 0 list curve
says 'bezier' out
i=0
while test $i -lt "$count"; do
  kind=$(json $i.kind <list.json) name=$(json $i.name <list.json)
  i=$((i + 1))
  expect 0 describe "$kind" "$name"
  says "$kind $name" out
  expect 0 describe "$kind" "$name" --json
  test "$(json name <out)" = "$name" || die "describe --json names another plugin than $name"
  expect 0 describe "$kind" "$name" --man
  says '.TH STRAIT\-' out
  says '.SH OPTIONS' out
  expect 0 describe "$kind" "$name" --ini
  says "$kind = $name" out
done
expect 0 list verbs
for verb in $(cut -d' ' -f1 <out); do
  expect 0 describe verb "$verb"
  expect 0 describe verb "$verb" --man
  expect 0 describe verb "$verb" --json
  test "$(json name <out)" = "$verb" || die "describe --json names another verb than $verb"
done
expect 0 describe key batch
says 'key batch: ' out
says '  batch = ' out
expect 0 describe key batch --json
test "$(json keys.0.key <out)" = batch || die "describe key --json has no key"
json keys.0.table <out | grep -q 'train, connect' || die "describe key --json does not say who takes it"
expect 0 describe key batch --ini
grep -qx 'batch = [0-9]*' out || die "describe key --ini is no sample"
expect 0 describe key batch --man
says '\fBbatch\fR = ' out
expect 2 describe key bach
# A sample is good as it stands: the commented keys have no default.
expect 0 describe verb train --ini
sed 's/NAME/sample/' out >sample.ini
expect 0 check sample.ini
expect 0 describe verb connect --ini
{ printf '[train left]\n[train right]\nseed = 2\n' && sed 's/NAME/sample/' out; } >sample.ini
expect 0 check sample.ini

echo "-- a plugin that crashes harms nobody"
bad=${builddir:-$PWD}/tests/plugins/.libs
expect 1 list --plugin-dir "$bad"
says 'CANNOT BE USED: it crashed on loading' out
says 'Bezier' out
expect 1 list --plugin-dir "$bad" --json
json '#' <out >/dev/null

echo "-- doctor"
expect 0 doctor
says 'OpenBLAS' out
says '3823 training, 1797 test samples' out
expect 0 doctor --json
test "$(json machine.threads <out)" -ge 1 || die "no threads"
json libraries.libarchive <out >/dev/null || die "no libarchive"

echo "-- examples are good experiments"
for file in "$srcdir"/examples/*.ini; do
  grep -q '^dataset *= *digits' "$file" || continue
  expect 0 check "$file"
done
expect 0 run "$srcdir/examples/digits.ini"
says 'line(left,right)' out
