#!/bin/sh
# tests/cli/bad.sh: bad input ends with exit code 2 and one clear line that names the place, and nothing is written. The
# messages are the program's own; each rule is in strait-experiment(5) or in the data formats' descriptions.
. "${srcdir:-.}/tests/cli/lib.sh"

# refuse "EXPERIMENT" "WHAT IT SAYS" [ARGUMENT...]: run with this file (printf's escapes) is refused.
refuse() {
  printf "$1" >e.ini
  message=$2
  shift 2
  expect 2 run e.ini "$@"
  says "$message"
  test "$(wc -l <err)" = 1 || die "more than one line: $(cat err)"
  test ! -s out || die "something on standard output: $(cat out)"
  test ! -e runs || die "something was written"
}
pair='[train a]\n[train b]\nseed = 2\n'

echo "-- keys, plugins, stages"
refuse '[train a]\nepocs = 3\n' 'strait: e.ini:2: [train a] train takes no key "epocs"; did you mean "epochs"?'
refuse '[defaults]\ndevice = gpu\n[train a]\n' 'e.ini:2: [defaults] device = gpu: no device "gpu"; did you mean "cpu"?'
refuse '[defaults]\ndevice = tpus9\n[train a]\n' 'e.ini:2: [defaults] device = tpus9: no device "tpus9"; there is cpu'
refuse '[defaults]\ndevice = guarded\n[train a]\n' 'no device "guarded"; there is cpu'
refuse '[train a]\n' '[defaults] device = cup: no device "cup"; did you mean "cpu"?' --set defaults.device=cup
refuse '[train a]\ndevice = cpu\n' 'e.ini:2: [train a] all stages run on one device; set it in [defaults]'
refuse '[defaults]\ndevise = cpu\n[train a]\n' 'no stage takes the key "devise"; did you mean "device"?'
refuse '[train a]\nmodel = mpl\n' 'e.ini:2: [train a] model = mpl: no model "mpl"; did you mean "mlp"?'
refuse '[train a]\nmodel.hiden = 3\n' 'e.ini:2: [train a] model.hiden: no such option; did you mean "hidden"?'
refuse "${pair}[connect c]\nends = a d\n" 'e.ini:5: [connect c] ends = a d: no stage "d"'
refuse '[defaults]\nends = a b\n[train a]\n' 'e.ini:2: [defaults] no stage takes the key "ends"'
refuse '[train a]\nstart = b\n[train b]\nstart = a\n' 'e.ini:1: [train a] the stages refer to each other in a circle: a -> b -> a'
refuse '[train a]\nepochs = 0\n' 'e.ini:2: [train a] epochs = 0: below the minimum 1'
refuse '[train a]\nschedule.rate = nan\n' 'e.ini:2: [train a] schedule.rate = nan: not a number'
refuse '[train a]\nepochs = many\n' 'e.ini:2: [train a] epochs = many: not an integer'
refuse "${pair}[connect c]\nends = a b\ncurve.bends = -1\n" 'e.ini:6: [connect c] curve.bends = -1: below the minimum 0'
refuse '[train a]\n[train b]\n' 'e.ini:2: [train b] every key equals that of [train a] in line 1'
refuse '[train a]\nseed = 1\n[train a]\nseed = 2\n' 'e.ini:3: section [train a] appears twice'
refuse '[train a]\nseed = 1\nseed = 2\n' 'e.ini:3: seed is set twice'
refuse '[train a]\n' 'strait: [train a] train takes no key "sed"; did you mean "seed"?' --set train.a.sed=2
refuse '[train a]\n' '--set train.z.seed=2: no stage "z"' --set train.z.seed=2
refuse '[train a]\nepochs = 3\n[evaluate e]\nof = a@5\n' 'e.ini:3: [evaluate e] '"'a@5' is beyond the end"

echo "-- a curve with more control points than can be trained, before its ends are"
broken=$(dirname "$program")/tests/verify/.libs
refuse "[defaults]\nschedule = constant\n${pair}[connect c]\nends = a b\ncurve = many\n" \
  'e.ini:6: [connect c] curve many has 65 control points with these options; 2 to 64 are possible' --plugin-dir "$broken"
expect 2 check e.ini --plugin-dir "$broken"
says '2 to 64 are possible'

echo "-- words and spellings of other programs, keys of other sections"
refuse '[defaults]\nlearning_rate = 1\n[train a]\n' 'no stage takes the key "learning_rate"; did you mean "schedule.rate"?'
refuse '[train a]\nNum-Epochs = 1\n' 'did you mean "epochs"?'
refuse '[train a]\nwd = 1\n' 'did you mean "weight-decay"?'
refuse "${pair}[connect c]\nends = a b\nnum_bends = 2\n" 'did you mean "curve.bends"?'
refuse '[train a]\nbends = 2\n' 'here it is called curve.bends, a key of connect stages'
refuse "${pair}[evaluate e]\nof = a\nmomentum = 0.9\n" 'evaluate takes no key "momentum"; it is a key of train'
refuse "${pair}[evaluate e]\nof = a\nends = a b\n" 'it is a key of connect stages'
refuse "[train a]\nmodel = 'mlp'\n" 'write it without quotation marks'
refuse '[train a]\nseed = "3"\n' 'not an integer; write it without quotation marks'
refuse '[train a]\nmodel.hidden = [64, 64]\n' 'write a list without brackets, with blanks between its items'
refuse '[train a]\nmodel.hidden = 64,64\n' 'separate the items of a list by blanks'
refuse '[train a]\nmomentum = 0,9\n' 'write a decimal point'
refuse '[train a]\nlabel-smoothing = 10%%\n' 'write a share of one: 5 % is 0.05'
refuse '[train a]\ndataset = mnist\ndataset.path = ~/mnist\n' '~ and $ are not expanded'
refuse '[train a]\nstart = file:$DATA/a.safetensors\n' '~ and $ are not expanded'

echo "-- files that are no experiments"
refuse '' 'e.ini: no section in it'
refuse '\177ELF\001\000\000' 'e.ini:1: '
refuse '[train a]\nseed = 1\0002\n' 'e.ini:2: '
refuse "[train a]\nx = $(printf '%0999d' 0)\n" 'e.ini:2: '
expect 2 run missing.ini
says 'missing.ini: No such file'
mkdir folder.ini
expect 2 run folder.ini
says 'folder.ini'

echo "-- models that do not fit"
refuse '[train a]\n[train b]\nmodel.hidden = 3\n[connect c]\nends = a b\n' 'e.ini:4: [connect c] "b" has another model than "a"'
printf '[train a]\nepochs = 1\nlimit = 100\nmodel.hidden = 5\n' >small.ini
expect 0 run small.ini --out weights
refuse '[evaluate e]\nof = file:weights/a/final.safetensors\n' 'e.ini:1: [evaluate e] '
says 'final.safetensors'
refuse '[evaluate e]\nof = file:nothing.safetensors\n' 'nothing.safetensors: No such file'
printf 'no weights' >junk.safetensors
refuse '[evaluate e]\nof = file:junk.safetensors\n' 'junk.safetensors'
# The same weights with the model that made them are good.
printf '[evaluate e]\nof = file:weights/a/final.safetensors\nmodel.hidden = 5\n' >e.ini
expect 0 run e.ini --out good

echo "-- paths, planes and ensembles over weights of different models"
mixed="[train a]\n[train b]\nseed = 2\n[train c]\nmodel.hidden = 3\n[connect arc]\nends = a b\n" # the next line is 8
other='"c" has another model than "a": '
refuse "${mixed}[scan s]\npaths = line(a,c)\n" "e.ini:8: [scan s] $other"
refuse "${mixed}[scan s]\npaths = chain(a,b,c)\n" "e.ini:8: [scan s] $other"
refuse "${mixed}[scan s]\npaths = arc line(c,c)\n" 'e.ini:8: [scan s] "arc" has another model than "c": '
refuse "${mixed}[plane p]\nthrough = a b c\n" "e.ini:8: [plane p] $other"
refuse "${mixed}[ensemble e]\nensembler = fge\nstart = a c\nbudget = 30\n" "e.ini:8: [ensemble e] $other"
refuse "${mixed}[ensemble e]\nensembler = curve-points\npath = line(a,c)\n" "e.ini:8: [ensemble e] $other"
refuse "${mixed}[evaluate e]\nof = a c\nensemble = yes\n" "e.ini:8: [evaluate e] $other"
refuse "${mixed}[evaluate e]\nof = mean(a,c)\n" "e.ini:8: [evaluate e] $other"
refuse "${mixed}[compare k]\nof = a c\n" 'e.ini:8: [compare k] "c" and "a" have other models'

echo "-- one point, no point, no member, no grid"
refuse "${pair}[scan s]\npaths = chain(a)\n" 'e.ini:5: [scan s] paths = chain(a): '"'chain(a)': a path needs at least two points; this is one"
refuse "${pair}[scan s]\npaths = line(a)\n" "'line(a)': a line has 2 ends, not 1"
refuse "${pair}[scan s]\npaths =\n" 'e.ini:5: [scan s] paths = : empty; it needs at least one item'
refuse "${pair}[scan s]\npaths = line(a,b)\npoints = 1\n" 'e.ini:6: [scan s] points = 1: below the minimum 2'
refuse "${pair}[ensemble e]\nensembler = curve-points\npath = line(a,b)\nensembler.points = 1\n" \
  'e.ini:7: [ensemble e] ensembler.points = 1: below the minimum 2'
refuse "${pair}[ensemble e]\nensembler = curve-points\n" 'e.ini:4: [ensemble e] curve-points: path is not set: name a curve'
refuse "${pair}[ensemble e]\nensembler = independent\nensembler.runs = 0\n" 'e.ini:6: [ensemble e] ensembler.runs = 0: below the minimum 1'
refuse "${pair}[ensemble e]\nensembler = fge\nstart = a\nbudget = 1\n" 'e.ini:4: [ensemble e] fge: a budget of '
refuse "${pair}[evaluate e]\nof =\n" 'e.ini:5: [evaluate e] of = : empty'
refuse "${pair}[compare k]\nof =\n" 'e.ini:5: [compare k] of = : empty'
refuse "${pair}[plane p]\nthrough = a b a\n" "e.ini:5: [plane p] through = a b a: 'a' is listed twice"
refuse "${pair}[plane p]\nthrough = a b\n" 'e.ini:5: [plane p] through = a b: a plane goes through three networks, not 2'
refuse "${pair}[plane p]\nthrough = a b b@1\ngrid = 0\n" 'e.ini:6: [plane p] grid = 0: below the minimum 2'
# What only the weights tell: the places are named, and no result is there.
small="[defaults]\nepochs = 1\nlimit = 100\n$pair"
printf "${small}[plane p]\nthrough = a b mean(a,b)\n" >e.ini
expect 2 run e.ini --out line
says 'e.ini:7: [plane p] plane: the three weights lie on one line, so they span no plane; name one off that line'
test ! -e line/p/plane.npz || die "a plane through a line"
printf "${small}[ensemble e]\nensembler = fge\nstart = a\nbudget = 2\nschedule.cycle = 4\n" >e.ini
expect 2 run e.ini --out none
says 'e.ini:7: [ensemble e] ensembler fge keeps no member: the first moment that schedule triangle names comes after the 1 iterations'
test ! -e none/e/summary.json || die "an ensemble of nothing"

echo "-- data"
refuse '[train a]\ndataset = mnist\n' 'e.ini:1: [train a] mnist: '
refuse '[train a]\ndataset = mnist\ndataset.path = nowhere\n' 'nowhere'
refuse '[train a]\nlimit = 4000\n' 'digits has 3823 training samples'
mkdir idx
images() { printf '\000\000\010\003\000\000\000\002\000\000\000\034\000\000\000\034' && head -c 1568 /dev/zero; }
labels() { printf '\000\000\010\001\000\000\000\002\001\011'; }
whole() {
  for part in train t10k; do
    images >idx/$part-images-idx3-ubyte
    labels >idx/$part-labels-idx1-ubyte
  done
}
idx='[train a]\nepochs = 1\ndataset = mnist\ndataset.path = idx\n'
whole
printf "$idx" >e.ini
expect 0 check e.ini
images | head -c 1000 >idx/train-images-idx3-ubyte
refuse "$idx" 'train-images-idx3-ubyte'
whole
printf 'PK\003\004' >idx/train-images-idx3-ubyte
refuse "$idx" 'train-images-idx3-ubyte'
whole
{ printf '\000\000\010\001\000\000\000\003' && printf '\001\002\003'; } >idx/t10k-labels-idx1-ubyte
refuse "$idx" 't10k-'
whole
printf '\000\000\010\001\000\000\000\002\001\012' >idx/train-labels-idx1-ubyte
refuse "${idx}dataset.classes = 10\n" 'train-labels-idx1-ubyte: label 10'
whole
rm idx/t10k-images-idx3-ubyte
refuse "$idx" 't10k-images-idx3-ubyte'
mkdir cifar
cifar='[train a]\ndataset = cifar10\ndataset.path = cifar\nmodel = convfc\n'
refuse "$cifar" 'e.ini:1: [train a] cifar10: '
for i in 1 2 3 4 5; do head -c 3073 /dev/zero >cifar/data_batch_$i.bin; done
head -c 3000 /dev/zero >cifar/test_batch.bin
refuse "$cifar" 'cifar'

echo "-- all faults at once, in the order of the lines"
cat >several.ini <<'END'
[defaults]
dataset = digits
model = mlpp
model.hidden = 12
epochs = many
rates = 0.1
[train left]
sead = 1
[trian right]
[connect arc]
ends = left right
curve = bezir
curve.bends = 99
[scan s]
points = 1
paths = nothing line(left,left)
momentum
[train left]
END
expect 2 check several.ini
cut -d: -f1-3 err | sed 's/strait: several.ini://' | tr '\n' ' ' >lines
test "$(cat lines)" = '3 5 6 8 9 11 12 15 16 17 18 ' || die "the lines are $(cat lines)"
for text in '"mlpp"' 'many' '"rates"' '"sead"; did you mean "seed"' '"trian"; did' 'the section of "right" has a fault' '"bezir"; did' \
  'below the minimum 2' 'no stage "nothing"' '"momentum" has no' '[train left] appears twice'; do
  says "$text"
done

echo "-- plugins"
bad=${builddir:-$PWD}/tests/plugins/.libs
for name in noentry future newminor misnamed failinit tooshort; do
  refuse "${pair}[connect c]\nends = a b\ncurve = $name\n" "$name" --plugin-dir "$bad"
done
refuse "${pair}[connect c]\nends = a b\ncurve = future\n" 'e.ini:6: [connect c] curve = future: ' --plugin-dir "$bad"
mkdir open
cp "$bad/curve-good.so" open/
chmod 777 open
refuse "${pair}[connect c]\nends = a b\ncurve = good\n" 'open' --plugin-dir open

echo "-- the command line"
for line in 'run' 'run a.ini b.ini' 'rn' 'run --nonsense e.ini' 'run --threads x e.ini' 'run --out' 'describe curve' \
  'describe curve beier' 'describe verb trian' 'describe nothing bezier' 'list nothing' 'show .' 'clean .' \
  'run --quiet=yes e.ini'; do
  expect 2 $line
  test "$(wc -l <err)" = 1 || die "strait $line: more than one line"
done
expect 2
says 'usage: strait COMMAND'
expect 2 rn
says 'did you mean "run"?'
expect 2 help rn
says 'did you mean "run"?'
expect 0 help plot
says 'usage: strait plot' out
expect 0 describe key curve.bends
for text in 'curve bezier' 'curve polychain' 'whole number, 0 to'; do says "$text" out; done
expect 2 describe key curve.nothing
says 'curve.nothing'
# What cannot be written is a failure.
if test -w /dev/full; then
  code=0
  strait list verbs >/dev/full 2>err || code=$?
  test $code = 1 || die "a full disk gave exit code $code"
fi
