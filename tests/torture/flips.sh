#!/bin/sh
# tests/torture/flips.sh: one byte after the other has a bit flipped in weights that a stage reads back: loading them fails,
# and names the file. make check flips a sample, make torture (STRIDE=1) a bit of every byte.
test -z "${VALGRIND_COMMAND:-}" || exit 77
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<'END'
[defaults]
dataset = digits
model = normed
model.hidden = 2
batch = 64
limit = 130
epochs = 2
eval.test-samples = 20
[train left]
[train right]
seed = 2
[connect arc]
ends = left right
[evaluate some]
of = left arc(0.5)
END
expect 0 run e.ini --out whole
# flip FILE BYTE: flips one bit of it, another one from byte to byte.
flip() {
  perl -e 'my ($file, $at) = @ARGV; open(my $f, "+<:raw", $file) or die; seek($f, $at, 0); read($f, my $c, 1) == 1 or die;
    seek($f, $at, 0); print $f chr(ord($c) ^ (1 << $at % 8))' "$1" "$2" || die "cannot flip"
}
command -v perl >/dev/null || exit 77
# each FILE STAGE...: with every byte of the file flipped in turn, a run that must read it fails and names it.
each() {
  file=$1
  size=$(wc -c <"whole/$file")
  at=0 flips=0
  while test $at -lt "$size"; do
    rm -rf part
    cp -R whole part
    rm -f part/some/summary.json
    flip "part/$file" $at
    code=0
    strait run e.ini --out part --quiet >out 2>err || code=$?
    test $code != 0 || die "$file with byte $at changed is read without a word"
    test $code -le 2 || die "$file with byte $at changed: exit code $code"
    says "$(basename "$file")"
    at=$((at + ${STRIDE:-97})) flips=$((flips + 1))
  done
  echo "-- $file: $flips flips of $size bytes found and named"
}
each left/final.safetensors
each arc/point-1.safetensors
