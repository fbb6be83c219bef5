#!/bin/sh
# tests/plugins/outside.sh: a plugin built as a third party does, with what pkg-config says and strict warnings, as C11 and,
# where there is a compiler for it, as C++; it exports its entry alone.
# shellcheck disable=SC2086 # flags are several words
set -eu
test "${SANITIZERS:-no}" = no || exit 77
command -v pkg-config >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PKG_CONFIG_PATH=${builddir:-.}
export PKG_CONFIG_PATH
test "$(pkg-config --variable=plugindir strait)" = "${builddir:-.}/plugins/.libs"
test "$(pkg-config --variable=abi_major strait).$(pkg-config --variable=abi_minor strait)" = \
  "$(sed -n 's/^#define STRAIT_ABI_M[AI][JN]OR \([0-9]*\).*/\1/p' "${srcdir:-.}/framework/include/strait/types.h" |
    paste -s -d .)"

cat >"$work/lean.c" <<'EOF'
#include <strait/strait.h>
struct lean { strait_object object; double lean; };
static const strait_option options[] = {
  STRAIT_FLOAT("lean", struct lean, lean, "0", -1, 1, "how far it leans"),
};
static int64_t points(const void *self) { (void)self; return 2; }
static void coefficients(const void *self, double t, double *c) {
  double u = t + ((const struct lean *)self)->lean * t * (1 - t);
  c[0] = 1 - u;
  c[1] = u;
}
static const strait_curve_ops ops = {sizeof ops, 0, points, coefficients, NULL};
static const strait_class lean = {
  STRAIT_CLASS(STRAIT_CURVE, "lean", "1.0", "a line run unevenly", struct lean, options, &ops), STRAIT_NO_PRESETS, NULL, NULL};
STRAIT_PLUGIN(curve, lean, lean)
EOF
cflags=$(pkg-config --cflags strait)
warnings='-Wall -Wextra -Wpedantic -Werror'
${CC:-cc} -std=c11 $warnings $cflags -fvisibility=hidden -fPIC -shared -o "$work/curve-lean.so" "$work/lean.c"
test "$(${NM:-nm} -D --defined-only "$work/curve-lean.so" | awk '{ print $NF }')" = strait_plugin_v1

# Each header by itself, as C and as C++.
for header in "${srcdir:-.}"/framework/include/strait/*.h; do
  name=$(basename "$header")
  printf '#include <strait/%s>\nextern int nothing;\n' "$name" >"$work/alone.c"
  ${CC:-cc} -std=c11 $warnings $cflags -fsyntax-only "$work/alone.c"
  cp "$work/alone.c" "$work/alone.cc"
  if command -v g++ >/dev/null; then
    g++ -std=c++11 -Wall -Wextra -Werror $cflags -fsyntax-only "$work/alone.cc"
  fi
done
