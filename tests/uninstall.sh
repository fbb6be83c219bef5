#!/bin/sh
# tests/uninstall.sh: make install into an empty root, and make uninstall again: nothing of ours stays, not even an empty
# folder of our own, and somebody else's plugin does.
set -eu
command -v "${MAKE:-make}" >/dev/null || exit 77
work=$(mktemp -d "${TMPDIR:-/tmp}/strait-uninstall-XXXXXX")
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
install_into() { quietly "${MAKE:-make}" -C "$builddir" "$1" "DESTDIR=$work/root"; }
# What is there, but for the folders that programs share.
ours() { find "$work/root" \( ! -type d -o -name 'strait*' \) | LC_ALL=C sort; }

install_into install
plugins=$(dirname "$(find "$work/root" -path '*/strait/1/*.so' | head -n 1)")
case $plugins in
*/strait/1)
  : >"$plugins/curve-theirs.so"
  install_into uninstall
  test "$(find "$work/root" ! -type d)" = "$plugins/curve-theirs.so" || { echo 'uninstall left, or took:'; ours; exit 1; }
  rm "$plugins/curve-theirs.so"
  install_into install
  ;;
esac # else every plugin is built in
test "$(ours | wc -l)" -gt 20
install_into uninstall
test -z "$(ours)" || { echo 'uninstall left:'; ours; exit 1; }
