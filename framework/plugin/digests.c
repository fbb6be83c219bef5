/* plugin/digests.c: see digests.h. A digest is remembered with the file's size, times of change (to the nanosecond) and
 * inode, and believed while all of these stay. That is safe where the file system keeps the time of the last change
 * itself and nobody can set it: on those listed here, and once the change is older than a tick of their clocks.
 * Anywhere else each file is read again.
 *
 * The cache is a file for each folder: MAGIC, the entries in the order of their names' digests, and a digest of all
 * before it. One that is damaged is as good as none. */
#include <config.h>

#include "plugin/digests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"

#define MAGIC "strait files 1\n"
#define LARGEST_CACHE (INT64_C(1) << 32) /* bytes */
#define SECOND INT64_C(1000000000)
#define LONG_READING (INT64_C(1) << 29) /* bytes: reading so many is felt, and told */

struct entry {
  char name[33], digest[33]; /* of the name, of the bytes */
  char pad[6];
  int64_t size, modified, changed, inode;
};

struct digests {
  struct arena *arena;
  const char *folder, *cache; /* cache: its file, NULL where there is none */
  struct entry *known;        /* what the cache said, in order */
  struct entry *fresh;        /* what was asked for */
  size_t knowns, count, capacity;
  char *buffer;
  int64_t read, bytes; /* files that were read, and what they held */
  dev_t device;        /* whose tick this is */
  int64_t tick;
};

static int64_t nanoseconds(const struct timespec *time) { return (int64_t)time->tv_sec * SECOND + time->tv_nsec; }

int digest_is_settled(int64_t change, int64_t now, int64_t tick) {
  return tick > 0 && now >= change && now - change >= tick;
}

/* How coarse the times of change may be on this file system; servers have clocks of their own. 0: they are not to be
 * relied on. */
static int64_t tick_of(int fd) {
#ifdef __linux__
  struct statfs about;
  if (fstatfs(fd, &about))
    return 0;
  switch ((uint32_t)about.f_type) {
  case 0xef53:     /* ext2, 3, 4 */
  case 0x58465342: /* xfs */
  case 0x9123683e: /* btrfs */
  case 0xf2f52010: /* f2fs */
  case 0x2fc12fc1: /* zfs */
  case 0xca451a4e: /* bcachefs */
  case 0x01021994: /* tmpfs */
  case 0x794c7630: /* overlayfs */
    return 2 * SECOND;
  case 0x6969:     /* nfs */
  case 0x0bd00bd0: /* lustre */
    return 60 * SECOND;
  default:
    return 0;
  }
#else
  (void)fd;
  return 0;
#endif
}

/* --- the cache --- */

/* $XDG_CACHE_HOME/strait or $HOME/.cache/strait; NULL: nowhere, as without a home, or with another user's rights. */
static const char *cache_folder(struct arena *arena) {
  if (getuid() != geteuid() || getgid() != getegid())
    return NULL;
  const char *given = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  if (given && given[0] == '/')
    return file_join(arena, given, "strait");
  return home && home[0] == '/' && file_is_folder(home) ? file_join(arena, home, ".cache/strait") : NULL;
}

static int compare_entries(const void *a, const void *b) {
  return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Takes the cache's entries over, if it is whole. */
static void load(struct digests *d) {
  char *data = NULL, digest[33];
  size_t length = 0, head = strlen(MAGIC), tail = sizeof digest;
  if (!d->cache || file_read(d->cache, LARGEST_CACHE, &data, &length)) {
    error_clear();
    return;
  }
  if (length >= head + tail && memcmp(data, MAGIC, head) == 0 && (length - head - tail) % sizeof *d->known == 0) {
    hash_of(data, length - tail, digest);
    d->knowns = memcmp(digest, data + length - tail, tail) ? 0 : (length - head - tail) / sizeof *d->known;
  }
  if (d->knowns && (d->known = memory_alloc(d->knowns, sizeof *d->known)))
    memcpy(d->known, data + head, d->knowns * sizeof *d->known);
  else
    d->knowns = 0;
  memory_free(data);
}

/* Entries of one run; whatever goes wrong, the next run reads the files again. */
static void save(struct digests *d) {
  struct file_writer *writer;
  struct hash *hash = hash_create();
  char digest[33];
  qsort(d->fresh, d->count, sizeof *d->fresh, compare_entries);
  if (hash && file_make_folders(cache_folder(d->arena)) == STRAIT_OK && file_begin(&writer, d->cache) == STRAIT_OK) {
    hash_bytes(hash, MAGIC, strlen(MAGIC));
    hash_bytes(hash, d->fresh, d->count * sizeof *d->fresh);
    hash_digest(hash, digest);
    file_put(writer, MAGIC, strlen(MAGIC));
    file_put(writer, d->fresh, d->count * sizeof *d->fresh);
    file_put(writer, digest, sizeof digest);
    file_commit(writer);
  }
  hash_free(hash);
}

int digests_create(struct digests **digests, const char *folder) {
  struct digests *d = *digests = memory_alloc(1, sizeof *d);
  struct arena *arena = d ? arena_create() : NULL;
  char digest[33];
  if (!arena) {
    memory_free(d);
    *digests = NULL;
    return STRAIT_ENOMEM;
  }
  d->arena = arena;
  d->folder = file_absolute(arena, folder);
  d->buffer = arena_alloc(arena, 1, 1 << 16);
  const char *caches = cache_folder(arena);
  if (!d->folder || !d->buffer) {
    digests_free(d);
    *digests = NULL;
    return STRAIT_ENOMEM;
  }
  hash_of(d->folder, strlen(d->folder), digest);
  d->cache = caches ? arena_format(arena, "%s/files-%s", caches, digest) : NULL;
  load(d);
  return STRAIT_OK;
}

const char *digests_folder(const struct digests *digests) { return digests->folder; }
int64_t digests_read(const struct digests *digests) { return digests->read; }

void digests_free(struct digests *d) {
  struct error_chain pending;
  if (!d)
    return;
  error_take(&pending); /* what is remembered is nobody's failure */
  if (d->cache && d->count && (d->read || d->count != d->knowns))
    save(d);
  error_clear();
  if (pending.status)
    error_give(&pending);
  memory_free(d->known);
  memory_free(d->fresh);
  arena_free(d->arena);
  memory_free(d);
}

/* --- a file --- */

static int open_file(const char *path, int *fd, struct stat *about) {
  *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (*fd < 0)
    return error_errno(errno == ENOENT || errno == ENOTDIR ? STRAIT_ENOENT : STRAIT_EIO, "cannot read %s", path);
  if (fstat(*fd, about) == 0 && S_ISREG(about->st_mode))
    return STRAIT_OK;
  close(*fd);
  return error_set(STRAIT_EINVAL, "%s is not a regular file", path);
}

static void describe(const struct stat *about, struct entry *entry) {
  entry->size = (int64_t)about->st_size;
  entry->modified = nanoseconds(&about->st_mtim);
  entry->changed = nanoseconds(&about->st_ctim);
  entry->inode = (int64_t)about->st_ino;
}

static int same_file(const struct entry *a, const struct entry *b) {
  return a->size == b->size && a->modified == b->modified && a->changed == b->changed && a->inode == b->inode;
}

/* Says once why opening the data takes long. */
static void count_bytes(struct digests *d, int64_t bytes) {
  if (d->bytes < LONG_READING && d->bytes + bytes >= LONG_READING)
    log_message(STRAIT_LOG_INFO, "%s: reading all files once, to know the data by their bytes", d->folder);
  d->bytes += bytes;
}

static int read_all(struct digests *d, int fd, const char *path, struct hash *hash) {
  for (;;) {
    ssize_t n = read(fd, d->buffer, 1 << 16);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return error_errno(STRAIT_EIO, "cannot read %s", path);
    if (n == 0)
      return STRAIT_OK;
    hash_bytes(hash, d->buffer, (size_t)n);
    count_bytes(d, n);
    if (stop_check())
      return error_failure();
  }
}

/* Reads the file; *keep: its digest can be remembered. */
static int take_digest(struct digests *d, int fd, const char *path, struct entry *entry, int *keep) {
  struct timespec now;
  struct stat after;
  struct entry then;
  struct hash *hash = hash_create();
  clock_gettime(CLOCK_REALTIME, &now); /* before the first byte */
  int status = hash ? read_all(d, fd, path, hash) : STRAIT_ENOMEM;
  if (!status) {
    hash_digest(hash, entry->digest);
    *keep = fstat(fd, &after) == 0 && digest_is_settled(entry->changed, nanoseconds(&now), d->tick);
    describe(&after, &then);
    *keep = *keep && same_file(entry, &then);
    d->read++;
  }
  hash_free(hash);
  return status;
}

static int find_digest(struct digests *d, int fd, const char *path, const struct stat *about, struct entry *entry) {
  const struct entry *known = d->knowns ? bsearch(entry, d->known, d->knowns, sizeof *d->known, compare_entries) : NULL;
  int keep = 1;
  describe(about, entry);
  if (d->tick == 0 || d->device != about->st_dev) {
    d->device = about->st_dev;
    d->tick = tick_of(fd);
  }
  if (known && d->tick && same_file(known, entry))
    memcpy(entry->digest, known->digest, sizeof entry->digest);
  else if (take_digest(d, fd, path, entry, &keep))
    return error_failure();
  if (!keep || !d->cache)
    return STRAIT_OK;
  if (memory_grow(&d->fresh, &d->capacity, d->count + 1, sizeof *d->fresh))
    return error_failure();
  d->fresh[d->count++] = *entry;
  return STRAIT_OK;
}

int digests_file(struct digests *d, const char *name, char digest[33]) {
  struct entry entry;
  struct text path = {0};
  struct stat about;
  int fd;
  memset(&entry, 0, sizeof entry); /* its padding goes into the cache too */
  hash_of(name, strlen(name), entry.name);
  text_add(&path, "%s/%s", d->folder, name);
  int status = path.status ? path.status : open_file(path.data, &fd, &about);
  if (!status) {
    status = find_digest(d, fd, path.data, &about, &entry);
    close(fd);
  }
  text_free(&path);
  memcpy(digest, entry.digest, sizeof entry.digest);
  return status;
}
