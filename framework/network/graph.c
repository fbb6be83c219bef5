/* network/graph.c: the builder that a model's build() calls: nodes, names, parameters, and the first failure. */
#include <math.h>
#include <string.h>

#include "network/layers/layer.h"
#include "plugin/registry.h" /* ops_copy */

static struct graph *graph_of(strait_graph *g) { return (struct graph *)g; }

strait_node graph_failed(struct graph *graph) {
  if (!graph->failure.status)
    error_take(&graph->failure);
  return -1;
}

const char *graph_describe(struct graph *graph, const struct node *node) {
  const char *text = "the input";
  if (node->name)
    text = arena_format(graph->arena, "node \"%s\" (%s)", node->name, node->layer->name);
  else if (node->layer != &layer_input && node->near)
    text = arena_format(graph->arena, "%s after \"%s\"", node->layer->name, node->near);
  else if (node->layer != &layer_input)
    text = arena_format(graph->arena, "%s of the input", node->layer->name);
  return text ? text : node->layer->name;
}

const char *graph_operand(struct graph *graph, const struct node *node) {
  const char *text = node->name ? arena_format(graph->arena, "\"%s\"", node->name) : NULL;
  return text ? text : graph_describe(graph, node);
}

/* Inputs must be nodes of this graph; -1 is an earlier failure passed on. */
static int check_inputs(struct graph *graph, const struct node *node) {
  for (int i = 0; i < node->inputs; i++)
    if (node->input[i] < 0 || (size_t)node->input[i] >= graph->count)
      return error_set(STRAIT_EINVAL, "%s %s: %d is not a node of this graph", node->layer->name,
                       node->name ? node->name : "without a name", node->input[i]);
  return STRAIT_OK;
}

/* Its inputs' types must be such as it takes. */
static int check_elements(struct graph *graph, struct node *node) {
  const unsigned takes = node->layer->takes ? node->layer->takes : 1u << STRAIT_F32;
  for (int i = 0; i < node->inputs; i++)
    if (!(takes >> node_input(graph, node, i)->element & 1))
      return error_set(STRAIT_EINVAL, "%s: it does not take the type of numbers that %s gives",
                       graph_describe(graph, node), graph_operand(graph, node_input(graph, node, i)));
  node->element = node->layer->gives ? node->layer->gives : node_input(graph, node, 0)->element;
  return STRAIT_OK;
}

/* Keeps what the caller gave of the node: its name copied, its surroundings noted, its shape inferred. */
static int complete(struct graph *graph, struct node *node) {
  int status = check_inputs(graph, node);
  if (status < 0)
    return status;
  const struct node *first = &graph->nodes[node->input[0]];
  if (node->name) {
    if (!*node->name)
      return error_set(STRAIT_EINVAL, "%s after \"%s\": the layer has no name", node->layer->name,
                       first->near ? first->near : "input");
    node->name = arena_copy(graph->arena, node->name);
    if (!node->name)
      return error_failure();
  }
  node->near = node->name ? node->name : first->near;
  status = check_elements(graph, node);
  return status < 0 ? status : infer_shape(graph, node);
}

/* NAME.SUFFIX, as a segment. */
static int use_segment(struct graph *graph, const struct node *node, struct segments *segments, const char *suffix,
                       const struct shape *shape, uint32_t init, double value) {
  const char *name = !*suffix ? node->name
                     : node->layer->numbered
                         ? arena_format(graph->arena, "%s.%s_l%lld", node->name, suffix, (long long)node->integer[0])
                         : arena_format(graph->arena, "%s.%s", node->name, suffix);
  if (!name)
    return error_failure();
  return segments_use(segments, graph->arena, graph_describe(graph, node), name, shape, init, value);
}

static int64_t axis_size(const struct graph *graph, const struct node *node, uint32_t axis) {
  switch (axis) {
  case AXIS_OUT:
    return node_channels(node);
  case AXIS_IN:
    return node_channels(node_input(graph, node, 0));
  case AXIS_KERNEL_HEIGHT:
    return node->window.kernel[0];
  case AXIS_KERNEL_WIDTH:
    return node->window.kernel[1];
  case AXIS_POSITIONS:
    return node->size / node_channels(node);
  case AXIS_TOKENS:
    return node->integer[0];
  default:
    return 4 * node_channels(node);
  }
}

int has_leading(const struct node *node, const struct layer_parameter *parameter) {
  return parameter->leading && node->integer[node->layer->integers - 1];
}

static int use_parameters(struct graph *graph, struct node *node) {
  for (const struct layer_parameter *p = node->layer->parameters; p && p->suffix; p++) {
    struct shape shape = {0};
    if (p->bias && node->flags & STRAIT_NO_BIAS)
      continue;
    if (has_leading(node, p))
      shape.dims[shape.rank++] = 1;
    for (int a = 0; a < 4 && p->axis[a]; a++)
      shape.dims[shape.rank++] = axis_size(graph, node, p->axis[a]);
    int number = use_segment(graph, node, &graph->weights, p->suffix, &shape, p->init,
                             p->scale ? p->scale(graph, node) : p->value);
    if (number < 0)
      return number;
    node->parameter[node->parameters++] = number;
  }
  return STRAIT_OK;
}

static int use_statistics(struct graph *graph, struct node *node) {
  const struct layer_statistic *statistics = node->layer->statistics;
  const struct shape channels = {1, {node_channels(node)}};
  for (int i = 0; statistics && i < 2; i++) {
    node->statistics[i] = use_segment(graph, node, &graph->statistics, statistics[i].suffix, &channels,
                                      STRAIT_INIT_CONSTANT, statistics[i].start);
    if (node->statistics[i] < 0)
      return node->statistics[i];
  }
  return STRAIT_OK;
}

/* NAME.state. A name used again has the state again, as it has the parameters. */
static int use_state(struct graph *graph, struct node *node) {
  node->state = -1;
  if (!node->layer->state)
    return STRAIT_OK;
  const struct layer_state state = node->layer->state(graph, node);
  const struct shape shape = {1, {element_words(state.element, state.count)}};
  node->state = use_segment(graph, node, &graph->states, "state", &shape, STRAIT_INIT_CONSTANT, 0);
  if (node->state >= 0)
    graph->states.list[node->state].element = state.element;
  return node->state;
}

/* Adds a node made of what the caller filled. */
static strait_node add_node(struct graph *graph, struct node node) {
  if (graph->failure.status)
    return -1;
  if (memory_grow(&graph->nodes, &graph->capacity, graph->count + 1, sizeof *graph->nodes) < 0)
    return graph_failed(graph);
  int status = complete(graph, &node);
  if (status >= 0)
    status = use_parameters(graph, &node);
  if (status >= 0)
    status = use_statistics(graph, &node);
  if (status >= 0)
    status = use_state(graph, &node);
  if (status < 0)
    return graph_failed(graph);
  graph->nodes[graph->count] = node;
  return (strait_node)graph->count++;
}

/* A window of any size, with its zeros replaced by their meaning. */
static strait_window whole_window(const strait_window *given, int pool) {
  strait_window window;
  ops_copy(&window, sizeof window, given);
  for (int i = 0; i < 2; i++)
    if (!window.stride[i])
      window.stride[i] = pool ? window.kernel[i] : 1;
  return window;
}

static const char *given_name(const char *name) { return name ? name : ""; }

STRAIT_PRINTF(2, 0)
static const char *build_name(strait_graph *g, const char *format, va_list arguments) {
  struct graph *graph = graph_of(g);
  const char *name = arena_format_v(graph->arena, format, arguments);
  if (!name)
    graph_failed(graph);
  return name ? name : "";
}

static uint32_t build_shape(strait_graph *g, strait_node x, int64_t dims[STRAIT_MAX_DIMS]) {
  struct graph *graph = graph_of(g);
  for (int i = 0; i < STRAIT_MAX_DIMS; i++)
    dims[i] = 1;
  if (graph->failure.status || x < 0 || (size_t)x >= graph->count)
    return 0;
  const struct shape *shape = &graph->nodes[x].shape;
  memcpy(dims, shape->dims, shape->rank * sizeof dims[0]);
  return shape->rank;
}

static int64_t build_classes(strait_graph *g) { return graph_of(g)->signature->classes; }

STRAIT_PRINTF(2, 0)
static strait_node build_fail(strait_graph *g, const char *format, va_list arguments) {
  struct graph *graph = graph_of(g);
  if (!graph->failure.status)
    error_set_v(STRAIT_EINVAL, format, arguments);
  return graph_failed(graph);
}

static int32_t build_parameter(strait_graph *g, const char *name, uint32_t rank, const int64_t *dims) {
  struct graph *graph = graph_of(g);
  struct shape shape = {rank, {0}};
  int number;
  if (graph->failure.status)
    return -1;
  if (!name || !*name || rank < 1 || rank > STRAIT_MAX_DIMS) {
    error_set(STRAIT_EINVAL, "parameter \"%s\": it needs a name and 1 to %d dimensions", given_name(name),
              STRAIT_MAX_DIMS);
    return graph_failed(graph);
  }
  memcpy(shape.dims, dims, rank * sizeof dims[0]);
  for (uint32_t i = 0; i < rank; i++)
    if (dims[i] < 1) {
      char text[SHAPE_TEXT];
      error_set(STRAIT_EINVAL, "parameter \"%s\" %s: every dimension must be at least 1", name,
                shape_text(&shape, text));
      return graph_failed(graph);
    }
  number = segments_use(&graph->weights, graph->arena, "the model", name, &shape, STRAIT_INIT_CONSTANT, 0);
  return number < 0 ? graph_failed(graph) : number;
}

static void build_initialise(strait_graph *g, const char *parameter, uint32_t kind, double a) {
  struct graph *graph = graph_of(g);
  if (graph->failure.status)
    return;
  int number = segments_find(&graph->weights, given_name(parameter));
  if (number < 0) {
    error_set(STRAIT_EINVAL, "no parameter \"%s\" to initialise: declare it first", given_name(parameter));
    graph_failed(graph);
  } else if (kind < STRAIT_INIT_CONSTANT || kind > STRAIT_INIT_UNIFORM || !isfinite(a) ||
             (kind != STRAIT_INIT_CONSTANT && a < 0)) {
    error_set(STRAIT_EINVAL,
              "parameter \"%s\": cannot start as kind %u with %g; a deviation or bound is finite and "
              "not negative",
              parameter, kind, a);
    graph_failed(graph);
  } else {
    graph->weights.list[number].init = kind;
    graph->weights.list[number].init_value = a;
  }
}

static strait_node build_linear(strait_graph *g, strait_node x, const char *name, int64_t out, uint32_t flags) {
  struct node node = {
      .layer = &layer_linear, .name = given_name(name), .inputs = 1, .input = {x}, .out = out, .flags = flags};
  return add_node(graph_of(g), node);
}

static strait_node build_conv2d(strait_graph *g, strait_node x, const char *name, int64_t out,
                                const strait_window *window, uint32_t flags) {
  struct node node = {
      .layer = &layer_conv, .name = given_name(name), .inputs = 1, .input = {x}, .out = out, .flags = flags};
  node.window = whole_window(window, 0);
  return add_node(graph_of(g), node);
}

static strait_node build_batch_norm(strait_graph *g, strait_node x, const char *name, double momentum, double epsilon) {
  struct node node = {.layer = &layer_norm, .name = given_name(name), .inputs = 1, .input = {x}};
  node.momentum = momentum;
  node.epsilon = epsilon;
  return add_node(graph_of(g), node);
}

static strait_node build_relu(strait_graph *g, strait_node x) {
  return add_node(graph_of(g), (struct node){.layer = &layer_relu, .inputs = 1, .input = {x}});
}

static strait_node build_max_pool(strait_graph *g, strait_node x, const strait_window *window) {
  struct node node = {.layer = &layer_max_pool, .inputs = 1, .input = {x}};
  node.window = whole_window(window, 1);
  return add_node(graph_of(g), node);
}

static strait_node build_avg_pool(strait_graph *g, strait_node x, const strait_window *window) {
  struct node node = {.layer = &layer_avg_pool, .inputs = 1, .input = {x}};
  node.window = whole_window(window, 1);
  return add_node(graph_of(g), node);
}

/* One window over the whole image. */
static strait_node build_global_avg_pool(strait_graph *g, strait_node x) {
  int64_t dims[STRAIT_MAX_DIMS];
  build_shape(g, x, dims);
  strait_window window = {sizeof window, 0, {dims[1], dims[2]}, {dims[1], dims[2]}, {0, 0}};
  return build_avg_pool(g, x, &window);
}

static strait_node build_add(strait_graph *g, strait_node a, strait_node b) {
  return add_node(graph_of(g), (struct node){.layer = &layer_add, .inputs = 2, .input = {a, b}});
}

static strait_node build_flatten(strait_graph *g, strait_node x) {
  return add_node(graph_of(g), (struct node){.layer = &layer_flatten, .inputs = 1, .input = {x}});
}

static strait_node build_dropout(strait_graph *g, strait_node x, double probability) {
  struct graph *graph = graph_of(g);
  struct node node = {.layer = &layer_dropout, .inputs = 1, .input = {x}};
  node.probability = probability;
  node.stream = graph->dropouts++;
  return add_node(graph, node);
}

/* Fills a custom node, whose operation is kept in the arena, or fails. */
static int fill_custom(struct graph *graph, struct node *node, const strait_operation *given, uint32_t input_count,
                       const strait_node *inputs, uint32_t parameter_count, const int32_t *parameters) {
  strait_operation *operation = arena_alloc(graph->arena, 1, sizeof *operation);
  if (!operation)
    return error_failure();
  ops_copy(operation, sizeof *operation, given);
  node->operation = operation;
  if (input_count < 1 || input_count > OP_SLOTS || parameter_count > OP_SLOTS)
    return error_set(STRAIT_EINVAL,
                     "node \"%s\" (custom): %u inputs and %u parameters; 1 to %d and 0 to %d are possible", node->name,
                     input_count, parameter_count, OP_SLOTS, OP_SLOTS);
  if (!operation->forward || !operation->backward || operation->workspace < 0 || operation->workspace > SIZE_LIMIT)
    return error_set(STRAIT_EINVAL,
                     "node \"%s\" (custom): it needs forward and backward, and a workspace from 0 to 2^40", node->name);
  for (uint32_t i = 0; i < parameter_count; i++)
    if (parameters[i] < 0 || parameters[i] >= graph->weights.layout.segments)
      return error_set(STRAIT_EINVAL, "node \"%s\" (custom): %d is not a parameter of this graph", node->name,
                       parameters[i]);
  node->inputs = (int)input_count;
  node->parameters = (int)parameter_count;
  memcpy(node->input, inputs, input_count * sizeof inputs[0]);
  if (parameter_count)
    memcpy(node->parameter, parameters, parameter_count * sizeof parameters[0]);
  return STRAIT_OK;
}

static strait_node build_custom(strait_graph *g, const char *name, const strait_operation *operation,
                                uint32_t input_count, const strait_node *inputs, uint32_t parameter_count,
                                const int32_t *parameters) {
  struct graph *graph = graph_of(g);
  struct node node = {.layer = &layer_custom, .name = given_name(name)};
  if (graph->failure.status)
    return -1;
  if (fill_custom(graph, &node, operation, input_count, inputs, parameter_count, parameters) < 0)
    return graph_failed(graph);
  return add_node(graph, node);
}

/* Judges the inputs and settings by the layer's row. */
static int check_given(const struct layer *layer, const strait_layer *given) {
  const uint32_t wanted = (uint32_t)layer->inputs;
  if (wanted ? given->input_count != wanted : given->input_count < 1 || given->input_count > OP_SLOTS)
    return error_set(STRAIT_EINVAL, "%s: %u inputs; it takes %s%d", layer->name, given->input_count,
                     wanted ? "" : "1 to ", wanted ? layer->inputs : OP_SLOTS);
  if (given->integer_count != (uint32_t)layer->integers || given->real_count != (uint32_t)layer->reals)
    return error_set(STRAIT_EINVAL, "%s: %u integers and %u reals; it takes %d and %d", layer->name,
                     given->integer_count, given->real_count, layer->integers, layer->reals);
  if (given->name && !layer->parameters && !layer->state)
    return error_set(STRAIT_EINVAL, "%s \"%s\": it has no parameters, and so no name", layer->name, given->name);
  return STRAIT_OK;
}

strait_node graph_add(struct graph *graph, const struct layer *layer, const strait_layer *given) {
  struct node node = {.layer = layer, .name = layer->parameters || layer->state ? given_name(given->name) : NULL};
  if (graph->failure.status)
    return -1;
  if (check_given(layer, given))
    return graph_failed(graph);
  node.inputs = (int)given->input_count;
  memcpy(node.input, given->inputs, given->input_count * sizeof given->inputs[0]);
  if (given->integer_count)
    memcpy(node.integer, given->integers, given->integer_count * sizeof given->integers[0]);
  node.flags = layer->flagged ? (uint32_t)node.integer[0] : 0;
  if (given->real_count)
    memcpy(node.real, given->reals, given->real_count * sizeof given->reals[0]);
  return add_node(graph, node);
}

static strait_node build_layer(strait_graph *g, const strait_layer *theirs) {
  struct graph *graph = graph_of(g);
  strait_layer given;
  ops_copy(&given, sizeof given, theirs);
  const struct layer *layer = graph->failure.status ? NULL : layer_find(given_name(given.kind));
  return layer ? graph_add(graph, layer, &given) : graph_failed(graph);
}

static const strait_graph_ops builder_ops = {
    .size = sizeof builder_ops,
    .name = build_name,
    .shape = build_shape,
    .classes = build_classes,
    .fail = build_fail,
    .parameter = build_parameter,
    .initialise = build_initialise,
    .linear = build_linear,
    .conv2d = build_conv2d,
    .batch_norm = build_batch_norm,
    .relu = build_relu,
    .max_pool = build_max_pool,
    .avg_pool = build_avg_pool,
    .global_avg_pool = build_global_avg_pool,
    .add = build_add,
    .flatten = build_flatten,
    .dropout = build_dropout,
    .custom = build_custom,
    .layer = build_layer,
};

int graph_begin(struct graph *graph, struct arena *arena, const struct signature *signature) {
  struct node input = {.layer = &layer_input,
                       .element = signature->element ? signature->element : STRAIT_F32,
                       .state = -1,
                       .shape = {signature->rank, {0}}};
  memcpy(input.shape.dims, signature->dims, sizeof input.shape.dims);
  *graph = (struct graph){.base = {&builder_ops}, .arena = arena, .signature = signature};
  for (uint32_t i = 0; i < signature->rank; i++)
    if (signature->dims[i] < 1)
      return error_set(STRAIT_EINVAL, "the input's dimensions vary or are empty; a model needs samples of one shape");
  input.size = shape_size(&input.shape);
  if (signature->rank < 1 || signature->rank > STRAIT_MAX_DIMS || input.size < 0 || signature->classes < 1)
    return error_set(STRAIT_EINVAL,
                     "a sample of %u dimensions, %lld classes: a model needs 1 to %d dimensions, at most "
                     "2^40 numbers and at least one class",
                     signature->rank, (long long)signature->classes, STRAIT_MAX_DIMS);
  if (memory_grow(&graph->nodes, &graph->capacity, 1, sizeof *graph->nodes) < 0)
    return error_failure();
  graph->nodes[graph->count++] = input;
  return STRAIT_OK;
}

void graph_end(struct graph *graph) {
  memory_free(graph->nodes);
  segments_free(&graph->weights);
  segments_free(&graph->statistics);
  segments_free(&graph->states);
}
