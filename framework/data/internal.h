/* data/internal.h: the inside of struct data, for this folder alone. Functions are defined in data.c. */
#ifndef DATA_INTERNAL_H
#define DATA_INTERNAL_H

#include "data/data.h"
#include "data/normal.h"
#include "data/shelf.h"
#include "data/source.h"
#include "data/transform.h"

struct data {
  struct source source;
  struct shelf shelf[3]; /* STRAIT_TRAIN: training samples, then the held out ones; STRAIT_TEST; STRAIT_VALIDATION */
  int64_t held_out;
  /* Where samples are places of one long sequence: those of each split, from the first one on. */
  struct {
    int which;
    int64_t first, count;
  } places[SPLITS];
  strait_split description;
  struct normal normal;
  struct transform transform;
  int crop, resized_crop, flip; /* what `augment` says */
  char fingerprint[33];
};

/* data_open, with the most bytes of elements a split may keep in memory. */
int data_open_within(struct data **data, strait_object *dataset, struct registry *registry,
                     const struct data_keys *keys, uint64_t noise_seed, int64_t capacity);

/* Where sample `number` of a split lies: on which shelf, at which place. */
struct spot {
  int which;
  int64_t place;
};
struct spot data_spot(const struct data *data, int split, int64_t number);
/* The raw elements of a sample: on the shelf, or read into reading->elements. Its dimensions are in *reading. label and
 * target: room for its classes and for a real target, which read() gives again. NULL on failure. Any thread. */
const unsigned char *data_raw(const struct data *data, struct spot spot, struct reading *reading, int32_t *label,
                              float *target);
/* Of one long sequence: places of a sample, and how many samples that follow one another have so many places. */
static inline int64_t data_steps(const struct data *data) { return data->source.split[0].dims[0]; }
static inline int64_t data_pieces(const struct data *data, int64_t places) {
  return (places + data_steps(data) - 1) / data_steps(data);
}
/* Batches of streams whose ends are dropped, of a sequence with so many places; less than 1: it is too short. */
static inline int64_t data_stream_batches(const struct data *data, int64_t places, int64_t streams) {
  const int64_t length = (places + 1) / streams;
  return length > 0 ? (length - 1) / data_steps(data) : 0;
}
/* The sample's number in the data set's own split. */
static inline int64_t data_index(const struct data *data, struct spot spot) {
  return data->source.ordered ? spot.place : data->shelf[spot.which].index[spot.place];
}

#endif
