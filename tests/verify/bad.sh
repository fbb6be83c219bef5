#!/bin/sh
# tests/verify/bad.sh: for every law of `strait verify` plugins that break it on purpose: they are caught, by that law, with
# evidence that names what is wrong, and by no other but those that it cannot be kept from. The names are those of the files
# beside this script and in tests/plugins/.
. "${srcdir:-.}/tests/cli/lib.sh"
folder=${builddir:-$PWD}/tests
patience=120
seen=

# broken LAW PLUGIN EVIDENCE [OTHERS]: exit code 1, LAW fails, of the other laws at most OTHERS, and what is found holds EVIDENCE.
broken() {
  file=$folder/verify/.libs/$2.so
  test -e "$file" || file=$folder/plugins/.libs/$2.so
  expect 1 verify "$file" --patience "$patience"
  awk '$1 == "FAILS" { print $2 }' out >failed
  grep -qx "$1" failed || die "$2 is to break the law $1: $(cat out)"
  for law in $(cat failed); do
    case " $1 ${4:-} " in
    *" $law "*) ;;
    *) die "$2 is to break the law $1, and at most ${4:-no other}; it breaks $law: $(cat out)" ;;
    esac
  done
  grep "^FAILS  *$1 " out >line
  says "$3" line
  says "breaks $(wc -l <failed) law"
  seen="$seen $(sed -n 's/^dataset.*/dataset/p; s/^model.*/model/p; s/^curve.*/curve/p; s/^schedule.*/schedule/p
    s/^ensembler.*/ensembler/p' out)/$1"
}
# Several laws see what is kept outside of instances, and what changes from call to call; threads by chance.
state='instances statics process pure slots twice rereading operations threads backward gradient'

# Of all plugins. (The sanitizers add symbols, and their allocator does not count.)
if test "${SANITIZERS:-no}" = no; then
  broken symbol curve-symbol 'it exports helper'
  broken leaks curve-leaks 'leaves about 1' # 100 bytes and what the allocator adds
else
  seen="curve/symbol curve/leaks"
fi
broken entry curve-misnamed 'it says that it is curve "other"'
broken entry curve-newminor 'of the plugin interface; this strait has'
broken entry curve-crash 'it crashes: Aborted'
broken options curve-width 'option small: its field has 4 bytes'
broken options curve-bounds 'option bends: its default "10": above the maximum 9'
broken defaults curve-defaults 'bends = 1 is odd'
broken defaults curve-failinit 'the moon is not full'
broken limits curve-limits 'bends = 8: init failed, and did not say why'
broken limits curve-crashes 'it crashes: Segmentation fault, at bends = 8'
broken limits curve-aborts 'it crashes: Aborted, at bends = 8, having printed "bends < 8 is not true"'
broken limits curve-exits 'it ends the program, with exit code 0, at bends = 8'
patience=20 # for a plugin that waits for ever; none of its other laws takes a tenth of a second
broken limits curve-hangs 'it hangs: nothing for 20 seconds, at bends = 8'
patience=120
broken instances curve-instances 'answers differently once there is another one'
broken arithmetic curve-arithmetic 'init: the direction of rounding is another'
broken arithmetic curve-denormals 'opening it: '
broken silence curve-silence 'it prints "made a chain"'

broken points curve-points 'points() is 1'
broken points curve-many 'points() is 65; a curve has 2 to 64 control points'
broken ends curve-ends 'c_1(1) = 1.99'
broken sum curve-sum 'add up to 1.000'
broken sum curve-window 'add up to 1.00000000'
broken continuous curve-jump 'at t = 0.5713 the coefficients jump, by 0.002'
broken finite curve-finite 'c_0(0.5) is not a number'
broken derivatives curve-derivatives 'differences of c give'
broken derivatives curve-slopes 'differences of c give'
broken pure curve-pure 'differ between two calls' "$state"
broken pure curve-behind 'it writes outside of'
broken threads curve-scratch '4 threads' "$state"
broken statics curve-scratch 'bytes of its static variables' "$state"
broken statics curve-heap "of its instance's memory" "$state"
broken process curve-process 'a new process gets other answers'

broken horizons schedule-horizons '1 epochs of 1 iterations are refused, without a word'
broken finite schedule-finite 'the rate is inf at iteration 1 of 1'
broken positive schedule-positive 'the rate is -'
broken moments schedule-moments 'collect is 2'
broken pure schedule-pure 'the rate is ' "$state"
broken pure schedule-state 'the rate is ' "$state"
broken pure schedule-horizon 'the rate is ' "$state"
broken pure schedule-lent 'it writes to the step'
broken threads schedule-state '4 threads' "$state"
broken statics schedule-state 'bytes of its static variables' "$state"

broken opens dataset-opens 'open() failed, and did not say why'
broken counts dataset-counts 'samples of the t' "$state"
broken counts dataset-names 'are both called "dot"'
broken shapes dataset-shapes 'train sample 7: dimension 2 is 3 where 2 is described'
broken shapes dataset-behind 'train sample 0: it writes outside the 4 bytes'
broken shapes dataset-before 'train sample 0: it writes outside the 4 bytes'
broken labels dataset-labels 'has the label 3, outside 0..2'
broken labels dataset-label 'train sample 555 has the label 3, outside 0..2'
broken finite dataset-nan 'train sample 777: element 1 is not finite'
broken sequence dataset-sequence 'position 1 is not position 0 of the next sample'
broken rereading dataset-rereading 'does not write them all'
broken rereading dataset-first 'train sample 0 has other bytes at the second reading' "$state"
broken instances dataset-first 'one alone answers otherwise when it is asked again' "$state"
broken threads dataset-scratch '4 threads' "$state"
broken process dataset-process 'a new process gets other answers'

broken refusals ensembler-refusals 'refused, without a word'
broken ends ensembler-ends 'there is no end of sources'
broken pure ensembler-pure 'is another when it is asked for again' "$state"
broken members ensembler-members 'it keeps no member'
broken members ensembler-lent 'it writes to the weights that it is offered'
broken members ensembler-vector 'it writes outside the 47 numbers of the vector "mean"'
broken slots ensembler-slots 'differ when' "$state"
broken slots ensembler-static 'differ when a new instance is made for each call' "$state"
broken sum ensembler-sum 'a row of probabilities adds up to 2'
broken sum ensembler-writes 'combine writes to the probabilities'
broken order ensembler-order 'with them in another order'
broken order ensembler-late 'with 6 members a probability is'
broken rows ensembler-rows 'where its row is combined alone'

broken builds model-builds 'at width = 64: samples of (16) in 3 classes: model builds: build refused, and did not say why'
broken twice model-twice 'hidden' "$state"
broken instances model-second 'one alone answers otherwise when it is asked again' "$state"
broken shapes model-shapes 'it crashes: Aborted, at samples of (1, 1, 1)'
broken shapes model-unsaid 'build refused, and did not say why'
broken gradient model-gradient 'along the gradient the loss rises by' backward
broken backward model-gradient 'backward of "square": the gradient of input 0' gradient
broken backward model-input 'backward of "unit": the gradient of input 0'
broken backward model-parameter 'backward of "unit": the gradient of parameter 0'
broken operations model-overwrites 'does not add to the gradient of a parameter' "$state"
broken operations model-accumulates 'the gradient of an input' "$state"
broken operations model-behind 'it writes around its output'
broken operations model-before 'it writes around its workspace'
broken operations model-reads 'with what lies around its block'
broken operations model-unwritten 'with what its arrays held before' "$state"
broken operations model-coupled 'the output of a sample differs' "$state"
broken operations model-blocks 'the output of a sample differs when the sample is alone' "$state"
broken operations model-calls 'from call to call' "$state"
broken operations model-last 'static variables' "$state"
broken operations model-heap 'memory of its instance' "$state"
broken threads model-scratch '4 threads' "$state"
if test "${SANITIZERS:-no}" = no; then # which would see them first
  broken operations model-peeks 'it crashes: Segmentation fault, at "unit", a block of 1 whose inputs cannot be written to'
  broken operations model-lent 'it crashes: Segmentation fault, at "unit", a block of 1 whose inputs cannot be written to'
fi

# Is that all? Every law that a sound plugin of each kind is put to was broken above; the common ones by a curve.
expect 0 verify "$folder/plugins/.libs/curve-good.so"
for kind in curve schedule dataset ensembler model; do
  sound=$(ls "$folder"/plugins/.libs/$kind-frozen.so)
  strait verify "$sound" >out 2>err || :
  awk 'NF > 2 && $1 != kind { print $1 == "not" ? $3 : $2 }' kind=$kind out | while read -r law; do
    case " $seen " in
    *" $kind/$law "* | *" curve/$law "*) ;;
    *) die "no plugin breaks the law $law of a $kind" ;;
    esac
  done
done
