#!/bin/sh
# tests/cli/plane.sh: [plane NAME] as a user sees it: its file against NumPy, its corners against the networks, what is
# refused, and that a killed run goes on to the same bytes.
. "${srcdir:-.}/tests/cli/lib.sh"
planes() {
  EPOCHS=2 LIMIT=300 experiment | sed '/scan compare/,$d; s/^batch .*/&\
weight-decay = 1e-3/'
  cat <<END
[plane ends]
path    = arc
grid    = ${GRID:-5}
margins = 0.2 0.1 0.3 0.4
[plane optima]
through = left right left@1
path    = kinked
grid    = 3
[evaluate three]
of = left right left@1
END
}
planes >e.ini
expect 0 run e.ini
says 'ends: in the plane of arc#0, arc#2, arc#1' out
says 'optima: in the plane of left, right, left@1' out

echo "-- the corners are the networks"
at() { json "$1" <"runs/e/$2/summary.json"; }
i=0
for name in 0 1 2; do
  for split in train test; do
    for measure in loss nll error; do
      test "$(at splits.$split.$measure.corners.$i optima)" = "$(at networks.$i.metrics.$split.$measure three)" ||
        die "corner $i of the plane has another $split $measure than the network"
    done
  done
  i=$((i + 1))
done

echo "-- NumPy"
if test -x /usr/bin/python3; then
  code=0
  /usr/bin/python3 "$srcdir/tests/landscape/check-plane.py" runs/e/ends/plane.npz runs/e/left/final.safetensors \
    runs/e/right/final.safetensors runs/e/arc/point-1.safetensors runs/e/arc/point-0.safetensors \
    runs/e/arc/point-1.safetensors runs/e/arc/point-2.safetensors >numpy 2>&1 || code=$?
  test $code = 0 || test $code = 77 || die "$(cat numpy)"
  test $code = 0 || echo "   skipped: no NumPy"
else
  echo "   skipped: no python3"
fi

echo "-- scripts written for the reference code"
if test -x /usr/bin/python3; then
  for plane in ends optima; do
    code=0
    /usr/bin/python3 "$srcdir/tests/landscape/reference-names.py" plane runs/e/$plane/plane.npz >numpy 2>&1 || code=$?
    test $code = 0 || test $code = 77 || die "$plane: $(cat numpy)"
  done
  test $code = 0 || echo "   skipped, or in part: no NumPy or no matplotlib"
fi

echo "-- plan counts the grid"
rm -rf runs/e/ends
expect 0 plan e.ini --json
# 28 sites, each 300 images to re-estimate, 300 to measure, and the 1,797 of the test split
for i in 0 1 2 3 4 5; do
  test "$(json stages.$i.name <out)" != ends || test "$(json stages.$i.evaluated <out)" = $((28 * 2397)) ||
    die "plan counts $(json stages.$i.evaluated <out)"
done

echo "-- refused"
refuse() {
  planes | sed "s/^through.*/$1/" >bad.ini
  expect 2 run bad.ini --out refused
  says "$2"
}
refuse 'through = left right' 'through = left right: a plane goes through three networks, not 2'
refuse 'through = left' 'a plane goes through three networks, not 1'
refuse 'through = left right left' "'left' is listed twice"
refuse 'through = left right mean(left,right)' 'the three weights lie on one line'
says '[plane optima]'
refuse 'through = left right arc(0.5)\nmargins = 1 2' 'margins are one number or four'
GRID=0 refuse 'through = left right arc(0.5)' 'bad.ini:'
says 'grid = 0: below the minimum 2'
refuse 'splits = validation' 'the data has no samples there'
planes | sed "/^through/d" >bad.ini
expect 0 check bad.ini # the kinked chain has three points
expect 2 check bad.ini --set connect.kinked.curve.bends=2
says 'path = kinked has 4 control points'
expect 2 check bad.ini --set train.right.model.hidden=3
says 'another model'

echo "-- killed, it goes on to the same bytes"
GRID=41
planes >long.ini
expect 0 run long.ini --out whole
kills=0
for delay in 0.9 1.1 1.3; do
  rm -rf part/ends
  start run long.ini --out part
  n=0
  while kill -0 $pid 2>/dev/null && test ! -s part/ends/plane.npz && test $n -lt 2000; do sleep 0.01; n=$((n + 1)); done
  kill -9 $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
  test -s part/ends/summary.json || kills=$((kills + 1))
  expect 0 run long.ini --out part
  same whole part "a killed plane goes on to other bytes"
done
