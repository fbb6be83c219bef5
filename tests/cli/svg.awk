# tests/cli/svg.awk: reads what gnuplot drew back from an SVG: one line per point of each line and of each mark,
#   PLOT NAME COLOUR KIND X Y
# PLOT: gnuplot's number, with a letter per panel ("2b"); NAME: in the legend, blanks as _, or "-"; KIND: line or mark; X and Y in units
# of the axes, whose ticks say where their values lie. -v logx=1, -v logy=1: the axis is a log one.
# The legend's own sample of a line or a mark is left out.
function number(text) { return text ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ }
function scale(axis, value) { return (axis == "x" ? logx : logy) ? log(value) : value }
function tick(axis, pixel, text) {
  if (!number(text)) return
  if (drawn) { marks(); split("", seen); drawn = 0 } # the next panel
  n = ++seen[axis]
  at[axis, n] = pixel
  value[axis, n] = scale(axis, text)
}
# From the two ticks farthest apart.
function back(axis, pixel,   n, v) {
  n = seen[axis]
  if (n < 2) return "?"
  v = value[axis, 1] + (pixel - at[axis, 1]) * (value[axis, n] - value[axis, 1]) / (at[axis, n] - at[axis, 1])
  return (axis == "x" ? logx : logy) ? exp(v) : v
}
function tell(kind, colour, x, y) { printf "%s %s %s %s %.6g %.6g\n", plot, name, colour, kind, back("x", x), back("y", y) }
function colour_of(line) {
  match(line, /rgb\( *[0-9]+, *[0-9]+, *[0-9]+\)/)
  split(substr(line, RSTART + 4, RLENGTH - 5), c, ",")
  return sprintf("#%02x%02x%02x", c[1], c[2], c[3])
}
function marks(   i) { # those of the plot that ends; the legend's is the last
  for (i = 1; i <= waiting - (name != "-"); i++)
    tell("mark", mark_colour, mark_x[i], mark_y[i])
  waiting = 0
}
/<g id="gnuplot_plot_/ {
  marks()
  match($0, /gnuplot_plot_[0-9]+[a-z]?/)
  plot = substr($0, RSTART + 13, RLENGTH - 13)
  name = "-"
  drawn = 1
  inside = 1
}
/class="gridline"/ { next }
/<g transform="translate\(/ {
  anchor = /text-anchor="end"/
}
/ d='M.*L/ && /<path stroke/ && /text-anchor/ { # a tick, with the place of its label
  split($0, d, "d='M")
  split(d[2], p, /[, ]/)
  tick_x = p[1]
  tick_y = p[2]
  axis = /text-anchor="middle"/ ? "x" : "y"
  is_tick = 1
}
/<text>/ {
  text = $0
  gsub(/^[ \t]*<text>|<\/text>.*$/, "", text)
  gsub(/ /, "_", text)
  if (is_tick) tick(axis, axis == "x" ? tick_x : tick_y, text)
  else if (inside && name == "-" && anchor && text != "") name = text
  is_tick = 0
}
/<use xlink:href='#gpPt[0-9]+' transform='translate/ && !/#FFFFFF/ { # white: the halo of one
  match($0, /translate\([-0-9.]+,[-0-9.]+\)/)
  split(substr($0, RSTART + 10, RLENGTH - 11), p, ",")
  mark_colour = colour_of($0)
  mark_x[++waiting] = p[1]
  mark_y[waiting] = p[2]
}
inside && /<path stroke='rgb/ && !/rgb\( 68,  68,  68\)/ { # not the frame's
  path = ""
  path_colour = colour_of($0)
  taking = 1
}
taking {
  path = path " " $0
  if ($0 ~ /'\/>/) {
    taking = 0
    sub(/.* d='/, "", path)
    sub(/'\/>.*/, "", path)
    gsub(/M/, " M ", path)
    gsub(/L/, " L ", path)
    parts = split(path, word, /[ \t,]+/)
    skipped = 0
    strokes = 0
    for (i = 1; i <= parts; i++) {
      if (word[i] == "M") strokes++
      if ((word[i] == "M" || word[i] == "L") && !(name != "-" && strokes == 1)) tell("line", path_colour, word[i + 1], word[i + 2])
    }
  }
}
END { marks() }
