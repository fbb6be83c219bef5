#!/bin/sh
# tests/cli/made.sh: results of other options and checkpoints of other makers are explained, not misread: what differs, and
# what becomes of them.
. "${srcdir:-.}/tests/cli/lib.sh"
cat >e.ini <<'END_OF_FILE'
[defaults]
dataset = digits
model = mlp
model.hidden = 4
batch = 64
limit = 130
epochs = 4
keep = 1
schedule = constant
schedule.rate = 0.05
[train left]
[scan along]
paths = line(left,left@2)
points = 3
END_OF_FILE
expect 0 run e.ini --out whole
cp -R whole part

echo "-- other options: what changed is named, with both values"
expect 0 run e.ini --out part --set defaults.batch=32 --set train.left.epochs=5
says 'left changed: epochs = 5 (was 4), batch = 32 (was 64); its earlier results are now in part/left.~1~'
says 'along changed: what it takes from left; its earlier results are now in part/along.~1~'
rm -rf part
cp -R whole part
expect 0 run e.ini --out part --set defaults.schedule.rate=0.06
says 'left changed: schedule = constant 1.0 rate=0.06 (was constant 1.0 rate=0.05); its earlier'
rm -rf part
cp -R whole part
expect 0 run e.ini --out part --set defaults.limit=120
says 'left changed: limit = 120 (was 130)'

echo "-- another version of strait, whose results have other bytes"
rm -rf part
cp -R whole part
sed 's/"numerics": [0-9]*/"numerics": 1/; s/"key": "./"key": "-/' whole/left/stage.json | "$json_tool" --seal part/left/stage.json
expect 0 run e.ini --out part
says 'left changed: strait, whose results have other bytes than those of the version before; its earlier results'
test -e 'part/left.~1~/final.safetensors' || die "the earlier results are gone"
rm -rf part/*~
same whole part "what was made anew has other bytes"

echo "-- a checkpoint that was made with other options is not gone on from"
expect 0 run e.ini --out other --set defaults.schedule.rate=0.06
rm -rf part
cp -R whole part
rm part/left/summary.json part/left/final.* part/left/epoch-3.*
cp other/left/epoch-2.* part/left/
expect 0 run e.ini --out part
says 'a checkpoint cannot be used, resuming from the one before it: '
says 'part/left/epoch-2.safetensors: it was made with other options, data or plugins (key '
same whole part "bytes of another option set got in"

echo "-- nor are weights of other options taken for a stage's, or its measurements for a scan's"
rm -rf part
cp -R whole part
cp other/left/final.safetensors part/left/
rm part/along/summary.json
expect 2 run e.ini --out part
says 'weights of left cannot be used'
says 'it was made with other options, data or plugins'
rm -rf part
cp -R whole part
cp 'other/along/line-left-left-2/curve.npz' 'part/along/line-left-left-2/'
rm part/along/summary.json
expect 0 run e.ini --out part
says 'the scan starts over: '
says 'curve.npz: it was made with other options, data or plugins'
same whole part "measurements of another option set got in"
