/* base/file.c: whole files in and out, and folders. What is written appears in one step or not at all. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

/* Reads until `count` bytes are there or the file ends; how many, or -1 with errno set. */
static ssize_t read_fully(int fd, char *data, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = read(fd, data + done, count - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    done += (size_t)n;
  }
  return (ssize_t)done;
}

int file_read(const char *path, int64_t limit, char **data, size_t *length) {
  struct stat status;
  char *bytes = NULL;
  int result, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  *data = NULL;
  if (fd < 0)
    return error_errno(errno == ENOENT || errno == ENOTDIR ? STRAIT_ENOENT : STRAIT_EIO, "cannot read %s", path);
  if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
    result = error_set(STRAIT_EINVAL, "%s is not a regular file", path);
    goto end;
  }
  if (status.st_size > limit) {
    result = error_set(STRAIT_EFORMAT, "%s has %lld bytes, more than the %lld allowed here", path,
                       (long long)status.st_size, (long long)limit);
    goto end;
  }
  bytes = memory_alloc((size_t)status.st_size + 1, 1);
  if (!bytes) {
    result = error_wrap("%s", path);
    goto end;
  }
  ssize_t n = read_fully(fd, bytes, (size_t)status.st_size);
  if (n < 0) {
    result = error_errno(STRAIT_EIO, "cannot read %s", path);
    goto end;
  }
  *length = (size_t)n; /* less when it shrank meanwhile */
  *data = bytes;
  bytes = NULL;
  result = STRAIT_OK;
end:
  memory_free(bytes);
  close(fd);
  return result;
}

struct file_writer {
  int fd, status;
  char *path, *temporary; /* both in one allocation, behind this struct */
  struct error_chain failure;
  size_t used;
  char buffer[1 << 16];
};

static int fail(struct file_writer *writer, const char *what) {
  writer->status = error_errno(STRAIT_EIO, "cannot %s %s", what, writer->path);
  error_take(&writer->failure);
  return writer->status;
}

int file_begin(struct file_writer **result, const char *path) {
  size_t length = strlen(path);
  struct file_writer *writer = memory_alloc(1, sizeof *writer + 2 * length + 64);
  *result = NULL;
  if (!writer)
    return error_wrap("%s", path);
  writer->path = (char *)(writer + 1);
  writer->temporary = writer->path + length + 1;
  memcpy(writer->path, path, length);
  /* A name of our own instead of mkstemp's, so that the umask gives the mode. A number is taken only where a killed
   * process of the same pid left its file. */
  for (int i = 0; i < 1000; i++) {
    snprintf(writer->temporary, length + 63, "%s.%ld-%d.tmp", path, (long)getpid(), i);
    writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (writer->fd >= 0 || errno != EEXIST)
      break;
  }
  if (writer->fd < 0) {
    int status = error_errno(STRAIT_EIO, "cannot write %s", path);
    memory_free(writer);
    return status;
  }
  *result = writer;
  return STRAIT_OK;
}

static int put_through(struct file_writer *writer, const char *data, size_t length) {
  while (length) {
    ssize_t n = write(writer->fd, data, length);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail(writer, "write");
    data += n;
    length -= (size_t)n;
  }
  return STRAIT_OK;
}

static int flush(struct file_writer *writer) {
  int status = put_through(writer, writer->buffer, writer->used);
  writer->used = 0;
  return status;
}

int file_put(struct file_writer *writer, const void *data, size_t length) {
  if (writer->status)
    return error_give(&writer->failure);
  if (length > sizeof writer->buffer - writer->used && flush(writer))
    return error_give(&writer->failure);
  if (length >= sizeof writer->buffer) {
    if (put_through(writer, data, length))
      return error_give(&writer->failure);
  } else if (length) {
    memcpy(writer->buffer + writer->used, data, length);
    writer->used += length;
  }
  return STRAIT_OK;
}

/* Makes a rename in the path's folder survive a power cut. */
static int sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 1;
  char *folder = strndup(slash ? path : ".", length);
  if (!folder)
    return error_set(STRAIT_ENOMEM, "out of memory");
  int status = STRAIT_OK, fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  /* Some file systems cannot sync a folder and say EINVAL; a folder that may be written but not read cannot be opened.
   */
  if (fd >= 0 && fsync(fd) && errno != EINVAL)
    status = error_errno(STRAIT_EIO, "cannot sync the folder %s", folder);
  if (fd >= 0)
    close(fd);
  free(folder);
  return status;
}

int file_commit(struct file_writer *writer) {
  if (!writer->status)
    flush(writer);
  if (!writer->status && fsync(writer->fd) && errno != EINVAL)
    fail(writer, "write");
  if (close(writer->fd) && !writer->status)
    fail(writer, "write");
  writer->fd = -1;
  if (!writer->status && rename(writer->temporary, writer->path))
    fail(writer, "replace");
  int status = writer->status;
  if (status)
    error_give(&writer->failure);
  else
    status = sync_folder(writer->path);
  if (writer->status)
    unlink(writer->temporary);
  memory_free(writer);
  return status;
}

void file_abandon(struct file_writer *writer) {
  if (!writer)
    return;
  close(writer->fd);
  unlink(writer->temporary);
  memory_free(writer);
}

int file_write(const char *path, const void *data, size_t length) {
  struct file_writer *writer;
  int status = file_begin(&writer, path);
  if (status)
    return status;
  file_put(writer, data, length);
  return file_commit(writer);
}

int file_exists(const char *path) {
  struct stat status;
  return stat(path, &status) == 0;
}

int file_is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int file_make_folders(const char *path) {
  char *part = strdup(path);
  int status = STRAIT_OK;
  if (!part)
    return error_set(STRAIT_ENOMEM, "out of memory");
  for (char *slash = part; slash && !status;) {
    slash = strchr(slash + 1, '/');
    if (slash)
      *slash = '\0';
    /* Some file systems refuse mkdir of what is there with another error than EEXIST (EROFS, EACCES). */
    const int number = *part && mkdir(part, 0777) ? errno : 0;
    if (number && !file_is_folder(part)) {
      errno = number; /* of mkdir, not of looking */
      status = error_errno(STRAIT_EIO, "cannot make the folder %s", part);
    }
    if (slash)
      *slash = '/';
  }
  free(part);
  return status;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)walk;
  if ((type == FTW_DP ? rmdir(path) : unlink(path)) == 0 || errno == ENOENT)
    return 0;
  return error_errno(STRAIT_EIO, "cannot remove %s", path);
}

int file_remove_tree(const char *path) {
  struct stat status;
  if (lstat(path, &status))
    return errno == ENOENT || errno == ENOTDIR ? STRAIT_OK : error_errno(STRAIT_EIO, "cannot remove %s", path);
  int result = nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
  return result == -1 ? error_errno(STRAIT_EIO, "cannot remove %s", path) : result;
}

static _Thread_local int64_t tree_bytes; /* nftw passes nothing through */

static int count_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)path, (void)walk;
  tree_bytes += type == FTW_F ? (int64_t)status->st_size : 0;
  return 0;
}

int64_t file_tree_bytes(const char *path) {
  tree_bytes = 0;
  (void)nftw(path, count_one, 32, FTW_PHYS);
  return tree_bytes;
}

char *file_join(struct arena *arena, const char *folder, const char *name) {
  if (*name == '/' || !*folder)
    return arena_copy(arena, name);
  return arena_format(arena, "%s%s%s", folder, text_ends(folder, "/") ? "" : "/", name);
}

char *file_absolute(struct arena *arena, const char *path) {
  if (*path == '/')
    return arena_copy(arena, path);
  char *here = getcwd(NULL, 0);
  if (!here) {
    error_errno(STRAIT_EIO, "cannot find the current folder");
    return NULL;
  }
  while (path[0] == '.' && path[1] == '/')
    path += 2 + strspn(path + 2, "/");
  char *absolute = !strcmp(path, ".") || !*path ? arena_copy(arena, here) : file_join(arena, here, path);
  free(here);
  return absolute;
}
