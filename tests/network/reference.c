/* tests/network/reference.c: a network in double precision, channels first, by plain loops. */
#include "nets.h"

struct walk {
  const struct reference *r;
  const struct graph *graph;
  const double *weights;
  int64_t samples;
  double **y; /* one array a node: (samples, shape) */
  double *statistics;
};

static const double *weight(const struct walk *w, const struct node *node, int k) {
  return k < node->parameters ? w->weights + w->graph->weights.list[node->parameter[k]].offset : NULL;
}

static const struct shape *input_shape(const struct walk *w, const struct node *node) {
  return &w->graph->nodes[node->input[0]].shape;
}

static void linear(const struct walk *w, const struct node *node, const double *x, double *y) {
  const struct shape *in = input_shape(w, node);
  int64_t inputs = in->dims[in->rank - 1], outputs = node->shape.dims[in->rank - 1];
  const double *weights = weight(w, node, 0), *bias = weight(w, node, 1);
  for (int64_t row = 0; row < w->samples * node->size / outputs; row++)
    for (int64_t o = 0; o < outputs; o++) {
      double sum = bias ? bias[o] : 0;
      for (int64_t i = 0; i < inputs; i++)
        sum += weights[o * inputs + i] * x[row * inputs + i];
      y[row * outputs + o] = sum;
    }
}

/* Calls use(...) for each (output, kernel position) whose input is inside; at: its index in the input. */
struct visit {
  const struct walk *w;
  const struct node *node;
  const double *x;
  double *y;
};

/* One output of a convolution or a pool: channel c at (oy, ox) of sample n. */
static double window(const struct visit *v, int64_t n, int64_t c, int64_t oy, int64_t ox) {
  const struct node *node = v->node;
  const strait_window *k = &node->window;
  const struct shape *in = input_shape(v->w, node);
  int conv = node->layer->op == OP_CONV;
  const double *weights = weight(v->w, node, 0), *bias = weight(v->w, node, 1);
  double result = node->layer->op == OP_MAX_POOL ? -INFINITY : conv && bias ? bias[c] : 0;
  for (int64_t i = conv ? 0 : c; i < (conv ? in->dims[0] : c + 1); i++)
    for (int64_t ky = 0; ky < k->kernel[0]; ky++)
      for (int64_t kx = 0; kx < k->kernel[1]; kx++) {
        int64_t iy = oy * k->stride[0] + ky - k->padding[0], ix = ox * k->stride[1] + kx - k->padding[1];
        if (iy < 0 || iy >= in->dims[1] || ix < 0 || ix >= in->dims[2])
          continue;
        double x = v->x[((n * in->dims[0] + i) * in->dims[1] + iy) * in->dims[2] + ix];
        if (conv)
          result += x * weights[((c * in->dims[0] + i) * k->kernel[0] + ky) * k->kernel[1] + kx];
        else if (node->layer->op == OP_MAX_POOL)
          result = x > result ? x : result;
        else
          result += x / (double)(k->kernel[0] * k->kernel[1]);
      }
  return result;
}

static void windows(const struct walk *w, const struct node *node, const double *x, double *y) {
  struct visit v = {w, node, x, y};
  const int64_t *dims = node->shape.dims;
  for (int64_t n = 0; n < w->samples; n++)
    for (int64_t c = 0; c < dims[0]; c++)
      for (int64_t oy = 0; oy < dims[1]; oy++)
        for (int64_t ox = 0; ox < dims[2]; ox++)
          y[((n * dims[0] + c) * dims[1] + oy) * dims[2] + ox] = window(&v, n, c, oy, ox);
}

/* Channel first for images, last for (positions, features). */
static void norm(const struct walk *w, const struct node *node, const double *x, double *y) {
  int first = node->shape.rank == 3;
  int64_t channels = node->shape.dims[first ? 0 : node->shape.rank - 1], positions = node->size / channels;
  const double *scale = weight(w, node, 0), *shift = weight(w, node, 1);
  const struct segment *list = w->graph->statistics.list;
  int64_t at_mean = list[node->statistics[0]].offset, at_variance = list[node->statistics[1]].offset;
  for (int64_t c = 0; c < channels; c++) {
    double mean = w->r->data->statistics[at_mean + c], variance = w->r->data->statistics[at_variance + c];
    double count = (double)(w->samples * positions), sum = 0, squares = 0;
#define AT(n, p) (((n)*channels * positions) + (first ? c * positions + (p) : (p)*channels + c))
    for (int64_t n = 0; n < w->samples; n++)
      for (int64_t p = 0; p < positions; p++)
        sum += x[AT(n, p)];
    for (int64_t n = 0; n < w->samples; n++)
      for (int64_t p = 0; p < positions; p++)
        squares += (x[AT(n, p)] - sum / count) * (x[AT(n, p)] - sum / count);
    if (w->r->batch) {
      mean = sum / count;
      variance = squares / count;
    }
    if (w->statistics) {
      w->statistics[at_mean + c] = sum / count;
      w->statistics[at_variance + c] = squares / (count - 1);
    }
    for (int64_t n = 0; n < w->samples; n++)
      for (int64_t p = 0; p < positions; p++)
        y[AT(n, p)] = (x[AT(n, p)] - mean) / sqrt(variance + node->epsilon) * scale[c] + shift[c];
#undef AT
  }
}

static void custom(const struct walk *w, const struct node *node, double *y) {
  const double *x[OP_SLOTS], *weights[OP_SLOTS];
  for (int k = 0; k < OP_SLOTS; k++)
    weights[k] = weight(w, node, k);
  for (int64_t n = 0; n < w->samples; n++) {
    for (int k = 0; k < node->inputs; k++)
      x[k] = w->y[node->input[k]] + n * w->graph->nodes[node->input[k]].size;
    w->r->net->custom(node, x, weights, y + n * node->size);
  }
}

static void element(const struct walk *w, const struct node *node, const double *x, double *y) {
  const double *b = node->layer->op == OP_ADD ? w->y[node->input[1]] : NULL;
  const double *mask = w->r->mask ? w->r->mask[node->stream] : NULL;
  for (int64_t i = 0; i < w->samples * node->size; i++) {
    y[i] = x[i];
    if (node->layer->op == OP_RELU && x[i] < 0)
      y[i] = 0;
    if (b)
      y[i] += b[i];
    if (node->layer->op == OP_DROPOUT && mask)
      y[i] *= mask[i];
  }
}

/* (channels, height, width) of an image; of vectors and positions (positions, features, 1). */
static void three(const struct shape *shape, int64_t size[3]) {
  for (uint32_t i = 0; i < 3; i++)
    size[i] = shape->rank == 3   ? shape->dims[i]
              : i == 2           ? 1
              : shape->rank == 2 ? shape->dims[i]
              : i                ? shape->dims[0]
                                 : 1;
}

/* slice and pad: each output is an input, or 0 where there is none. */
static void part(const struct walk *w, const struct node *node, const double *x, double *y) {
  const int slices = node->layer->op == OP_SLICE, image = node->shape.rank == 3;
  const int64_t *k = node->integer;
  int64_t in[3], out[3], first[3] = {0}, step[3] = {1, 1, 1};
  three(input_shape(w, node), in);
  three(&node->shape, out);
  for (int i = 0; i < 2; i++) { /* height, width */
    first[1 + i] = image ? (slices ? k[3 * i] : -k[2 * i]) : 0;
    step[1 + i] = image && slices ? k[3 * i + 2] : 1;
  }
  first[image ? 0 : 1] = slices ? k[6] : -k[4];
  for (int64_t n = 0; n < w->samples; n++)
    for (int64_t a = 0; a < out[0]; a++)
      for (int64_t b = 0; b < out[1]; b++)
        for (int64_t c = 0; c < out[2]; c++) {
          const int64_t i = first[0] + a * step[0], j = first[1] + b * step[1], l = first[2] + c * step[2];
          const int there = i >= 0 && i < in[0] && j >= 0 && j < in[1] && l >= 0 && l < in[2];
          *y++ = there ? x[((n * in[0] + i) * in[1] + j) * in[2] + l] : 0;
        }
}

/* The inputs' rows of channels one after another. */
static void concat(const struct walk *w, const struct node *node, double *y) {
  const int image = node->shape.rank == 3;
  const int64_t positions = image ? 1 : node->size / node_channels(node); /* channels first: one row, of all */
  for (int64_t p = 0; p < w->samples * positions; p++)
    for (int k = 0; k < node->inputs; k++) {
      const int64_t row = w->graph->nodes[node->input[k]].size / positions;
      for (int64_t i = 0; i < row; i++)
        *y++ = w->y[node->input[k]][p * row + i];
    }
}

static void compute(struct walk *w, const struct node *node, double *y) {
  const double *x = w->y[node->input[0]];
  switch (node->layer->op) {
  case OP_NONE:
    for (int64_t i = 0; i < w->samples * node->size; i++)
      y[i] = w->r->data->x[i];
    break;
  case OP_LINEAR:
    linear(w, node, x, y);
    break;
  case OP_CONV:
  case OP_MAX_POOL:
  case OP_AVG_POOL:
    windows(w, node, x, y);
    break;
  case OP_NORM:
    norm(w, node, x, y);
    break;
  case OP_SLICE:
  case OP_PAD:
    part(w, node, x, y);
    break;
  case OP_CONCAT:
    concat(w, node, y);
    break;
  case OP_MULTIPLY:
    for (int64_t i = 0; i < w->samples * node->size; i++)
      y[i] = x[i] * w->y[node->input[1]][i];
    break;
  case OP_CONSTANT:
    for (int64_t i = 0; i < w->samples * node->size; i++)
      y[i] = node->real[0];
    break;
  case OP_CUSTOM:
    custom(w, node, y);
    break;
  default:
    if (node->layer->by_name) { /* the test's own */
      custom(w, node, y);
      break;
    }
    element(w, node, x, y); /* flatten is the identity, channels first */
  }
}

static double entropy(const double *logits, int64_t classes, int32_t label, double smoothing) {
  double top = logits[0], sum = 0, loss = 0;
  for (int64_t i = 1; i < classes; i++)
    top = logits[i] > top ? logits[i] : top;
  for (int64_t i = 0; i < classes; i++)
    sum += exp(logits[i] - top);
  for (int64_t i = 0; i < classes; i++) {
    double target = (i == label ? 1 - smoothing : 0) + smoothing / (double)classes;
    loss -= target * (logits[i] - top - log(sum));
  }
  return loss;
}

static double mean_loss(const struct reference *r, const double *logits, int64_t count) {
  const struct signature *signature = network_signature(r->net->network);
  double sum = 0;
  if (signature->target == STRAIT_TARGET_REAL) {
    const float *target = r->data->target;
    for (int64_t i = 0; i < count; i++)
      sum += (logits[i] - target[i]) * (logits[i] - target[i]);
    return sum / (double)count;
  }
  int64_t rows = count / signature->classes;
  for (int64_t i = 0; i < rows; i++)
    sum += entropy(logits + i * signature->classes, signature->classes, ((const int32_t *)r->data->target)[i],
                   r->data->smoothing);
  return sum / (double)rows;
}

double reference_loss(const struct reference *r, const double *weights, double *logits, double *statistics) {
  const struct graph *graph = &r->net->network->graph;
  struct walk w = {r, graph, weights, r->data->samples, calloc(graph->count, sizeof *w.y), statistics};
  ck_assert_ptr_nonnull(w.y);
  for (size_t i = 0; i < graph->count; i++) {
    w.y[i] = malloc((size_t)(w.samples * graph->nodes[i].size) * sizeof *w.y[i]);
    ck_assert_ptr_nonnull(w.y[i]);
    compute(&w, &graph->nodes[i], w.y[i]);
  }
  int64_t count = w.samples * graph->nodes[r->net->network->output].size;
  double loss = mean_loss(r, w.y[r->net->network->output], count);
  if (logits)
    memcpy(logits, w.y[r->net->network->output], (size_t)count * sizeof *logits);
  for (size_t i = 0; i < graph->count; i++)
    free(w.y[i]);
  free(w.y);
  return loss;
}

/* Steps of 1e-5 in double: truncation and rounding are both about 1e-10, far below float32's 6e-8. */
void reference_gradient(const struct reference *r, double *gradient) {
  const double step = 1e-5;
  int64_t count = network_weights(r->net->network)->count;
  double *weights = malloc((size_t)count * sizeof *weights + 1);
  ck_assert_ptr_nonnull(weights);
  for (int64_t i = 0; i < count; i++)
    weights[i] = r->data->weights[i];
  for (int64_t i = 0; i < count; i++) {
    weights[i] = r->data->weights[i] + step;
    double up = reference_loss(r, weights, NULL, NULL);
    weights[i] = r->data->weights[i] - step;
    double down = reference_loss(r, weights, NULL, NULL);
    weights[i] = r->data->weights[i];
    gradient[i] = (up - down) / (2 * step);
  }
  free(weights);
}
