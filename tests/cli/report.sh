#!/bin/sh
# tests/cli/report.sh: strait plot and strait report: every kind of figure is drawn, what the page holds is what the tables
# print, it asks for nothing from outside, and a browser lays it out in the width of a phone. Skipped where gnuplot is missing,
# after the tests of its absence; the browser's part where Chromium is.
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<END
# five < six & "seven"
[defaults]
dataset       = digits
model         = mlp
model.hidden  = 8
epochs        = 2
batch         = 64
limit         = 300
schedule      = decay
schedule.rate = 0.1
[train left]
[train right]
seed = 2
[connect arc]
ends = left right
[scan paths]
paths  = line(left,right) arc
points = 7
[plane bend]
path = arc
grid = 5
[ensemble fge]
ensembler      = fge
start          = left@1
budget         = 3
trace          = yes
schedule.cycle = 1
[compare equal]
of    = fge left
seeds = 1 2
[sweep bends]
over.arc.curve.bends = 1 2
stages               = paths
END
expect 0 run e.ini --set defaults.batch=60
cp out tables
cmp e.ini runs/e/experiment.ini || die "the experiment's text is not kept"
test "$(json sets.0 <runs/e/experiment.json)" = defaults.batch=60 || die "--set is not kept"

echo "-- without gnuplot"
mkdir empty
old=$PATH
PATH=$scratch/empty
code=0
"$program" plot runs/e >out 2>err || code=$?
PATH=$old
test $code = 2 || die "plot without gnuplot: exit code $code, not 2"
says 'gnuplot draws the figures, and is not installed (Debian: gnuplot-nox)'
test ! -e runs/e/figures || die "plot without gnuplot left something"
code=0
PATH=$scratch/empty
"$program" report runs/e --out bare.html >out 2>err || code=$?
PATH=$old
test $code = 0 || die "report without gnuplot: exit code $code"
says 'the report has no figures'
says 'there are no figures: gnuplot draws them' bare.html
grep -q '<table>' bare.html || die "no tables without gnuplot"

echo "-- what is refused"
expect 2 plot runs/nothing
says 'holds no results of strait run'
expect 2 plot runs/e --formats gif
says 'no format "gif"; there are svg, png and pdf'
expect 2 report runs/nothing
test ! -e runs/nothing || die "a report of nothing left something"

command -v gnuplot >/dev/null || {
  echo "skipped: gnuplot is not installed"
  exit 77
}
echo "-- figures"
mkdir home
printf 'this is no command\n' >home/.gnuplot # nobody's settings change what is drawn
(HOME=$scratch/home && export HOME && strait plot runs/e >out 2>err) || die "plot"
for figure in paths-nll-arc paths-error-arc paths-loss-t paths-error-t paths-pair-t paths-norm-t left-training right-training arc-training left-reliability right-reliability fge-reliability fge-so-far bend-loss bend-error fge-course fge-members \
  equal-error equal-nll bends-nll bends-barrier bends-length; do
  for format in svg png pdf; do
    test -s "runs/e/figures/$figure.$format" || die "no $figure.$format"
    says "runs/e/figures/$figure.$format" out
  done
  head -c 4 runs/e/figures/$figure.pdf | grep -q '%PDF' || die "$figure.pdf is no PDF"
  head -c 4 runs/e/figures/$figure.png | grep -q PNG || die "$figure.png is no PNG"
  grep -q '</svg>' runs/e/figures/$figure.svg || die "$figure.svg is cut off"
done
test "$(wc -l <out)" = "$(find runs/e/figures -type f | wc -l)" || die "files that are not told of: $(ls runs/e/figures)"
grep -q '>line(left,right)<' runs/e/figures/paths-nll-arc.svg || die "a path's name is not in its figure"
expect 0 plot runs/e --formats svg --out elsewhere
test "$(find elsewhere -name '*.svg' | wc -l)" = "$(find elsewhere -type f | wc -l)" || die "more than svg"

echo "-- the page"
expect 0 report runs/e
page=runs/e/report.html
test "$(grep -c '<svg' $page)" = 22 || die "22 figures, not $(grep -c '<svg' $page)"
says '# five &lt; six &amp; &quot;seven&quot;' $page
says '--set defaults.batch=60' $page
says 'line(left,right)' $page
says "$(json metrics.test.nll <runs/e/left/summary.json | cut -c 1-4)" $page
# Every cell of the terminal's tables: the first number of each row with a path or a stage.
grep -E '^ +(arc|left|fge)' tables | awk '{ print $2 }' | while read -r cell; do says "$cell" $page; done
grep -q 'class="warning"' $page || die "warnings are hidden"
# Nothing from outside: no script, no link, no address but the name spaces of SVG.
grep -oiE '(src|href)="[^"#][^"]*"|<script|<link|@import|url\([^#)][^)]*\)' $page | grep -v '"data:' &&
  die "the page asks for something else"
# A table of contents: each link has its place.
test "$(grep -c '<li><a href="#part-' $page)" = "$(grep -c '<h2 id="part-' $page)" || die "links without a place"
says '<a href="#part-1">' $page
says '<h2 id="part-1">' $page
# No name twice.
grep -oE ' id="[^"]*"' $page | LC_ALL=C sort | uniq -d >twice
test ! -s twice || die "names that are there twice: $(head -3 twice)"
cp $page before
expect 0 report runs/e
cmp before $page || die "the same results make another page"

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
test -n "$chromium" || {
  echo "skipped: the browser's part, there is no Chromium"
  exit 0
}
test -z "${VALGRIND_COMMAND:-}" || exit 0
echo "-- in a browser"
browse() { HOME=$scratch timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars "$@" 2>err; }
probe='<script>addEventListener("load",function(){var d=document.documentElement,w=0;
document.querySelectorAll("figure svg").forEach(function(s){if(s.getBoundingClientRect().width>d.clientWidth)w++});
d.setAttribute("data-probe",[d.clientWidth,d.scrollWidth,document.querySelectorAll("svg").length,w].join(" "))})</script>'
awk -v probe="$probe" '{ sub("</body></html>", probe "</body></html>"); print }' $page >probe.html
for width in 500 1280; do
  browse --window-size=$width,900 --dump-dom "file://$scratch/probe.html" >dom || {
    echo "skipped: Chromium does not start here"
    exit 0
  }
  seen=$(sed -n 's/.*data-probe="\([^"]*\)".*/\1/p' dom)
  test -n "$seen" || die "the browser did not load the page"
  set -- $seen
  test "$2" -le "$1" || die "at $width the page is $2 wide in a window of $1"
  test "$3" = 22 || die "the browser sees $3 figures"
  test "$4" = 0 || die "$4 figures are wider than a window of $1"
done
