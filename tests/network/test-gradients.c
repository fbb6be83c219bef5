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

/* --- sequences --- */

/* Tokens, of which some occur twice; the table shared with the last layer; a residual sum. */
static strait_node tied(strait_graph *g, strait_node x) {
  x = strait_position_table(g, strait_embedding(g, x, "wte", strait_classes(g), 6), "wpe.weight", 0);
  strait_node y = strait_attention(g, strait_linear(g, strait_layer_norm(g, x, "ln_1"), "qkv", 18, STRAIT_BIAS), 3, 1);
  x = strait_add(g, x, strait_linear(g, y, "proj", 6, STRAIT_NO_BIAS));
  y = strait_layer_norm_flags(g, x, "ln_2", 1e-5, STRAIT_NO_BIAS);
  y = strait_gelu(g, strait_linear(g, y, "fc", 10, STRAIT_BIAS), STRAIT_GELU_EXACT);
  x = strait_add(g, strait_relu(g, strait_linear(g, y, "proj2", 6, STRAIT_BIAS)), x);
  return strait_linear(g,
                       strait_concat(g, 2,
                                     (strait_node[]){strait_slice_channels(g, x, 0, 2),
                                                     strait_slice_channels(g, strait_multiply(g, x, x), 2, 0)}),
                       "wte", strait_classes(g), STRAIT_NO_BIAS);
}
/* Patches of an image, a class token, which alone is read in the end. */
static strait_node patches(strait_graph *g, strait_node x) {
  x = strait_to_positions(g, strait_conv2d(g, x, "patch", 4, 2, 2, 0, STRAIT_BIAS));
  x = strait_position_table(g, strait_class_token(g, x, "cls_token"), "pos_embed", 1);
  strait_node y = strait_linear(g, x, "qkv", 12, STRAIT_BIAS);
  x = strait_add(g, strait_attention(g, y, 2, 0), strait_attention(g, y, 1, 0)); /* the gradient is added to */
  x = strait_concat(g, 2, (strait_node[]){strait_position(g, x, 0), strait_position_mean(g, x)});
  return strait_linear(g, x, "fc", strait_classes(g), STRAIT_BIAS);
}
/* Two layers; the second's input has other readers. */
static strait_node lstms(strait_graph *g, strait_node x) {
  x = strait_lstm(g, strait_embedding(g, x, "embed", strait_classes(g), 3), "rnn", 0, 5);
  strait_node y = strait_lstm(g, x, "rnn", 1, 5);
  x = strait_add(g, x, strait_add(g, y, strait_position_table(g, x, "table", 0)));
  return strait_linear(g, x, "out", strait_classes(g), STRAIT_BIAS);
}
/* More units than a block has. */
static strait_node lstm_wide(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_lstm(g, x, "rnn", 0, 33), "out", strait_classes(g), STRAIT_BIAS);
}
/* One layer twice, and its last position. */
static strait_node lstm_shared(strait_graph *g, strait_node x) {
  x = strait_lstm(g, strait_lstm(g, x, "rnn", 0, 4), "rnn", 0, 4);
  return strait_linear(g, strait_position(g, x, -1), "out", strait_classes(g), STRAIT_BIAS);
}
/* More positions than a block has, of which the last is short. */
static strait_node attention_long(strait_graph *g, strait_node x) {
  x = strait_linear(g, x, "qkv", 12, STRAIT_BIAS);
  x = strait_add(g, strait_attention(g, x, 2, 1), strait_attention(g, x, 1, 0));
  return strait_linear(g, strait_position_mean(g, strait_multiply(g, x, x)), "fc", strait_classes(g), STRAIT_BIAS);
}

/* --- the check --- */

#define POSITIONS                                                                                                      \
  { 2, {3, 4}, STRAIT_TARGET_CLASSES, 5, 0 }
#define IMAGE(c, h, w, classes)                                                                                        \
  { 3, {c, h, w}, STRAIT_TARGET_CLASS, classes, 0 }
#define TOKENS(n, classes)                                                                                             \
  { 1, {n}, STRAIT_TARGET_CLASSES, classes, STRAIT_I32 }
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

/* --- layers against PyTorch: torch 1.13, float64 --- */

static strait_node gelu_exact(strait_graph *g, strait_node x) { return strait_gelu(g, x, STRAIT_GELU_EXACT); }
static strait_node gelu_tanh(strait_graph *g, strait_node x) { return strait_gelu(g, x, STRAIT_GELU_TANH); }
static strait_node gelu_wrong(strait_graph *g, strait_node x) { return strait_gelu(g, x, 2); }

/* torch.nn.functional.gelu(x, approximate). An error in x of 6e-8 x changes exp(-x^2/2) by 6e-8 x^2 of itself; far
 * below 0 the form by tanh is 1 + tanh, of which float32 keeps 6e-8. */
START_TEST(gelu_equals_pytorch) {
  static const float x[12] = {-6, -3, -1.5, -0.75, -0.1f, 0, 0.1f, 0.5, 1, 2.25, 4, 8};
  static const double y[2][12] = {
      {-5.919525869479969e-09, -0.00404969409489031, -0.10021080190328704, -0.16997051428265111, -0.0460172162722971, 0,
       0.053982783727702904, 0.34573123063700656, 0.841344746068543, 2.2224949365261493, 3.9998733150326675,
       7.999999999999995},
      {-8.43964897967453e-11, -0.0036373920817729943, -0.10042842301976707, -0.17003944483437966, -0.04601724895456484,
       0, 0.053982751045435165, 0.34571400982514394, 0.8411919906082768, 2.222798670102711, 3.9999297540518075, 8}};
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1};
  float got[12];
  OK(net_try(&net, _i ? gelu_tanh : gelu_exact, vector(12, 12)));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 12);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 12);
  for (int i = 0; i < 12; i++)
    ck_assert_double_le(fabs(got[i] - y[_i][i]),
                        fabs(y[_i][i]) * 4e-7 * (1 + x[i] * x[i]) + (_i ? fabs(x[i]) * 6e-8 : 0));
  rig_free(&rig);
  net_free(&net);
  ck_assert_int_eq(net_try(&net, gelu_wrong, vector(12, 12)), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "gelu of the input: form 2; it is STRAIT_GELU_EXACT or STRAIT_GELU_TANH"));
  net_free(&net);
}
END_TEST

static strait_node layer_norm_bare(strait_graph *g, strait_node x) { return strait_layer_norm(g, x, "ln"); }
static strait_node layer_norm_wrong(strait_graph *g, strait_node x) { return strait_layer_norm_with(g, x, "ln", 0); }

/* torch.nn.functional.layer_norm(x, (4,), weight, bias); the last row's variance is near epsilon, and float32's x is
 * within 6e-8 of 7.001, 6e-5 of its distance to the mean. */
START_TEST(layer_norm_equals_pytorch) {
  static const float x[12] = {1, 2, -1, 0.5, 0.3f, 0.1f, 0.2f, -4, 7, 7, 7, 7.001f},
                     w[8] = {1, 0.5, -2, 1.5, 0.1f, -0.2f, 0.3f, 0};
  static const double y[12] = {0.4464086835065456,   0.4350825854286669,   3.3022085903900615,  -0.17320434175327273,
                               0.7318576404173075,   0.06098467756367054,  -0.8538269955446487, -2.596110739975459,
                               0.021673955001267592, -0.23916302249936622, 0.4566520899974648,  0.35246720249482977};
  struct net net;
  struct rig rig;
  struct run run = {.samples = 3};
  float got[12];
  OK(net_try(&net, layer_norm_bare, vector(4, 4)));
  rig_make(&rig, &net, "cpu", 1, 3, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 12);
  rig.device->ops->upload(rig.device, program_weights(rig.program), w, 8);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 12);
  for (int i = 0; i < 12; i++)
    ck_assert_double_eq_tol(got[i], y[i], i < 8 ? 2e-6 : 2e-4);
  rig_free(&rig);
  net_free(&net);
  ck_assert_int_eq(net_try(&net, layer_norm_wrong, vector(4, 4)), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "node \"ln\" (layer_norm): epsilon 0; it must be above 0 and at most 1"));
  net_free(&net);
}
END_TEST

static strait_node every_second(strait_graph *g, strait_node x) {
  x = strait_pad_channels(g, strait_slice_image(g, x, 0, 0, 0, 0, 2), 1, 2);
  return strait_flatten(g, x);
}
static strait_node middle(strait_graph *g, strait_node x) {
  x = strait_slice_image(g, strait_slice_channels(g, x, 1, 1), 1, 0, 2, 3, 1);
  return strait_flatten(g, strait_pad_image(g, x, 0, 1, 2, 1));
}
static strait_node slice_high(strait_graph *g, strait_node x) { return strait_slice_channels(g, x, 1, 2); }
static strait_node slice_still(strait_graph *g, strait_node x) { return strait_slice_image(g, x, 0, 0, 0, 0, 0); }
static strait_node slice_vector(strait_graph *g, strait_node x) {
  return strait_slice_image(g, strait_flatten(g, x), 0, 0, 0, 0, 2);
}
static strait_node pad_vector(strait_graph *g, strait_node x) {
  return strait_pad_image(g, strait_flatten(g, x), 1, 0, 0, 0);
}
static strait_node pad_less(strait_graph *g, strait_node x) { return strait_pad_channels(g, x, -1, 0); }

/* Of x[c][h][w] = 100 c + 10 h + w, (2, 3, 4): numpy's np.pad(x[:, ::2, ::2], ((1, 2), (0, 0), (0, 0))) and
 * np.pad(x[1:2, 1:3, :3], ((0, 0), (0, 1), (2, 1))). */
START_TEST(parts_equal_numpy) {
  static const float expected[2][20] = {{0, 0, 0, 0, 0, 2, 20, 22, 100, 102, 120, 122},
                                        {0, 0, 110, 111, 112, 0, 0, 0, 120, 121, 122, 0}};
  static const int counts[] = {20, 18};
  static const struct {
    build_function *build;
    const char *message;
  } wrong[] = {
      {slice_high, "slice of the input: 2 channels from number 1 (counted from 0) are not in input (2, 3, 4)"},
      {slice_still, "slice of the input: step 0; it must be at least 1"},
      {slice_vector, "slice of the input: input (24) is not an image (channels, height, width): it has channels alone"},
      {pad_vector, "pad of the input: input (24) is not an image (channels, height, width): it has channels alone"},
      {pad_less, "pad of the input: -1 and 0 of channels; from 0 to 2^40 are possible"},
  };
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1};
  float x[24], got[20];
  for (int i = 0; i < 24; i++) /* (height, width, channels) */
    x[i] = (float)(100 * (i % 2) + 10 * (i / 8) + i / 2 % 4);
  OK(net_try(&net, _i ? middle : every_second, image(2, 3, 4, counts[_i])));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 24);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, counts[_i]);
  ck_assert_mem_eq(got, expected[_i], (size_t)counts[_i] * sizeof *got);
  rig_free(&rig);
  net_free(&net);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(net_try(&net, wrong[i].build, image(2, 3, 4, 5)), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), wrong[i].message) != NULL, "%s", error_text());
    net_free(&net);
  }
}
END_TEST

/* x (x + 3), then the two channels of x before and behind it. */
static strait_node polynomial(strait_graph *g, strait_node x) {
  strait_node y = strait_multiply(g, x, strait_add(g, x, strait_constant(g, x, 3)));
  strait_node a = strait_slice_channels(g, x, 0, 1), b = strait_slice_channels(g, x, 1, 1);
  return strait_flatten(g, strait_concat(g, 3, (strait_node[]){b, y, a}));
}
static strait_node concat_wrong(strait_graph *g, strait_node x) {
  return strait_concat(g, 2, (strait_node[]){x, strait_slice_image(g, x, 0, 0, 0, 0, 2)});
}
static strait_node multiply_wrong(strait_graph *g, strait_node x) {
  return strait_multiply(g, x, strait_slice_channels(g, x, 0, 1));
}
static strait_node constant_wrong(strait_graph *g, strait_node x) { return strait_constant(g, x, NAN); }

/* Small whole numbers: exact. */
START_TEST(products_and_joints_are_exact) {
  static const struct {
    build_function *build;
    const char *message;
  } wrong[] = {
      {concat_wrong, "(2, 2, 2) and slice of the input (2, 1, 1): the shapes must be equal but for the channels"},
      {multiply_wrong, "multiply of the input (2, 2, 2) and slice of the input (1, 2, 2): the shapes must be equal"},
      {constant_wrong, "constant of the input: value nan; it must be a finite float32"},
  };
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1};
  float x[8], got[16];
  for (int i = 0; i < 8; i++)
    x[i] = (float)(3 * i % 7 - 2); /* (height, width, channels) */
  OK(net_try(&net, polynomial, image(2, 2, 2, 16)));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 8);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 16);
  for (int p = 0; p < 4; p++) {
    const float a = x[2 * p], b = x[2 * p + 1];
    ck_assert(got[p] == b && got[4 + p] == a * (a + 3) && got[8 + p] == b * (b + 3) && got[12 + p] == a);
  }
  rig_free(&rig);
  net_free(&net);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(net_try(&net, wrong[i].build, image(2, 2, 2, 5)), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), wrong[i].message) != NULL, "%s", error_text());
    net_free(&net);
  }
}
END_TEST

static strait_node attention_bare(strait_graph *g, strait_node x) { return strait_attention(g, x, 3, 1); }
static strait_node lstm_bare(strait_graph *g, strait_node x) {
  return strait_lstm(g, strait_lstm(g, x, "rnn", 0, 5), "rnn", 1, 4);
}

/* The outputs of one sample of positions of an evaluation. */
static void evaluate_positions(build_function *build, struct signature signature, const float *x, int64_t in,
                               float *got, int64_t out, int halves) {
  struct net net;
  struct rig rig;
  struct data data;
  struct run run = {.samples = 1, .carry = 1};
  OK(net_try(&net, build, signature));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  data_make(&data, &net, 1, 1);
  rig_load(&rig, &net, &data);
  for (int half = 0; half < halves; half++) {
    rig.device->ops->upload(rig.device, program_input(rig.program), x + half * in, in);
    program_forward(rig.program, &run);
    rig_get(&rig, program_output(rig.program), got + half * out, out);
  }
  data_free(&data);
  rig_free(&rig);
  net_free(&net);
}

/* A change of position 70 of 130 leaves those before it as they are, to the last bit, and changes all others; the heads
 * in another order give the same in that order. */
START_TEST(attention_is_causal_and_has_no_first_head) {
  static float x[130 * 18], y[3][130 * 6];
  const struct signature signature = {2, {130, 18}, STRAIT_TARGET_CLASSES, 6, 0};
  struct stream stream = stream_of(4, "x", 0);
  stream_normals(&stream, x, 130 * 18);
  evaluate_positions(attention_bare, signature, x, 130 * 18, y[0], 130 * 6, 1);
  for (int i = 0; i < 18; i++)
    x[70 * 18 + i] += 1;
  evaluate_positions(attention_bare, signature, x, 130 * 18, y[1], 130 * 6, 1);
  ck_assert_mem_eq(y[0], y[1], 70 * 6 * sizeof(float));
  for (int t = 70; t < 130; t++)
    ck_assert(memcmp(y[0] + 6 * t, y[1] + 6 * t, 6 * sizeof(float)) != 0);
  for (int row = 0; row < 130 * 3; row++) { /* the first head of q, k and v becomes the last */
    float first[2];
    memcpy(first, x + 6 * row, sizeof first);
    memmove(x + 6 * row, x + 6 * row + 2, 4 * sizeof(float));
    memcpy(x + 6 * row + 4, first, sizeof first);
  }
  evaluate_positions(attention_bare, signature, x, 130 * 18, y[2], 130 * 6, 1);
  for (int t = 0; t < 130; t++)
    for (int i = 0; i < 6; i++)
      ck_assert(y[2][6 * t + i] == y[1][6 * t + (i + 2) % 6]);
}
END_TEST

/* Two halves of a stream with the state carried are one pass: the sums are the same, so every bit is. */
START_TEST(lstm_carries_its_state) {
  float x[10 * 3], whole[10 * 4], halves[10 * 4];
  struct stream stream = stream_of(4, "x", 0);
  stream_normals(&stream, x, 30);
  evaluate_positions(lstm_bare, (struct signature){2, {10, 3}, STRAIT_TARGET_CLASSES, 4, 0}, x, 30, whole, 40, 1);
  evaluate_positions(lstm_bare, (struct signature){2, {5, 3}, STRAIT_TARGET_CLASSES, 4, 0}, x, 15, halves, 20, 2);
  ck_assert_mem_eq(whole, halves, sizeof whole);
}
END_TEST

static strait_node lstm_two(strait_graph *g, strait_node x) {
  return strait_lstm(g, strait_lstm(g, x, "rnn", 0, 4), "rnn", 1, 4);
}

/* torch.nn.LSTM(3, 4, 2), torch 1.13, float64: outputs, and h and c of each layer after them. float32's rounding of
 * sums of eight terms, over ten applications. */
START_TEST(lstm_equals_pytorch) {
  static const double y[20] = {0.1833483197,  0.1357934563,  0.07076043847,  -0.043395207, 0.1600427818,
                               0.1753300903,  0.1114195894,  0.008172108975, 0.1606162599, 0.1800618764,
                               0.1309522647,  0.03020661241, 0.1589260114,   0.1951297004, 0.124689971,
                               0.05660163489, 0.1624668598,  0.1821285265,   0.1393085933, 0.05432925713};
  static const double after[16] = {0.1354005853, 0.09730208224, -0.1115929545, -0.4051613166,
                                   0.2956687402, 0.361597386,   -0.294385438,  -0.6038465737,
                                   0.1624668598, 0.1821285265,  0.1393085933,  0.05432925713,
                                   0.4043641845, 0.6996406019,  0.4073563938,  0.1535125511};
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1, .carry = 1};
  float w[304], x[15], state[16], got[20];
  for (int i = 0; i < 304; i++)
    w[i] = (float)(0.5 * sin(0.7 * i + 0.3));
  for (int i = 0; i < 15; i++)
    x[i] = (float)cos(0.9 * i);
  for (int i = 0; i < 16; i++)
    state[i] = (float)(0.1 * (i % 7 - 3));
  OK(net_try(&net, lstm_two, (struct signature){2, {5, 3}, STRAIT_TARGET_CLASSES, 4, 0}));
  ck_assert_int_eq(network_weights(net.network)->count, 304);
  ck_assert_int_eq(network_states(net.network)->count, 16);
  ck_assert_str_eq(network_weights(net.network)->segment[5].name, "rnn.weight_hh_l1");
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_weights(rig.program), w, 304);
  rig.device->ops->upload(rig.device, program_state(rig.program), state, 16);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 15);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 20);
  rig_get(&rig, program_state(rig.program), state, 16);
  for (int i = 0; i < 20; i++)
    ck_assert_double_eq_tol(got[i], y[i], 1e-6);
  for (int i = 0; i < 16; i++)
    ck_assert_double_eq_tol(state[i], after[i], 1e-6);
  rig_free(&rig);
  net_free(&net);
}
END_TEST

/* Of 4 positions with 3 heads of 2 features: torch's softmax of masked scores, times v, float64. */
START_TEST(attention_equals_pytorch) {
  static const double expected[24] = {0.1077536494,   -0.9291239977, -0.604832828,  0.6055398583,  0.9287952185,
                                      -0.1086365953,  0.6757279664,  0.02886404924, -0.6652802152, -0.4710694728,
                                      0.4064231317,   0.7027807402,  0.06353253171, 0.07577359207, -0.1341809471,
                                      -0.02672424216, 0.2107846258,  0.06024091089, 0.1089585967,  -0.3585394949,
                                      -0.2565842055,  0.2880604029,  0.3520132859,  -0.1017758869};
  float x[4 * 18], got[24];
  for (int i = 0; i < 4 * 18; i++)
    x[i] = (float)sin(1.3 * i);
  evaluate_positions(attention_bare, (struct signature){2, {4, 18}, STRAIT_TARGET_CLASSES, 6, 0}, x, 4 * 18, got, 24,
                     1);
  for (int i = 0; i < 24; i++)
    ck_assert_double_eq_tol(got[i], expected[i], 1e-6);
}
END_TEST

START_TEST(tokens_outside_the_embedding_are_refused) {
  struct net net;
  struct rig rig;
  struct data data;
  struct run run = {.samples = 2};
  OK(net_try(&net, tied, (struct signature)TOKENS(5, 7)));
  rig_make(&rig, &net, "cpu", 2, 2, PROGRAM_TRAIN, 0);
  data_make(&data, &net, 2, 1);
  data.x[3] = _i ? -1 : 7;
  rig_load(&rig, &net, &data);
  program_forward(rig.program, &run);
  ck_assert_int_eq(program_status(rig.program), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), _i ? "token -1 is not in the embedding, which has rows for 0 to 6"
                                                : "token 7 is not in the embedding, which has rows for 0 to 6"));
  data_free(&data);
  rig_free(&rig);
  net_free(&net);
}
END_TEST

static strait_node layer_norm_wide(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_layer_norm(g, strait_linear(g, x, "in", 600, STRAIT_BIAS), "ln"), "out",
                       strait_classes(g), STRAIT_BIAS);
}

static const struct {
  build_function *build;
  struct signature signature;
} threaded[] = {{layer_norm_wide, POSITIONS},
                {tied, TOKENS(5, 7)},
                {lstm_wide, POSITIONS},
                {attention_long, {2, {135, 3}, STRAIT_TARGET_CLASS, 3, 0}}};

/* Gradients that are summed over many blocks of rows, tokens, units or heads. */
START_TEST(threads_change_no_byte) {
  struct net net;
  struct data data;
  float *got[2];
  struct loss_sums sums;
  struct run run = {.samples = 100};
  OK(net_try(&net, threaded[_i].build, threaded[_i].signature));
  const int64_t count = network_weights(net.network)->count;
  data_make(&data, &net, 100, 3);
  for (int i = 0; i < 2; i++) {
    struct rig rig;
    got[i] = malloc((size_t)count * sizeof *got[i]);
    rig_make(&rig, &net, "cpu", 1 + 2 * i, 100, PROGRAM_TRAIN, 0);
    rig_load(&rig, &net, &data);
    program_forward(rig.program, &run);
    program_loss(rig.program, &run, &sums);
    program_backward(rig.program, &run);
    rig_get(&rig, program_gradient(rig.program), got[i], count);
    rig_free(&rig);
  }
  ck_assert_mem_eq(got[0], got[1], (size_t)count * sizeof(float));
  free(got[0]), free(got[1]);
  data_free(&data);
  net_free(&net);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gradients");
  TCase *tcase = tcase_create("gradients");
  tcase_set_timeout(tcase, 300);
  tcase_add_loop_test(tcase, gradients_match_differences, 0, CASES);
  tcase_add_loop_test(tcase, guarded_device_gives_the_same, 0, CASES);
  tcase_add_loop_test(tcase, gelu_equals_pytorch, 0, 2);
  tcase_add_test(tcase, layer_norm_equals_pytorch);
  tcase_add_loop_test(tcase, parts_equal_numpy, 0, 2);
  tcase_add_test(tcase, products_and_joints_are_exact);
  tcase_add_test(tcase, dropout_has_the_gradient_of_its_mask);
  suite_add_tcase(suite, tcase);
  tcase = tcase_create("layers");
  tcase_set_timeout(tcase, 300);
  tcase_add_loop_test(tcase, threads_change_no_byte, 0, 4);
  tcase_add_test(tcase, attention_is_causal_and_has_no_first_head);
  tcase_add_test(tcase, lstm_carries_its_state);
  tcase_add_test(tcase, lstm_equals_pytorch);
  tcase_add_test(tcase, attention_equals_pytorch);
  tcase_add_loop_test(tcase, tokens_outside_the_embedding_are_refused, 0, 2);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
