#!/bin/sh
# tests/debian.sh FOLDER: ./quickstart and ./quickstart --check on several releases of Debian, each in a folder of its own that
# debootstrap makes; FOLDER holds what `make dist` ships. make check-debian calls it; it needs root, debootstrap, and a
# mirror. Then a short experiment under each flavour of the release's OpenBLAS, which must give the same bytes.
#
# RELEASES    which ones (bookworm trixie forky)
# DEBIAN_DIR  where the releases' folders are; kept, and used again (./debian-releases)
# MIRROR      of Debian; else the first that apt uses here
set -eu
releases=${RELEASES:-bookworm trixie forky}
mkdir -p "${DEBIAN_DIR:-debian-releases}"
folders=$(cd "${DEBIAN_DIR:-debian-releases}" && pwd)
source=$(cd "$1" && pwd)
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1)}

die() {
  echo "check-debian: $*" >&2
  exit 1
}
test "$(id -u)" = 0 || die 'needs root, for debootstrap and chroot'
command -v debootstrap >/dev/null || die 'needs debootstrap'
test -n "$mirror" || die 'set MIRROR to a mirror of Debian'

# inside RELEASE COMMAND: runs it by sh in the release's folder; what it mounts and starts ends with it.
inside() {
  unshare --mount --pid --fork sh -c '
    mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&
      exec chroot "$1" /usr/bin/env HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euc "$2"' sh "$folders/$1" "$2"
}

prepare() {
  root=$folders/$1
  if ! test -e "$root/prepared"; then
    rm -rf "$root"
    # The script of sid serves all of them, those too that are newer than this debootstrap.
    debootstrap --variant=minbase "$1" "$root" "$mirror" /usr/share/debootstrap/scripts/sid || return 1
    echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/90check"
    touch "$root/prepared"
  fi
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  rm -rf "$root/strait"
  cp -r "$source" "$root/strait"
  rm -f "$root/strait/configure" # quickstart makes it, by the release's autoconf
}

# The same bytes under every flavour, and what doctor says of each.
flavours='
cd /strait
apt-get install -y -qq --no-install-recommends libopenblas0-pthread libopenblas0-openmp libopenblas0-serial >/dev/null
for folder in /usr/lib/*/openblas-*; do
  LD_LIBRARY_PATH=$folder ./build/run strait doctor | sed -n "s/^ *openblas  */  $(basename "$folder"): /p"
  rm -rf /tmp/out
  LD_LIBRARY_PATH=$folder ./build/run strait run examples/digits.ini --threads 2 --out /tmp/out --quiet >/dev/null
  (cd /tmp/out && find . -name "*.safetensors" -o -name "*.npz" | LC_ALL=C sort | xargs sha256sum) | sha256sum
done | tee /tmp/flavours
test "$(grep -c " -$" /tmp/flavours)" -ge 3
test "$(grep " -$" /tmp/flavours | sort -u | wc -l)" = 1'

failed=
for release in $releases; do
  printf '== Debian %s\n' "$release"
  prepare "$release" >"$folders/$release.log" 2>&1 || die "$release cannot be prepared: $folders/$release.log"
  if inside "$release" 'cd /strait && ./quickstart && ./quickstart --check' >>"$folders/$release.log" 2>&1 </dev/null &&
    inside "$release" "$flavours" >"$folders/$release.flavours" 2>>"$folders/$release.log" </dev/null; then
    result=passed
  else
    result=FAILED failed="$failed $release"
  fi
  inside "$release" 'gcc --version | head -n 1
    dpkg-query -W -f "\${Package} \${Version}\n" libinih-dev libopenblas-dev libarchive-dev check' || :
  grep -E '^[0-9]+ (checks|passed|skipped)' "$folders/$release.log" | tail -n 3 || :
  cat "$folders/$release.flavours" 2>/dev/null || :
  printf '%s: %s (the log: %s)\n' "$release" "$result" "$folders/$release.log"
done
test -z "$failed" || die "failed on$failed"
