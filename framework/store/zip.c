/* store/zip.c: zip archives in, through libarchive; the formats inside are their callers' business. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/seal.h"
#include "store/zip.h"
#include "store/zip_table.h"

#define BLOCK (1 << 16)

struct zip_reader {
  int fd;
  int failed; /* errno of a read that failed: libarchive may take what it then has for the wrong format */
  int without_sums;
  locale_t utf8; /* 0: there is none here, and names are plain ASCII */
  uint64_t file_bytes;
  struct archive *archive;
  unsigned char block[BLOCK];
};

static int archive_failure(const struct zip_reader *r) {
  const char *text = archive_error_string(r->archive);
  if (r->failed) {
    errno = r->failed;
    return error_errno(STRAIT_EIO, "cannot read it");
  }
  return error_set(archive_errno(r->archive) == ENOMEM ? STRAIT_ENOMEM : STRAIT_EFORMAT, "%s",
                   text ? text : "it is damaged");
}

/* --- what libarchive calls --- */

static la_int64_t fail(struct zip_reader *r) {
  r->failed = errno;
  archive_set_error(r->archive, errno, "cannot read it");
  return ARCHIVE_FATAL;
}

static la_ssize_t read_block(struct archive *archive, void *context, const void **block) {
  struct zip_reader *r = context;
  ssize_t n;
  (void)archive;
  do
    n = read(r->fd, r->block, sizeof r->block);
  while (n < 0 && errno == EINTR);
  *block = r->block;
  return n < 0 ? fail(r) : n;
}

static la_int64_t seek(struct archive *archive, void *context, la_int64_t offset, int whence) {
  struct zip_reader *r = context;
  const off_t at = lseek(r->fd, (off_t)offset, whence);
  (void)archive;
  return at < 0 ? fail(r) : at;
}

/* --- what is read --- */

static int start_reading(struct zip_reader *r, const char *path) {
  struct stat status;
  r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (r->fd < 0)
    return errno == ENOENT || errno == ENOTDIR ? error_set(STRAIT_ENOENT, "there is no such file")
                                               : error_errno(STRAIT_EIO, "cannot open it");
  if (fstat(r->fd, &status) || !S_ISREG(status.st_mode))
    return error_set(STRAIT_EINVAL, "not a regular file");
  r->file_bytes = (uint64_t)status.st_size;
  r->without_sums = zip_table_without_sums(r->fd, r->file_bytes);
  r->archive = archive_read_new();
  if (!r->archive)
    return error_set(STRAIT_ENOMEM, "out of memory");
  /* The seekable reader: it goes by the table at the end, so a file that was cut is found at once. */
  if (archive_read_support_format_zip_seekable(r->archive) != ARCHIVE_OK ||
      (r->without_sums && archive_read_set_option(r->archive, "zip", "ignorecrc32", "1") != ARCHIVE_OK) ||
      archive_read_set_read_callback(r->archive, read_block) != ARCHIVE_OK ||
      archive_read_set_seek_callback(r->archive, seek) != ARCHIVE_OK ||
      archive_read_set_callback_data(r->archive, r) != ARCHIVE_OK || archive_read_open1(r->archive) != ARCHIVE_OK)
    return archive_failure(r);
  return STRAIT_OK;
}

int zip_open(struct zip_reader **reader, const char *path) {
  struct zip_reader *r = memory_alloc(1, sizeof *r);
  *reader = NULL;
  if (!r)
    return STRAIT_ENOMEM;
  r->fd = -1;
  r->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  int status = start_reading(r, path);
  if (status)
    zip_close(r);
  else
    *reader = r;
  return status;
}

uint64_t zip_file_bytes(const struct zip_reader *r) { return r->file_bytes; }
int zip_without_sums(const struct zip_reader *r) { return r->without_sums; }

/* libarchive makes a name one of the thread's locale, and has none where that knows no such letters. */
static int next_header(struct zip_reader *r, struct archive_entry **entry, const char **name) {
  locale_t before = r->utf8 ? uselocale(r->utf8) : (locale_t)0;
  const int result = archive_read_next_header(r->archive, entry);
  *name = result == ARCHIVE_OK ? archive_entry_pathname(*entry) : NULL;
  if (r->utf8)
    uselocale(before);
  return result;
}

int zip_next(struct zip_reader *r, const char **name, uint64_t *bytes) {
  struct archive_entry *entry;
  const int result = next_header(r, &entry, name);
  if (result == ARCHIVE_EOF)
    return STRAIT_OK;
  if (result != ARCHIVE_OK)
    return archive_failure(r);
  *bytes = archive_entry_size(entry) > 0 ? (uint64_t)archive_entry_size(entry) : 0;
  return *name ? STRAIT_OK : error_set(STRAIT_EFORMAT, "a member's name is not UTF-8");
}

int zip_read(struct zip_reader *r, void *data, size_t count) {
  for (size_t done = 0; done < count;) {
    la_ssize_t n = archive_read_data(r->archive, (char *)data + done, count - done);
    if (n < 0)
      return archive_failure(r);
    if (n == 0)
      return error_set(STRAIT_EFORMAT, "it ends after %zu of %zu bytes", done, count);
    done += (size_t)n;
  }
  return STRAIT_OK;
}

int zip_end(struct zip_reader *r, size_t bytes) {
  char excess;
  la_ssize_t n = archive_read_data(r->archive, &excess, 1);
  if (n < 0)
    return archive_failure(r);
  return n ? error_set(STRAIT_EFORMAT, "there are more bytes than its %zu", bytes) : STRAIT_OK;
}

int zip_check_seal(struct zip_reader *r, struct arrays *arrays, int *sealed) {
  return seal_check(r->fd, arrays, sealed);
}

void zip_close(struct zip_reader *r) {
  if (!r)
    return;
  archive_read_free(r->archive);
  if (r->utf8)
    freelocale(r->utf8);
  if (r->fd >= 0)
    close(r->fd);
  memory_free(r);
}
