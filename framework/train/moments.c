/* train/moments.c: names, finds, writes, reads and removes checkpoints in a folder; touches nothing else there. */
#include "train/moments.h"

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

/* --- names --- */

static char *name_of(const struct moments *m, struct moment at) {
  if (m->sources)
    return arena_format(m->arena, "source-%lld-iteration-%lld", (long long)at.source, (long long)at.iteration);
  if (m->end && at.iteration == m->end)
    return arena_copy(m->arena, "final");
  if (at.iteration % m->epoch == 0)
    return arena_format(m->arena, "epoch-%lld", (long long)(at.iteration / m->epoch));
  return arena_format(m->arena, "iteration-%lld", (long long)at.iteration);
}

/* Reads the number behind the word that the text begins with; what follows it, or NULL where there is none. */
static const char *number_behind(const char *text, const char *word, int64_t *number) {
  if (!text || !text_starts(text, word))
    return NULL;
  const char *digits = text + strlen(word);
  char *end;
  *number = strtoll(digits, &end, 10);
  return end > digits ? end : NULL;
}

/* "epoch-8" to its iteration; 0 when the name is none of ours. */
static int read_name(const struct moments *m, const char *base, struct moment *moment) {
  const char *end;
  *moment = (struct moment){.base = base};
  if (m->sources)
    end = number_behind(number_behind(base, "source-", &moment->source), "-iteration-", &moment->iteration);
  else if (m->end && strcmp(base, "final") == 0)
    moment->iteration = m->end, end = "";
  else if ((end = number_behind(base, "epoch-", &moment->iteration)))
    moment->iteration *= m->epoch;
  else
    end = number_behind(base, "iteration-", &moment->iteration);
  return end && !*end;
}

/* FOLDER/BASE SUFFIX */
static char *file_of(const struct moments *m, const char *base, const char *suffix) {
  char *name = base ? arena_format(m->arena, "%s%s", base, suffix) : NULL;
  return name ? file_join(m->arena, m->folder, name) : NULL;
}

char *moment_file(const struct moments *m, struct moment at, const char *suffix) {
  return file_of(m, name_of(m, at), suffix);
}

/* --- what is there --- */

/* Calls `visit` for each file in the folder whose name begins with `start`; none where there is no folder. */
typedef int visitor(void *context, const struct moments *m, const char *name);
static int each_file(const struct moments *m, visitor *visit, void *context) {
  int status = STRAIT_OK;
  DIR *folder = opendir(m->folder);
  if (!folder)
    return errno == ENOENT ? STRAIT_OK : error_errno(STRAIT_EIO, "cannot open %s", m->folder);
  for (struct dirent *entry; !status && (entry = readdir(folder));)
    status = visit(context, m, entry->d_name);
  closedir(folder);
  return status;
}

static int order(const struct moment *a, const struct moment *b) {
  if (a->source != b->source)
    return a->source < b->source ? -1 : 1;
  return (a->iteration > b->iteration) - (a->iteration < b->iteration);
}
static int newer(const void *a, const void *b) { return -order(a, b); }

struct finding {
  struct moment *found;
  size_t count, capacity;
};

static int find_one(void *context, const struct moments *m, const char *name) {
  struct finding *f = context;
  struct moment one;
  if (!text_ends(name, MOMENT_STATE))
    return STRAIT_OK;
  char *base = arena_copy_n(m->arena, name, strlen(name) - strlen(MOMENT_STATE));
  if (!base)
    return error_failure();
  if (!read_name(m, base, &one))
    return STRAIT_OK;
  int status = memory_grow(&f->found, &f->capacity, f->count + 1, sizeof *f->found);
  if (!status)
    f->found[f->count++] = one;
  return status;
}

int moments_find(const struct moments *m, struct moment **found, size_t *count) {
  struct finding f = {0};
  int status = each_file(m, find_one, &f);
  *count = 0;
  *found = status ? NULL : arena_alloc(m->arena, f.count, sizeof **found);
  if (*found && f.count) {
    qsort(f.found, f.count, sizeof *f.found, newer);
    memcpy(*found, f.found, f.count * sizeof *f.found);
    *count = f.count;
  } else if (!status && !*found)
    status = error_failure();
  memory_free(f.found);
  return status;
}

int moments_diverged(const struct moments *m) {
  struct error_chain chain;
  struct moment *found;
  size_t count;
  error_take(&chain);
  if (moments_find(m, &found, &count))
    return error_give(&chain);
  return error_set(chain.status,
                   "%s; the last good checkpoint is %s%s; lower schedule.rate, or set clip-norm, "
                   "warm-up or on-divergence = halve",
                   chain.text, count ? found[0].base : "the start", count ? MOMENT_STATE : "");
}

/* --- removing --- */

static int remove_file(const char *path) {
  if (!path)
    return error_failure();
  if (unlink(path) && errno != ENOENT)
    return error_errno(STRAIT_EIO, "cannot remove %s", path);
  return STRAIT_OK;
}

/* Is this a file of the moment called `base`? */
static int belongs(const char *name, const char *base) {
  const size_t length = strlen(base);
  return strncmp(name, base, length) == 0 && name[length] == '.';
}

static int remove_one(void *context, const struct moments *m, const char *name) {
  if (!belongs(name, context) || !text_ends(name, ".safetensors"))
    return STRAIT_OK;
  return remove_file(file_join(m->arena, m->folder, name));
}

/* Removes every file of a moment. */
static int remove_moment(const struct moments *m, const char *base) {
  int status = remove_file(file_of(m, base, MOMENT_STATE));
  return status ? status : each_file(m, remove_one, (void *)(uintptr_t)base);
}

struct measuring {
  const char *base;
  double bytes;
};

static int measure_one(void *context, const struct moments *m, const char *name) {
  struct measuring *measuring = context;
  struct stat found;
  if (!belongs(name, measuring->base))
    return STRAIT_OK;
  const char *file = file_join(m->arena, m->folder, name);
  if (!file)
    return error_failure();
  if (stat(file, &found) == 0)
    measuring->bytes += (double)found.st_size;
  return STRAIT_OK;
}

static int is_begun(const struct rotation *r, const struct moment *moment) {
  return moment->source == r->now.source && moment->iteration == r->begun;
}

/* Is there room for one more to resume from? `newest`: there is none yet. *used grows by what it takes. */
static int find_room(const struct moments *m, const struct rotation *r, const struct moment *moment, int newest,
                     double *used, int *fits) {
  struct measuring measuring = {.base = moment->base};
  *fits = 1;
  if (r->limit <= 0)
    return STRAIT_OK;
  int status = each_file(m, measure_one, &measuring);
  *fits = newest || (r->begun_stays && is_begun(r, moment)) || *used + measuring.bytes <= 1e6 * r->limit;
  *used += *fits ? measuring.bytes : 0;
  return status;
}

int moments_rotate(const struct moments *m, const struct rotation *r) {
  struct moment *found;
  size_t count, spare = r->spare;
  double used = 0;
  int newest = 1, status = moments_find(m, &found, &count);
  for (size_t i = 0; !status && i < count; i++) {
    const int wanted = r->wanted && r->wanted(r->context, &found[i]), begun = is_begun(r, &found[i]);
    int stays = begun || (spare > 0 && order(&found[i], &r->now) <= 0);
    spare -= stays && !begun;
    if (stays && !wanted)
      status = find_room(m, r, &found[i], newest, &used, &stays);
    newest = newest && !stays;
    if (!status && !stays && !wanted)
      status = remove_moment(m, found[i].base);
  }
  return status;
}

int moments_forget(const struct moments *m, struct moment after) {
  struct moment *found;
  size_t count;
  int status = moments_find(m, &found, &count);
  for (size_t i = 0; !status && i < count; i++)
    if (order(&found[i], &after) > 0)
      status = remove_moment(m, found[i].base);
  return status;
}

/* Removes the file of a moment whose state is not there. */
static int sweep_one(void *context, const struct moments *m, const char *name) {
  struct moment moment;
  (void)context;
  char *base = arena_copy_n(m->arena, name, strcspn(name, "."));
  if (!base)
    return error_failure();
  if (!text_ends(name, ".safetensors") || !read_name(m, base, &moment))
    return STRAIT_OK;
  char *state = file_of(m, base, MOMENT_STATE);
  if (!state)
    return error_failure();
  return file_exists(state) ? STRAIT_OK : remove_file(file_join(m->arena, m->folder, name));
}

int moments_sweep(const struct moments *m) { return each_file(m, sweep_one, NULL); }

/* --- writing and reading --- */

/* The weights file of one control point. */
static char *point_file(const struct moments *m, const char *base, const struct snapshot *snapshot, int point) {
  const char *suffix = snapshot->points == 1 ? ".safetensors" : arena_format(m->arena, ".point-%d.safetensors", point);
  return suffix ? file_of(m, base, suffix) : NULL;
}

int moment_save(const struct moments *m, const struct snapshot *snapshot) {
  const char *base = name_of(m, (struct moment){.iteration = snapshot->iteration});
  for (int i = 0; i < snapshot->points; i++) {
    if (!snapshot->velocity[i])
      continue;
    char *file = point_file(m, base, snapshot, i);
    if (!file ||
        checkpoint_write_weights(file, m->network, snapshot->theta[i], snapshot->statistics, m->made, m->made_pairs))
      return error_failure();
  }
  char *state = file_of(m, base, MOMENT_STATE);
  return state ? checkpoint_write_state(state, snapshot, m->made, m->made_pairs) : error_failure();
}

int moment_load(const struct moments *m, const char *base, struct snapshot *snapshot) {
  for (int i = 0; i < snapshot->points; i++) {
    if (!snapshot->velocity[i])
      continue;
    char *file = point_file(m, base, snapshot, i);
    if (!file || checkpoint_read_weights(file, m->network, snapshot->theta[i], NULL, m->made, m->made_pairs))
      return error_failure();
  }
  char *state = file_of(m, base, MOMENT_STATE);
  return state ? checkpoint_read_state(state, snapshot, m->made, m->made_pairs) : error_failure();
}

int moments_load(const struct moments *m, const struct moment *latest, moment_reader *read, void *context,
                 int *loaded) {
  struct moment *found;
  size_t count;
  int status = moments_find(m, &found, &count);
  *loaded = 0;
  for (size_t i = 0; !status && !*loaded && i < count; i++) {
    if (latest && order(&found[i], latest) > 0)
      continue;
    status = read(context, &found[i]);
    if (error_is_of_contents(status)) {
      log_message(STRAIT_LOG_WARNING, "a checkpoint cannot be used, resuming from %s: %s",
                  i + 1 < count ? "the one before it" : "the start", error_text());
      error_clear();
      status = STRAIT_OK;
    } else
      *loaded = !status;
  }
  return status;
}

struct reading {
  const struct moments *moments;
  struct snapshot *snapshot;
};

static int read_snapshot(void *context, const struct moment *moment) {
  const struct reading *r = context;
  return moment_load(r->moments, moment->base, r->snapshot);
}

int moments_load_snapshot(const struct moments *m, int64_t latest, struct snapshot *snapshot, int *loaded) {
  struct reading reading = {m, snapshot};
  return moments_load(m, &(struct moment){.iteration = latest}, read_snapshot, &reading, loaded);
}
