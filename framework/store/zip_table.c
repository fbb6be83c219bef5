/* store/zip_table.c: the table at the end of a zip archive, after PKWARE's APPNOTE 6.3. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "store/zip_table.h"

#define END_BYTES 22       /* the last record, without its comment */
#define LOCATOR_BYTES 20   /* of ZIP64, in front of that */
#define LARGE_END_BYTES 56 /* what the locator leads to */
#define MEMBER_BYTES 46    /* a line of the table, without its name */
#define LONGEST_TABLE (64 << 20)

static uint64_t number(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  while (count-- > 0)
    value = value << 8 | bytes[count];
  return value;
}

static int read_at(int fd, void *data, size_t bytes, uint64_t at) {
  for (size_t done = 0; done < bytes;) {
    const ssize_t n = pread(fd, (char *)data + done, bytes - done, (off_t)(at + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return 0;
    done += (size_t)n;
  }
  return 1;
}

/* Where the table is and how long, from the records behind it; 0: they are not those of an archive. */
static int find_table(int fd, uint64_t bytes, uint64_t *at, uint64_t *length) {
  unsigned char tail[END_BYTES + UINT16_MAX], locator[LOCATOR_BYTES], large[LARGE_END_BYTES];
  const size_t count = bytes < sizeof tail ? (size_t)bytes : sizeof tail;
  if (count < END_BYTES || !read_at(fd, tail, count, bytes - count))
    return 0;
  size_t end = count - END_BYTES;
  while (number(tail + end, 4) != 0x06054b50 || number(tail + end + 20, 2) != count - END_BYTES - end)
    if (end-- == 0)
      return 0;
  *length = number(tail + end + 12, 4);
  *at = number(tail + end + 16, 4);
  if (*length != UINT32_MAX && *at != UINT32_MAX)
    return 1;
  const uint64_t place = bytes - count + end;
  if (place < LOCATOR_BYTES || !read_at(fd, locator, sizeof locator, place - LOCATOR_BYTES) ||
      number(locator, 4) != 0x07064b50 || !read_at(fd, large, sizeof large, number(locator + 8, 8)) ||
      number(large, 4) != 0x06064b50)
    return 0;
  *length = number(large + 40, 8);
  *at = number(large + 48, 8);
  return 1;
}

static int all_zero(const unsigned char *table, size_t length) {
  size_t met = 0;
  for (size_t at = 0; at < length;) {
    const unsigned char *member = table + at;
    if (length - at < MEMBER_BYTES || number(member, 4) != 0x02014b50)
      return 0;
    if (number(member + 24, 4)) { /* not empty */
      met++;
      if (number(member + 16, 4))
        return 0;
    }
    at += (size_t)(MEMBER_BYTES + number(member + 28, 2) + number(member + 30, 2) + number(member + 32, 2));
  }
  return met > 0;
}

int zip_table_without_sums(int fd, uint64_t bytes) {
  uint64_t at, length;
  if (!find_table(fd, bytes, &at, &length) || at > bytes || length > bytes - at || length > LONGEST_TABLE)
    return 0;
  unsigned char *table = memory_alloc((size_t)length, 1);
  const int answer = table && read_at(fd, table, (size_t)length, at) && all_zero(table, (size_t)length);
  memory_free(table);
  return answer;
}
