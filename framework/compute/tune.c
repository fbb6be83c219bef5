/* compute/tune.c: see tune.h. */
#include <config.h>

#include "compute/tune.h"

#include <math.h>
#include <time.h>

#include "base/error.h"
#include "compute/cpu_winograd.h"

#define MOST_SAMPLES 128
#define MAP_WORDS 8388608 /* of all samples' maps: far more than caches hold, as in a training */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void once(struct device *d, const struct op *op, int way, const struct run *run) {
  struct op part = *op;
  if (way == TUNE_INPUT)
    part.conv.dw = NO_PLACE;
  else
    part.conv.dx = NO_PLACE;
  device_run(d, &part, way == TUNE_FORWARD ? FORWARD : BACKWARD, run);
}

/* The least time of a call. */
static double measure(struct device *d, const struct op *op, int way, const struct run *run, int tries,
                      double seconds) {
  double best = INFINITY;
  once(d, op, way, run);
  for (int i = 0; i < tries; i++) {
    const double start = now();
    double taken = 0;
    int calls = 0;
    while (!calls || taken < seconds) {
      once(d, op, way, run);
      calls++;
      taken = now() - start;
    }
    best = fmin(best, taken / calls);
  }
  return best;
}

int tune(struct tuned *tuned, struct device *d, int64_t kernel, int64_t channels, int64_t size, int tries,
         double seconds) {
  const int64_t map = channels * size * size, taps = kernel * kernel, shape[3] = {size, size, channels};
  struct op record = {.kind = OP_CONV,
                      .element = STRAIT_F32,
                      .conv = {.in = channels,
                               .height = size,
                               .width = size,
                               .out = channels,
                               .out_height = size,
                               .out_width = size,
                               .kernel = {kernel, kernel},
                               .stride = {1, 1},
                               .padding = {kernel / 2, kernel / 2}}};
  struct conv_op *op = &record.conv;
  int64_t samples = MAP_WORDS / map;
  samples = samples < 1 ? 1 : samples > MOST_SAMPLES ? MOST_SAMPLES : samples;
  *tuned =
      (struct tuned){.samples = samples, .winograd = winograd_fits(op->kernel, op->stride, op->padding, shape, shape)};
  const struct run run = {.samples = samples};
  const double operations = 2. * (double)(taps * channels) * (double)(samples * map);
  struct {
    place *at;
    int64_t words;
  } buffers[] = {{&op->x, samples * map},  {&op->w, taps * channels * channels},  {&op->y, samples * map},
                 {&op->dx, samples * map}, {&op->dw, taps * channels * channels}, {&op->dy, samples * map}};
  int status = STRAIT_OK;
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers && !status; i++) {
    status = d->ops->create(d, buffers[i].words, buffers[i].at);
    if (!status)
      d->ops->fill(d, *buffers[i].at, 0.01f, buffers[i].words);
  }
  for (int exact = 1; exact >= (tuned->winograd ? 0 : 1) && !status; exact--) {
    op->exact = exact;
    status = d->ops->reserve(d, &record, samples, FORWARD | BACKWARD);
    for (int way = 0; way < TUNE_WAYS && !status; way++) {
      const double rate = 1e-9 * operations / measure(d, &record, way, &run, tries, seconds);
      if (exact)
        tuned->direct[way] = rate;
      tuned->by_rule[way] = rate;
    }
  }
  for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
    if (place_is(*buffers[i].at))
      d->ops->destroy(d, *buffers[i].at);
  return status ? error_wrap("tune: %lld channels", (long long)channels) : STRAIT_OK;
}
