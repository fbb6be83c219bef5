# Turns optdigits.tra and optdigits.tes, in this order, into two C tables: a string for each sample, a letter for each of
# its 64 numbers ('a' is 0, 'q' is 16), then the digit. Refuses a file that is not the published one in shape.
BEGIN { FS = ","; letters = "abcdefghijklmnopq" }
function check(file, count, expected) {
  if (count != expected) {
    print file ": " count " samples, expected " expected | "cat 1>&2"
    failed = 1
    exit 1
  }
}
FNR == 1 {
  if (NR > 1) {
    check(last, samples, 3823)
    print "};"
  }
  print "static const char " (NR > 1 ? "test" : "train") "_rows[][66] = {"
  samples = 0
  last = FILENAME
}
{
  row = ""
  if (NF != 65 || $65 !~ /^[0-9]$/)
    failed = 1
  for (i = 1; i <= 64; i++) {
    if ($i !~ /^[0-9]+$/ || $i > 16)
      failed = 1
    row = row substr(letters, $i + 1, 1)
  }
  if (failed) {
    print FILENAME ":" FNR ": not 64 numbers from 0 to 16 and a digit" | "cat 1>&2"
    exit 1
  }
  print "  \"" row $65 "\","
  samples++
}
END {
  if (failed)
    exit 1
  check(last, samples, 1797)
  print "};"
}
