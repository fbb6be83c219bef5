/* store/zip_writer.c: zip archives out, without compression: PKWARE's APPNOTE 6.3, with its ZIP64 records where a size,
 * a place or a count does not fit the old ones. Written by hand as libarchive's writer does not survive it when memory
 * runs out, and cannot write the comment that seals a file. */
#include <config.h>

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/seal.h"
#include "store/zip.h"

#define OLD_MOST UINT32_MAX    /* from here on a size or a place is in a ZIP64 field */
#define OLD_ENTRIES UINT16_MAX /* and a count */
#define DATE (1 << 5 | 1)      /* 1 January 1980, the earliest: equal members are equal bytes */
#define MODE (0100644u << 16)  /* a plain file, rw-r--r-- */
#define OLD_VERSION 20         /* of the format that a reader must know: 2.0 */
#define LARGE_VERSION 45       /* 4.5, the first with ZIP64 */
#define UNIX (3 << 8)          /* whose attributes are meant */

struct zip_writer {
  struct file_writer *file;
  struct text table; /* what the archive ends with: a record for each member */
  uint64_t at, members;
  struct error_chain failure; /* the first */
  struct seal *seal;          /* NULL: none is asked for */
  char *path;                 /* in this allocation, behind this struct */
};

/* ---- records: little-endian numbers one after the other ---- */

struct record {
  unsigned char bytes[96];
  size_t length;
};

static void number(struct record *r, int bytes, uint64_t value) {
  for (int i = 0; i < bytes; i++)
    r->bytes[r->length++] = (unsigned char)(value >> 8 * i);
}

static void fit(struct record *r, int large, uint64_t value) { number(r, 4, large ? UINT32_MAX : value); }

/* What a member's two headers have in common, from the version needed to the length of the name. */
static void describe(struct record *r, int version, int large, uint32_t sum, uint64_t bytes, size_t name) {
  number(r, 2, (uint64_t)version);
  number(r, 2, 0); /* flags */
  number(r, 2, 0); /* method: stored */
  number(r, 2, 0); /* time */
  number(r, 2, DATE);
  number(r, 4, sum);
  fit(r, large, bytes); /* compressed */
  fit(r, large, bytes);
  number(r, 2, name);
}

static void put(struct zip_writer *w, const void *data, size_t bytes) {
  if (w->seal)
    seal_pass(w->seal, w->file, data, bytes);
  else
    file_put(w->file, data, bytes);
  w->at += bytes;
}

/* ---- members ---- */

static uint32_t checksum(uint32_t sum, const void *data, size_t bytes) {
  return bytes ? (uint32_t)crc32_z(sum, data, bytes) : sum;
}

static void begin_member(struct zip_writer *w, const char *name, uint32_t sum, uint64_t bytes) {
  const int large = bytes >= OLD_MOST;
  struct record r = {0};
  number(&r, 4, 0x04034b50);
  describe(&r, large ? LARGE_VERSION : OLD_VERSION, large, sum, bytes, strlen(name));
  number(&r, 2, large ? 20 : 0); /* bytes of extra fields */
  put(w, r.bytes, r.length);
  put(w, name, strlen(name));
  if (!large)
    return;
  r.length = 0;
  number(&r, 2, 1); /* the ZIP64 field */
  number(&r, 2, 16);
  number(&r, 8, bytes);
  number(&r, 8, bytes);
  put(w, r.bytes, r.length);
}

static void list_member(struct zip_writer *w, const char *name, uint32_t sum, uint64_t bytes, uint64_t begins) {
  const int large = bytes >= OLD_MOST || begins >= OLD_MOST;
  struct record r = {0};
  number(&r, 4, 0x02014b50);
  number(&r, 2, UNIX | LARGE_VERSION);
  describe(&r, large ? LARGE_VERSION : OLD_VERSION, large, sum, bytes, strlen(name));
  number(&r, 2, large ? 28 : 0);
  number(&r, 2, 0); /* comment */
  number(&r, 2, 0); /* disk */
  number(&r, 2, 0); /* internal attributes */
  number(&r, 4, MODE);
  fit(&r, large, begins);
  text_add_n(&w->table, (const char *)r.bytes, r.length);
  text_add_n(&w->table, name, strlen(name));
  if (!large)
    return;
  r.length = 0;
  number(&r, 2, 1);
  number(&r, 2, 24);
  number(&r, 8, bytes);
  number(&r, 8, bytes);
  number(&r, 8, begins);
  text_add_n(&w->table, (const char *)r.bytes, r.length);
}

int zip_add(struct zip_writer *w, const char *name, const void *head, size_t head_bytes, const void *data,
            size_t data_bytes) {
  if (w->failure.status)
    return error_give(&w->failure);
  const uint32_t sum = checksum(checksum(0, head, head_bytes), data, data_bytes);
  const uint64_t begins = w->at, bytes = (uint64_t)head_bytes + data_bytes;
  begin_member(w, name, sum, bytes);
  put(w, head, head_bytes);
  put(w, data, data_bytes);
  list_member(w, name, sum, bytes, begins);
  w->members++;
  if (file_put(w->file, NULL, 0) == STRAIT_OK && w->table.status == STRAIT_OK)
    return STRAIT_OK;
  if (w->table.status)
    error_set(STRAIT_ENOMEM, "cannot write %s: out of memory", w->path);
  error_take(&w->failure);
  return error_give(&w->failure);
}

/* ---- the whole ---- */

static void end_large(struct zip_writer *w, uint64_t table) {
  const uint64_t here = w->at;
  struct record r = {0};
  number(&r, 4, 0x06064b50);
  number(&r, 8, 44); /* bytes that follow */
  number(&r, 2, UNIX | LARGE_VERSION);
  number(&r, 2, LARGE_VERSION);
  number(&r, 4, 0); /* disks */
  number(&r, 4, 0);
  number(&r, 8, w->members);
  number(&r, 8, w->members);
  number(&r, 8, w->table.length);
  number(&r, 8, table);
  number(&r, 4, 0x07064b50); /* where that record is */
  number(&r, 4, 0);
  number(&r, 8, here);
  number(&r, 4, 1);
  put(w, r.bytes, r.length);
}

static int end(struct zip_writer *w) {
  const uint64_t table = w->at;
  const int large = table >= OLD_MOST || w->table.length >= OLD_MOST || w->members >= OLD_ENTRIES;
  struct record r = {0};
  put(w, w->table.data, w->table.length);
  if (large)
    end_large(w, table);
  number(&r, 4, 0x06054b50);
  number(&r, 2, 0); /* disks */
  number(&r, 2, 0);
  number(&r, 2, large ? UINT16_MAX : w->members);
  number(&r, 2, large ? UINT16_MAX : w->members);
  fit(&r, large, w->table.length);
  fit(&r, large, table);
  if (!w->seal)
    number(&r, 2, 0); /* of a comment */
  put(w, r.bytes, r.length);
  return w->seal ? seal_end(w->seal, w->file) : STRAIT_OK;
}

int zip_begin(struct zip_writer **writer, const char *path, const struct metadata *metadata, size_t pairs) {
  const size_t length = strlen(path) + 1;
  struct zip_writer *w = memory_alloc(1, sizeof *w + length);
  *writer = NULL;
  if (!w)
    return error_wrap("cannot write %s", path);
  w->path = (char *)(w + 1);
  memcpy(w->path, path, length);
  int status = metadata ? seal_begin(&w->seal, metadata, pairs) : STRAIT_OK;
  if (status)
    error_wrap("cannot write %s", path);
  else
    status = file_begin(&w->file, path);
  if (status)
    zip_abandon(w);
  else
    *writer = w;
  return status;
}

int zip_commit(struct zip_writer *w) {
  int status = w->failure.status ? error_give(&w->failure) : end(w);
  if (!status) {
    struct file_writer *file = w->file;
    w->file = NULL;
    status = file_commit(file);
  }
  struct error_chain chain; /* the clean-up may leave another */
  error_take(&chain);
  zip_abandon(w);
  return status ? error_give(&chain) : STRAIT_OK;
}

void zip_abandon(struct zip_writer *w) {
  if (!w)
    return;
  file_abandon(w->file);
  seal_free(w->seal);
  text_free(&w->table);
  memory_free(w);
}
