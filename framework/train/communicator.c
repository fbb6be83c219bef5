/* train/communicator.c: sums over ranks. Each rank adds one part of a long vector, then all parts are gathered. */
#include "train/communicator.h"

#include <string.h>

#include "base/error.h"

const struct communicator communicator_alone = {.rank = 0, .size = 1};

/* The floats of one rank's part. */
static int64_t part_of(const struct communicator *c, int64_t words) { return (words + c->size - 1) / c->size; }

int64_t communicator_room(const struct communicator *communicator, int64_t words) {
  return communicator->size > 1 ? 2 * communicator->size * part_of(communicator, words) : 0;
}

/* blocks[0] becomes ((0 + 1) + (2 + 3)) + ...: as a tree, for any number of ranks. */
static void add_floats(float *blocks, int64_t count, int size) {
  for (int step = 1; step < size; step *= 2)
    for (int r = 0; r + step < size; r += 2 * step)
      for (int64_t i = 0; i < count; i++)
        blocks[r * count + i] += blocks[(r + step) * count + i];
}

int communicator_sum(const struct communicator *c, struct device *device, place at, int64_t words, double weight,
                     float *room) {
  const int64_t part = part_of(c, words), all = part * c->size;
  float *whole = room, *parts = room + all;
  if (c->size == 1 || words == 0)
    return STRAIT_OK;
  device->ops->download(device, whole, at, words);
  for (int64_t i = 0; i < words; i++)
    whole[i] = weight != 0 ? (float)weight * whole[i] : 0;
  memset(whole + words, 0, (size_t)(all - words) * sizeof *whole);
  int status = c->exchange(c, whole, parts, (size_t)part * sizeof *parts);
  if (status)
    return status;
  add_floats(parts, part, c->size);
  status = c->gather(c, parts, whole, (size_t)part * sizeof *parts);
  if (!status)
    device->ops->upload(device, at, whole, words);
  return status;
}

int communicator_add(const struct communicator *c, double *numbers, int count) {
  double all[MOST_RANKS * MOST_NUMBERS];
  if (c->size == 1)
    return STRAIT_OK;
  if (count > MOST_NUMBERS || c->size > MOST_RANKS)
    return error_set(STRAIT_EBUG, "%d numbers of %d ranks are added", count, c->size);
  int status = c->gather(c, numbers, all, (size_t)count * sizeof *numbers);
  for (int step = 1; !status && step < c->size; step *= 2)
    for (int r = 0; r + step < c->size; r += 2 * step)
      for (int i = 0; i < count; i++)
        all[r * count + i] += all[(r + step) * count + i];
  if (!status)
    memcpy(numbers, all, (size_t)count * sizeof *numbers);
  return status;
}
