/* data/normal.c: reads the key `normalise`. */
#include "data/normal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

/* Channels of an image, features of a vector. */
static int64_t channels_of(const struct source *source) { return source->split[0].dims[0]; }

/* Takes over given numbers: one for all, or one a channel. */
static int take(struct normal *normal, const struct source *source, int64_t count, const float *mean,
                const float *deviation) {
  int64_t channels = channels_of(source);
  if (source->split[0].element == STRAIT_I32)
    return error_set(STRAIT_EINVAL, "data set %s holds integers, which are not normalised", source->object->name);
  if (count != 1 && count != channels)
    return error_set(STRAIT_EINVAL, "%" PRId64 " means and deviations for %" PRId64 " channels; give 1 or %" PRId64,
                     count, channels, channels);
  for (int64_t c = 0; c < count; c++) {
    if (!isfinite(mean[c]) || !isfinite(deviation[c]) || deviation[c] <= 0)
      return error_set(STRAIT_EINVAL, "means must be finite, and deviations above 0");
  }
  if (source->split[0].rank == 3 && count == 1)
    normal->channels = channels;
  else
    normal->channels = count;
  normal->mean = memory_alloc((size_t)normal->channels, sizeof(float));
  normal->deviation = memory_alloc((size_t)normal->channels, sizeof(float));
  if (!normal->mean || !normal->deviation)
    return STRAIT_ENOMEM;
  for (int64_t c = 0; c < normal->channels; c++) {
    normal->mean[c] = mean[count == 1 ? 0 : c];
    normal->deviation[c] = deviation[count == 1 ? 0 : c];
  }
  return STRAIT_OK;
}

/* The numbers on one side of the slash. */
static int read_numbers(struct arena *arena, const char *text, size_t length, float **numbers, size_t *count) {
  char **items;
  char *side = arena_copy_n(arena, text, length);
  if (!side || text_split(arena, side, &items, count) < 0)
    return error_failure();
  *numbers = arena_alloc(arena, *count + 1, sizeof(float));
  if (!*numbers)
    return STRAIT_ENOMEM;
  for (size_t i = 0; i < *count; i++) {
    double value;
    if (text_number(items[i], &value) < 0)
      return error_wrap("\"%s\"", items[i]);
    (*numbers)[i] = (float)value;
  }
  return STRAIT_OK;
}

static int read_pair(struct normal *normal, const char *text, const char *slash, const struct source *source) {
  float *mean, *deviation;
  size_t means = 0, deviations = 0;
  struct arena *arena = arena_create();
  int status = arena ? STRAIT_OK : STRAIT_ENOMEM;
  if (status == STRAIT_OK)
    status = read_numbers(arena, text, (size_t)(slash - text), &mean, &means);
  if (status == STRAIT_OK)
    status = read_numbers(arena, slash + 1, strlen(slash + 1), &deviation, &deviations);
  if (status == STRAIT_OK && (means == 0 || means != deviations))
    status =
        error_set(STRAIT_EINVAL, "%zu means and %zu deviations; write as many of each, as in \".5 .5 .5 / .2 .2 .2\"",
                  means, deviations);
  if (status == STRAIT_OK)
    status = take(normal, source, (int64_t)means, mean, deviation);
  arena_free(arena);
  return status;
}

/* Another data set's usual numbers, from its class alone: nothing of it is opened. */
static int read_named(struct normal *normal, const char *name, const struct source *source, struct registry *registry) {
  const strait_class *cls;
  strait_dataset_ops ops;
  if (registry_class(registry, STRAIT_DATASET, name, &cls) < 0)
    return error_wrap("neither \"dataset\", \"none\", \"MEAN... / DEVIATION...\", nor a data set");
  ops_copy(&ops, sizeof ops, cls->ops);
  if (!ops.mean || !ops.deviation)
    return error_set(STRAIT_EINVAL, "data set %s has no usual mean and deviation", name);
  return take(normal, source, ops.channels, ops.mean, ops.deviation);
}

int normal_read(struct normal *normal, const char *text, const struct source *source, struct registry *registry) {
  int status = STRAIT_OK;
  const char *slash = strchr(text, '/');
  memset(normal, 0, sizeof *normal);
  if (slash)
    status = read_pair(normal, text, slash, source);
  else if (!strcmp(text, "dataset")) {
    if (source->ops.mean && source->ops.deviation)
      status = take(normal, source, source->ops.channels, source->ops.mean, source->ops.deviation);
  } else if (strcmp(text, "none"))
    status = read_named(normal, text, source, registry);
  if (status < 0) {
    normal_free(normal);
    return error_wrap("normalise = %s", text);
  }
  return STRAIT_OK;
}

void normal_free(struct normal *normal) {
  memory_free(normal->mean);
  memory_free(normal->deviation);
  memset(normal, 0, sizeof *normal);
}
