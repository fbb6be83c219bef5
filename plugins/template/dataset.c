/* @name@: points on the arms of a spiral, one class an arm, a working start for a data set of your own.
 *
 * Sample i of arm a lies at (r cos v, r sin v), r in 0.1..1 and v = 2 pi (a / arms + turns r), plus uniform noise. It is made
 * when it is read; data that lies in files is read with strait_open, in open_data.
 *
 * strait-plugin(7) explains, strait/dataset.h has the contract. This file is C and C++20 alike. */
#include <math.h>

#include <strait/dataset.h>

struct @ident@_dataset {
  strait_object object; /* first, always */
  int64_t arms, counts[2];
  double turns, noise;
};

static const strait_option options[] = {
    STRAIT_INT("arms", struct @ident@_dataset, arms, "3", 2, 100, "arms, and classes"),
    STRAIT_INT("train", struct @ident@_dataset, counts[STRAIT_TRAIN], "1000", 1, 100000000, "training samples"),
    STRAIT_INT("test", struct @ident@_dataset, counts[STRAIT_TEST], "500", 1, 100000000, "test samples"),
    STRAIT_FLOAT("turns", struct @ident@_dataset, turns, "0.5", 0, 10, "how often an arm goes around"),
    STRAIT_FLOAT("noise", struct @ident@_dataset, noise, "0.05", 0, 1, "greatest distance from the arm, in x and in y"),
};

/* Here a data set finds and checks its files; what it reads now identifies the data in the keys of results. */
static int32_t open_data(void *self) {
  (void)self;
  return STRAIT_OK;
}

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  const struct @ident@_dataset *data = (const struct @ident@_dataset *)self;
  split->element = STRAIT_F32;
  split->target = STRAIT_TARGET_CLASS;
  split->order = STRAIT_ORDER_SHUFFLED;
  split->rank = 1; /* a vector of two numbers */
  split->dims[0] = 2;
  split->count = data->counts[which];
  split->classes = data->arms;
  return STRAIT_OK;
}

/* Called by several threads at once: it changes nothing in the instance. */
static int32_t read_sample(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  const struct @ident@_dataset *data = (const struct @ident@_dataset *)self;
  static const int64_t dims[] = {2};
  uint32_t bits[4];
  float *x = (float *)strait_sample_reserve(sample, 1, dims);
  if (!x)
    return STRAIT_ENOMEM;
  strait_random(self, which == STRAIT_TRAIN ? "train" : "test", (uint64_t)index, bits);
  double pi = 3.14159265358979323846, u[3];
  for (int i = 0; i < 3; i++)
    u[i] = bits[i] / 4294967296.0; /* in [0,1) */
  int64_t arm = index % data->arms;
  double r = 0.1 + 0.9 * u[0], angle = 2 * pi * ((double)arm / (double)data->arms + data->turns * r);
  x[0] = (float)(r * cos(angle) + data->noise * (2 * u[1] - 1));
  x[1] = (float)(r * sin(angle) + data->noise * (2 * u[2] - 1));
  return strait_sample_label(sample, arm);
}

static const strait_dataset_ops ops = {.size = sizeof ops, .open = open_data, .describe = describe, .read = read_sample};
STRAIT_REGISTER_AS(dataset, @ident@, "@name@", struct @ident@_dataset,
                   .version = "1.0", .summary = "points on the arms of a spiral",
                   .ops = &ops, STRAIT_WITH_OPTIONS(options))
