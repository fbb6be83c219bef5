#!/bin/sh
# tests/plugin/secure.sh: a program with more rights than who starts it takes no plugins from where that one says: it does not
# look at STRAIT_PLUGIN_DIR, STRAIT_PLUGIN_PATH and HOME (secure_getenv), nor at --plugin-dir. Needs a copy of strait that is set-user-ID or
# set-group-ID to somebody else, which root can make, and others who are in a second group; skipped for the rest.
. "${srcdir:-.}/tests/cli/lib.sh"
test "${SANITIZERS:-no}" = no || exit 77
test -z "${VALGRIND_COMMAND:-}" || exit 77 # valgrind is the program then
chmod 755 .
mkdir plain home home/.local home/.local/lib home/.local/lib/strait home/.local/lib/strait/1
cp "${builddir:-$OLDPWD}/tests/plugins/.libs/curve-good.so" plain/
chmod 755 plain home home/.local home/.local/lib home/.local/lib/strait home/.local/lib/strait/1
unset STRAIT_PLUGIN_DIR STRAIT_PLUGIN_PATH

# lend FILE: gives it the rights of somebody else; fails where this user or file system cannot.
lend() {
  if test "$(id -u)" = 0; then
    chown "${STRAIT_OTHER:-nobody}" "$1" && chmod 4755 "$1"
  else
    group=$(id -G | tr ' ' '\n' | grep -vx "$(id -g)" | head -n 1)
    test -n "$group" && chgrp "$group" "$1" && chmod 2755 "$1"
  fi
}
# Does it take effect here? (Not on a file system that is mounted nosuid.) The kernel's own word, from the auxiliary vector.
cp "${builddir:-$OLDPWD}/tests/plugin/is-secure" is-secure
lend is-secure 2>err || { cat err; exit 77; }
test "$(./is-secure)" = secure || { echo "set-user-ID has no effect here"; exit 77; }
cp "$program" lent
lend lent

# sees WHICH VARIABLE=VALUE: 0 when it describes the plugin of that place.
sees() { env "$2" "./$1" describe curve good >out 2>err; }
cp "$program" own
cp plain/curve-good.so home/.local/lib/strait/1/
for place in STRAIT_PLUGIN_PATH="$PWD/plain" STRAIT_PLUGIN_DIR="$PWD/plain" HOME="$PWD/home"; do
  sees own "$place" || die "without more rights it is found: $place"
  ! sees lent "$place" || die "with more rights it is taken from $place"
  says 'no curve "good"'
done
# Nor does a variable that is wrong trouble it.
! sees own STRAIT_PLUGIN_PATH=relative || die "a relative folder was taken"
says 'is relative'
env STRAIT_PLUGIN_PATH=relative ./lent --version >out || die "lent does not run"
! sees lent STRAIT_PLUGIN_PATH=relative || die "good is nowhere"
says 'no curve "good"'
# Nor is the command line followed, and that is said.
./own describe curve good --plugin-dir plain >out 2>err || die "without more rights --plugin-dir is followed"
! ./lent describe curve good --plugin-dir plain >out 2>err || die "with more rights --plugin-dir was followed"
says 'warning: --plugin-dir plain is ignored: this program runs with more rights'
says 'no curve "good"'
