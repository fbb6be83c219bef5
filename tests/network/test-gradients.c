/* Loss, logits and gradients of small networks of every node kind, fused and not, against central differences of a
 * double precision reference (reference.c), which shares no code with the program. Both batch-norm modes, full and
 * short batches, and a device whose memory faults when anything but its operations touches it. */

#include "sequences.h"

/* --- the networks --- */

static strait_node classify(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_flatten(g, x), "fc", strait_classes(g), STRAIT_BIAS);
}

static strait_node linears(strait_graph *g, strait_node x) {
  x = strait_relu(g, strait_linear(g, x, "fc1", 6, STRAIT_BIAS));
  x = strait_relu(g, strait_linear(g, x, "fc2", 5, STRAIT_NO_BIAS));
  return strait_linear(g, x, "fc3", strait_classes(g), STRAIT_BIAS);
}

static strait_node positions(strait_graph *g, strait_node x) {
  x = strait_relu(g, strait_linear(g, x, "fc1", 6, STRAIT_BIAS));
  x = strait_relu(g, strait_batch_norm(g, x, "bn"));
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

static strait_node convolutions(strait_graph *g, strait_node x) {
  strait_window odd = {sizeof odd, 0, {2, 3}, {2, 1}, {1, 0}};
  x = strait_relu(g, strait_conv2d(g, x, "conv1", 4, 3, 1, 1, STRAIT_BIAS));
  x = strait_conv2d_window(g, x, "conv2", 3, &odd, STRAIT_NO_BIAS);
  x = strait_relu(g, strait_conv2d(g, x, "conv3", 5, 1, 2, 0, STRAIT_BIAS));
  return classify(g, strait_conv2d(g, x, "conv4", 2, 2, 1, 1, STRAIT_BIAS));
}

/* A relu whose layer is read by others too cannot be fused. */
static strait_node unfused(strait_graph *g, strait_node x) {
  strait_node y = strait_conv2d(g, x, "conv", 3, 3, 1, 1, STRAIT_BIAS);
  y = strait_add(g, strait_relu(g, y), y);
  strait_node z = strait_relu(g, strait_max_pool(g, y, 2, 2, 0));
  return classify(g, strait_relu(g, z));
}

static strait_node pools(strait_graph *g, strait_node x) {
  strait_window ceil = {sizeof ceil, 1, {3, 2}, {2, 2}, {0, 0}};
  x = strait_conv2d(g, x, "conv1", 4, 3, 1, 1, STRAIT_BIAS);
  strait_node a = strait_max_pool(g, x, 3, 2, 1);
  strait_node b = strait_avg_pool(g, x, 3, 2, 1);
  x = strait_conv2d(g, strait_add(g, a, b), "conv2", 3, 2, 1, 1, STRAIT_BIAS);
  a = strait_flatten(g, g->ops->max_pool(g, x, &ceil));
  b = strait_linear(g, strait_flatten(g, strait_global_avg_pool(g, x)), "fc1", 18, STRAIT_BIAS);
  return strait_linear(g, strait_add(g, a, b), "fc2", strait_classes(g), STRAIT_BIAS);
}

static strait_node norms(strait_graph *g, strait_node x) {
  x = strait_batch_norm(g, x, "bn0"); /* of the input: scale and shift have gradients, the input has none */
  x = strait_conv2d(g, x, "conv1", 4, 3, 1, 1, STRAIT_NO_BIAS);
  x = strait_relu(g, strait_batch_norm_with(g, x, "bn1", 0.9, 1e-3));
  x = strait_batch_norm(g, strait_avg_pool(g, x, 2, 2, 0), "bn2");
  x = strait_linear(g, strait_flatten(g, x), "fc1", 6, STRAIT_BIAS);
  x = strait_relu(g, strait_batch_norm(g, x, "bn3"));
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

static strait_node unit(strait_graph *g, strait_node x, const char *name, int64_t stride) {
  x = strait_relu(g, strait_batch_norm(g, x, strait_name(g, "%s.bn", name)));
  return strait_conv2d(g, x, strait_name(g, "%s.conv", name), 4, 3, stride, 1, STRAIT_NO_BIAS);
}

static strait_node residual(strait_graph *g, strait_node x) {
  x = strait_conv2d(g, x, "conv", 3, 3, 1, 1, STRAIT_NO_BIAS);
  strait_node y = unit(g, unit(g, x, "a", 2), "b", 1);
  x = strait_add(g, y, strait_conv2d(g, x, "down", 4, 1, 2, 0, STRAIT_NO_BIAS));
  x = strait_add(g, unit(g, x, "c", 1), x);
  x = strait_add(g, x, unit(g, x, "d", 1));
  x = strait_relu(g, strait_batch_norm(g, x, "bn"));
  return classify(g, strait_global_avg_pool(g, x));
}

/* Outputs that grow and are read through a batch norm are made again by backward, but not from one that is itself. */
static strait_node grown(strait_graph *g, strait_node x) {
  x = strait_conv2d(g, x, "conv0", 2, 3, 1, 1, STRAIT_BIAS);
  for (int i = 1; i <= 4; i++) {
    x = strait_relu(g, strait_batch_norm(g, x, strait_name(g, "bn%d", i)));
    strait_node y = strait_conv2d(g, x, strait_name(g, "conv%d", i), 2 << i, 3, 1 + i / 3, 1, STRAIT_NO_BIAS);
    x = i < 3 ? y : strait_add(g, y, strait_conv2d(g, x, strait_name(g, "down%d", i), 2 << i, 1, 2, 0, STRAIT_NO_BIAS));
  }
  return classify(g, strait_global_avg_pool(g, x));
}

/* The older kind: relu after the sum; and sums of fused relus, whose backward masks the shared gradient in place. */
static strait_node residual_v1(strait_graph *g, strait_node x) {
  strait_node a = strait_relu(g, strait_conv2d(g, x, "a", 3, 3, 1, 1, STRAIT_BIAS));
  strait_node b = strait_relu(g, strait_conv2d(g, x, "b", 3, 3, 1, 1, STRAIT_BIAS));
  x = strait_relu(g, strait_add(g, a, b));
  strait_node c = strait_relu(g, strait_conv2d(g, x, "c", 3, 1, 1, 0, STRAIT_BIAS));
  x = strait_relu(g, strait_add(g, strait_add(g, c, x), a));
  return classify(g, x);
}

static strait_node sums(strait_graph *g, strait_node x) {
  strait_node a = strait_linear(g, x, "fc1", 5, STRAIT_BIAS);
  strait_node b = strait_add(g, a, a);
  strait_node c = strait_add(g, b, a);
  strait_node d = strait_relu(g, c);
  strait_node e = strait_add(g, strait_add(g, d, c), strait_relu(g, b));
  return strait_linear(g, strait_relu(g, strait_add(g, e, e)), "fc2", strait_classes(g), STRAIT_BIAS);
}

/* fc1 is used twice, the second time without its bias; the whole of bn is used twice. */
static strait_node shared(strait_graph *g, strait_node x) {
  x = strait_relu(g, strait_linear(g, x, "fc1", 7, STRAIT_BIAS));
  x = strait_batch_norm(g, x, "bn");
  x = strait_relu(g, strait_linear(g, x, "fc1", 7, STRAIT_NO_BIAS));
  x = strait_batch_norm(g, x, "bn");
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

/* Flattens that permute, and that don't. */
static strait_node flattens(strait_graph *g, strait_node x) {
  strait_node a = strait_flatten(g, strait_conv2d(g, x, "conv1", 1, 3, 1, 1, STRAIT_BIAS));
  strait_node b = strait_flatten(g, x);
  strait_node c = strait_flatten(g, strait_conv2d(g, x, "conv2", 6, 4, 1, 0, STRAIT_BIAS));
  a = strait_linear(g, strait_flatten(g, a), "fc1", 6, STRAIT_BIAS);
  b = strait_linear(g, b, "fc2", 6, STRAIT_NO_BIAS);
  return strait_linear(g, strait_add(g, strait_add(g, a, b), c), "fc3", strait_classes(g), STRAIT_BIAS);
}

/* What does not reach the output has a gradient of zero. */
static strait_node unused(strait_graph *g, strait_node x) {
  int64_t dims[] = {3, 2};
  strait_parameter(g, "nobody", 2, dims);
  strait_node y = strait_relu(g, strait_linear(g, strait_relu(g, x), "fc1", 5, STRAIT_BIAS));
  strait_linear(g, y, "aside", 9, STRAIT_BIAS);
  return strait_linear(g, y, "fc2", strait_classes(g), STRAIT_BIAS);
}

static strait_node bare(strait_graph *g, strait_node x) { return strait_add(g, strait_relu(g, x), x); }

static strait_node nothing(strait_graph *g, strait_node x) { return (void)g, x; }

/* --- custom operations --- */

static int64_t elements(const strait_block *b) { return b->samples * *(const int64_t *)b->context; }

/* y = x sigmoid(beta x), beta one number; the workspace keeps the sigmoid. */
static int32_t swish_forward(const void *self, const strait_block *b) {
  (void)self;
  for (int64_t i = 0; i < elements(b); i++) {
    b->workspace[i] = 1 / (1 + expf(-b->parameters[0][0] * b->inputs[0][i]));
    b->output[i] = b->inputs[0][i] * b->workspace[i];
  }
  return STRAIT_OK;
}

static int32_t swish_backward(const void *self, const strait_block *b) {
  (void)self;
  for (int64_t i = 0; i < elements(b); i++) {
    float x = b->inputs[0][i], s = b->workspace[i], slope = x * s * (1 - s);
    if (b->input_gradients[0])
      b->input_gradients[0][i] = b->output_gradient[i] * (s + b->parameters[0][0] * slope);
    b->parameter_gradients[0][0] += b->output_gradient[i] * slope * x;
  }
  return STRAIT_OK;
}

/* y_k = sum_ij W_kij a_i b_j over vectors of 3; two inputs, one parameter. */
static int32_t bilinear_forward(const void *self, const strait_block *b) {
  (void)self;
  for (int64_t n = 0; n < b->samples; n++)
    for (int64_t k = 0; k < 3; k++) {
      float sum = 0;
      for (int64_t ij = 0; ij < 9; ij++)
        sum += b->parameters[0][9 * k + ij] * b->inputs[0][3 * n + ij / 3] * b->inputs[1][3 * n + ij % 3];
      b->output[3 * n + k] = sum;
    }
  return STRAIT_OK;
}

static int32_t bilinear_backward(const void *self, const strait_block *b) {
  (void)self;
  for (int input = 0; input < 2; input++)
    if (b->input_gradients[input])
      memset(b->input_gradients[input], 0, (size_t)(3 * b->samples) * sizeof(float));
  for (int64_t n = 0; n < b->samples; n++)
    for (int64_t kij = 0; kij < 27; kij++) {
      float dy = b->output_gradient[3 * n + kij / 9], w = b->parameters[0][kij];
      int64_t i = 3 * n + kij % 9 / 3, j = 3 * n + kij % 3;
      b->parameter_gradients[0][kij] += dy * b->inputs[0][i] * b->inputs[1][j];
      if (b->input_gradients[0])
        b->input_gradients[0][i] += dy * w * b->inputs[1][j];
      if (b->input_gradients[1])
        b->input_gradients[1][j] += dy * w * b->inputs[0][i];
    }
  return STRAIT_OK;
}

/* x P(X <= x), by its definition. */
static void gelu_double(const struct node *node, const double *x, double *y) {
  const double pi = acos(-1);
  for (int64_t i = 0; i < node->size; i++)
    y[i] = node->integer[0] ? 0.5 * x[i] * (1 + tanh(sqrt(2 / pi) * (x[i] + 0.044715 * pow(x[i], 3))))
                            : 0.5 * x[i] * (1 + erf(x[i] / sqrt(2)));
}

/* Channels first, or alone, or last; by its definition. */
static void layer_norm_double(const struct node *node, const double *x, const double *const *w, double *y) {
  const int64_t channels = node_channels(node), positions = node->size / channels;
  const int64_t step = node->shape.rank == 3 ? positions : 1, next = node->shape.rank == 3 ? 1 : channels;
  for (int64_t p = 0; p < positions; p++) {
    double mean = 0, variance = 0;
    for (int64_t c = 0; c < channels; c++)
      mean += x[p * next + c * step] / (double)channels;
    for (int64_t c = 0; c < channels; c++)
      variance += pow(x[p * next + c * step] - mean, 2) / (double)channels;
    for (int64_t c = 0; c < channels; c++) {
      const int64_t at = p * next + c * step;
      y[at] = (x[at] - mean) / sqrt(variance + node->real[0]) * w[0][c] + (w[1] ? w[1][c] : 0);
    }
  }
}

static const struct graph *graph_of_case; /* of the reference */

static void custom_double(const struct node *node, const double *const *x, const double *const *w, double *y) {
  if (sequence_double(node, &graph_of_case->nodes[node->input[0]].shape, x[0], w, y))
    return;
  if (!strcmp(node->layer->name, "layer_norm")) {
    layer_norm_double(node, x[0], w, y);
    return;
  }
  if (!strcmp(node->layer->name, "gelu")) {
    gelu_double(node, x[0], y);
    return;
  }
  if (node->operation->forward == swish_forward) {
    for (int64_t i = 0; i < node->size; i++)
      y[i] = x[0][i] / (1 + exp(-w[0][0] * x[0][i]));
    return;
  }
  for (int64_t k = 0; k < 3; k++) {
    y[k] = 0;
    for (int64_t ij = 0; ij < 9; ij++)
      y[k] += w[0][9 * k + ij] * x[0][ij / 3] * x[1][ij % 3];
  }
}

static strait_node swish(strait_graph *g, strait_node x, const char *name) {
  static const int64_t one[] = {1}, sizes[] = {36, 3};
  strait_operation op = {.size = sizeof op, .forward = swish_forward, .backward = swish_backward};
  op.rank = strait_shape(g, x, op.dims);
  op.workspace = op.rank == 3 ? sizes[0] : sizes[1];
  op.context = op.rank == 3 ? &sizes[0] : &sizes[1];
  int32_t beta = strait_parameter(g, "beta", 1, one);
  return strait_custom(g, name, &op, 1, &x, 1, &beta);
}

static strait_node bilinear(strait_graph *g, strait_node a, strait_node b, const char *name) {
  static const int64_t dims[] = {3, 3, 3};
  strait_operation op = {.size = sizeof op, .rank = 1, .dims = {3}};
  op.forward = bilinear_forward;
  op.backward = bilinear_backward;
  int32_t w = strait_parameter(g, strait_name(g, "%s.weight", name), 3, dims);
  return strait_custom(g, name, &op, 2, (strait_node[]){a, b}, 1, &w);
}

/* One parameter shared by two operations; an input that is a's and b's; a gradient that several add to. */
static strait_node customs(strait_graph *g, strait_node x) {
  x = swish(g, strait_conv2d(g, x, "conv", 4, 2, 1, 0, STRAIT_BIAS), "swish1"); /* (4, 3, 3) */
  strait_node a = strait_linear(g, strait_flatten(g, x), "fc1", 3, STRAIT_BIAS);
  strait_node b = swish(g, a, "swish2");
  strait_node c = bilinear(g, a, b, "bilinear1");
  strait_node d = bilinear(g, c, c, "bilinear2");
  return strait_linear(g, strait_add(g, d, a), "fc2", strait_classes(g), STRAIT_BIAS);
}

/* The input itself is an operand: no gradient is asked for it. */
static strait_node custom_input(strait_graph *g, strait_node x) {
  return bilinear(g, bilinear(g, x, x, "one"), x, "two");
}

/* Of an image, of a vector in place, of a node that another reads too. */
static strait_node gelus(strait_graph *g, strait_node x) {
  x = strait_gelu(g, strait_conv2d(g, x, "conv", 4, 2, 1, 0, STRAIT_BIAS), STRAIT_GELU_EXACT);
  x = strait_linear(g, strait_flatten(g, x), "fc1", 5, STRAIT_BIAS);
  x = strait_add(g, strait_gelu(g, x, STRAIT_GELU_TANH), strait_gelu(g, x, STRAIT_GELU_EXACT));
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

/* Of an image, of positions' features, with parameters that two share; dx added to, and where dy is. */
static strait_node layer_norms(strait_graph *g, strait_node x) {
  x = strait_layer_norm(g, strait_conv2d(g, x, "conv", 5, 2, 1, 0, STRAIT_BIAS), "ln1");
  x = strait_linear(g, strait_flatten(g, x), "fc1", 6, STRAIT_BIAS);
  x = strait_add(g, strait_layer_norm_with(g, x, "ln2", 0.1), strait_relu(g, x));
  return strait_linear(g, strait_layer_norm_with(g, x, "ln2", 1e-3), "fc2", strait_classes(g), STRAIT_BIAS);
}
static strait_node layer_norm_positions(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_layer_norm(g, strait_linear(g, x, "in", 6, STRAIT_BIAS), "ln"), "out",
                       strait_classes(g), STRAIT_BIAS);
}

/* Of images and of vectors; of the input, which has no gradient; parts that overlap, so that dx is added to. */
static strait_node slices(strait_graph *g, strait_node x) {
  x = strait_conv2d(g, strait_slice_channels(g, x, 1, 0), "conv", 4, 2, 1, 0, STRAIT_BIAS); /* (4, 5, 4) */
  strait_node a = strait_slice_image(g, strait_slice_channels(g, x, 1, 2), 1, 0, 3, 0, 2);  /* (2, 2, 2) */
  strait_node b = strait_slice_image(g, strait_slice_channels(g, x, 2, 0), 0, 1, 0, 2, 1);  /* (2, 5, 2) */
  b = strait_linear(g, strait_flatten(g, strait_relu(g, b)), "fc1", 5, STRAIT_BIAS);
  a = strait_linear(g, strait_slice_channels(g, strait_flatten(g, a), 0, 5), "fc2", 5, STRAIT_BIAS);
  a = strait_add(g, a, b);
  return strait_linear(g, strait_add(g, strait_slice_channels(g, a, 1, 3), strait_slice_channels(g, a, 2, 0)), "fc3",
                       strait_classes(g), STRAIT_BIAS);
}
static strait_node pads(strait_graph *g, strait_node x) {
  x = strait_conv2d(g, strait_pad_image(g, x, 1, 0, 0, 2), "conv", 3, 3, 1, 0, STRAIT_BIAS); /* (3, 3, 4) */
  strait_node y = strait_pad_channels(g, strait_slice_image(g, x, 0, 0, 0, 0, 2), 1, 2);     /* (6, 2, 2) */
  y = strait_add(g, y, strait_conv2d(g, x, "down", 6, 1, 2, 0, STRAIT_NO_BIAS));
  y = strait_add(g, strait_pad_image(g, y, 1, 0, 2, 0), strait_pad_channels(g, x, 3, 0)); /* (6, 3, 4) */
  y = strait_linear(g, strait_flatten(g, y), "fc1", 4, STRAIT_BIAS);
  y = strait_add(g, strait_pad_channels(g, y, 1, 1), strait_pad_channels(g, y, 0, 2));
  return strait_linear(g, y, "fc2", strait_classes(g), STRAIT_BIAS);
}
static strait_node slice_positions(strait_graph *g, strait_node x) {
  x = strait_pad_channels(g, strait_linear(g, x, "in", 6, STRAIT_BIAS), 2, 0);
  return strait_linear(g, strait_slice_channels(g, x, 1, 5), "out", strait_classes(g), STRAIT_BIAS);
}

/* Of images, with the input, which has no gradient, and one node twice; of vectors; of positions. */
static strait_node concats(strait_graph *g, strait_node x) {
  strait_node y = strait_conv2d(g, x, "conv", 3, 3, 1, 1, STRAIT_BIAS);
  strait_node a = strait_concat(g, 4, (strait_node[]){y, x, y, strait_relu(g, y)}); /* (11, 4, 3) */
  a = strait_linear(g, strait_flatten(g, a), "fc1", 4, STRAIT_BIAS);
  a = strait_concat(g, 2, (strait_node[]){strait_concat(g, 1, &a), strait_relu(g, a)});
  return strait_linear(g, a, "fc2", strait_classes(g), STRAIT_BIAS);
}
static strait_node concat_positions(strait_graph *g, strait_node x) {
  strait_node y = strait_linear(g, x, "in", 3, STRAIT_BIAS);
  return strait_linear(g, strait_concat(g, 2, (strait_node[]){y, x}), "out", strait_classes(g), STRAIT_BIAS);
}
/* Squares, gates, with the input; constants of nodes with and without another gradient. */
static strait_node products(strait_graph *g, strait_node x) {
  strait_node y = strait_conv2d(g, strait_multiply(g, x, x), "conv", 2, 3, 1, 1, STRAIT_BIAS);
  y = strait_multiply(g, strait_multiply(g, y, y), strait_add(g, x, strait_constant(g, y, -0.5)));
  y = strait_multiply(g, y, strait_constant(g, y, 0.25));
  strait_node z = strait_linear(g, strait_flatten(g, y), "fc1", 4, STRAIT_BIAS);
  strait_node two = strait_constant(g, strait_linear(g, z, "aside", 4, STRAIT_BIAS), 2);
  z = strait_add(g, strait_multiply(g, strait_relu(g, z), z), strait_multiply(g, two, z));
  return strait_linear(g, z, "fc2", strait_classes(g), STRAIT_BIAS);
}

/* --- the check --- */

#define IMAGE(c, h, w, classes)                                                                                        \
  { 3, {c, h, w}, STRAIT_TARGET_CLASS, classes, 0 }
#define VECTOR(n, classes)                                                                                             \
  { 1, {n}, STRAIT_TARGET_CLASS, classes, 0 }

static const struct {
  const char *name;
  build_function *build;
  struct signature signature;
  double smoothing;
} cases[] = {
    {"linears", linears, VECTOR(7, 3), 0},
    {"linears, smoothed", linears, VECTOR(7, 3), 0.1},
    {"linears, squared error", linears, {1, {7}, STRAIT_TARGET_REAL, 4, 0}, 0},
    {"positions", positions, POSITIONS, 0},
    {"convolutions", convolutions, IMAGE(2, 7, 6, 3), 0},
    {"unfused", unfused, IMAGE(2, 5, 5, 3), 0},
    {"pools", pools, IMAGE(2, 6, 7, 3), 0},
    {"norms", norms, IMAGE(2, 4, 6, 3), 0},
    {"residual", residual, IMAGE(2, 6, 6, 3), 0},
    {"grown", grown, IMAGE(2, 5, 4, 3), 0},
    {"residual v1", residual_v1, IMAGE(2, 4, 4, 3), 0},
    {"sums", sums, VECTOR(4, 3), 0},
    {"shared", shared, VECTOR(7, 3), 0},
    {"flattens", flattens, IMAGE(3, 4, 4, 2), 0},
    {"unused", unused, VECTOR(4, 3), 0},
    {"bare", bare, VECTOR(4, 4), 0},
    {"nothing", nothing, VECTOR(4, 4), 0},
    {"custom", customs, IMAGE(2, 4, 4, 3), 0},
    {"custom, input", custom_input, VECTOR(3, 3), 0},
    {"gelu", gelus, IMAGE(2, 4, 4, 3), 0},
    {"layer norm", layer_norms, IMAGE(2, 4, 4, 3), 0},
    {"layer norm, positions", layer_norm_positions, POSITIONS, 0},
    {"slice", slices, IMAGE(3, 6, 5, 3), 0},
    {"pad", pads, IMAGE(2, 4, 4, 3), 0},
    {"slice, positions", slice_positions, POSITIONS, 0},
    {"concat", concats, IMAGE(2, 4, 3, 3), 0},
    {"concat, positions", concat_positions, POSITIONS, 0},
    {"multiply, constant", products, IMAGE(2, 3, 4, 3), 0},
    {"embedding, tied; attention", tied, TOKENS(5, 7), 0},
    {"patches", patches, IMAGE(2, 4, 6, 3), 0},
    {"LSTM", lstms, TOKENS(6, 4), 0},
    {"LSTM, wide", lstm_wide, {2, {2, 2}, STRAIT_TARGET_CLASSES, 3, 0}, 0},
    {"LSTM, shared", lstm_shared, {2, {3, 4}, STRAIT_TARGET_CLASS, 3, 0}, 0},
    {"attention, long", attention_long, {2, {135, 3}, STRAIT_TARGET_CLASS, 3, 0}, 0},
};
#define CASES ((int)(sizeof cases / sizeof cases[0]))

/* float32 sums of at most a few hundred terms: errors of a few 1e-7; batch norm over few rows magnifies them tenfold.
 */
#define TOLERANCE 2e-5

static void compare(const char *name, const struct net *net, const struct data *data, struct rig *rig, int batch) {
  const struct layout *layout = network_weights(net->network);
  struct reference r = {net, data, batch, NULL};
  struct run run = {.samples = data->samples, .batch_statistics = batch};
  int64_t outputs = data->samples * net->network->graph.nodes[net->network->output].size;
  double *weights = calloc((size_t)layout->count + 1, sizeof *weights),
         *logits = calloc((size_t)outputs, sizeof *logits);
  double *gradient = calloc((size_t)layout->count + 1, sizeof *gradient), norm = 0;
  float *got = calloc((size_t)(outputs > layout->count ? outputs : layout->count), sizeof *got);
  struct loss_sums sums;
  for (int64_t i = 0; i < layout->count; i++)
    weights[i] = data->weights[i];
  double loss = reference_loss(&r, weights, logits, NULL);
  reference_gradient(&r, gradient);
  rig_load(rig, net, data);
  program_forward(rig->program, &run);
  program_loss(rig->program, &run, &sums);
  rig_get(rig, program_output(rig->program), got, outputs);
  double error = relative(got, logits, outputs);
  ck_assert_msg(error < TOLERANCE, "%s: logits differ by %g", name, error);
  ck_assert_msg(fabs(sums.loss / (double)sums.rows - loss) < TOLERANCE * (1 + fabs(loss)), "%s: loss %.9g, not %.9g",
                name, sums.loss / (double)sums.rows, loss);
  for (int64_t i = 0; i < layout->count; i++) {
    got[i] = 12345; /* what backward leaves alone shows */
    norm += gradient[i] * gradient[i];
  }
  rig->device->ops->upload(rig->device, program_gradient(rig->program), got, layout->count);
  program_backward(rig->program, &run);
  OK(program_status(rig->program));
  rig_get(rig, program_gradient(rig->program), got, layout->count);
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *s = &layout->segment[i];
    double own = 0;
    for (int64_t k = 0; k < s->count; k++)
      own += gradient[s->offset + k] * gradient[s->offset + k];
    error = relative(got + s->offset, gradient + s->offset, s->count);
    error *= sqrt(own) / (sqrt(own) + 1e-2 * sqrt(norm)); /* a bias before a batch norm has gradient zero */
    ck_assert_msg(error < TOLERANCE, "%s: gradient of %s differs by %g (batch statistics %d, %lld samples)", name,
                  s->name, error, batch, (long long)data->samples);
  }
  free(weights);
  free(logits);
  free(gradient);
  free(got);
}

static void check_case(int i, const char *device, int threads) {
  struct net net;
  struct rig rig;
  OK(net_try(&net, cases[i].build, cases[i].signature));
  net.custom = custom_double;
  graph_of_case = &net.network->graph;
  rig_make(&rig, &net, device, threads, 6, PROGRAM_TRAIN, cases[i].smoothing);
  for (int batch = 0; batch < 2; batch++)
    for (int64_t samples = 6; samples >= 5; samples--) {
      struct data data;
      data_make(&data, &net, samples, 10 + (uint64_t)samples);
      data.smoothing = cases[i].smoothing;
      compare(cases[i].name, &net, &data, &rig, batch);
      data_free(&data);
    }
  rig_free(&rig);
  net_free(&net);
}

START_TEST(gradients_match_differences) { check_case(_i, "cpu", 2); }
END_TEST

START_TEST(guarded_device_gives_the_same) { check_case(_i, "guarded", 1); }
END_TEST

/* --- dropout: the mask is probed with an input of ones, then given to the reference --- */

static strait_node dropouts(strait_graph *g, strait_node x) {
  x = strait_dropout(g, x, 0.3); /* of the image: NHWC in memory */
  x = strait_relu(g, strait_linear(g, strait_flatten(g, x), "fc1", 6, STRAIT_BIAS));
  x = strait_dropout(g, x, 0.5);
  return strait_linear(g, strait_dropout(g, x, 0), "fc2", strait_classes(g), STRAIT_BIAS);
}

static strait_node probe_image(strait_graph *g, strait_node x) { return strait_flatten(g, strait_dropout(g, x, 0.3)); }

/* Its second dropout is the one of interest. */
static strait_node probe_vector(strait_graph *g, strait_node x) {
  strait_dropout(g, x, 0.1);
  return strait_dropout(g, x, 0.5);
}

static const struct run dropout_run = {.samples = 6, .dropout = 1, .iteration = 3, .seed = 7};

static void probe(build_function *build, struct signature signature, double *mask) {
  struct net net;
  struct rig rig;
  struct data data;
  OK(net_try(&net, build, signature));
  rig_make(&rig, &net, "cpu", 1, 6, PROGRAM_TRAIN, 0);
  data_make(&data, &net, 6, 1);
  int64_t count = 6 * net.network->graph.nodes[0].size;
  for (int64_t i = 0; i < count; i++)
    data.x[i] = 1;
  rig_load(&rig, &net, &data);
  program_forward(rig.program, &dropout_run);
  float *got = malloc((size_t)count * sizeof *got);
  rig_get(&rig, program_output(rig.program), got, count);
  for (int64_t i = 0; i < count; i++)
    mask[i] = got[i];
  free(got);
  data_free(&data);
  rig_free(&rig);
  net_free(&net);
}

START_TEST(dropout_has_the_gradient_of_its_mask) {
  struct net net;
  struct rig rig;
  struct data data;
  double image_mask[6 * 18], vector_mask[6 * 6], gradient[200];
  float got[200];
  struct loss_sums sums;
  probe(probe_image, image(2, 3, 3, 18), image_mask);
  probe(probe_vector, vector(6, 6), vector_mask);
  int dropped = 0;
  for (int i = 0; i < 6 * 18; i++) {
    ck_assert(image_mask[i] == 0 || fabs(image_mask[i] - 1 / 0.7) < 1e-6);
    dropped += image_mask[i] == 0;
  }
  ck_assert_int_ge(dropped, 15); /* of 108 at .3: 32 expected, deviation 4.8 */
  ck_assert_int_le(dropped, 50);
  OK(net_try(&net, dropouts, image(2, 3, 3, 3)));
  rig_make(&rig, &net, "cpu", 2, 6, PROGRAM_TRAIN, 0);
  data_make(&data, &net, 6, 1);
  struct reference r = {&net, &data, 0, (const double *const[]){image_mask, vector_mask, NULL}};
  reference_gradient(&r, gradient);
  rig_load(&rig, &net, &data);
  program_forward(rig.program, &dropout_run);
  program_loss(rig.program, &dropout_run, &sums);
  program_backward(rig.program, &dropout_run);
  int64_t count = network_weights(net.network)->count;
  ck_assert_int_le(count, 200);
  rig_get(&rig, program_gradient(rig.program), got, count);
  ck_assert_double_lt(relative(got, gradient, count), TOLERANCE);
  data_free(&data);
  rig_free(&rig);
  net_free(&net);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gradients");
  TCase *tcase = tcase_create("gradients");
  tcase_set_timeout(tcase, 300);
  tcase_add_loop_test(tcase, gradients_match_differences, 0, CASES);
  tcase_add_loop_test(tcase, guarded_device_gives_the_same, 0, CASES);
  tcase_add_test(tcase, dropout_has_the_gradient_of_its_mask);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
