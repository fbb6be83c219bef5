#!/bin/sh
# tests/tutorial.sh: does what strait-plugin(7) says, from top to bottom, in an empty folder: its files are taken out of the
# page, its commands are run. A snippet that is neither is an error, and so is a command that fails. Then the same with the
# plugins of examples/plugins.
set -eu
test "${SANITIZERS:-no}" = no || exit 77 # a plugin without sanitizers cannot be loaded under some of them
command -v pkg-config >/dev/null || exit 77
page=${srcdir:-.}/doc/strait-plugin.7
work=$(mktemp -d "${TMPDIR:-/tmp}/strait-tutorial-XXXXXX")
trap 'rm -rf "$work"' EXIT

# The page as a shell script: a here-document for each file, then the commands, in the page's order.
script() {
  awk '
    function shown(line) {
      sub(/^\\&/, "", line); gsub(/\\\(aq/, "\047", line); gsub(/\\-/, "-", line); gsub(/\\e/, "\\", line)
      return line
    }
    /^\.\\" file / { file = $3; next }
    /^\.\\" run/ { run = 1; next }
    /^\.(EX|nf)/ {
      if (file == "" && !run) { print "line " FNR ": a snippet that is neither a file nor run" >"/dev/stderr"; exit 1 }
      if (file != "") print "cat >" file " <<\047END OF FILE\047"
      on = 1; next
    }
    /^\.EE/ { if (file != "") print "END OF FILE"; file = ""; on = run = 0; next }
    on { print shown($0) }' "$page"
}
script >"$work/script"
test "$(grep -c '^cat >' "$work/script")" -ge 8 || { echo 'snippets are missing' >&2; exit 1; }

# The reader's machine: this build, or an installed program where installcheck says so, and a home of his own.
mkdir "$work/home" "$work/empty"
HOME=$work/home
export HOME
if test -n "${INSTALLED_BIN:-}"; then
  PATH=$INSTALLED_BIN:$PATH
else
  PATH=$builddir:$PATH PKG_CONFIG_PATH=$builddir
fi
export PATH PKG_CONFIG_PATH
unset STRAIT_PLUGIN_PATH # only what the page says
cd "$work/empty"
cat - "$work/script" >"$work/whole" <<'END'
set -eu
umask 022
cc() { ${CC:-gcc} -std=c11 -Werror "$@"; }
END
sh "$work/whole" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }

# The runs left what the page says they do.
for result in arch/compare/over/curve.npz tinyres/residual/summary.json tinyres/smooth/summary.json rings/rings/summary.json; do
  test -s "runs/$result" || { cat "$work/out"; echo "no runs/$result" >&2; exit 1; }
done
grep -q '"curve": "arch"' runs/arch/over/summary.json # the last run: the installed plugin

# The plugins of examples/plugins, built and tried in the page's own way, in an experiment of all five. Each stays short.
mkdir -p "$work/five/plugins"
cd "$work/five"
{
  sed -n '/^set -eu/p; /^umask/p; /^cc()/p; /^build()/,/^}/p' "$work/whole"
  sed -n '/^#   awk/,/table.csv$/s/^# *//p' "$srcdir/examples/plugins/five.ini"
  for plugin in curve-cubic model-gated dataset-table schedule-restarts ensembler-ema; do
    echo "build $plugin ${plugin#*-}.c"
    echo "strait verify plugins/$plugin.so$(test $plugin != dataset-table || echo ' --set path=table.csv')"
  done
  sed -n 's/^# *\(strait run\)/\1/p' "$srcdir/examples/plugins/five.ini"
} >"$work/five.sh"
cp "$srcdir"/examples/plugins/*.c "$srcdir/examples/plugins/five.ini" .
for source in *.c; do
  test "$(grep -c . "$source")" -le 60 || { echo "$source: more than 60 lines" >&2; exit 1; }
done
sh "$work/five.sh" >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
grep -q '"ensembler": "ema"' runs/five/averaged/summary.json
