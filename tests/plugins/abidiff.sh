#!/bin/sh
# tests/plugins/abidiff.sh: libabigail's opinion of the public headers of today against those of 1.0, from debugging
# information, so independent of frozen.sh, which reads the text. Skipped where abidiff is not installed.
set -eu
command -v abidiff >/dev/null || exit 77
test "${SANITIZERS:-no}" = no || exit 77
old=${srcdir:-.}/tests/plugins/frozen-1.0/include
new=${srcdir:-.}/framework/include
work=$(mktemp -d "${TMPDIR:-/tmp}/strait-abidiff-XXXXXX")
trap 'rm -rf "$work"' EXIT

# A library of one function for each struct of 1.0 that crosses the boundary; abidiff follows their pointers.
{
  echo '#include <strait/strait.h>'
  cat "$old"/strait/*.h | sed -n 's/^typedef struct \(strait_[a-z0-9_]*\) {.*/\1/p' | sort -u |
    while read -r type; do
      printf 'int see_%s(const %s *it);\nint see_%s(const %s *it) { return it != 0; }\n' "$type" "$type" "$type" "$type"
    done
} >"$work/all.c"
test "$(grep -c '^#include\|^int see.*{' "$work/all.c")" -gt 20 || { echo "too few structs found"; exit 1; }
build() { ${CC:-cc} -std=c11 -g -O0 -fPIC -shared -I"$1" -o "$2" "$work/all.c"; }

# compare INCLUDE-FOLDER INCLUDE-FOLDER: 0 equal, 1 only appended to, 2 something moved, went or changed its type.
compare() {
  build "$1" "$work/old.so"
  build "$2" "$work/new.so"
  code=0
  abidiff "$work/old.so" "$work/new.so" >"$work/log" 2>&1 || code=$?
  if test $code = 0; then
    return 0
  elif test $((code & 11)) != 0; then # 1, 2: abidiff failed; 8: incompatible
    return 2
  elif grep -q 'offset changed\|data member deletion\|type name changed\|entity changed\|enumerator .* changed\|enumerator deletion' "$work/log"; then
    return 2
  fi
  return 1
}
minor_of() { sed -n 's/^#define STRAIT_ABI_MINOR \([0-9]*\).*/\1/p' "$1/strait/types.h"; }

verdict=0
compare "$old" "$new" || verdict=$?
cat "$work/log"
test $verdict != 2 || { echo 'not compatible with 1.0'; exit 1; }
test $verdict = 0 || test "$(minor_of "$new")" -gt "$(minor_of "$old")" || { echo 'raise STRAIT_ABI_MINOR'; exit 1; }

# Can it fail? A field in the middle is seen; one at the end is an addition.
attempt() { # FILE SED-COMMAND
  rm -rf "$work/changed"
  mkdir "$work/changed"
  cp -r "$new/strait" "$work/changed/"
  chmod -R u+w "$work/changed"
  sed -i "$2" "$work/changed/strait/$1"
  ! cmp -s "$new/strait/$1" "$work/changed/strait/$1" || { echo "the test itself changed nothing in $1"; exit 1; }
  verdict=0
  compare "$new" "$work/changed" || verdict=$?
}
attempt plugin.h 's/^  uint32_t kind;/  uint64_t before;\n&/'
test $verdict = 2 || { echo "a field in the middle: $verdict"; cat "$work/log"; exit 1; }
attempt curve.h 's/int64_t (\*points)(const void \*self)/int32_t (*points)(const void *self)/'
test $verdict = 2 || { echo "another type: $verdict"; cat "$work/log"; exit 1; }
attempt curve.h 's/(\*coefficients)(const void \*self, double t, double \*c)/(*coefficients)(const void *self, double t, float *c)/'
test $verdict = 2 || { echo "another parameter: $verdict"; cat "$work/log"; exit 1; }
attempt ensembler.h 's/int32_t (\*fold)(struct/int64_t (*fold)(struct/'
test $verdict = 2 || { echo "another type, two structs deep: $verdict"; cat "$work/log"; exit 1; }
attempt curve.h 's/^} strait_curve_ops;/  void *more;\n&/'
test $verdict = 1 || { echo "a field at the end: $verdict"; cat "$work/log"; exit 1; }
