/* data/order.c: the orders of samples. Of one long sequence a sample's number is the place where it starts. */
#include "data/order.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "compute/random.h"

int64_t batching_first(const struct batching *b, int64_t batch) {
  const int64_t narrow = b->wide && batch > b->wide ? batch - b->wide : 0;
  return batch * b->batch - narrow;
}

int64_t batching_samples(const struct batching *b, int64_t batch) {
  const int64_t left = b->samples - batching_first(b, batch), full = b->batch - (b->wide && batch >= b->wide);
  return left < 0 ? 0 : left < full ? left : full;
}

/* How the sequence is passed through. */
enum { PIECES, STREAMS_DROPPED, STREAMS_KEPT, WINDOWS };

static int walk_of(const struct order *order) {
  const struct feeding *feeding = &order->feeding;
  if (feeding->shuffle)
    return order->data->source.split[0].order == STRAIT_ORDER_STREAMS ? STREAMS_DROPPED : WINDOWS;
  return !feeding->streams ? PIECES : feeding->drop ? STREAMS_DROPPED : STREAMS_KEPT;
}

static int64_t steps_of(const struct order *order) { return data_steps(order->data); }

/* The places that count: a subset of streams is their beginning. */
static int64_t places_of(const struct order *order) {
  const int64_t places = order->data->places[order->feeding.split].count;
  const int64_t first = order->feeding.subset * steps_of(order);
  return order->feeding.subset && first < places ? first : places;
}

static int64_t streams_of(const struct order *order) {
  return order->feeding.streams ? order->feeding.streams : order->feeding.batch;
}

/* --- streams whose ends are dropped: all are as long, and as many in each batch --- */

static int64_t dropped_length(const struct order *order) { return (places_of(order) + 1) / streams_of(order); }

static int cut_dropped(struct order *order) {
  const int64_t streams = streams_of(order), length = dropped_length(order), steps = steps_of(order);
  const int64_t batches = data_stream_batches(order->data, places_of(order), streams);
  if (batches < 1)
    return error_set(STRAIT_EINVAL,
                     "%" PRId64 " %s tokens in %" PRId64 " streams leave %" PRId64
                     " to each, and a sample takes %" PRId64 " and the one after; take fewer streams",
                     places_of(order) + 1, split_name(order->feeding.split), streams, length, steps);
  order->batching = (struct batching){batches * streams, batches, streams, 0};
  return STRAIT_OK;
}

/* --- streams that have every place: the last may be shorter, or not be there --- */

static void cut_kept(struct order *order) {
  const int64_t pieces = data_pieces(order->data, places_of(order)),
                length = (pieces + streams_of(order) - 1) / streams_of(order);
  const int64_t streams = (pieces + length - 1) / length, last = pieces - (streams - 1) * length;
  order->batching = (struct batching){pieces, length, streams, last < length ? last : 0};
}

/* --- all others: full batches, and a shorter one --- */

static void cut_plain(struct order *order, int64_t samples) {
  const int64_t batch = order->feeding.batch;
  order->batching = (struct batching){samples, (samples - 1) / batch + 1, batch, 0};
}

static int64_t samples_of_windows(const struct order *order) {
  const int64_t epoch = order->data->source.split[0].epoch;
  return epoch ? epoch : data_count(order->data, order->feeding.split);
}

static int compare_numbers(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* One fixed random subset, ascending. */
static int draw_subset(struct order *order, int64_t count) {
  const size_t samples = (size_t)order->feeding.subset;
  struct stream stream = stream_of(order->feeding.subset_seed, "subset", 0);
  int64_t *all = memory_alloc((size_t)count, sizeof *all);
  order->subset = memory_alloc(samples, sizeof *order->subset);
  if (!all || !order->subset) {
    memory_free(all);
    return STRAIT_ENOMEM;
  }
  stream_permutation(&stream, all, count);
  memcpy(order->subset, all, samples * sizeof *all);
  qsort(order->subset, samples, sizeof *order->subset, compare_numbers);
  memory_free(all);
  return STRAIT_OK;
}

static int cut_sequence(struct order *order, int64_t count) {
  const struct feeding *feeding = &order->feeding;
  switch (walk_of(order)) {
  case STREAMS_DROPPED:
    return cut_dropped(order);
  case STREAMS_KEPT:
    return cut_kept(order), STRAIT_OK;
  case WINDOWS:
    if (places_of(order) < steps_of(order))
      return data_check_batch(order->data, feeding->batch);
    return cut_plain(order, samples_of_windows(order)), STRAIT_OK;
  default:
    cut_plain(order, feeding->subset ? feeding->subset : count);
    return feeding->subset ? draw_subset(order, count) : STRAIT_OK;
  }
}

int order_create(struct order *order, const struct data *data, const struct feeding *feeding) {
  const int64_t count = data_count(data, feeding->split);
  const char *name = split_name(feeding->split);
  *order = (struct order){.data = data, .feeding = *feeding};
  if (feeding->batch < 1)
    return error_set(STRAIT_EINVAL, "a batch of %" PRId64 " samples; it must be 1 or more", feeding->batch);
  if (count == 0)
    return error_set(STRAIT_EINVAL, "the %s split is empty%s", name,
                     feeding->split == SPLIT_VALIDATION ? "; set holdout" : "");
  if (feeding->subset < 0 || feeding->subset > count)
    return error_set(STRAIT_EINVAL, "a subset of %" PRId64 " samples, where the %s split has %" PRId64, feeding->subset,
                     name, count);
  if (data->source.ordered)
    return cut_sequence(order, count);
  cut_plain(order, feeding->subset ? feeding->subset : count);
  return feeding->subset ? draw_subset(order, count) : STRAIT_OK;
}

void order_free(struct order *order) {
  memory_free(order->subset);
  order->subset = NULL;
}

/* length: from where one stream starts to where the next does. */
static void fill_streams(const struct order *order, int64_t length, int64_t *numbers) {
  for (int64_t i = 0; i < order->batching.batches; i++)
    for (int64_t b = 0; b < batching_samples(&order->batching, i); b++)
      *numbers++ = b * length + i * steps_of(order);
}

static void fill_windows(const struct order *order, int64_t epoch, int64_t *numbers) {
  const struct stream stream = stream_of(order->feeding.order_seed, "order", (uint64_t)epoch);
  const uint64_t starts = (uint64_t)(places_of(order) - steps_of(order) + 1);
  for (int64_t i = 0; i < order->batching.samples; i++)
    numbers[i] = (int64_t)stream_below(&stream, (uint64_t)i, starts);
}

static void fill_plain(const struct order *order, int64_t epoch, int64_t *numbers) {
  const int64_t step = order->data->source.ordered ? steps_of(order) : 1;
  if (order->feeding.shuffle) {
    struct stream stream = stream_of(order->feeding.order_seed, "order", (uint64_t)epoch);
    stream_permutation(&stream, numbers, order->batching.samples);
  } else {
    for (int64_t i = 0; i < order->batching.samples; i++)
      numbers[i] = i;
  }
  for (int64_t i = 0; i < order->batching.samples; i++)
    numbers[i] = (order->subset ? order->subset[numbers[i]] : numbers[i]) * step;
}

void order_fill(const struct order *order, int64_t epoch, int64_t *numbers) {
  const int walk = order->data->source.ordered ? walk_of(order) : PIECES;
  if (walk == WINDOWS)
    fill_windows(order, epoch, numbers);
  else if (walk == STREAMS_DROPPED)
    fill_streams(order, dropped_length(order), numbers);
  else if (walk == STREAMS_KEPT)
    fill_streams(order, order->batching.batches * steps_of(order), numbers);
  else
    fill_plain(order, epoch, numbers);
}
