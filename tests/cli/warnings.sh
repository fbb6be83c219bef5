#!/bin/sh
# tests/cli/warnings.sh: what is known from the file alone: how many members an ensemble will have, and what runs but is
# seldom meant. Counts follow from the file by hand: 1,000 samples in batches of 64 are 16 iterations an epoch.
. "${srcdir:-.}/tests/cli/lib.sh"
experiment | sed '/compare rivals/,$d' >base.ini
cat base.ini - >e.ini <<END
[ensemble lone]
ensembler      = fge
start          = left@2
budget         = 3
schedule.cycle = 1
[ensemble swa]
ensembler      = swa
start          = left@2
budget         = 4
schedule       = constant
schedule.rate  = 0.01
[evaluate one]
of       = right
ensemble = yes
END
members() {
  i=0
  while test $i -lt 20 && test "$(json stages.$i.name <out)" != "$1"; do i=$((i + 1)); done
  json stages.$i.members <out
}

echo "-- members"
for command in check plan; do
  expect 0 $command e.ini --json
  # 6 - 2 epochs of one cycle each; 4 points; left, fge's 4, a point and a mean; 1.
  for row in fge:4 points:4 every:7 lone:1 swa:1 one:1; do
    test "$(members "${row%:*}")" = "${row#*:}" || die "$command: ${row%:*} has $(members "${row%:*}") members"
  done
  expect 0 $command e.ini
  says members out
done
expect 0 check e.ini
says 'warning: [ensemble lone] there will be one member'
says 'warning: [evaluate one] there will be one member'
test "$(grep -c 'one member' err)" = 2 || die "an average of several moments is no lone member: $(cat err)"
expect 0 run e.ini --out side -j 2
test "$(grep -c 'there will be one member' err)" = 2 || die "a warning is not said once: $(cat err)"
says 'lone: members: one member' out
grep -q 'swa: members:' out && die "an average is warned of"
json members.3.source <side/fge/summary.json >/dev/null || die "fge keeps no fourth member"
json members.4.source <side/fge/summary.json >/dev/null 2>&1 && die "fge keeps a fifth member"

echo "-- no member, or not this one"
refuse() { # the lines of the stage, what is said
  { cat base.ini && printf "$1"; } >bad.ini
  expect 2 check bad.ini
  says "$2"
}
refuse '[ensemble e]\nensembler = fge\nstart = left\nbudget = 6\nschedule = constant\n' 'schedule constant names no moment'
refuse '[ensemble e]\nensembler = fge\nstart = left\nbudget = 6\nschedule.cycle = 6\n' 'comes after the 32 iterations'
refuse '[ensemble e]\nensembler = fge\nstart = left\nbudget = 6\nschedule.cycle-iterations = 5\n' 'is odd'
refuse '[ensemble e]\nensembler = pfge\nstart = left\nbudget = 6\nschedule.cycle = 4\n' "before the schedule's first moment"
refuse '[evaluate e]\nof = fge[4]\n' '"fge" keeps 4 members, counted from 0'

echo "-- one epoch of decay"
expect 0 check base.ini
test ! -s err || die "four epochs are warned of"
sed '/ensemble fge/,$d; s/right@2/right/' base.ini >short.ini
expect 0 check short.ini --set train.left.epochs=1
says 'decay: of 1 epoch, even the first runs at 0.001 instead of 0.1'
test "$(grep -c 'decay: of 1 epoch' err)" = 1 || die "said more than once"
expect 0 check short.ini --set train.left.epochs=1 --set train.left.schedule.final=1
test ! -s err || die "the full rate is warned of: $(cat err)"

echo "-- one value a channel"
# preresnet's batch norms see 2x2 pixels at least; resnet's last are down to one.
cat >norm.ini <<END
[defaults]
dataset = digits
model = resnet
model.depth = 18
model.width = 2
batch = 8
limit = 24
epochs = 2
schedule.rate = 0.01
eval.test-samples = 10
[train a]
END
expect 0 check norm.ini
test ! -s err || die "batches of 8 are warned of"
expect 0 check norm.ini --set defaults.limit=25
says 'the last batch of an epoch has one sample (25 training samples, batch = 8)'
expect 0 check norm.ini --set defaults.batch=1
says 'a batch of one sample leaves batch norm'
sed -i '/^model\./d' norm.ini
expect 0 check norm.ini --set defaults.limit=25 --set defaults.model=preresnet
if grep -q 'one value' err; then die "preresnet's images are larger than a pixel"; fi

echo "-- what a plugin says names the stage, once"
tiny_experiment | sed '/^\[train right\]/,$d' >said.ini
cat >>said.ini <<END2
[ensemble fge]
ensembler = fge
start = left@2
budget = 4
schedule.cycle = 1
END2
expect 0 run said.ini
says '[ensemble fge] triangle: a cycle of 1 epoch is rounded to 2 iterations'
test "$(grep -c 'is rounded' err)" = 1 || die "it is said more than once"
