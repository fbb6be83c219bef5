#!/bin/sh
# tests/cli/new.sh: `strait new`: each kind's starter builds as C and as C++ with strict warnings, exports its entry alone,
# and its example runs; what is there already is left alone.
. "${srcdir:-.}/tests/cli/lib.sh"
test "${SANITIZERS:-no}" = no || exit 77 # a plugin without sanitizers cannot be loaded under some of them
command -v pkg-config >/dev/null || exit 77
PKG_CONFIG_PATH=${builddir:-.}
export PKG_CONFIG_PATH
cflags=$(pkg-config --cflags strait)

# build KIND NAME: compiles the project in the current folder.
build() {
  shared='-O1 -Wall -Wextra -Wpedantic -Wshadow -Werror -fvisibility=hidden -fPIC -shared'
  mkdir .libs
  # shellcheck disable=SC2086 # flags are words
  if test -f "$2.cc"; then
    g++ -std=c++20 -Wno-missing-field-initializers $shared $cflags -o ".libs/$1-$2.so" "$2.cc" -lm
  else
    ${CC:-cc} -std=c11 $shared $cflags -o ".libs/$1-$2.so" "$2.c" -lm
  fi
  test "$(${NM:-nm} -D --defined-only ".libs/$1-$2.so" | awk '{ print $NF }' | grep -v '^_')" = strait_plugin_v1 ||
    die "$1-$2.so exports more than its entry"
}

# No placeholder may be left in any file.
whole() { ! grep -rlE '@(kind|name|ident|source|compiler|flags)@' "$1" || die "a placeholder is left in $1"; }

for kind in model dataset curve schedule ensembler; do
  expect 0 new $kind my-own
  test -z "$(find . -name '*.new~')" || die "strait new left its scratch folder"
  whole $kind-my-own
  (
    cd $kind-my-own
    build $kind my-own
    expect 0 describe $kind my-own --plugin-dir .libs
    says "$kind my-own 1.0" out
    expect 0 verify .libs/$kind-my-own.so
    expect 0 run example.ini --plugin-dir .libs --out "$scratch/$kind" --quiet
  ) || exit 1
done
# The example uses the plugin: the results depend on its name and version.
test "$(json curve <"$scratch/curve/arc/summary.json")" = my-own || die "the example does not use the curve"

if command -v g++ >/dev/null; then
  for kind in model dataset curve schedule ensembler; do
    expect 0 new $kind plus --cxx --dir "$scratch/plus-$kind"
    whole "$scratch/plus-$kind"
    grep -q '^AC_PROG_CXX' "plus-$kind/configure.ac" || die "no C++ compiler in configure.ac"
    (
      cd "plus-$kind"
      build $kind plus
      expect 0 verify .libs/$kind-plus.so
    ) || exit 1
  done
fi

echo "-- what is refused"
before=$(find curve-my-own | LC_ALL=C sort)
expect 2 new curve my-own
says 'curve-my-own exists already'
test "$(find curve-my-own | LC_ALL=C sort)" = "$before" || die "the folder that was there has changed"
expect 2 new curve bezier
says 'curve "bezier" exists already'
test ! -e curve-bezier || die "a refused project was begun"
for name in My-own 1st a_b ../a '' a234567890123456789012345678901234; do
  expect 2 new curve "$name"
done
expect 2 new verb mine
says 'no kind "verb"'
mkdir empty
expect 0 new curve other --dir empty
test -f empty/other.c || die "an empty folder is not taken"
touch file
expect 2 new curve another --dir file
test -f file || die "a file was replaced"
expect 0 new schedule plain --json
test "$(json name <out)" = plain || die "--json names another plugin"
