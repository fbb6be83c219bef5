/* cli/requeue.c: remembers what there was when the job was last requeued, so that one whose time does not suffice for a
 * single checkpoint ends. */
#include <config.h>

#include "cli/requeue.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "cli/jobs.h"

#define IDLE_MOST 2      /* runs in a row without progress */
#define RESTARTS_MOST 50 /* of one job */
#define PIECE 4096       /* bytes of a file's beginning and end: its checksum is in one of them */

/* nftw has no context. Weights and arrays are added to it: an unordered sum, as folders are in any order. */
static unsigned long long progress;

static int add_file(const char *path, const struct stat *file, int type, struct FTW *walk) {
  char piece[2 * PIECE], digest[33];
  (void)walk;
  if (type != FTW_F || !(text_ends(path, ".safetensors") || text_ends(path, ".npz")))
    return 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  const ssize_t first = pread(fd, piece, PIECE, 0);
  const off_t from = file->st_size > PIECE ? file->st_size - PIECE : 0;
  const ssize_t last = first < 0 ? -1 : pread(fd, piece + first, PIECE, from);
  close(fd);
  if (last >= 0) {
    hash_of(piece, (size_t)(first + last), digest);
    digest[16] = 0;
    progress += strtoull(digest, NULL, 16);
  }
  return 0;
}

/* What the job's last run left, and how many in a row left the same. */
static void read_note(const char *file, unsigned long long *there, int *idle) {
  char *text = NULL;
  size_t length;
  if (!file_exists(file) || file_read(file, 256, &text, &length) || sscanf(text, "%llx %d", there, idle) != 2)
    *idle = -1;
  memory_free(text);
  error_clear();
}

static int write_note(struct arena *arena, const char *file, int idle) {
  const char *text = arena_format(arena, "%llx %d\n", progress, idle);
  return text ? file_write(file, text, strlen(text)) : error_failure();
}

int requeue_job(struct arena *arena, const char *out, const char *work) {
  const char *job = getenv("SLURM_JOB_ID"), *restarts = getenv("SLURM_RESTART_COUNT");
  const char *folder = file_join(arena, out, JOBS_FOLDER);
  const char *file = job && folder ? arena_format(arena, "%s/requeued-%s", folder, job) : NULL;
  unsigned long long before = 0;
  int idle = -1;
  if (!job)
    return error_set(STRAIT_ESTOP, "stopped by SIGUSR1; --requeue does nothing outside a Slurm job");
  if (!file)
    return error_failure();
  read_note(file, &before, &idle);
  progress = 0;
  nftw(work, add_file, 16, FTW_PHYS);
  idle = idle >= 0 && progress == before ? idle + 1 : 0;
  if (idle >= IDLE_MOST || (restarts && atoi(restarts) >= RESTARTS_MOST))
    return error_set(STRAIT_EIO, "job %s is not requeued: %s; give it more time (--time)", job,
                     idle >= IDLE_MOST ? "its last runs reached no new checkpoint before their time was over"
                                       : "it was started too many times");
  int status = file_make_folders(folder);
  if (!status)
    status = write_note(arena, file, idle);
  if (!status)
    status = slurm_requeue(arena, job);
  return status ? status : error_set(STATUS_BUSY, "stopped by SIGUSR1; job %s is in the queue again", job);
}
