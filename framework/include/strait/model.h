/* strait/model.h: a model describes its graph; the host derives shapes, weights, initialisation, forward and backward.
 *
 * build() receives the input node and returns the output node (logits, or the real target). Nodes are small integers;
 * a failed call records the cause and returns a node that every later call passes on, so build() checks nothing: the
 * host does, once, at the end. Shapes are those of one sample, images as (channels, height, width).
 *
 * Layers are named as in PyTorch ("layer1.0.conv1"); their parameters are NAME.weight and NAME.bias, in PyTorch's
 * shapes (linear: out, in; convolution: out, in, kernel height, kernel width). Using a name again with the same shapes
 * shares the parameters. The order of first use is the order in the flat weight vector.
 *
 * Initialisation unless strait_init_... says otherwise: linear weights and biases uniform in +-1/sqrt(fan_in);
 * convolution weights normal with deviation sqrt(2/(kernel height * kernel width * out)), biases 0; batch norm 1 and 0.
 */
#ifndef STRAIT_MODEL_H
#define STRAIT_MODEL_H

#include <strait/host.h>
#include <strait/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t strait_node;

enum { STRAIT_BIAS = 0, STRAIT_NO_BIAS = 1 }; /* flags of linear, conv2d and layer norm */

enum {
  STRAIT_INIT_CONSTANT = 1, /* a */
  STRAIT_INIT_NORMAL,       /* mean 0, deviation a */
  STRAIT_INIT_UNIFORM       /* in [-a, a) */
};

/* A window that slides over height and width. Zero stride means the kernel's size for pools and 1 for convolutions. */
typedef struct strait_window {
  uint32_t size;
  uint32_t ceil; /* pools: 1 rounds the output's size up, as PyTorch's ceil_mode */
  int64_t kernel[2], stride[2], padding[2];
} strait_window;

/* What a custom operation's functions get: `samples` samples of one fixed block. Arrays are float32 in host memory,
 * images as (sample, height, width, channels). Different blocks are worked on by several threads at once. */
typedef struct strait_block {
  uint32_t size;
  uint32_t training; /* 1 in training mode */
  int64_t samples;
  uint32_t input_count, parameter_count;
  const float *const *inputs;     /* (samples, ...) each */
  const float *const *parameters; /* in the flat vector's layout */
  float *output;                  /* (samples, ...); written by forward, not there (NULL) in backward */
  float *workspace;               /* `workspace` floats per sample, kept from forward to backward */
  const float *output_gradient;   /* backward only */
  float *const *input_gradients;  /* backward only: overwrite; an entry is NULL where no gradient is needed */
  /* Backward only: add to them. They are private to the block; the host sums them in block order. */
  float *const *parameter_gradients;
  const void *context; /* the operation's */
} strait_block;

/* A custom operation: pure functions of a block, sample by sample; self is the model's instance. Anything that couples
 * samples is built from the builder's nodes instead. */
typedef struct strait_operation {
  uint32_t size;
  uint32_t rank;                 /* of the output */
  int64_t dims[STRAIT_MAX_DIMS]; /* of the output, one sample, images as (channels, height, width) */
  int64_t workspace;             /* floats per sample */
  /* Fills output (and workspace) from inputs and parameters. [any thread, after build()] */
  int32_t (*forward)(const void *self, const strait_block *block);
  /* Fills input_gradients and adds to parameter_gradients. [any thread, after build()] */
  int32_t (*backward)(const void *self, const strait_block *block);
  const void *context; /* for the two functions: memory that lives as long as the instance (strait_alloc); NULL: none */
  /* --- since 1.1 --- */
  uint32_t flags; /* STRAIT_PER_CHANNEL, or 0 */
  uint32_t reserved;
} strait_operation;

/* Flag of an operation: channel number c of its output (of an image its first dimension, else its last) depends on
 * channel c of its inputs alone, which must have as many, and in the same way for every c. Of a parameter whose first
 * dimension is that number of channels, channel c depends on its entries c alone. Networks can then be matched unit by
 * unit through the operation. (Since 1.1.) */
enum { STRAIT_PER_CHANNEL = 1 };

/* A layer by its kind, with its settings: what strait_layer_of takes. (Since 1.1.) */
typedef struct strait_layer {
  uint32_t size;
  uint32_t input_count, integer_count, real_count;
  const char *kind;          /* "gelu" */
  const char *name;          /* of its parameters ("block1.norm"); NULL for a layer without any */
  const strait_node *inputs; /* input_count of them; so the others */
  const int64_t *integers;
  const double *reals;
} strait_layer;

struct strait_graph;
typedef struct strait_graph_ops {
  uint32_t size;
  uint32_t reserved;
  /* --- since 1.0 --- */
  const char *(*name)(struct strait_graph *g, const char *format, va_list arguments);
  uint32_t (*shape)(struct strait_graph *g, strait_node x, int64_t dims[STRAIT_MAX_DIMS]);
  int64_t (*classes)(struct strait_graph *g);
  strait_node (*fail)(struct strait_graph *g, const char *format, va_list arguments);
  int32_t (*parameter)(struct strait_graph *g, const char *name, uint32_t rank, const int64_t *dims);
  void (*initialise)(struct strait_graph *g, const char *parameter, uint32_t kind, double a);
  strait_node (*linear)(struct strait_graph *g, strait_node x, const char *name, int64_t out, uint32_t flags);
  strait_node (*conv2d)(struct strait_graph *g, strait_node x, const char *name, int64_t out,
                        const strait_window *window, uint32_t flags);
  strait_node (*batch_norm)(struct strait_graph *g, strait_node x, const char *name, double momentum, double epsilon);
  strait_node (*relu)(struct strait_graph *g, strait_node x);
  strait_node (*max_pool)(struct strait_graph *g, strait_node x, const strait_window *window);
  strait_node (*avg_pool)(struct strait_graph *g, strait_node x, const strait_window *window);
  strait_node (*global_avg_pool)(struct strait_graph *g, strait_node x);
  strait_node (*add)(struct strait_graph *g, strait_node a, strait_node b);
  strait_node (*flatten)(struct strait_graph *g, strait_node x);
  strait_node (*dropout)(struct strait_graph *g, strait_node x, double probability);
  strait_node (*custom)(struct strait_graph *g, const char *name, const strait_operation *operation,
                        uint32_t input_count, const strait_node *inputs, uint32_t parameter_count,
                        const int32_t *parameters);
  /* --- since 1.1 --- */
  strait_node (*layer)(struct strait_graph *g, const strait_layer *layer);
} strait_graph_ops;
typedef struct strait_graph {
  const strait_graph_ops *ops;
} strait_graph;

/* A formatted name that lives as long as the graph: `name = strait_name(g, "layer%d.%d.conv1", stage, block);`
 * [one thread, in build()] */
STRAIT_PRINTF(2, 3)
static inline const char *strait_name(strait_graph *g, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *name = g->ops->name(g, format, arguments);
  va_end(arguments);
  return name;
}
/* The shape of one sample at node x: fills dims, returns the rank (0 after a failure, dims all 1).
 * [one thread, in build()] */
static inline uint32_t strait_shape(strait_graph *g, strait_node x, int64_t dims[STRAIT_MAX_DIMS]) {
  return g->ops->shape(g, x, dims);
}
/* How many outputs the network must have: the data's classes, or the length of its real target.
 * [one thread, in build()] */
static inline int64_t strait_classes(strait_graph *g) { return g->ops->classes(g); }
/* Refuses to build: records why, and returns the failed node: `return strait_refuse(g, "depth %d is not 6n+2", d);`
 * [one thread, in build()] */
STRAIT_PRINTF(2, 3)
static inline strait_node strait_refuse(strait_graph *g, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  strait_node failed = g->ops->fail(g, format, arguments);
  va_end(arguments);
  return failed;
}

/* y = x W^T + b over the last dimension of x; a sample of more dimensions must be flattened first.
 * [one thread, in build()] */
static inline strait_node strait_linear(strait_graph *g, strait_node x, const char *name, int64_t out, uint32_t flags) {
  return g->ops->linear(g, x, name, out, flags);
}
/* Convolution (cross-correlation, as PyTorch's Conv2d) with a square kernel. [one thread, in build()] */
static inline strait_node strait_conv2d(strait_graph *g, strait_node x, const char *name, int64_t out, int64_t kernel,
                                        int64_t stride, int64_t padding, uint32_t flags) {
  strait_window w = {sizeof w, 0, {kernel, kernel}, {stride, stride}, {padding, padding}};
  return g->ops->conv2d(g, x, name, out, &w, flags);
}
/* Convolution with any window. [one thread, in build()] */
static inline strait_node strait_conv2d_window(strait_graph *g, strait_node x, const char *name, int64_t out,
                                               const strait_window *window, uint32_t flags) {
  return g->ops->conv2d(g, x, name, out, window, flags);
}
/* Batch normalisation over samples and positions with one scale and shift per channel, momentum .1 and epsilon 1e-5, as
 * in PyTorch. Training takes the batch's mean and biased variance; running = (1-momentum) running + momentum * (mean,
 * unbiased variance). [one thread, in build()] */
static inline strait_node strait_batch_norm(strait_graph *g, strait_node x, const char *name) {
  return g->ops->batch_norm(g, x, name, 0.1, 1e-5);
}
/* The same with a given momentum in (0,1] and epsilon > 0. [one thread, in build()] */
static inline strait_node strait_batch_norm_with(strait_graph *g, strait_node x, const char *name, double momentum,
                                                 double epsilon) {
  return g->ops->batch_norm(g, x, name, momentum, epsilon);
}
/* max(0, x), element by element. [one thread, in build()] */
static inline strait_node strait_relu(strait_graph *g, strait_node x) { return g->ops->relu(g, x); }
/* Maximum over square windows; padding counts as minus infinity; the first of equals takes the gradient.
 * [one thread, in build()] */
static inline strait_node strait_max_pool(strait_graph *g, strait_node x, int64_t kernel, int64_t stride,
                                          int64_t padding) {
  strait_window w = {sizeof w, 0, {kernel, kernel}, {stride, stride}, {padding, padding}};
  return g->ops->max_pool(g, x, &w);
}
/* Mean over square windows; padding counts as zeros and is part of the mean (PyTorch's count_include_pad).
 * [one thread, in build()] */
static inline strait_node strait_avg_pool(strait_graph *g, strait_node x, int64_t kernel, int64_t stride,
                                          int64_t padding) {
  strait_window w = {sizeof w, 0, {kernel, kernel}, {stride, stride}, {padding, padding}};
  return g->ops->avg_pool(g, x, &w);
}
/* Mean over height and width: (channels, height, width) to (channels, 1, 1). [one thread, in build()] */
static inline strait_node strait_global_avg_pool(strait_graph *g, strait_node x) {
  return g->ops->global_avg_pool(g, x);
}
/* The sum of two nodes of the same shape. [one thread, in build()] */
static inline strait_node strait_add(strait_graph *g, strait_node a, strait_node b) { return g->ops->add(g, a, b); }
/* To one dimension, channels first, as PyTorch's flatten of (channels, height, width). [one thread, in build()] */
static inline strait_node strait_flatten(strait_graph *g, strait_node x) { return g->ops->flatten(g, x); }
/* In training zeroes each element with this probability in [0,1) and divides the rest by 1-probability.
 * [one thread, in build()] */
static inline strait_node strait_dropout(strait_graph *g, strait_node x, double probability) {
  return g->ops->dropout(g, x, probability);
}
/* Declares a parameter for custom operations (1 to 6 dims) and returns its number. The same name and dims again: the
 * same parameter. Initialised to zero unless strait_init_... says otherwise. [one thread, in build()] */
static inline int32_t strait_parameter(strait_graph *g, const char *name, uint32_t rank, const int64_t *dims) {
  return g->ops->parameter(g, name, rank, dims);
}
/* Sets the initial value of a declared parameter, by its full name ("fc1.weight"). [one thread, in build()] */
static inline void strait_init_constant(strait_graph *g, const char *parameter, double value) {
  g->ops->initialise(g, parameter, STRAIT_INIT_CONSTANT, value);
}
/* The same: normal with mean 0 and this deviation. [one thread, in build()] */
static inline void strait_init_normal(strait_graph *g, const char *parameter, double deviation) {
  g->ops->initialise(g, parameter, STRAIT_INIT_NORMAL, deviation);
}
/* The same: uniform in [-bound, bound). [one thread, in build()] */
static inline void strait_init_uniform(strait_graph *g, const char *parameter, double bound) {
  g->ops->initialise(g, parameter, STRAIT_INIT_UNIFORM, bound);
}
/* A custom operation over inputs and declared parameters. *operation is copied. [one thread, in build()] */
static inline strait_node strait_custom(strait_graph *g, const char *name, const strait_operation *operation,
                                        uint32_t input_count, const strait_node *inputs, uint32_t parameter_count,
                                        const int32_t *parameters) {
  return g->ops->custom(g, name, operation, input_count, inputs, parameter_count, parameters);
}

/* A layer by its kind, with its settings; it needs no function of its own in this header. An unknown kind is an error
 * like any other. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_layer_of(strait_graph *g, const strait_layer *layer) {
  if (!STRAIT_HAS(g->ops, strait_graph_ops, layer))
    return strait_refuse(g, "this strait is too old; it needs plugin ABI 1.1");
  return g->ops->layer(g, layer);
}

enum { STRAIT_GELU_EXACT = 0, STRAIT_GELU_TANH = 1 };
/* GELU, y = x P(X <= x) for a standard normal X. form: STRAIT_GELU_EXACT, or STRAIT_GELU_TANH for PyTorch's approximate
 * = "tanh". (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_gelu(strait_graph *g, strait_node x, int64_t form) {
  strait_layer layer = {sizeof layer, 1, 1, 0, "gelu", 0, &x, &form, 0};
  return strait_layer_of(g, &layer);
}

/* Layer norm: brings the last dimension of each sample (of an image, the channels at each position) to mean 0 and
 * variance 1 (biased, with epsilon), then multiplies by NAME.weight and, unless flags say STRAIT_NO_BIAS, adds
 * NAME.bias; they start at 1 and 0. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_layer_norm_flags(strait_graph *g, strait_node x, const char *name, double epsilon,
                                                  uint32_t flags) {
  const int64_t integer = flags;
  strait_layer layer = {sizeof layer, 1, 1, 1, "layer_norm", name, &x, &integer, &epsilon};
  return strait_layer_of(g, &layer);
}
/* The same with a bias. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_layer_norm_with(strait_graph *g, strait_node x, const char *name, double epsilon) {
  return strait_layer_norm_flags(g, x, name, epsilon, STRAIT_BIAS);
}
/* The same with epsilon = 1e-5, as in PyTorch. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_layer_norm(strait_graph *g, strait_node x, const char *name) {
  return strait_layer_norm_with(g, x, name, 1e-5);
}

/* `count` channels of x from number `first` on, counted from 0 (of a vector or of positions' features: numbers of the
 * last dimension); count 0: all from there. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_slice_channels(strait_graph *g, strait_node x, int64_t first, int64_t count) {
  const int64_t integers[] = {0, 0, 1, 0, 0, 1, first, count};
  strait_layer layer = {sizeof layer, 1, 8, 0, "slice", 0, &x, integers, 0};
  return strait_layer_of(g, &layer);
}
/* A part of an image: Python's x[:, top : top + height : step, left : left + width : step]; height or width 0: to the
 * end. strait_slice_image(g, x, 0, 0, 0, 0, 2) is every second pixel. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_slice_image(strait_graph *g, strait_node x, int64_t top, int64_t left, int64_t height,
                                             int64_t width, int64_t step) {
  const int64_t integers[] = {top, height, step, left, width, step, 0, 0};
  strait_layer layer = {sizeof layer, 1, 8, 0, "slice", 0, &x, integers, 0};
  return strait_layer_of(g, &layer);
}

/* Puts channels of zeros before and after those of x. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_pad_channels(strait_graph *g, strait_node x, int64_t before, int64_t after) {
  const int64_t integers[] = {0, 0, 0, 0, before, after};
  strait_layer layer = {sizeof layer, 1, 6, 0, "pad", 0, &x, integers, 0};
  return strait_layer_of(g, &layer);
}
/* Puts rows and columns of zeros around an image. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_pad_image(strait_graph *g, strait_node x, int64_t top, int64_t bottom, int64_t left,
                                           int64_t right) {
  const int64_t integers[] = {top, bottom, left, right, 0, 0};
  strait_layer layer = {sizeof layer, 1, 6, 0, "pad", 0, &x, integers, 0};
  return strait_layer_of(g, &layer);
}

/* 1 to 8 nodes side by side along their channels (of vectors and positions: their last dimension); the other dimensions
 * must be equal. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_concat(strait_graph *g, uint32_t count, const strait_node *x) {
  strait_layer layer = {sizeof layer, count, 0, 0, "concat", 0, x, 0, 0};
  return strait_layer_of(g, &layer);
}
/* The product, element by element, of two nodes of the same shape. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_multiply(strait_graph *g, strait_node a, strait_node b) {
  const strait_node inputs[] = {a, b};
  strait_layer layer = {sizeof layer, 2, 0, 0, "multiply", 0, inputs, 0, 0};
  return strait_layer_of(g, &layer);
}
/* A node of the shape of `like`, all of whose numbers are `value`. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_constant(strait_graph *g, strait_node like, double value) {
  strait_layer layer = {sizeof layer, 1, 0, 1, "constant", 0, &like, 0, &value};
  return strait_layer_of(g, &layer);
}

/* Each token, a whole number from 0 to tokens - 1, becomes a row of NAME.weight (tokens, width), which starts normal
 * with deviation 1: (positions) to (positions, width). A linear layer without bias of the same name, with `tokens`
 * outputs, shares the table: strait_linear(g, x, name, tokens, STRAIT_NO_BIAS) is a tied last layer. (Since 1.1.)
 * [one thread, in build()] */
static inline strait_node strait_embedding(strait_graph *g, strait_node x, const char *name, int64_t tokens,
                                           int64_t width) {
  const int64_t integers[] = {tokens, width};
  strait_layer layer = {sizeof layer, 1, 2, 0, "embedding", name, &x, integers, 0};
  return strait_layer_of(g, &layer);
}
/* Adds to (positions, features) a table of that shape, the parameter NAME ("transformer.wpe.weight"), which starts
 * normal with deviation .02. leading: 1 gives the parameter a first dimension of 1. (Since 1.1.)
 * [one thread, in build()] */
static inline strait_node strait_position_table(strait_graph *g, strait_node x, const char *name, int64_t leading) {
  strait_layer layer = {sizeof layer, 1, 1, 0, "position_table", name, &x, &leading, 0};
  return strait_layer_of(g, &layer);
}
/* Puts the parameter NAME, of shape (1, 1, features), before the positions; it starts normal with deviation 1e-6.
 * (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_class_token(strait_graph *g, strait_node x, const char *name) {
  const int64_t one = 1;
  strait_layer layer = {sizeof layer, 1, 1, 0, "class_token", name, &x, &one, 0};
  return strait_layer_of(g, &layer);
}
/* The mean over positions: (positions, features) to (features). (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_position_mean(strait_graph *g, strait_node x) {
  strait_layer layer = {sizeof layer, 1, 0, 0, "position_mean", 0, &x, 0, 0};
  return strait_layer_of(g, &layer);
}
/* One position, counted from 0, or below 0 from the end: (positions, features) to (features). (Since 1.1.)
 * [one thread, in build()] */
static inline strait_node strait_position(strait_graph *g, strait_node x, int64_t position) {
  strait_layer layer = {sizeof layer, 1, 1, 0, "position", 0, &x, &position, 0};
  return strait_layer_of(g, &layer);
}
/* An image as the sequence of its pixels, row by row: (channels, height, width) to (height * width, channels). (Since
 * 1.1.) [one thread, in build()] */
static inline strait_node strait_to_positions(strait_graph *g, strait_node x) {
  strait_layer layer = {sizeof layer, 1, 0, 0, "to_positions", 0, &x, 0, 0};
  return strait_layer_of(g, &layer);
}
/* Multi-head attention of positions that have q, k and v side by side: (positions, 3 width) to (positions, width). Each
 * head has width / heads neighbouring features of each, and gives softmax(q k^T / sqrt(width / heads)) v. causal: 1
 * lets a position see itself and those before it, 0 all. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_attention(strait_graph *g, strait_node x, int64_t heads, int64_t causal) {
  const int64_t integers[] = {heads, causal};
  strait_layer layer = {sizeof layer, 1, 2, 0, "attention", 0, &x, integers, 0};
  return strait_layer_of(g, &layer);
}
/* One layer of PyTorch's nn.LSTM, from (positions, features) to (positions, units): NAME.weight_ih_lN, weight_hh_lN,
 * bias_ih_lN and bias_hh_lN with N = `number`, rows in the order i, f, g, o; uniform in +-1/sqrt(units). It has state,
 * h and c, which is carried from step to step of a stream. (Since 1.1.) [one thread, in build()] */
static inline strait_node strait_lstm(strait_graph *g, strait_node x, const char *name, int64_t number, int64_t units) {
  const int64_t integers[] = {number, units};
  strait_layer layer = {sizeof layer, 1, 2, 0, "lstm", name, &x, integers, 0};
  return strait_layer_of(g, &layer);
}

typedef struct strait_model_ops {
  uint32_t size;
  uint32_t reserved;
  /* Builds the graph from the input node and returns the output node: the same graph at every call.
   * [one thread, after init()] */
  strait_node (*build)(const void *self, strait_graph *g, strait_node input);
} strait_model_ops;

#ifdef __cplusplus
}
#endif
#endif
