/* stage/moments.c: finds, writes, reads and removes the checkpoints in a stage's folder; touches nothing else there. */
#include "stage/moments.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "train/checkpoint.h"

/* Reads the number behind the word that the text begins with; what follows it, or NULL where there is none. */
static const char *number_behind(const char *text, const char *word, int64_t *number) {
  if (!text_starts(text, word))
    return NULL;
  const char *digits = text + strlen(word);
  char *end;
  *number = strtoll(digits, &end, 10);
  return end > digits ? end : NULL;
}

/* "epoch-8" to its iteration; 0 when the name is none of ours. */
static int read_base(struct job *job, const char *base, struct moment *moment) {
  int64_t number, source = 0;
  const char *end;
  *moment = (struct moment){.base = base};
  if (strcmp(base, "final") == 0 && job->stage->end)
    moment->iteration = job->stage->end;
  else if ((end = number_behind(base, "epoch-", &number)) && !*end)
    moment->iteration = number * stage_epoch(job->stage);
  else if (((end = number_behind(base, "iteration-", &number)) ||
            ((end = number_behind(base, "source-", &source)) && (end = number_behind(end, "-iteration-", &number)))) &&
           !*end)
    moment->iteration = number;
  else
    return 0;
  moment->source = source;
  return 1;
}

static int remove_file(const char *path) {
  if (unlink(path) && errno != ENOENT)
    return error_errno(STRAIT_EIO, "cannot remove %s", path);
  return STRAIT_OK;
}

static int newer(const void *a, const void *b) {
  const struct moment *x = a, *y = b;
  if (x->source != y->source)
    return x->source < y->source ? 1 : -1;
  return x->iteration < y->iteration ? 1 : x->iteration > y->iteration ? -1 : 0;
}

int moments_find(struct job *job, const char *mark, struct moment **moments, size_t *count) {
  struct moment *found = NULL, one;
  size_t n = 0, capacity = 0;
  int status = STRAIT_OK;
  DIR *folder = opendir(job->path);
  if (!folder)
    return error_errno(STRAIT_EIO, "cannot open %s", job->path);
  for (struct dirent *entry; !status && (entry = readdir(folder));) {
    size_t length = strlen(entry->d_name), tail = strlen(mark);
    if (!text_ends(entry->d_name, mark))
      continue;
    char *base = arena_copy_n(job->arena, entry->d_name, length - tail);
    if (!base)
      status = error_failure();
    else if (read_base(job, base, &one) && (status = memory_grow(&found, &capacity, n + 1, sizeof *found)) == STRAIT_OK)
      found[n++] = one;
  }
  closedir(folder);
  *count = 0;
  *moments = status ? NULL : arena_alloc(job->arena, n, sizeof **moments);
  if (*moments && n) {
    qsort(found, n, sizeof *found, newer);
    memcpy(*moments, found, n * sizeof *found);
    *count = n;
  } else if (!status && !*moments)
    status = error_failure();
  memory_free(found);
  return status;
}

int moments_diverged(struct job *job, const char *mark) {
  struct error_chain chain;
  struct moment *moments;
  size_t count;
  error_take(&chain);
  if (moments_find(job, mark, &moments, &count))
    return error_give(&chain);
  return error_set(chain.status,
                   "%s; the last good checkpoint is %s%s; lower schedule.rate, or set clip-norm, "
                   "warm-up or on-divergence = halve",
                   chain.text, count ? moments[0].base : "the start", count ? mark : "");
}

int moment_remove(struct job *job, const char *base, const char *mark) {
  size_t length = strlen(base);
  char *file = job_file(job, "%s%s", base, mark);
  int status = file ? remove_file(file) : error_failure();
  DIR *folder = status ? NULL : opendir(job->path);
  if (!status && !folder)
    return error_errno(STRAIT_EIO, "cannot open %s", job->path);
  for (struct dirent *entry; !status && (entry = readdir(folder));)
    if (strncmp(entry->d_name, base, length) == 0 && entry->d_name[length] == '.' &&
        text_ends(entry->d_name, ".safetensors")) {
      file = job_file(job, "%s", entry->d_name);
      status = file ? remove_file(file) : error_failure();
    }
  if (folder)
    closedir(folder);
  return status;
}

/* --- rotation --- */

/* Bytes of a moment's files. */
static int measure(struct job *job, const char *base, double *bytes) {
  size_t length = strlen(base);
  int status = STRAIT_OK;
  DIR *folder = opendir(job->path);
  if (!folder)
    return error_errno(STRAIT_EIO, "cannot open %s", job->path);
  *bytes = 0;
  for (struct dirent *entry; !status && (entry = readdir(folder));) {
    struct stat found;
    if (strncmp(entry->d_name, base, length) != 0 || entry->d_name[length] != '.')
      continue;
    const char *file = job_file(job, "%s", entry->d_name);
    if (!file)
      status = error_failure();
    else if (stat(file, &found) == 0)
      *bytes += (double)found.st_size;
  }
  closedir(folder);
  return status;
}

/* Is there room for one more to go on from? `newest`: there is none yet. *used grows by what it takes. */
static int find_room(struct job *job, const struct rotation *r, const struct moment *m, int newest, double *used,
                     int *fits) {
  double bytes = 0;
  *fits = 1;
  if (r->limit <= 0)
    return STRAIT_OK;
  int status = measure(job, m->base, &bytes);
  *fits = newest || (r->begun_stays && m->iteration == r->begun) || *used + bytes <= 1e6 * r->limit;
  *used += *fits ? bytes : 0;
  return status;
}

int moments_rotate(struct job *job, const char *mark, const struct rotation *r) {
  struct moment *moments;
  size_t count, spare = r->spare;
  double used = 0;
  int newest = 1, status = moments_find(job, mark, &moments, &count);
  for (size_t i = 0; !status && i < count; i++) {
    const int64_t at = moments[i].iteration;
    const int wanted = r->wanted && r->wanted(r->context, at);
    int stays = at == r->begun || (spare > 0 && at <= r->now);
    spare -= stays && at != r->begun;
    if (stays && !wanted)
      status = find_room(job, r, &moments[i], newest, &used, &stays);
    newest = newest && !stays;
    if (!status && !stays && !wanted)
      status = moment_remove(job, moments[i].base, mark);
  }
  return status;
}

int moments_forget(struct job *job, const char *mark, int64_t after) {
  struct moment *moments;
  size_t count;
  int status = moments_find(job, mark, &moments, &count);
  for (size_t i = 0; !status && i < count; i++)
    if (moments[i].iteration > after)
      status = moment_remove(job, moments[i].base, mark);
  return status;
}

/* --- what a killed process left --- */

/* Does this file belong to a moment whose mark is not there? */
static int is_orphan(struct job *job, const char *name, const char *mark) {
  struct moment moment;
  size_t length = strcspn(name, ".");
  char *base = arena_copy_n(job->arena, name, length);
  if (!base || !text_ends(name, ".safetensors") || !read_base(job, base, &moment))
    return 0;
  char *file = job_file(job, "%s%s", base, mark);
  return file && !file_exists(file);
}

int moments_sweep(struct job *job, const char *mark) {
  int status = STRAIT_OK;
  DIR *folder = opendir(job->path);
  if (!folder)
    return error_errno(STRAIT_EIO, "cannot open %s", job->path);
  for (struct dirent *entry; !status && (entry = readdir(folder));)
    if (is_orphan(job, entry->d_name, mark)) {
      char *file = job_file(job, "%s", entry->d_name);
      status = file ? remove_file(file) : error_failure();
    }
  closedir(folder);
  return status;
}

char *moment_base(struct job *job, int64_t iteration, int64_t end) {
  int64_t epoch = stage_epoch(job->stage);
  if (end && iteration == end)
    return arena_copy(job->arena, "final");
  if (iteration % epoch == 0)
    return arena_format(job->arena, "epoch-%lld", (long long)(iteration / epoch));
  return arena_format(job->arena, "iteration-%lld", (long long)iteration);
}

/* The weights file of one control point. */
static char *point_file(struct job *job, const char *base, const struct snapshot *snapshot, int point) {
  if (snapshot->points == 1)
    return job_file(job, "%s.safetensors", base);
  return job_file(job, "%s.point-%d.safetensors", base, point);
}

int moment_save(struct job *job, const char *base, const struct snapshot *snapshot) {
  const struct network *network = job->stage->material->network;
  int status = STRAIT_OK;
  for (int i = 0; !status && i < snapshot->points; i++) {
    if (!snapshot->velocity[i])
      continue;
    char *file = point_file(job, base, snapshot, i);
    status = file ? checkpoint_write_weights(file, network, snapshot->theta[i], snapshot->statistics, job->metadata,
                                             JOB_METADATA)
                  : error_failure();
  }
  char *state = status ? NULL : job_file(job, "%s.state.safetensors", base);
  return status  ? status
         : state ? checkpoint_write_state(state, snapshot, job->metadata, JOB_METADATA)
                 : error_failure();
}

int moment_load(struct job *job, const char *base, struct snapshot *snapshot) {
  const struct network *network = job->stage->material->network;
  int status = STRAIT_OK;
  for (int i = 0; !status && i < snapshot->points; i++) {
    if (!snapshot->velocity[i])
      continue;
    char *file = point_file(job, base, snapshot, i);
    status = file ? checkpoint_read_weights(file, network, snapshot->theta[i], NULL, job->metadata, JOB_METADATA)
                  : error_failure();
  }
  char *state = status ? NULL : job_file(job, "%s.state.safetensors", base);
  return status  ? status
         : state ? checkpoint_read_state(state, snapshot, job->metadata, JOB_METADATA)
                 : error_failure();
}

int moments_load(struct job *job, const char *mark, int64_t latest, struct snapshot *snapshot, int *loaded) {
  struct moment *moments;
  size_t count;
  int status = moments_find(job, mark, &moments, &count);
  *loaded = 0;
  for (size_t i = 0; !status && !*loaded && i < count; i++) {
    if (moments[i].iteration > latest)
      continue;
    status = moment_load(job, moments[i].base, snapshot);
    if (error_is_of_contents(status)) {
      log_message(STRAIT_LOG_WARNING, "a checkpoint cannot be used, an earlier one is: %s", error_text());
      error_clear();
      status = STRAIT_OK;
    } else
      *loaded = !status;
  }
  return status;
}
