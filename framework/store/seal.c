/* store/seal.c: an archive ends with a record whose last field is the length of its comment. */
#include <config.h>

#include "store/seal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/loaded.h"

#define FORMAT "strait.format"
#define FIRST FORMAT "=1 "
#define LAST "strait.checksum="
#define DIGITS 32
#define LONGEST 400 /* of a comment */
#define MOST_PAIRS 8

struct seal {
  struct hash *hash;
  char comment[LONGEST + 1]; /* without the digits */
  size_t length;
};

/* --- writing --- */

static int is_word(const char *text) {
  for (const char *c = text; *c; c++)
    if (*c <= ' ' || *c > '~' || *c == '=')
      return 0;
  return *text != 0;
}

static int describe(struct seal *seal, const struct metadata *metadata, size_t pairs) {
  struct text text = {0};
  int plain = pairs <= MOST_PAIRS;
  text_add(&text, FIRST);
  for (size_t i = 0; plain && i < pairs; i++) {
    plain = is_word(metadata[i].key) && is_word(metadata[i].value);
    text_add(&text, "%s=%s ", metadata[i].key, metadata[i].value);
  }
  text_add(&text, LAST);
  int status = text.status;
  if (!status && (!plain || text.length + DIGITS > LONGEST))
    status = error_set(STRAIT_EINVAL, "an archive's metadata are at most %d words of together %d bytes", MOST_PAIRS,
                       LONGEST);
  if (!status) {
    memcpy(seal->comment, text.data, text.length);
    seal->length = text.length;
  }
  text_free(&text);
  return status;
}

int seal_begin(struct seal **result, const struct metadata *metadata, size_t pairs) {
  struct seal *seal = memory_alloc(1, sizeof *seal);
  *result = NULL;
  if (!seal)
    return STRAIT_ENOMEM;
  seal->hash = hash_create();
  int status = seal->hash ? describe(seal, metadata, pairs) : error_set(STRAIT_ENOMEM, "out of memory");
  if (status)
    seal_free(seal);
  else
    *result = seal;
  return status;
}

void seal_free(struct seal *seal) {
  if (!seal)
    return;
  hash_free(seal->hash);
  memory_free(seal);
}

void seal_pass(struct seal *seal, struct file_writer *file, const void *data, size_t bytes) {
  hash_bytes(seal->hash, data, bytes);
  file_put(file, data, bytes);
}

int seal_end(struct seal *seal, struct file_writer *file) {
  char digest[DIGITS + 1];
  const size_t comment = seal->length + DIGITS;
  const unsigned char length[2] = {(unsigned char)comment, (unsigned char)(comment >> 8)};
  seal_pass(seal, file, length, sizeof length);
  seal_pass(seal, file, seal->comment, seal->length);
  hash_digest(seal->hash, digest);
  return file_put(file, digest, DIGITS);
}

/* --- reading --- */

static int read_at(int fd, void *data, size_t bytes, off_t at) {
  for (size_t done = 0; done < bytes;) {
    ssize_t n = pread(fd, (char *)data + done, bytes - done, at + (off_t)done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n ? error_errno(STRAIT_EIO, "cannot read it") : error_set(STRAIT_EIO, "it became shorter");
    done += (size_t)n;
  }
  return STRAIT_OK;
}

/* Where the comment begins in the last bytes of a file; NULL: it has none of ours. Their last two bytes in front of it
 * say its length. */
static char *find_comment(char *tail, size_t bytes) {
  const size_t fixed = sizeof LAST - 1 + DIGITS;
  if (bytes < fixed + 2 || memcmp(tail + bytes - fixed, LAST, sizeof LAST - 1) != 0)
    return NULL;
  for (char *c = tail + bytes - fixed; c >= tail + 2; c--) {
    const size_t length = (unsigned char)c[-2] | (size_t)(unsigned char)c[-1] << 8;
    if (length == (size_t)(tail + bytes - c) && !strncmp(c, FORMAT "=", sizeof FORMAT))
      return c;
  }
  return NULL;
}

static int take_pairs(char *comment, struct arrays *arrays) {
  char *rest = NULL;
  for (char *word = strtok_r(comment, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    char *value = strchr(word, '=');
    if (!value)
      return error_set(STRAIT_EFORMAT, "its comment is damaged");
    *value++ = 0;
    struct metadata pair = {arena_copy(arrays->arena, word), arena_copy(arrays->arena, value)};
    if (!pair.key || !pair.value ||
        memory_grow(&arrays->metadata, &arrays->pairs_capacity, arrays->pairs + 1, sizeof pair))
      return STRAIT_ENOMEM;
    arrays->metadata[arrays->pairs++] = pair;
  }
  return STRAIT_OK;
}

/* The hash of the first bytes of the file. */
static int digest_of(int fd, off_t bytes, char digest[DIGITS + 1]) {
  const size_t room = 1 << 16;
  struct hash *hash = hash_create();
  char *buffer = hash ? memory_alloc(room, 1) : NULL;
  int status = buffer ? STRAIT_OK : error_set(STRAIT_ENOMEM, "out of memory");
  for (off_t at = 0; !status && at < bytes;) {
    const size_t part = bytes - at < (off_t)room ? (size_t)(bytes - at) : room;
    status = read_at(fd, buffer, part, at);
    if (!status)
      hash_bytes(hash, buffer, part);
    at += (off_t)part;
  }
  if (!status)
    hash_digest(hash, digest);
  memory_free(buffer);
  hash_free(hash);
  return status;
}

int seal_check(int fd, struct arrays *arrays, int *sealed) {
  struct stat status;
  char tail[LONGEST + 3] = "", digest[DIGITS + 1];
  *sealed = 0;
  if (fstat(fd, &status))
    return error_errno(STRAIT_EIO, "cannot read it");
  const size_t bytes = status.st_size < LONGEST + 2 ? (size_t)status.st_size : LONGEST + 2;
  int result = read_at(fd, tail, bytes, status.st_size - (off_t)bytes);
  char *comment = result ? NULL : find_comment(tail, bytes);
  if (!comment)
    return result;
  result = digest_of(fd, status.st_size - DIGITS, digest);
  if (!result && memcmp(digest, tail + bytes - DIGITS, DIGITS) != 0)
    result = error_set(STRAIT_EFORMAT, "its bytes do not have the checksum at its end: the file is damaged, or was "
                                       "changed by another program");
  if (!result)
    result = take_pairs(comment, arrays);
  const char *format = result ? NULL : arrays_metadata(arrays, FORMAT);
  if (!result && (!format || strcmp(format, "1") != 0))
    result = error_set(STRAIT_ENOTSUP, "it is of format %s; this version of strait reads format 1",
                       format ? format : "none");
  *sealed = !result;
  return result;
}
