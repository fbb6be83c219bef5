/* store/folder.c: stage folders: the lock, setting aside and taking back, and the log. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "store/arrays.h"
#include "store/folder.h"

struct folder {
  struct arena *arena;
  char *path, *lock_path, *log_path;
  int lock, log; /* descriptors, or -1 */
};

/* What the owner of the lock wrote into its file. */
static void read_owner(int fd, char owner[256]) {
  ssize_t n = pread(fd, owner, 255, 0);
  owner[n > 0 ? n : 0] = '\0';
  owner[strcspn(owner, "\n")] = '\0';
  if (!*owner)
    snprintf(owner, 256, "another process");
}

static int report_owner(const char *path, int fd) {
  char owner[256];
  read_owner(fd, owner);
  return error_set(STATUS_BUSY, "%s is in use by %s; wait for it (--wait-lock), or choose another --out", path, owner);
}

void folder_owner(const char *path, char owner[256]) {
  char name[PATH_MAX];
  const int n = snprintf(name, sizeof name, "%s/.lock", path);
  int fd = n < (int)sizeof name ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
  owner[0] = '\0';
  if (fd < 0)
    return;
  if (flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK)
    read_owner(fd, owner);
  close(fd);
}

static int write_owner(const struct folder *folder, int fd) {
  char text[256], host[128] = "";
  if (gethostname(host, sizeof host - 1))
    *host = '\0';
  int length = snprintf(text, sizeof text, "process %ld%s%s\n", (long)getpid(), *host ? " on " : "", host);
  if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)length, 0) != length)
    return error_errno(STRAIT_EIO, "cannot write %s", folder->lock_path);
  return STRAIT_OK;
}

/* Locks the lock file. flock, because the kernel drops it when its owner dies, however it dies. An owner removes its
 * file before it unlocks, so what was locked may be no longer what the name stands for: then once more. */
static int lock(struct folder *folder) {
  for (;;) {
    struct stat ours, named;
    int fd = open(folder->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
      return error_errno(STRAIT_EIO, "cannot lock the folder %s", folder->path);
    int status = STRAIT_OK;
    if (flock(fd, LOCK_EX | LOCK_NB)) {
      if (errno == EINTR)
        status = 1;
      else if (errno == EWOULDBLOCK)
        status = report_owner(folder->path, fd);
      else /* a file system without locks */
        log_message(STRAIT_LOG_WARNING, "%s cannot be locked (%s); do not start two programs on it", folder->path,
                    strerror(errno));
    }
    if (!status && (fstat(fd, &ours) || stat(folder->lock_path, &named) || ours.st_ino != named.st_ino ||
                    ours.st_dev != named.st_dev))
      status = 1;
    if (!status)
      status = write_owner(folder, fd);
    if (!status) {
      folder->lock = fd;
      return STRAIT_OK;
    }
    close(fd);
    if (status < 0)
      return status;
  }
}

/* What file_begin leaves when its process is killed, NAME.PID-N.tmp: nobody else writes here while we have the lock. */
static int remove_unfinished(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status;
  if (type == FTW_F && text_matches("*.?*-?*.tmp", path + walk->base) && unlink(path) && errno != ENOENT)
    return error_errno(STRAIT_EIO, "cannot remove %s", path);
  return 0;
}

static int make_and_lock(struct folder *folder) {
  int status = file_make_folders(folder->path);
  return status ? status : lock(folder);
}

int folder_open(struct folder **result, const char *path) {
  struct folder *folder = memory_alloc(1, sizeof *folder);
  int status = STRAIT_ENOMEM;
  *result = NULL;
  if (!folder)
    return error_wrap("%s", path);
  folder->lock = folder->log = -1;
  folder->arena = arena_create();
  if (folder->arena) {
    folder->path = arena_copy(folder->arena, path);
    folder->lock_path = file_join(folder->arena, path, ".lock");
    folder->log_path = file_join(folder->arena, path, "log.jsonl");
  }
  if (folder->arena && folder->path && folder->lock_path && folder->log_path)
    status = make_and_lock(folder);
  if (!status) {
    /* the lock's folder, which path may be a link to */
    const char *inside = file_join(folder->arena, path, "");
    int walked = inside ? nftw(inside, remove_unfinished, 16, FTW_PHYS) : -1;
    status = walked == -1 ? error_errno(STRAIT_EIO, "cannot look through %s", path) : walked;
  }
  if (status)
    folder_close(folder);
  else
    *result = folder;
  return status;
}

/* The file is removed first: while it is locked, nobody else can take the name for a lock. */
static void unlock(struct folder *folder, const char *lock_path) {
  if (folder->log >= 0)
    close(folder->log);
  if (folder->lock >= 0) {
    unlink(lock_path);
    close(folder->lock);
  }
  folder->lock = folder->log = -1;
}

void folder_close(struct folder *folder) {
  if (!folder)
    return;
  unlock(folder, folder->lock_path);
  arena_free(folder->arena);
  memory_free(folder);
}

const char *folder_path(const struct folder *folder) { return folder->path; }

int folder_is_aside(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
  long number = 0;
  if (!dot || dot == name || dot[1] != '~' || dot[2] == '0')
    return 0;
  const char *c = dot + 2;
  for (; *c >= '0' && *c <= '9' && number < 100000000; c++)
    number = 10 * number + (*c - '0');
  return *c == '~' && !c[1] ? (int)number : 0;
}

char *folder_aside(struct arena *arena, const char *path, int number) {
  return arena_format(arena, "%s.~%d~", path, number);
}

/* The highest N below `below` of NAME.~N~ in the folder; name NULL: of any name. */
static int highest_aside(const char *parent, const char *name, int below) {
  DIR *entries = opendir(parent);
  int highest = 0;
  if (!entries)
    return errno == ENOENT || errno == ENOTDIR ? 0 : error_errno(STRAIT_EIO, "cannot look through %s", parent);
  for (struct dirent *entry; (entry = readdir(entries));) {
    int number = folder_is_aside(entry->d_name);
    if (number > highest && number < below &&
        (!name ||
         (!strncmp(entry->d_name, name, strlen(name)) && strrchr(entry->d_name, '.') == entry->d_name + strlen(name))))
      highest = number;
  }
  closedir(entries);
  return highest;
}

int folder_next_aside(struct arena *arena, const char *path, int below) {
  const char *slash = strrchr(path, '/');
  const char *parent = slash == path ? "/" : slash ? arena_copy_n(arena, path, (size_t)(slash - path)) : ".";
  return parent ? highest_aside(parent, slash ? slash + 1 : path, below) : STRAIT_ENOMEM;
}

int folder_any_aside(const char *parent) { return highest_aside(parent, NULL, INT_MAX); }

/* 1: nothing but the lock is in it. */
static int is_empty(const struct folder *folder) {
  DIR *entries = opendir(folder->path);
  int empty = 1;
  if (!entries)
    return error_errno(STRAIT_EIO, "cannot look through %s", folder->path);
  for (struct dirent *entry; empty && (entry = readdir(entries));)
    empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || !strcmp(entry->d_name, ".lock");
  closedir(entries);
  return empty;
}

/* Renames the folder to the next free PATH.~N~; old_lock: its lock file's name from then on. */
static int move_aside(struct folder *folder, const char **aside, const char **old_lock) {
  int highest = folder_next_aside(folder->arena, folder->path, INT_MAX);
  if (highest < 0)
    return highest;
  *aside = folder_aside(folder->arena, folder->path, highest + 1);
  *old_lock = *aside ? file_join(folder->arena, *aside, ".lock") : NULL;
  if (!*old_lock)
    return STRAIT_ENOMEM;
  return rename(folder->path, *aside) ? error_errno(STRAIT_EIO, "cannot rename %s to %s", folder->path, *aside)
                                      : STRAIT_OK;
}

int folder_set_aside(struct folder *folder, const char **aside) {
  const char *old_lock;
  int empty = is_empty(folder);
  *aside = NULL;
  if (empty)
    return empty < 0 ? empty : STRAIT_OK;
  int status = move_aside(folder, aside, &old_lock);
  if (status)
    return status;
  /* Another process may make and lock the new folder in between: it then owns the name, and lock says so. */
  unlock(folder, old_lock);
  return make_and_lock(folder);
}

int folder_take_back(struct folder *folder, int number, const char **aside) {
  const char *old_lock;
  struct folder taken = {.lock = -1, .log = -1, .path = folder_aside(folder->arena, folder->path, number)};
  int empty = is_empty(folder);
  *aside = NULL;
  taken.lock_path = taken.path ? file_join(folder->arena, taken.path, ".lock") : NULL;
  int status = empty < 0 ? empty : taken.lock_path ? lock(&taken) : STRAIT_ENOMEM;
  if (status)
    return status;
  status = move_aside(folder, aside, &old_lock);
  if (!status) {
    unlock(folder, old_lock);
    if (empty && rmdir(*aside) == 0)
      *aside = NULL;
    /* Where another process made the folder in between, it owns the name, and the folder is not empty. */
    if (rename(taken.path, folder->path))
      status = error_errno(STRAIT_EIO, "cannot rename %s to %s; run again to take it back", taken.path, folder->path);
  }
  if (status)
    unlock(&taken, taken.lock_path);
  else
    folder->lock = taken.lock;
  return status;
}

static int verify_file(const char *path, const struct stat *file, int type, struct FTW *walk) {
  struct arrays *arrays = NULL;
  json_t *document = NULL;
  (void)file;
  (void)walk;
  int status = STRAIT_OK;
  if (type == FTW_F && text_matches("*.json", path))
    status = document_read(path, &document);
  else if (type == FTW_F && text_matches("*.safetensors", path))
    status = safetensors_read(&arrays, path);
  else if (type == FTW_F && text_matches("*.npz", path))
    status = npz_read_ours(&arrays, path);
  arrays_free(arrays);
  json_decref(document);
  return status;
}

int folder_verify(const char *path) {
  int walked = nftw(path, verify_file, 16, FTW_PHYS);
  return walked == -1 ? error_errno(STRAIT_EIO, "cannot look through %s", path) : walked;
}

/* Opens the log for appending, behind a whole line. */
static int open_log(struct folder *folder) {
  char last = '\n';
  folder->log = open(folder->log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (folder->log < 0)
    return error_errno(STRAIT_EIO, "cannot write %s", folder->log_path);
  off_t size = lseek(folder->log, 0, SEEK_END);
  if (size > 0 && pread(folder->log, &last, 1, size - 1) == 1 && last != '\n' && write(folder->log, "\n", 1) != 1)
    return error_errno(STRAIT_EIO, "cannot write %s", folder->log_path);
  return STRAIT_OK;
}

int folder_log(struct folder *folder, const json_t *value) {
  struct text text = {0};
  int status = folder->log >= 0 ? STRAIT_OK : open_log(folder);
  if (status)
    return status;
  document_print(&text, value, 1);
  text_add_n(&text, "\n", 1);
  if (text.status)
    status = error_wrap("%s", folder->log_path);
  else if (write(folder->log, text.data, text.length) != (ssize_t)text.length)
    status = error_errno(STRAIT_EIO, "cannot write %s", folder->log_path);
  text_free(&text);
  return status;
}
