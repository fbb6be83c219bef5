/* network/layers/lstm.c: one layer of an LSTM (Hochreiter and Schmidhuber, 1997) over the positions of a sequence, with
 * PyTorch's names and order of gates:
 *
 *   i, f, o = sigmoid, g = tanh of W_ih x + b_ih + W_hh h + b_hh;  c' = f c + i g;  h' = o tanh(c')
 *
 * Integers: the layer's number, its units. State, per sample: h, then c. Its aux, per sample: the gates (positions, 4
 * units), c (positions, units), and the h and c that it began with. */
#include <math.h>

#include "network/layers/layer.h"

static int shape(struct graph *graph, struct node *node) {
  const int64_t number = node->integer[0], units = node->integer[1];
  if (node->shape.rank != 2)
    return refuse_input(graph, node, "is not (positions, features)");
  if (number < 0 || units < 1 || units > SIZE_LIMIT)
    return error_set(STRAIT_EINVAL,
                     "%s: layer number %lld of %lld units; numbers start at 0, and a layer has at least "
                     "1 unit",
                     graph_describe(graph, node), (long long)number, (long long)units);
  node->shape.dims[1] = units;
  return STRAIT_OK;
}

static double bound(const struct graph *graph, const struct node *node) {
  (void)graph;
  return 1 / sqrt((double)node->integer[1]);
}

static const struct layer_parameter parameters[] = {
    {.suffix = "weight_ih", .axis = {AXIS_GATES, AXIS_IN}, .init = STRAIT_INIT_UNIFORM, .scale = bound},
    {.suffix = "weight_hh", .axis = {AXIS_GATES, AXIS_OUT}, .init = STRAIT_INIT_UNIFORM, .scale = bound},
    {.suffix = "bias_ih", .axis = {AXIS_GATES}, .init = STRAIT_INIT_UNIFORM, .scale = bound},
    {.suffix = "bias_hh", .axis = {AXIS_GATES}, .init = STRAIT_INIT_UNIFORM, .scale = bound},
    {0}};

static struct layer_state state(const struct graph *graph, const struct node *node) {
  (void)graph;
  return (struct layer_state){2 * node->integer[1], STRAIT_F32};
}

static struct layer_aux aux(const struct graph *graph, const struct node *node, int backward) {
  (void)graph, (void)backward;
  return (struct layer_aux){5 * node->size + 2 * node->integer[1], 0};
}

static int64_t multiply_adds(const struct graph *graph, const struct node *node) {
  return 4 * node->size * (node_channels(node_input(graph, node, 0)) + node->integer[1]);
}

static void counts(const struct op *op, int direction, const struct run *run, struct counts *counts) {
  const struct plain_op *plain = &op->plain;
  const double units = (double)plain->integer[1], positions = (double)plain->output_size / units;
  const double products =
      (double)run->samples * positions * (double)(plain->parameter_size[0] + plain->parameter_size[1]);
  counts_plain(op, direction, run, counts);
  counts->words += (double)run->samples * 5 * (double)plain->output_size;
  counts->multiply_adds = products * (direction == FORWARD ? 1 : 2);
}

const struct layer layer_lstm = {.name = "lstm",
                                 .op = OP_LSTM,
                                 .by_name = 1,
                                 .inputs = 1,
                                 .integers = 2,
                                 .numbered = 1,
                                 .shape = shape,
                                 .parameters = parameters,
                                 .state = state,
                                 .channels = CHANNELS_FIXED,
                                 .multiply_adds = multiply_adds,
                                 .keeps_inputs = 1,
                                 .keeps_output = 1,
                                 .aux = aux,
                                 .bind = bind_plain,
                                 .counts = counts};
