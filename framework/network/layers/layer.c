/* network/layers/layer.c: the rows by name, and what layers share. */
#include "network/layers/layer.h"

#include <string.h>

#include "base/text.h"

const struct layer layer_input = {.name = "input"};

#define LAYER_ROW(upper, lower) &layer_##lower,
static const struct layer *const rows[] = {LAYERS(LAYER_ROW)};
#undef LAYER_ROW
#define ROWS (sizeof rows / sizeof *rows)

const struct layer *layer_find(const char *name) {
  const char *names[ROWS], *nearest;
  size_t count = 0;
  for (size_t i = 0; i < ROWS; i++) {
    if (!rows[i]->by_name)
      continue;
    if (strcmp(rows[i]->name, name) == 0)
      return rows[i];
    names[count++] = rows[i]->name;
  }
  nearest = count ? text_nearest(name, names, count) : NULL;
  if (nearest)
    error_set(STRAIT_EINVAL, "no layer \"%s\"; did you mean \"%s\"?", name, nearest);
  else
    error_set(STRAIT_EINVAL, "no layer \"%s\"", name);
  return NULL;
}

const struct layer *layer_of(const struct op *op) {
  for (size_t i = 0; i < ROWS; i++)
    if (rows[i]->op == op->kind)
      return rows[i];
  return NULL;
}

int64_t node_channels(const struct node *node) {
  return node->shape.dims[node->shape.rank == 3 ? 0 : node->shape.rank - 1];
}

int refuse_input(struct graph *graph, const struct node *node, const char *what) {
  char shape[SHAPE_TEXT];
  return error_set(STRAIT_EINVAL, "%s: input %s %s", graph_describe(graph, node),
                   shape_text(&node_input(graph, node, 0)->shape, shape), what);
}

void bind_plain(const struct bound *b, struct op *op) {
  const struct node *node = b->node;
  struct plain_op *plain = &op->plain;
  *plain = (struct plain_op){.inputs = (uint32_t)node->inputs,
                             .parameters = (uint32_t)node->parameters,
                             .output_size = node->size,
                             .accumulate_dw = b->accumulate_dw,
                             .y = b->y,
                             .aux = b->aux,
                             .state = b->state,
                             .dy = b->dy};
  memcpy(plain->integer, node->integer, sizeof plain->integer);
  memcpy(plain->real, node->real, sizeof plain->real);
  for (int k = 0; k < node->inputs; k++) {
    plain->input_size[k] = node_input(b->graph, node, k)->size;
    plain->accumulate_dx[k] = b->accumulate[k];
    plain->x[k] = b->x[k];
    plain->dx[k] = b->dx[k];
  }
  for (int k = 0; k < node->parameters; k++) {
    plain->parameter_size[k] = b->graph->weights.list[node->parameter[k]].count;
    plain->w[k] = b->w[k];
    plain->dw[k] = b->dw[k];
  }
}

void counts_plain(const struct op *op, int direction, const struct run *run, struct counts *counts) {
  const struct plain_op *plain = &op->plain;
  double sample = (double)plain->output_size, whole = 0;
  for (uint32_t k = 0; k < plain->inputs; k++)
    sample += (direction == FORWARD ? 1 : 1 + times_written(plain->dx[k], plain->accumulate_dx[k])) *
              (double)plain->input_size[k];
  for (uint32_t k = 0; k < plain->parameters; k++)
    whole += (direction == FORWARD ? 1 : 1 + times_written(plain->dw[k], plain->accumulate_dw)) *
             (double)plain->parameter_size[k];
  counts->words = (double)run->samples * sample + whole;
}

/* Backward: dx from dy and W; dW from x and dy. */
void dense_counts(const struct dense *s, int direction, const struct run *run, struct counts *counts) {
  const double n = (double)run->samples;
  if (direction == FORWARD)
    *counts = (struct counts){n * s->multiply_adds, n * (s->x + s->y + s->add) + s->w};
  else
    *counts = (struct counts){n * s->multiply_adds * ((s->dx > 0) + (s->dw > 0)),
                              n * (s->y + s->dx * s->x + (s->dw > 0) * s->x) + (s->dx > 0) * s->w + s->dw * s->w};
}

int64_t dense_multiply_adds(const struct graph *graph, const struct node *node) {
  const struct segment *weight = &graph->weights.list[node->parameter[0]];
  return node->size * (weight->count / weight->dims[0]);
}
