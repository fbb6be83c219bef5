#!/bin/sh
# jansson 2.15 writes the same real, at the same JSON_REAL_PRECISION, as another text than 2.14 does. It no longer prints by
# %.*g: without a precision it takes the fewest digits that read back (2.14: 17 digits), and a precision no longer says
# where the exponent starts. 1e15 at precision 1 was "1e15" and becomes "1000000000000000.0"; 1e16 at 17 was
# "10000000000000000.0" and becomes "1e16"; 1234567 at 6 was "1.23457e6" and becomes "1234570.0". The numbers are equal
# or, where digits are cut, equally near; a checksum over the text, or a comparison of files, is not.
#
# Packages (amd64): libjansson4 2.15.1-1 and libc6 2.43 of Debian testing (forky), libjansson4 2.14-2 of Debian 12.
# Seen: 2.14: 0.10000000000000001 1e15 10000000000000000.0 1.23457e6
#       2.15: 0.1 1000000000000000.0 1e16 1234570.0
. "$(dirname "$0")/lib.sh"
packages bookworm libjansson4=2.14-2 libc6
cat >"$folder/reals.c" <<'END'
#include <stddef.h>
#include <stdio.h>
void *json_real(double value);
char *json_dumps(const void *json, size_t flags);
enum { ANY = 0x200, PRECISION_SHIFT = 11 }; /* of the flags JSON_ENCODE_ANY and JSON_REAL_PRECISION */
int main(void) {
  const struct {
    double value;
    int precision;
  } shown[] = {{0.1, 0}, {1e15, 1}, {1e16, 17}, {1234567, 6}};
  for (int i = 0; i < 4; i++)
    printf("%s%s", i ? " " : "", json_dumps(json_real(shown[i].value), ANY | (size_t)shown[i].precision << PRECISION_SHIFT));
  puts("");
  return 0;
}
END
printed() {
  libraries=$folder/root/usr/lib/x86_64-linux-gnu
  cc -o "$folder/reals" "$folder/reals.c" -Wl,--allow-shlib-undefined "$libraries/libjansson.so.4"
  with_packages "$folder/reals"
}
old=$(printed)
rm -rf "$folder/root" "$folder/debs" "$folder/apt"
packages forky libjansson4=2.15.1-1 libc6
new=$(printed)
printf '2.14: %s\n2.15: %s\n' "$old" "$new"
test "$old" = '0.10000000000000001 1e15 10000000000000000.0 1.23457e6' &&
  test "$new" = '0.1 1000000000000000.0 1e16 1234570.0'
