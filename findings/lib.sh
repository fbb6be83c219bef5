# findings/lib.sh: what the findings share. Each shows a behaviour of a library that its users may not expect, without
# strait, on valid input: it installs the packages named in its head, of just these versions, in a temporary folder, runs
# them, prints what it saw, and exits 0 while that is as its head says, 1 once it is not, 77 where it cannot be tried.
# They are no part of make check. MIRROR: a mirror of Debian; else the one that apt uses here.
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/finding-XXXXXX")
trap 'rm -rf "$folder"' EXIT
cannot() {
  echo "cannot be tried: $*" >&2
  exit 77
}
# shellcheck disable=SC2016 # apt's own variables
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1)}
test -n "$mirror" || cannot 'set MIRROR to a mirror of Debian'
test "$(uname -m)" = x86_64 || cannot 'the packages are those of amd64'

# packages RELEASE PACKAGE=VERSION...: into $folder/root.
packages() {
  release=$1
  shift
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/root" "$folder/debs"
  : >"$folder/apt/status"
  echo "deb $mirror $release main" >"$folder/apt/sources.list"
  for step in update "download $*"; do
    # shellcheck disable=SC2086 # words
    (cd "$folder/debs" && apt-get -qq -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root -o Dir::State="$folder/apt" \
      -o Dir::State::lists="$folder/apt/lists" -o Dir::State::status="$folder/apt/status" -o Dir::Cache="$folder/apt" \
      -o Dir::Etc::sourcelist="$folder/apt/sources.list" -o Dir::Etc::sourceparts=- $step) >&2 ||
      cannot "the packages cannot be fetched: $*"
  done
  for package in "$folder"/debs/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
}
# with_packages PROGRAM: runs it on the C library and the others that packages unpacked, those in LIBRARIES first.
with_packages() {
  libraries=$folder/root/usr/lib/x86_64-linux-gnu
  older=$folder/root/lib/x86_64-linux-gnu # the C library's place until Debian 12
  loader=$libraries/ld-linux-x86-64.so.2
  test -e "$loader" || loader=$older/ld-linux-x86-64.so.2
  "$loader" --library-path "${LIBRARIES:+$libraries/$LIBRARIES:}$libraries:$older" "$@"
}
