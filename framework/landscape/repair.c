/* landscape/repair.c: see repair.h. The normalisation is the device's batch norm, put behind each layer's step. */
#include "landscape/repair.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "compute/device.h"

#define EPSILON 1e-5            /* added to variances, as batch norm does */
#define ROOM ((int64_t)1 << 29) /* bytes of converted samples kept at most */

struct repair {
  const struct network *network;
  struct device *device;
  struct program *program;
  struct supply supply;
  int layers, points;
  struct hidden_layer *layer;
  int64_t *at;             /* for each layer, where its units are among all */
  int64_t units;           /* of all layers */
  double *goal;            /* points times (means, deviations) of all units */
  double *mean, *variance; /* of the pass, summed by samples */
  float *host;             /* scale and shift of a layer; what a batch norm saved */
  place output, scale, shift, saved;
};

void repair_free(struct repair *r) {
  if (!r)
    return;
  const place made[] = {r->output, r->scale, r->shift, r->saved};
  for (int i = 0; i < 4; i++)
    if (place_is(made[i]))
      r->device->ops->destroy(r->device, made[i]);
  program_free(r->program);
  supply_close(&r->supply);
  memory_free(r->layer);
  memory_free(r->at);
  memory_free(r->goal);
  memory_free(r->mean);
  memory_free(r->variance);
  memory_free(r->host);
  memory_free(r);
}

/* --- making --- */

static int list_layers(struct repair *r) {
  struct hidden_layer layer;
  while (network_hidden(r->network, r->layers, &layer))
    r->layers++;
  if (!r->layers)
    return error_set(STRAIT_EINVAL,
                     "model %s has no layer to repair: that takes hidden layers with a bias and without a batch norm "
                     "behind them (where there is one, bn = refresh does it)",
                     network_model(r->network));
  r->layer = memory_alloc((size_t)r->layers, sizeof *r->layer);
  r->at = memory_alloc((size_t)r->layers, sizeof *r->at);
  if (!r->layer || !r->at)
    return error_failure();
  for (int i = 0; i < r->layers; i++) {
    network_hidden(r->network, i, &r->layer[i]);
    r->at[i] = r->units;
    r->units += r->layer[i].channels;
  }
  return STRAIT_OK;
}

static int make_room(struct repair *r, int64_t batch) {
  const struct device_ops *ops = r->device->ops;
  int64_t widest = 1, largest = 1;
  for (int i = 0; i < r->layers; i++) {
    const int64_t words = batch * r->layer[i].positions * r->layer[i].channels;
    widest = r->layer[i].channels > widest ? r->layer[i].channels : widest;
    largest = words > largest ? words : largest;
  }
  r->mean = memory_alloc((size_t)r->units, sizeof *r->mean);
  r->variance = memory_alloc((size_t)r->units, sizeof *r->variance);
  r->host = memory_alloc((size_t)widest, 6 * sizeof *r->host);
  if (!r->mean || !r->variance || !r->host)
    return error_failure();
  int status = ops->create(r->device, largest, &r->output);
  if (!status)
    status = ops->create(r->device, widest, &r->scale);
  if (!status)
    status = ops->create(r->device, widest, &r->shift);
  return status ? status : ops->create(r->device, 6 * widest, &r->saved);
}

int repair_create(struct repair **repair, const struct network *network, const struct data *data, struct device *device,
                  const struct feeding *feeding) {
  struct repair *r = *repair = memory_alloc(1, sizeof *r);
  int64_t room = ROOM;
  if (!r)
    return error_failure();
  r->network = network;
  r->device = device;
  int status = list_layers(r);
  if (!status)
    status = supply_open(&r->supply, data, feeding, NULL, &room);
  if (!status)
    status = make_room(r, feeding->batch);
  if (!status)
    status = program_create(&r->program, network, device, feeding->batch, PROGRAM_EVALUATE | PROGRAM_APART, 0);
  if (status) {
    repair_free(r);
    *repair = NULL;
  }
  return status;
}

/* --- one pass --- */

/* One batch's mean and variance of a layer's outputs, added to the sums; with a goal the outputs become it. */
static int normalise(struct repair *r, int i, place output, const struct run *run, const double *goal) {
  const struct device_ops *ops = r->device->ops;
  const struct hidden_layer *layer = &r->layer[i];
  const int64_t channels = layer->channels, at = r->at[i];
  const struct op op = {.kind = OP_NORM,
                        .element = STRAIT_F32,
                        .norm = {.positions = layer->positions,
                                 .channels = channels,
                                 .momentum = 1,
                                 .epsilon = EPSILON,
                                 .x = output,
                                 .scale = r->scale,
                                 .shift = r->shift,
                                 .running_mean = r->shift, /* not read: the statistics are the batch's */
                                 .running_variance = r->shift,
                                 .y = goal ? r->output : NO_PLACE,
                                 .saved = r->saved}};
  for (int64_t c = 0; goal && c < channels; c++) {
    r->host[c] = (float)goal[r->units + at + c];
    r->host[channels + c] = (float)goal[at + c];
  }
  if (goal) {
    ops->upload(r->device, r->scale, r->host, channels);
    ops->upload(r->device, r->shift, r->host + channels, channels);
  }
  int status = ops->reserve(r->device, &op, run->samples, FORWARD);
  if (status)
    return status;
  device_run(r->device, &op, FORWARD, run);
  if (goal)
    ops->copy(r->device, output, r->output, run->samples * layer->positions * channels);
  ops->download(r->device, r->host, r->saved, 3 * channels);
  for (int64_t c = 0; c < channels; c++) {
    r->mean[at + c] += (double)run->samples * (double)r->host[c];
    r->variance[at + c] += (double)run->samples * (double)r->host[2 * channels + c];
  }
  return STRAIT_OK;
}

static int pass_batch(struct repair *r, const struct batch *batch, const double *goal) {
  const struct run run = {.samples = batch->samples, .batch_statistics = 1};
  int status = stop_check();
  r->device->ops->upload(r->device, program_input(r->program), batch->x, batch->samples * r->supply.words);
  for (int step = 0; !status && step < program_steps(r->program); step++) {
    place output;
    const int node = program_step(r->program, step, &run, &output);
    for (int i = 0; !status && i < r->layers; i++)
      if (r->layer[i].node == node)
        status = normalise(r, i, output, &run, goal);
  }
  return status ? status : program_status(r->program);
}

/* Means and variances of all units at these weights, the layers brought to their goal unless it is NULL. */
static int pass(struct repair *r, const float *weights, const double *goal) {
  struct batch batch;
  int64_t seen = 0;
  memset(r->mean, 0, (size_t)r->units * sizeof *r->mean);
  memset(r->variance, 0, (size_t)r->units * sizeof *r->variance);
  r->device->ops->upload(r->device, program_weights(r->program), weights, network_weights(r->network)->count);
  int status = supply_start(&r->supply);
  while (!status && seen < r->supply.samples) {
    status = supply_next(&r->supply, &batch);
    if (!status)
      status = pass_batch(r, &batch, goal);
    seen += batch.samples;
  }
  for (int64_t u = 0; !status && u < r->units; u++) {
    r->mean[u] /= (double)seen;
    r->variance[u] /= (double)seen;
  }
  return status;
}

/* --- goals, and the repair --- */

int repair_points(struct repair *r, int points, const float *const *theta) {
  int status = STRAIT_OK;
  memory_free(r->goal);
  r->points = points;
  r->goal = memory_alloc((size_t)(points + 1), 2 * (size_t)r->units * sizeof *r->goal);
  if (!r->goal)
    return error_failure();
  for (int i = 0; !status && i < points; i++) {
    double *goal = r->goal + 2 * r->units * i;
    status = pass(r, theta[i], NULL);
    for (int64_t u = 0; !status && u < r->units; u++) {
      goal[u] = r->mean[u];
      goal[r->units + u] = sqrt(r->variance[u]);
    }
  }
  return status;
}

/* Scales and shifts a layer so that its outputs, as the pass found them, come to their goal. */
static void fuse(const struct repair *r, int i, const double *goal, float *weights) {
  const struct layout *layout = network_weights(r->network);
  const struct segment *weight = &layout->segment[r->layer[i].weight], *bias = &layout->segment[r->layer[i].bias];
  const int64_t row = weight->count / r->layer[i].channels;
  for (int64_t c = 0; c < r->layer[i].channels; c++) {
    const int64_t u = r->at[i] + c;
    const double factor = goal[r->units + u] / sqrt(r->variance[u] + EPSILON);
    float *w = weights + weight->offset + c * row, *b = weights + bias->offset + c;
    for (int64_t k = 0; k < row; k++)
      w[k] = (float)(factor * (double)w[k]);
    *b = (float)(goal[u] + factor * ((double)*b - r->mean[u]));
  }
}

int repair_weights(struct repair *r, const double *c, float *weights) {
  double *goal = r->goal + 2 * r->units * r->points;
  int others = 0;
  for (int i = 0; i < r->points; i++)
    others += c[i] != 0;
  if (others <= 1)
    return STRAIT_OK;
  memset(goal, 0, 2 * (size_t)r->units * sizeof *goal);
  for (int i = 0; i < r->points; i++)
    for (int64_t u = 0; u < 2 * r->units; u++)
      goal[u] += c[i] * r->goal[2 * r->units * i + u];
  int status = pass(r, weights, goal);
  for (int i = 0; !status && i < r->layers; i++)
    fuse(r, i, goal, weights);
  return status;
}
