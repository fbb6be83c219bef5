/* store/zip.c: zip archives in and out; the formats inside are their callers' business. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/seal.h"
#include "store/zip.h"

static int archive_failure(struct archive *archive, int otherwise) {
  const char *text = archive_error_string(archive);
  int number = archive_errno(archive);
  return error_set(number == ENOMEM ? STRAIT_ENOMEM
                   : number == EIO  ? STRAIT_EIO
                                    : otherwise,
                   "%s", text ? text : "it is damaged");
}

/* --- writing --- */

struct zip_writer {
  struct file_writer *file;
  int abandoned; /* what libarchive still writes goes nowhere */
  struct archive *archive;
  struct archive_entry *entry;
  struct error_chain failure; /* the first */
  struct seal *seal;          /* NULL: none is asked for */
  char *path;                 /* in this allocation, behind this struct */
};

/* libarchive is never told of a failure, which the file keeps: only an archive that it takes for whole does it free
 * altogether. What it writes when it is freed early goes nowhere. */
static la_ssize_t write_bytes(struct archive *archive, void *context, const void *data, size_t length) {
  struct zip_writer *w = context;
  (void)archive;
  if (!w->abandoned && w->seal)
    seal_pass(w->seal, w->file, data, length);
  else if (!w->abandoned)
    file_put(w->file, data, length);
  return (la_ssize_t)length;
}

static int start(struct zip_writer *w, const struct metadata *metadata, size_t pairs) {
  int status = metadata ? seal_begin(&w->seal, metadata, pairs) : STRAIT_OK;
  if (status)
    return error_wrap("cannot write %s", w->path);
  status = file_begin(&w->file, w->path);
  if (status)
    return status;
  w->archive = archive_write_new();
  w->entry = archive_entry_new();
  if (!w->archive || !w->entry)
    return error_set(STRAIT_ENOMEM, "cannot write %s: out of memory", w->path);
  if (archive_write_set_format_zip(w->archive) != ARCHIVE_OK ||
      archive_write_set_format_option(w->archive, "zip", "compression", "store") != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(w->archive, 1) != ARCHIVE_OK ||
      archive_write_open(w->archive, w, NULL, write_bytes, NULL) != ARCHIVE_OK) {
    archive_failure(w->archive, STRAIT_EIO);
    return error_wrap("cannot write %s", w->path);
  }
  return STRAIT_OK;
}

int zip_begin(struct zip_writer **writer, const char *path, const struct metadata *metadata, size_t pairs) {
  size_t length = strlen(path) + 1;
  struct zip_writer *w = memory_alloc(1, sizeof *w + length);
  *writer = NULL;
  if (!w)
    return error_wrap("cannot write %s", path);
  w->path = (char *)(w + 1);
  memcpy(w->path, path, length);
  int status = start(w, metadata, pairs);
  if (status)
    zip_abandon(w);
  else
    *writer = w;
  return status;
}

int zip_add(struct zip_writer *w, const char *name, const void *head, size_t head_bytes, const void *data,
            size_t data_bytes) {
  if (w->failure.status)
    return error_give(&w->failure);
  /* No date: libarchive then writes the earliest that a zip can hold, whatever the time zone. */
  archive_entry_clear(w->entry);
  archive_entry_set_pathname(w->entry, name);
  archive_entry_set_filetype(w->entry, AE_IFREG);
  archive_entry_set_perm(w->entry, 0644);
  archive_entry_set_size(w->entry, (la_int64_t)(head_bytes + data_bytes));
  if (archive_write_header(w->archive, w->entry) == ARCHIVE_OK &&
      (!head_bytes || archive_write_data(w->archive, head, head_bytes) == (la_ssize_t)head_bytes) &&
      (!data_bytes || archive_write_data(w->archive, data, data_bytes) == (la_ssize_t)data_bytes) &&
      archive_write_finish_entry(w->archive) == ARCHIVE_OK) {
    if (file_put(w->file, NULL, 0) == STRAIT_OK)
      return STRAIT_OK;
  } else {
    archive_failure(w->archive, STRAIT_EIO);
    error_wrap("cannot write %s", w->path);
  }
  error_take(&w->failure);
  return error_give(&w->failure);
}

int zip_commit(struct zip_writer *w) {
  int status = w->failure.status ? error_give(&w->failure) : STRAIT_OK;
  if (!status && archive_write_close(w->archive) != ARCHIVE_OK) {
    archive_failure(w->archive, STRAIT_EIO);
    status = error_wrap("cannot write %s", w->path);
  }
  if (!status && w->seal && (status = seal_end(w->seal, w->file)))
    status = error_wrap("cannot write %s", w->path);
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
  w->abandoned = 1;
  archive_entry_free(w->entry);
  archive_write_free(w->archive);
  file_abandon(w->file);
  seal_free(w->seal);
  memory_free(w);
}

/* --- reading --- */

struct zip_reader {
  int fd;
  struct archive *archive;
};

static int start_reading(struct zip_reader *r, const char *path) {
  struct stat status;
  r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (r->fd < 0)
    return errno == ENOENT || errno == ENOTDIR ? error_set(STRAIT_ENOENT, "there is no such file")
                                               : error_errno(STRAIT_EIO, "cannot open it");
  if (fstat(r->fd, &status) || !S_ISREG(status.st_mode))
    return error_set(STRAIT_EINVAL, "not a regular file");
  r->archive = archive_read_new();
  if (!r->archive)
    return error_set(STRAIT_ENOMEM, "out of memory");
  /* The seekable reader: it goes by the table at the end, so a file that was cut is found at once. */
  if (archive_read_support_format_zip_seekable(r->archive) != ARCHIVE_OK ||
      archive_read_open_fd(r->archive, r->fd, 1 << 16) != ARCHIVE_OK)
    return archive_failure(r->archive, STRAIT_EFORMAT);
  return STRAIT_OK;
}

int zip_open(struct zip_reader **reader, const char *path) {
  struct zip_reader *r = memory_alloc(1, sizeof *r);
  *reader = NULL;
  if (!r)
    return STRAIT_ENOMEM;
  r->fd = -1;
  int status = start_reading(r, path);
  if (status)
    zip_close(r);
  else
    *reader = r;
  return status;
}

int zip_next(struct zip_reader *r, const char **name, uint64_t *bytes) {
  struct archive_entry *entry;
  int result = archive_read_next_header(r->archive, &entry);
  *name = NULL;
  if (result == ARCHIVE_EOF)
    return STRAIT_OK;
  if (result != ARCHIVE_OK)
    return archive_failure(r->archive, STRAIT_EFORMAT);
  *name = archive_entry_pathname(entry);
  *bytes = archive_entry_size(entry) > 0 ? (uint64_t)archive_entry_size(entry) : 0;
  return *name ? STRAIT_OK : error_set(STRAIT_EFORMAT, "a member's name is not plain ASCII");
}

int zip_read(struct zip_reader *r, void *data, size_t count) {
  for (size_t done = 0; done < count;) {
    la_ssize_t n = archive_read_data(r->archive, (char *)data + done, count - done);
    if (n < 0)
      return archive_failure(r->archive, STRAIT_EFORMAT);
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
    return archive_failure(r->archive, STRAIT_EFORMAT);
  return n ? error_set(STRAIT_EFORMAT, "there are more bytes than its %zu", bytes) : STRAIT_OK;
}

int zip_check_seal(struct zip_reader *r, struct arrays *arrays, int *sealed) {
  return seal_check(r->fd, arrays, sealed);
}

void zip_close(struct zip_reader *r) {
  if (!r)
    return;
  archive_read_free(r->archive);
  if (r->fd >= 0)
    close(r->fd);
  memory_free(r);
}
