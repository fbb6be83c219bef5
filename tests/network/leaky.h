/* tests/network/leaky.h: layers that only tests have. leaky has state that is carried from step to step: y = x + s / 2,
 * and s becomes y; its first integer says how s is kept: 0 as float32, 1 as i32, in 4096ths. onehot makes of each token
 * a row of as many numbers as its integer says, 1 at the token and else 0. They run on a device that adds them to those
 * of another one, by downloading and uploading. */
#ifndef TESTS_NETWORK_LEAKY_H
#define TESTS_NETWORK_LEAKY_H

#include <math.h>
#include <stdlib.h>

#include "network/layers/layer.h"

enum { OP_LEAKY = 1000, OP_ONEHOT };

static struct layer_state leaky_state(const struct graph *graph, const struct node *node) {
  (void)graph;
  return (struct layer_state){node->size, node->integer[0] ? STRAIT_I32 : STRAIT_F32};
}
static void leaky_counts(const struct op *op, int direction, const struct run *run, struct counts *counts) {
  counts_plain(op, direction, run, counts);
}
static const struct layer layer_leaky = {.name = "leaky",
                                         .op = OP_LEAKY,
                                         .by_name = 1,
                                         .inputs = 1,
                                         .integers = 1,
                                         .channels = CHANNELS_FIXED,
                                         .state = leaky_state,
                                         .bind = bind_plain,
                                         .counts = leaky_counts};

static int onehot_shape(struct graph *graph, struct node *node) {
  node->shape = (struct shape){2, {node_input(graph, node, 0)->shape.dims[0], node->integer[0]}};
  return STRAIT_OK;
}
static const struct layer layer_onehot = {.name = "onehot",
                                          .op = OP_ONEHOT,
                                          .by_name = 1,
                                          .inputs = 1,
                                          .integers = 1,
                                          .shape = onehot_shape,
                                          .takes = 1u << STRAIT_I32,
                                          .gives = STRAIT_F32,
                                          .channels = CHANNELS_FIXED,
                                          .bind = bind_plain,
                                          .counts = leaky_counts};

static inline strait_node onehot(strait_graph *g, strait_node x, int64_t classes) {
  const strait_layer given = {
      .size = sizeof given, .kind = "onehot", .input_count = 1, .inputs = &x, .integer_count = 1, .integers = &classes};
  return graph_add((struct graph *)(void *)g, &layer_onehot, &given);
}

static inline strait_node leaky(strait_graph *g, strait_node x, const char *name, int64_t kept) {
  const strait_layer given = {.size = sizeof given,
                              .kind = "leaky",
                              .name = name,
                              .input_count = 1,
                              .inputs = &x,
                              .integer_count = 1,
                              .integers = &kept};
  return graph_add((struct graph *)(void *)g, &layer_leaky, &given);
}

static const struct device_ops *leaky_inner; /* of the one device that has it */

static int leaky_supports(const struct device *d, const struct op *op) {
  return op->kind == OP_LEAKY || op->kind == OP_ONEHOT || leaky_inner->supports(d, op);
}

static int leaky_reserve(struct device *d, const struct op *op, int64_t samples, int directions) {
  return op->kind == OP_LEAKY || op->kind == OP_ONEHOT ? STRAIT_OK : leaky_inner->reserve(d, op, samples, directions);
}

static void onehot_run(struct device *d, const struct plain_op *op, int direction, const struct run *run) {
  const int64_t tokens = run->samples * op->input_size[0], classes = op->integer[0];
  int32_t *token = malloc((size_t)tokens * sizeof *token);
  float *y = calloc((size_t)(tokens * classes), sizeof *y);
  d->ops->download(d, token, op->x[0], tokens);
  for (int64_t i = 0; i < tokens; i++)
    y[i * classes + token[i]] = 1;
  if (direction == FORWARD)
    d->ops->upload(d, op->y, y, tokens * classes);
  free(token);
  free(y);
}

static void leaky_run(struct device *d, const struct op *record, int direction, const struct run *run) {
  if (record->kind == OP_ONEHOT) {
    onehot_run(d, &record->plain, direction, run);
    return;
  }
  if (record->kind != OP_LEAKY) {
    leaky_inner->run(d, record, direction, run);
    return;
  }
  const struct plain_op *op = &record->plain;
  const int64_t n = run->samples * op->output_size;
  float *x = malloc((size_t)n * sizeof *x), *state = malloc((size_t)n * sizeof *state);
  int32_t *fixed = (int32_t *)(void *)state;
  if (direction == BACKWARD) {
    d->ops->download(d, x, op->dy, n);
    d->ops->download(d, state, op->dx[0], n);
    for (int64_t i = 0; i < n; i++)
      x[i] += op->accumulate_dx[0] ? state[i] : 0;
    d->ops->upload(d, op->dx[0], x, n);
  } else {
    d->ops->download(d, x, op->x[0], n);
    d->ops->download(d, state, op->state, n);
    for (int64_t i = 0; i < n; i++) {
      x[i] += 0.5f * (op->integer[0] ? (float)fixed[i] / 4096 : state[i]);
      if (op->integer[0])
        fixed[i] = (int32_t)lrintf(4096 * x[i]);
      else
        state[i] = x[i];
    }
    d->ops->upload(d, op->y, x, n);
    if (run->carry)
      d->ops->upload(d, op->state, state, n);
  }
  free(x);
  free(state);
}

/* Adds the layer to the device; the table is the caller's and must outlive it. */
static inline void leaky_add(struct device *d, struct device_ops *table) {
  leaky_inner = d->ops;
  *table = *d->ops;
  table->supports = leaky_supports;
  table->reserve = leaky_reserve;
  table->run = leaky_run;
  d->ops = table;
}

#endif
