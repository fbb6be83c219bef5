#!/bin/sh
# tests/installed.sh: make installcheck: the installed program runs from anywhere with the installed plugins alone, a plugin
# can be built against the installed headers, and what `strait new` writes is built, verified, installed, used and removed as
# its README says. Gets bindir, plugindir and pkgconfigdir, with DESTDIR in front, DESTDIR, plugins (the names that were built
# as shared objects), srcdir, CC and MAKE.
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
test "$(pkg-config --variable=program strait)" = "$bindir/strait"
unset MAKEFLAGS MFLAGS MAKELEVEL # these projects are nobody's sub-make

# started KIND NAME OPTION...: a project of `strait new`, from its folder to a run with the installed plugin, and gone again.
started() {
  kind=$1 name=$2
  shift 2
  "$bindir/strait" new "$kind" "$name" "$@"
  cd "$kind-$name"
  autoreconf -fi
  ./configure --quiet --prefix="$work/own"
  ${MAKE:-make} CFLAGS='-g -O1 -Werror' CXXFLAGS='-g -O1 -Werror'
  ${MAKE:-make} check
  ${MAKE:-make} install >"$work/said" || { cat "$work/said"; exit 1; }
  installed=$(find "$work/own" ! -type d)
  line=$(sed -n 's/^  export //p' "$work/said") # what `make install` says that the user should do
  test -n "$line"
  (
    # shellcheck disable=SC2163 # the line is an assignment
    eval "export $line"
    cd "$work"
    "$bindir/strait" list "$kind" | awk -v name="$name" '$2 == name { found = 1 } END { exit !found }'
    "$bindir/strait" run "$kind-$name/example.ini"
  )
  grep -q "NAME" "$work/own/share/man/man7/strait-$kind-$name.7"
  ${MAKE:-make} uninstall
  test -z "$(find "$work/own" ! -type d)" || { find "$work/own"; exit 1; }
  # Nothing went outside its prefix.
  case $installed in
  *"$kind-$name.so"*) ;;
  *) echo "make install put no $kind-$name.so into its prefix"; exit 1 ;;
  esac
  test ! -e "$plugindir/$kind-$name.so"
  cd "$work"
}

if command -v autoreconf >/dev/null && command -v libtoolize >/dev/null && command -v automake >/dev/null; then
  (started curve starter)
  if command -v g++ >/dev/null; then
    (started dataset plus-plus --cxx)
  fi
else
  echo 'autoconf, automake and libtool are not all there: the projects of strait new are not built with them'
fi

# The manual's tutorial, with the installed program.
INSTALLED_BIN=$bindir sh "$srcdir/tests/tutorial.sh" || test $? = 77
