#!/bin/sh
# inih 59 reports an error for a line that it reads in full. INI_MAX_LINE is 200, so a line of 199 bytes and the end of the
# string just fit: release 55 hands its value on and returns 0; release 59 hands on the same value, complete, and returns
# that line's number as an error, as it does for a line that was cut. A file that works on Debian 12 is refused on
# Debian 13 though nothing in it was lost. Lines of 198 bytes are fine in both.
#
# Packages (amd64): libinih1 59-1 and libc6 2.41 of Debian 13, libinih1 55-1 of Debian 12.
# Seen: 198 bytes: 0 and 0; 199 bytes: release 55 returns 0, release 59 returns 2; the value has 195 bytes in all cases but
# the first, where it has 194.
. "$(dirname "$0")/lib.sh"
packages bookworm libinih1=55-1 libc6
cat >"$folder/line.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int ini_parse_string(const char *text, int (*handler)(void *, const char *, const char *, const char *), void *user);
static int handler(void *user, const char *section, const char *name, const char *value) {
  (void)section;
  if (!strcmp(name, "k"))
    *(size_t *)user = strlen(value);
  return 1;
}
int main(int argc, char **argv) {
  char text[1000] = "[a]\nk = ";
  size_t bytes = 0;
  if (argc < 2)
    return 1;
  memset(text + strlen(text), 'v', (size_t)atoi(argv[1]) - 4); /* "k = " and the value are the line */
  strcat(text, "\nlast = 1\n");
  int result = ini_parse_string(text, handler, &bytes);
  printf("%d %zu\n", result, bytes);
  return 0;
}
END
both() {
  libraries=$folder/root/usr/lib/x86_64-linux-gnu
  cc -o "$folder/line" "$folder/line.c" -Wl,--allow-shlib-undefined "$libraries/libinih.so.1"
  short=$(with_packages "$folder/line" 198)
  long=$(with_packages "$folder/line" 199)
  echo "release $1: a line of 198 bytes: returns ${short% *}, value of ${short#* } bytes; 199: returns ${long% *}, ${long#* } bytes"
}
both 55
old="$short,$long"
rm -rf "$folder/root" "$folder/debs" "$folder/apt"
packages trixie libinih1=59-1 libc6
both 59
test "$old" = '0 194,0 195' && test "$short,$long" = '0 194,2 195'
