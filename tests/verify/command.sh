#!/bin/sh
# tests/verify/command.sh: `strait verify` as a program: exit codes, JSON, --set, and what it says when it cannot begin.
. "${srcdir:-.}/tests/cli/lib.sh"
folder=${builddir:-$PWD}/tests
good=$folder/plugins/.libs/curve-good.so
chain=$folder/verify/.libs/curve-limits.so # sound but at bends = 8

# 0, 1 and 2.
expect 0 verify "$good"
grep -q '^curve "good": [0-9]* laws hold, 0 fail, [0-9]* not run$' out || die "no summary: $(cat out)"
test "$(grep -c '^holds  *silence ' out)" = 1 || die "silence is the last law: $(cat out)"
expect 1 verify "$chain"
says 'curve-limits.so breaks 1 law'
expect 2 verify "$folder/plugins/.libs/curve-nowhere.so"
says 'no such file'
expect 2 verify "$folder/cli/lib.sh"
says 'KIND-NAME.so'
expect 2 verify
says 'usage: strait verify'
expect 2 verify "$chain" --set bend=3
says 'no such option; did you mean "bends"?'
expect 2 verify "$chain" --set curve.bends=9
says 'curve.bends = 9: above the maximum 8'
expect 2 verify "$chain" --set bends
says 'KEY=VALUE'
expect 2 verify "$good" --patience 0
says 'below the minimum 1'

# --set holds in every instance that the laws make, so a plugin that refuses it has no defaults that make one.
expect 1 verify "$chain" --set curve.bends=8
grep -q '^FAILS  *defaults .*did not say why' out || die "bends = 8 is refused: $(cat out)"

# Something that is no shared object, and a file that everybody may write: findings, not crashes.
echo 'not a plugin' >curve-text.so
expect 1 verify curve-text.so
test "${SANITIZERS:-no}" != no || grep -q '^FAILS  *symbol .*not a shared object' out || die "text is no shared object: $(cat out)"
grep -q '^FAILS  *entry ' out || die "text is no plugin: $(cat out)"
grep -q '^not run  *ends ' out || die "what cannot be tried is not run: $(cat out)"
cp "$good" .
chmod o+w curve-good.so
expect 1 verify curve-good.so
grep -q '^FAILS  *entry .*everybody can write to it' out || die "the loader's rules hold: $(cat out)"

# JSON: a document, with the counts and every law; nothing else is on standard output, not even what a plugin prints.
expect 1 verify "$folder/verify/.libs/curve-silence.so" --json
test "$(json kind <out)/$(json name <out)" = curve/silence || die "JSON: $(cat out)"
test "$(json fails <out)" = 1 || die "one fails: $(cat out)"
test "$(json laws.0.law <out)" = symbol || die "the first law: $(cat out)"
test "$(json laws.0.verdict <out)" = holds || test "${SANITIZERS:-no}" != no || die "the first verdict: $(cat out)"
n=$(($(json holds <out) + $(json fails <out) + $(json 'not run' <out)))
test "$(json laws.$((n - 1)).law <out)" = silence || die "$n laws: $(cat out)"
json laws.$((n - 1)).evidence <out >evidence
says 'made a chain' evidence

# The words between parent and child are no command without the rest of them.
expect 2 --verify-plugin
