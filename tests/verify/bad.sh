#!/bin/sh
# tests/verify/bad.sh: for every law of `strait verify` a plugin that breaks it on purpose: it is caught, by that law and no
# other, with evidence that names what is wrong. The names are those of the files beside this script and in tests/plugins/.
. "${srcdir:-.}/tests/cli/lib.sh"
folder=${builddir:-$PWD}/tests
patience=120
seen=

# broken LAW PLUGIN EVIDENCE: exit code 1, one law fails, it is LAW, and what is found holds EVIDENCE.
broken() {
  file=$folder/verify/.libs/$2.so
  test -e "$file" || file=$folder/plugins/.libs/$2.so
  expect 1 verify "$file" --patience "$patience"
  awk '$1 == "FAILS" { print $2 }' out >failed
  test "$(cat failed)" = "$1" || die "$2 is to break the law $1; it broke: $(cat out)"
  grep '^FAILS' out >line
  says "$3" line
  says "breaks 1 law"
  seen="$seen $(sed -n 's/^dataset.*/dataset/p; s/^model.*/model/p; s/^curve.*/curve/p; s/^schedule.*/schedule/p
    s/^ensembler.*/ensembler/p' out)/$1"
}

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
broken ends curve-ends 'c_1(1) = 1.99'
broken sum curve-sum 'add up to 1.000'
broken finite curve-finite 'c_0(0.5) is not a number'
broken derivatives curve-derivatives 'differences of c give'
broken pure curve-pure 'differ between two calls'

broken horizons schedule-horizons '1 epochs of 1 iterations are refused, without a word'
broken finite schedule-finite 'the rate is inf at iteration 1 of 1'
broken positive schedule-positive 'the rate is -'
broken moments schedule-moments 'collect is 2'
broken pure schedule-pure 'the rate is '

broken opens dataset-opens 'open() failed, and did not say why'
broken counts dataset-counts 'samples of the t'
broken shapes dataset-shapes 'train sample 7: dimension 2 is 3 where 2 is described'
broken shapes dataset-behind 'train sample 0: it writes behind the 4 bytes'
broken labels dataset-labels 'train sample 2 has the label 3, outside 0..2'
broken rereading dataset-rereading 'does not write them all'

broken refusals ensembler-refusals 'refused, without a word'
broken ends ensembler-ends 'there is no end of sources'
broken pure ensembler-pure 'is another when it is asked for again'
broken members ensembler-members 'it keeps no member'
broken slots ensembler-slots 'differ when it is made anew for each call'
broken sum ensembler-sum 'a row of probabilities adds up to 2'
broken order ensembler-order 'with the members in another order'

broken builds model-builds 'at width = 64: samples of (16) in 3 classes: model builds: build refused, and did not say why'
broken twice model-twice 'hidden'
broken shapes model-shapes 'it crashes: Aborted, at samples of (1, 1, 1)'
broken shapes model-unsaid 'build refused, and did not say why'
broken gradient model-gradient 'backward of "square": the gradient of input 0'

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
