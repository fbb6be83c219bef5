/* strait/host.h: the services the host offers to every plugin.
 *
 * Plugin code calls the inline functions; the table behind them only grows at its end, and an inline function of a
 * later entry tests the table's size and returns STRAIT_ENOTSUP on an older host. `self` is always the plugin's
 * instance. A plugin calls the host only on threads that the host runs it on. The tags are explained in strait/types.h.
 */
#ifndef STRAIT_HOST_H
#define STRAIT_HOST_H

#include <stdarg.h>
#include <string.h>
#include <strait/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { STRAIT_LOG_DEBUG = 0, STRAIT_LOG_INFO, STRAIT_LOG_WARNING };

/* A bounded reader over a plain file, a .gz file, or a member of a folder or archive. */
struct strait_reader;
typedef struct strait_reader_ops {
  uint32_t size;
  uint32_t reserved;
  int64_t (*read)(struct strait_reader *reader, void *data, int64_t count);
  void (*close)(struct strait_reader *reader);
} strait_reader_ops;
typedef struct strait_reader {
  const strait_reader_ops *ops;
} strait_reader;

struct strait_source; /* strait/ensembler.h */
typedef struct strait_host {
  uint32_t size;  /* of this table */
  uint32_t minor; /* STRAIT_ABI_MINOR of the host */
  /* --- since 1.0 --- */
  void (*log)(const void *self, uint32_t level, const char *format, va_list arguments);
  int32_t (*fail)(const void *self, int32_t status, const char *format, va_list arguments);
  void *(*alloc)(const void *self, size_t bytes);
  void (*random)(const void *self, const char *purpose, uint64_t index, uint32_t bits[4]);
  int32_t (*gemm)(const void *self, int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n, int64_t k,
                  float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                  int64_t ldc);
  int32_t (*open)(const void *self, const char *path, const char *member, strait_reader **reader);
  int32_t (*fingerprint)(const void *self, const void *data, size_t bytes);
  /* --- since 1.1 --- */
  int32_t (*fingerprint_file)(const void *self, const char *folder, const char *name);
  int32_t (*share)(const void *self, uint32_t among, int64_t parts, int64_t index, struct strait_source *source);
} strait_host;

/* 1 when a table of the host has this entry; one older than the headers may be shorter. */
#define STRAIT_HAS(table, type, entry) ((table)->size >= offsetof(type, entry) + sizeof(((type *)0)->entry))

/* The host's table. [any thread, from init()] */
static inline const strait_host *strait_host_of(const void *self) { return ((const strait_object *)self)->host; }

/* Tells the user something; the host adds where it comes from. Plugins never print. [any thread, from init()] */
STRAIT_PRINTF(3, 4)
static inline void strait_log(const void *self, uint32_t level, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  strait_host_of(self)->log(self, level, format, arguments);
  va_end(arguments);
}

/* Records why something failed and returns status: `return strait_fail(self, STRAIT_EINVAL, "cycle %d is odd", c);`
 * The text names the input, the rule and the remedy, without the plugin's own name and without a full stop. When a
 * service failed with this status, it has recorded the cause already; strait_fail then puts yours in front of it.
 * [any thread, from init()] */
STRAIT_PRINTF(3, 4)
static inline int32_t strait_fail(const void *self, int32_t status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  status = strait_host_of(self)->fail(self, status, format, arguments);
  va_end(arguments);
  return status;
}

/* Zeroed memory, 64-byte aligned, freed by the host after fini(). NULL when there is none (STRAIT_ENOMEM is recorded).
 * [any thread, from init()] */
static inline void *strait_alloc(const void *self, size_t bytes) { return strait_host_of(self)->alloc(self, bytes); }

/* 128 random bits: a pure function of the stage's seed, the purpose (a word of your own) and the index.
 * [any thread, from init()] */
static inline void strait_random(const void *self, const char *purpose, uint64_t index, uint32_t bits[4]) {
  strait_host_of(self)->random(self, purpose, index, bits);
}

/* C = alpha op(A) op(B) + beta C, row-major float32, op(A) is m x k, op(B) is k x n, on the calling thread alone.
 * [any thread, from init()] */
static inline int32_t strait_gemm(const void *self, int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n,
                                  int64_t k, float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                                  float beta, float *c, int64_t ldc) {
  return strait_host_of(self)->gemm(self, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

/* Opens path. With a member, path is a folder or an archive (tar, zip; gz, xz, bz2, zstd) and the member a name in it
 * (in an archive, the last components of a name: "data_batch_1.bin" finds "cifar-10-batches-bin/data_batch_1.bin").
 * Where NAME is missing but NAME.gz exists, that is read; gzip is undone. On failure *reader is NULL. What is read
 * while the data set's open() runs enters its fingerprint. [any thread, from init()] */
static inline int32_t strait_open(const void *self, const char *path, const char *member, strait_reader **reader) {
  return strait_host_of(self)->open(self, path, member, reader);
}
/* Reads up to count bytes; returns how many, 0 at the end, or a negative status, its cause recorded. Fewer than count
 * only at the end of the data. [one thread, from init()] */
static inline int64_t strait_read(strait_reader *reader, void *data, int64_t count) {
  return reader->ops->read(reader, data, count);
}
/* Closes a reader; NULL is nothing. [one thread, from init()] */
static inline void strait_close(strait_reader *reader) {
  if (reader)
    reader->ops->close(reader);
}

/* Reads all of path, or of its member (see strait_open): *data is memory of strait_alloc with a NUL after the *length
 * bytes. For files that fit into memory twice: buffers outgrown while reading are also freed only after fini().
 * [any thread, from init()] */
static inline int32_t strait_read_whole(const void *self, const char *path, const char *member, char **data,
                                        int64_t *length) {
  strait_reader *reader;
  int64_t room = 0, got = 0;
  int32_t status = strait_open(self, path, member, &reader);
  *data = NULL;
  *length = 0;
  while (status == STRAIT_OK && *length == room) {
    char *larger = (char *)strait_alloc(self, (size_t)(2 * room + 65536) + 1);
    if (!larger) {
      status = STRAIT_ENOMEM;
      break;
    }
    if (room)
      memcpy(larger, *data, (size_t)room);
    *data = larger;
    room = 2 * room + 65536;
    got = strait_read(reader, larger + *length, room - *length);
    if (got < 0)
      status = (int32_t)got;
    else
      *length += got;
  }
  strait_close(reader);
  return status;
}

/* Adds bytes to the data's fingerprint: what the data are, beside what strait_open reads. [one thread, in open()] */
static inline int32_t strait_fingerprint(const void *self, const void *data, size_t bytes) {
  return strait_host_of(self)->fingerprint(self, data, bytes);
}
/* Since 1.1. Adds a file that is read later to the data's fingerprint: its name below the folder, and all that it
 * holds. The host remembers files that it has read, so only the first run reads them all. Sizes and times are no
 * substitute: a copy has other times, and other data may have the same. [one thread, in open()] */
static inline int32_t strait_fingerprint_file(const void *self, const char *folder, const char *name) {
  const strait_host *host = strait_host_of(self);
  if (!STRAIT_HAS(host, strait_host, fingerprint_file))
    return strait_fail(self, STRAIT_ENOTSUP, "this strait is too old; it needs plugin ABI 1.1");
  return host->fingerprint_file(self, folder, name);
}

#ifdef __cplusplus
}
#endif
#endif
