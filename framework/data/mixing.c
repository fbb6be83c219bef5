/* data/mixing.c: see mixing.h. */
#include "data/mixing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "compute/random.h"

#define DEVIATIONS 4 /* from the share of a class: chance exceeds them once in some ten thousand */

/* --- is it fair? --- */

/* Do neighbours have the same class far more often than in a random order? */
static int in_order(const int32_t *label, int64_t count, int64_t classes, const int64_t *whole) {
  int64_t changes = 0;
  double pairs = (double)count * (double)(count - 1), alike = 0;
  for (int64_t i = 1; i < count; i++)
    changes += label[i] != label[i - 1];
  for (int64_t c = 0; c < classes; c++)
    alike += (double)whole[c] * (double)(whole[c] - 1) / pairs;
  return count > 1 && alike < 1 && (double)changes <= (double)(count - 1) * (1 - alike) / 2;
}

/* Does a part of `size` samples lack a class though it has room for all, or is a class's number, which is
 * hypergeometric in a random part, improbable? */
static int is_off(const int64_t *part, int64_t size, const int64_t *whole, int64_t count, int64_t classes) {
  int64_t there = 0, missing = 0;
  for (int64_t c = 0; c < classes; c++) {
    there += whole[c] > 0;
    missing += whole[c] > 0 && part[c] == 0;
  }
  if (size >= there && missing)
    return 1;
  for (int64_t c = 0; c < classes && count > 1; c++) {
    const double share = (double)whole[c] / (double)count, expected = share * (double)size;
    const double variance = expected * (1 - share) * (double)(count - size) / (double)(count - 1);
    if (fabs((double)part[c] - expected) > DEVIATIONS * sqrt(variance) + 1e-9)
      return 1;
  }
  return 0;
}

/* Marks the samples that the limit leaves with 1, those held out with 2; returns how many were left. */
static int64_t mark(const int32_t *label, int64_t count, int64_t classes, const struct cut *cut, int64_t *taken,
                    unsigned char *part) {
  const int64_t limit = cut->limit ? cut->limit : count, quota = cut->balanced ? limit / classes : 0;
  int64_t left = 0, held = 0;
  for (int64_t i = 0; i < count && left < limit; i++) {
    if (quota && (label[i] < 0 || taken[label[i]]++ >= quota))
      continue;
    part[i] = 1;
    left++;
  }
  for (int64_t i = count - 1; i >= 0 && held < cut->holdout; i--)
    if (part[i])
      part[i] = 2, held++;
  return left;
}

/* counts: of what has at least this mark; returns how many. */
static int64_t count_classes(const int32_t *label, int64_t count, int64_t classes, const unsigned char *part, int least,
                             int64_t *counts) {
  int64_t n = 0;
  memset(counts, 0, (size_t)classes * sizeof *counts);
  for (int64_t i = 0; i < count; i++)
    if (part[i] >= least && label[i] >= 0)
      counts[label[i]]++, n++;
  return n;
}

int mixing_is_fair(const int32_t *label, int64_t count, int64_t classes, const struct cut *cut) {
  unsigned char *part = memory_alloc((size_t)count, 1);
  int64_t *counts[2] = {memory_alloc((size_t)classes, sizeof **counts), memory_alloc((size_t)classes, sizeof **counts)};
  int fair = part && counts[0] && counts[1];
  if (fair) {
    int64_t n = count_classes(label, count, classes, part, 0, counts[0]);
    fair = !in_order(label, count, classes, counts[0]);
    mark(label, count, classes, cut, counts[1], part);
    int64_t left = count_classes(label, count, classes, part, 1, counts[1]);
    if (!cut->balanced)
      fair = fair && !is_off(counts[1], left, counts[0], n, classes);
    else if (!cut->holdout)
      fair = 1; /* each class has its number, wherever it lies */
    memcpy(counts[0], counts[1], (size_t)classes * sizeof **counts);
    n = count_classes(label, count, classes, part, 2, counts[1]);
    fair = fair && (!cut->holdout || !is_off(counts[1], n, counts[0], left, classes));
  }
  memory_free(part);
  memory_free(counts[0]);
  memory_free(counts[1]);
  return fair;
}

/* --- another order --- */

/* A sample, at its class's n-th of m places: the classes keep step on the way from 0 to 1. */
struct place {
  double at;
  uint64_t draw; /* settles what is at the same place, and (first) the order within the class */
  int64_t index;
  int32_t label;
};

static int compare_places(const void *a, const void *b) {
  const struct place *x = a, *y = b;
  if (x->at != y->at)
    return x->at < y->at ? -1 : 1;
  if (x->draw != y->draw)
    return x->draw < y->draw ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

int mixing_order(const int32_t *label, int64_t count, int64_t classes, uint64_t seed, int64_t *order) {
  const struct stream stream = stream_of(seed, "mixing", 0);
  if (!label) {
    stream_permutation(&stream, order, count);
    return STRAIT_OK;
  }
  struct place *places = memory_alloc((size_t)count, sizeof *places);
  int64_t *of = memory_alloc((size_t)classes + 1, 2 * sizeof *of), *seen = of ? of + classes + 1 : NULL;
  if (!places || !of) {
    memory_free(places);
    memory_free(of);
    return STRAIT_ENOMEM;
  }
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits[4];
    const int32_t class = label[i] < 0 ? (int32_t)classes : label[i];
    stream_bits(&stream, (uint64_t)i, bits);
    places[i] = (struct place){0, (uint64_t)bits[0] << 32 | bits[1], i, class};
    of[class]++;
  }
  qsort(places, (size_t)count, sizeof *places, compare_places); /* at random */
  for (int64_t i = 0; i < count; i++) {
    const int64_t class = places[i].label, n = seen[class]++;
    places[i].at = of[class] > 1 ? (double)n / (double)(of[class] - 1) : 0;
  }
  qsort(places, (size_t)count, sizeof *places, compare_places);
  for (int64_t i = 0; i < count; i++)
    order[i] = places[i].index;
  memory_free(places);
  memory_free(of);
  return STRAIT_OK;
}
