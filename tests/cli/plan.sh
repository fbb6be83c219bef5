#!/bin/sh
# tests/cli/plan.sh: strait plan counts what a run will take. The counts follow from the experiment by hand: 1,000 images, 4
# epochs; a refresh of 1,000 and measuring of 1,000 + 1,797 images for each network or point of a path.
. "${srcdir:-.}/tests/cli/lib.sh"
experiment >e.ini
expect 0 plan e.ini --json
mv out plan.json
test ! -e runs || die 'plan wrote something'
count() { json "$1" <plan.json; }
test "$(count stages.#)" = 10 || die 'not all stages are there'
test "$(count stages.0.trained)" = 4000 || die 'a training of 4 epochs is 4,000 images'
test "$(count stages.0.evaluated)" = 3797 || die 'one network is measured on 1,000 + 1,000 + 1,797 images'
i=0
while test "$(count stages.$i.name)" != compare; do i=$((i + 1)); done
test "$(count stages.$i.trained)" = 0 || die 'a scan trains nothing'
test "$(count stages.$i.evaluated)" = 170865 ||
  die 'three paths of 5 points, their ends once more, and 8 points near maxima, are 45 networks'
expect 0 run e.ini --quiet
expect 0 plan e.ini --json
json stages.0.state <out | grep -qx done || die 'what is done is not said to be'
json minutes <out | grep -qx '0.0' || die 'a finished run takes no more time'
expect 2 plan missing.ini
says missing.ini
