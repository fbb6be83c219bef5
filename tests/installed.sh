#!/bin/sh
# tests/installed.sh: make installcheck: the installed program runs from anywhere with the installed plugins alone, and a
# plugin can be built against the installed headers. Gets bindir, plugindir and pkgconfigdir, with DESTDIR in front, DESTDIR,
# plugins (the names that were built as shared objects) and CC.
set -eu
: "${DESTDIR?}" "${bindir:?}" "${plugindir:?}" "${pkgconfigdir:?}" "${plugins?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset STRAIT_PLUGIN_PATH STRAIT_PLUGIN_DIR
HOME=/nonexistent
export HOME
# Installed for another root, the program looks for its plugins where they will be; show it where they are.
test -z "$DESTDIR" || { STRAIT_PLUGIN_DIR=$plugindir; export STRAIT_PLUGIN_DIR; }

"$bindir/strait" --version
# shellcheck disable=SC2094 # the word list is a command here
"$bindir/strait" list >list
for plugin in $plugins; do
  plugin=$(basename "$plugin" .la)
  test -f "$plugindir/$plugin.so"
  awk -v kind="${plugin%%-*}" -v name="${plugin#*-}" '$1 == kind && $2 == name { found = 1 } END { exit !found }' list ||
    { echo "strait list does not show $plugin:"; cat list; exit 1; }
done
"$bindir/strait" describe dataset digits >/dev/null

test -z "$DESTDIR" || exit 0 # the .pc file names folders of the other root
command -v pkg-config >/dev/null || exit 0
PKG_CONFIG_PATH=$pkgconfigdir
export PKG_CONFIG_PATH
test "$(pkg-config --variable=plugindir strait)" = "$plugindir"
cat >flat.c <<'EOF'
#include <strait/curve.h>
static int64_t points(const void *self) { (void)self; return 2; }
static void coefficients(const void *self, double t, double *c) { (void)self; c[0] = 1 - t; c[1] = t; }
static const strait_curve_ops ops = {sizeof ops, 0, points, coefficients, NULL};
static const strait_class flat = {
  STRAIT_CLASS_BARE(STRAIT_CURVE, "flat", "1.0", "the straight line", strait_object, &ops), STRAIT_NO_PRESETS, NULL, NULL};
STRAIT_PLUGIN(curve, flat, flat)
EOF
mkdir mine
# shellcheck disable=SC2046,SC2086 # flags are several words
${CC:-cc} $(pkg-config --cflags strait) ${CFLAGS:-} -fPIC -shared -o mine/curve-flat.so flat.c
"$bindir/strait" describe --plugin-dir mine curve flat | grep -q 'the straight line'
