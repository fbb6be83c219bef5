/* blobs: a data set that needs no file: coloured pictures of (3, 32, 32), a bright square whose place and colour tell the
 * class, in noise. Each sample is a function of its number alone. For tests/same-bytes, which builds it against the
 * headers of an older revision, so it keeps to what their first version has. */
#include <strait/dataset.h>

struct blobs {
  strait_object object;
  int64_t train, test;
};

static const strait_option options[] = {
    STRAIT_INT("train", struct blobs, train, "200", 1, 1000000, "training samples"),
    STRAIT_INT("test", struct blobs, test, "60", 1, 1000000, "test samples"),
};

#define CLASSES 4
#define SIDE 32

static int32_t open_none(void *self) {
  (void)self;
  return STRAIT_OK;
}

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  const struct blobs *blobs = self;
  split->element = STRAIT_U8;
  split->target = STRAIT_TARGET_CLASS;
  split->rank = 3;
  split->dims[0] = 3;
  split->dims[1] = split->dims[2] = SIDE;
  split->count = which == STRAIT_TEST ? blobs->test : blobs->train;
  split->classes = CLASSES;
  return STRAIT_OK;
}

/* The next of a sequence of pseudo-random numbers (xorshift64). */
static uint64_t next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

static int32_t read_sample(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {3, SIDE, SIDE};
  (void)self;
  int64_t label = index % CLASSES;
  uint64_t state = 88172645463325252u ^ (uint64_t)(2 * index + (which == STRAIT_TEST)) * 2685821657736338717u;
  uint8_t *pixel = strait_sample_reserve(sample, 3, dims);
  if (!pixel)
    return STRAIT_ENOMEM;
  int64_t top = 4 + 12 * (label / 2) + (int64_t)(next(&state) % 8), left = 4 + (int64_t)(next(&state) % 20);
  for (int64_t c = 0; c < 3; c++)
    for (int64_t y = 0; y < SIDE; y++)
      for (int64_t x = 0; x < SIDE; x++) {
        int bright = y >= top && y < top + 6 && x >= left && x < left + 6 && (c == 2 || c == label % 2);
        *pixel++ = (uint8_t)(next(&state) % 96 + (bright ? 120 : 0));
      }
  return strait_sample_label(sample, label);
}

static const strait_dataset_ops ops = {
    .size = sizeof ops, .open = open_none, .describe = describe, .read = read_sample};
static const strait_class blobs = {
    STRAIT_CLASS(STRAIT_DATASET, "blobs", "1.0", "coloured squares in noise", struct blobs, options, &ops),
    STRAIT_NO_PRESETS, NULL, NULL};
STRAIT_PLUGIN(dataset, blobs, blobs)
