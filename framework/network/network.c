/* network/network.c: a model instance's graph built, checked and kept. */
#include <string.h>

#include "network/layers/layer.h"
#include "plugin/registry.h"

/* The shape that the target wants at the output. */
static int check_output(struct network *network, strait_node output) {
  const struct signature *signature = &network->signature;
  char got[SHAPE_TEXT], wanted[SHAPE_TEXT];
  if (output == -1) /* the failed node, and nothing failed */
    return error_set(STRAIT_EBUG, "build refused, and did not say why (strait_refuse does)");
  if (output < 0 || (size_t)output >= network->graph.count)
    return error_set(STRAIT_EINVAL, "build returned %d, which is not a node of its graph", output);
  const struct node *node = &network->graph.nodes[output];
  struct shape expected = {1, {signature->classes}};
  if (signature->target == STRAIT_TARGET_CLASSES)
    expected = (struct shape){2, {signature->dims[0], signature->classes}};
  if (shape_equal(&node->shape, &expected))
    return STRAIT_OK;
  return error_set(STRAIT_EINVAL, "%s is the output and has the shape %s; the data wants %s",
                   graph_describe(&network->graph, node), shape_text(&node->shape, got), shape_text(&expected, wanted));
}

static int build(struct network *network) {
  const strait_model_ops *theirs = object_ops(network->model);
  strait_model_ops ops;
  int status = graph_begin(&network->graph, network->arena, &network->signature);
  if (status < 0)
    return status;
  ops_copy(&ops, sizeof ops, theirs);
  if (!ops.build)
    return error_set(STRAIT_EINVAL, "the model has no build operation");
  network->output = ops.build(network->model, &network->graph.base, 0);
  if (network->graph.failure.status)
    return error_give(&network->graph.failure);
  return check_output(network, network->output);
}

int network_create(struct network **result, const strait_object *model, const struct signature *signature) {
  struct network *network = memory_alloc(1, sizeof *network);
  *result = NULL;
  if (!network)
    return error_failure();
  network->arena = arena_create();
  network->model = model;
  network->signature = *signature;
  if (!network->arena || build(network) < 0) {
    error_wrap("model %s", model->cls->name);
    network_free(network);
    return error_failure();
  }
  *result = network;
  return STRAIT_OK;
}

void network_free(struct network *network) {
  if (!network)
    return;
  graph_end(&network->graph);
  arena_free(network->arena);
  memory_free(network);
}

int64_t signature_words(const struct signature *signature) {
  int64_t words = 1;
  for (uint32_t i = 0; i < signature->rank; i++)
    words *= signature->dims[i];
  return words;
}

int64_t signature_rows(const struct signature *signature) {
  return signature->target == STRAIT_TARGET_CLASSES ? signature->dims[0] : 1;
}

int64_t signature_targets(const struct signature *signature) {
  return signature->target == STRAIT_TARGET_REAL ? signature->classes : signature_rows(signature);
}

const struct signature *network_signature(const struct network *network) { return &network->signature; }

const struct layout *network_weights(const struct network *network) { return &network->graph.weights.layout; }

const struct layout *network_statistics(const struct network *network) { return &network->graph.statistics.layout; }

const struct layout *network_states(const struct network *network) { return &network->graph.states.layout; }

const char *network_model(const struct network *network) { return network->model->cls->name; }

int64_t network_multiply_adds(const struct network *network) {
  const struct graph *graph = &network->graph;
  int64_t sum = 0;
  for (size_t i = 0; i < graph->count; i++) {
    const struct node *node = &graph->nodes[i];
    if (node->layer->multiply_adds)
      sum += node->layer->multiply_adds(graph, node);
  }
  return sum;
}

void network_counts(const struct op *op, int direction, const struct run *run, struct counts *counts) {
  const struct layer *layer = layer_of(op);
  if (layer)
    layer->counts(op, direction, run, counts);
}

static int node_same(const struct node *a, const struct node *b) {
  return a->layer == b->layer && !a->name == !b->name && (!a->name || !strcmp(a->name, b->name)) &&
         shape_equal(&a->shape, &b->shape) && a->inputs == b->inputs && !memcmp(a->input, b->input, sizeof a->input) &&
         a->parameters == b->parameters && !memcmp(a->parameter, b->parameter, sizeof a->parameter) &&
         !memcmp(&a->window, &b->window, sizeof a->window) && a->momentum == b->momentum && a->epsilon == b->epsilon &&
         a->probability == b->probability && !memcmp(a->integer, b->integer, sizeof a->integer) &&
         !memcmp(a->real, b->real, sizeof a->real) && !a->operation == !b->operation;
}

int network_same(const struct network *a, const struct network *b) {
  const struct layout *x = &a->graph.weights.layout, *y = &b->graph.weights.layout;
  if (a->graph.count != b->graph.count)
    return error_set(STRAIT_EBUG, "%zu nodes, then %zu", a->graph.count, b->graph.count);
  for (size_t i = 0; i < a->graph.count; i++)
    if (!node_same(&a->graph.nodes[i], &b->graph.nodes[i]))
      return error_set(STRAIT_EBUG, "node %zu is %s, then %s", i,
                       graph_describe((struct graph *)&a->graph, &a->graph.nodes[i]),
                       graph_describe((struct graph *)&b->graph, &b->graph.nodes[i]));
  if (layout_match(x, y, "the second graph"))
    return error_failure();
  for (int i = 0; i < x->segments; i++)
    if (x->segment[i].init != y->segment[i].init || x->segment[i].init_value != y->segment[i].init_value)
      return error_set(STRAIT_EBUG, "%s starts with %g, then with %g", x->segment[i].name, x->segment[i].init_value,
                       y->segment[i].init_value);
  return a->output == b->output ? STRAIT_OK
                                : error_set(STRAIT_EBUG, "node %d is the output, then %d", a->output, b->output);
}

int64_t network_norm_positions(const struct network *network, const char **layer) {
  int64_t least = 0;
  for (size_t i = 0; i < network->graph.count; i++) {
    const struct node *node = &network->graph.nodes[i];
    if (node->layer != &layer_norm)
      continue;
    int64_t positions = node->size / node_channels(node);
    if (!least || positions < least)
      least = positions, *layer = node->name;
  }
  return least;
}

int network_custom(const struct network *network, int number, struct custom *custom) {
  const struct graph *graph = &network->graph;
  for (size_t i = 0; i < graph->count; i++) {
    const struct node *node = &graph->nodes[i];
    if (!node->operation || number-- > 0)
      continue;
    *custom = (struct custom){.name = node->name, .operation = node->operation, .output = node->size};
    custom->inputs = (uint32_t)node->inputs, custom->parameters = (uint32_t)node->parameters;
    for (int k = 0; k < node->inputs; k++)
      custom->input[k] = graph->nodes[node->input[k]].size;
    for (int k = 0; k < node->parameters; k++) {
      const struct segment *segment = &graph->weights.list[node->parameter[k]];
      custom->parameter[k] = segment->count;
      custom->middle[k] = segment->init == STRAIT_INIT_CONSTANT ? segment->init_value : 0;
    }
    return 1;
  }
  return 0;
}

/* Do all who read this node normalise it? */
static int normed(const struct graph *graph, int node) {
  int readers = 0;
  for (size_t i = 0; i < graph->count; i++)
    for (int k = 0; k < graph->nodes[i].inputs; k++)
      if (graph->nodes[i].input[k] == node) {
        readers++;
        if (graph->nodes[i].layer != &layer_norm)
          return 0;
      }
  return readers > 0;
}

/* Does another node use the parameter too? */
static int shared(const struct graph *graph, int node, int parameter) {
  for (size_t i = 0; i < graph->count; i++)
    for (int k = 0; (int)i != node && k < graph->nodes[i].parameters; k++)
      if (graph->nodes[i].parameter[k] == parameter)
        return 1;
  return 0;
}

int network_hidden(const struct network *network, int number, struct hidden_layer *layer) {
  const struct graph *graph = &network->graph;
  for (int i = 0; i < (int)graph->count; i++) {
    const struct node *node = &graph->nodes[i];
    if (node->layer->channels != CHANNELS_NEW || node->parameters != 2 || i == network->output || normed(graph, i) ||
        shared(graph, i, node->parameter[0]) || number-- > 0)
      continue;
    *layer = (struct hidden_layer){i, node->parameter[0], node->parameter[1], node_channels(node),
                                   node->size / node_channels(node)};
    return 1;
  }
  return 0;
}
