/* tests/network/sequences.h: small networks of sequences, and their layers in double precision, by their definitions,
 * for the reference. */
#ifndef TESTS_NETWORK_SEQUENCES_H
#define TESTS_NETWORK_SEQUENCES_H

#include "nets.h"

/* x: q, k and v side by side; all probabilities of a query at once. */
static inline void attention_double(const struct node *node, const double *x, double *y) {
  const int64_t positions = node->shape.dims[0], all = node->shape.dims[1], width = all / node->integer[0];
  double *p = malloc((size_t)positions * sizeof *p);
  for (int64_t head = 0; head < node->integer[0]; head++)
    for (int64_t i = 0; i < positions; i++) {
      const int64_t seen = node->integer[1] ? i + 1 : positions;
      double sum = 0;
      for (int64_t j = 0; j < seen; j++) {
        double score = 0;
        for (int64_t c = head * width; c < (head + 1) * width; c++)
          score += x[i * 3 * all + c] * x[j * 3 * all + all + c];
        sum += p[j] = exp(score / sqrt((double)width));
      }
      for (int64_t c = head * width; c < (head + 1) * width; c++) {
        y[i * all + c] = 0;
        for (int64_t j = 0; j < seen; j++)
          y[i * all + c] += p[j] / sum * x[j * 3 * all + 2 * all + c];
      }
    }
  free(p);
}

/* One sample from a state of zero. */
static inline void lstm_double(const struct node *node, int64_t in, const double *x, const double *const *w,
                               double *y) {
  const int64_t positions = node->shape.dims[0], units = node->shape.dims[1];
  double *c = calloc((size_t)(6 * units), sizeof *c), *h = c + units, *gate = h + units;
  for (int64_t t = 0; t < positions; t++) {
    for (int64_t r = 0; r < 4 * units; r++) {
      gate[r] = w[2][r] + w[3][r];
      for (int64_t k = 0; k < in; k++)
        gate[r] += w[0][r * in + k] * x[t * in + k];
      for (int64_t k = 0; k < units; k++)
        gate[r] += w[1][r * units + k] * h[k];
    }
    for (int64_t u = 0; u < units; u++) {
      const double i = 1 / (1 + exp(-gate[u])), f = 1 / (1 + exp(-gate[units + u]));
      const double g = tanh(gate[2 * units + u]), o = 1 / (1 + exp(-gate[3 * units + u]));
      c[u] = f * c[u] + i * g;
      y[t * units + u] = o * tanh(c[u]);
    }
    memcpy(h, y + t * units, (size_t)units * sizeof *h);
  }
  free(c);
}

/* Does it know this layer? shape: of input 0. */
static inline int sequence_double(const struct node *node, const struct shape *shape, const double *x,
                                  const double *const *w, double *y) {
  const char *name = node->layer->name;
  const int64_t width = node->shape.dims[node->shape.rank - 1], positions = shape->dims[0];
  if (!strcmp(name, "attention")) {
    attention_double(node, x, y);
  } else if (!strcmp(name, "lstm")) {
    lstm_double(node, shape->dims[1], x, w, y);
  } else if (!strcmp(name, "embedding")) {
    for (int64_t i = 0; i < node->size; i++)
      y[i] = w[0][(int64_t)x[i / width] * width + i % width];
  } else if (!strcmp(name, "position_table")) {
    for (int64_t i = 0; i < node->size; i++)
      y[i] = x[i] + w[0][i];
  } else if (!strcmp(name, "class_token")) {
    for (int64_t i = 0; i < node->size; i++)
      y[i] = i < width ? w[0][i] : x[i - width];
  } else if (!strcmp(name, "position_mean")) {
    for (int64_t i = 0; i < width; i++) {
      y[i] = 0;
      for (int64_t p = 0; p < positions; p++)
        y[i] += x[p * width + i] / (double)positions;
    }
  } else if (!strcmp(name, "position")) {
    const int64_t at = node->integer[0] < 0 ? positions + node->integer[0] : node->integer[0];
    memcpy(y, x + at * width, (size_t)width * sizeof *y);
  } else if (!strcmp(name, "to_positions")) { /* the reference has channels first */
    for (int64_t i = 0; i < node->size; i++)
      y[i] = x[i % width * (node->size / width) + i / width];
  } else {
    return 0;
  }
  return 1;
}

#define POSITIONS                                                                                                      \
  { 2, {3, 4}, STRAIT_TARGET_CLASSES, 5, 0 }
#define TOKENS(n, classes)                                                                                             \
  { 1, {n}, STRAIT_TARGET_CLASSES, classes, STRAIT_I32 }

/* --- networks --- */

/* Tokens, of which some occur twice; the table shared with the last layer; a residual sum. */
static inline strait_node tied(strait_graph *g, strait_node x) {
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
static inline strait_node patches(strait_graph *g, strait_node x) {
  x = strait_to_positions(g, strait_conv2d(g, x, "patch", 4, 2, 2, 0, STRAIT_BIAS));
  x = strait_position_table(g, strait_class_token(g, x, "cls_token"), "pos_embed", 1);
  strait_node y = strait_linear(g, x, "qkv", 12, STRAIT_BIAS);
  x = strait_add(g, strait_attention(g, y, 2, 0), strait_attention(g, y, 1, 0)); /* the gradient is added to */
  x = strait_concat(g, 2, (strait_node[]){strait_position(g, x, 0), strait_position_mean(g, x)});
  return strait_linear(g, x, "fc", strait_classes(g), STRAIT_BIAS);
}
/* Two layers; the second's input has other readers. */
static inline strait_node lstms(strait_graph *g, strait_node x) {
  x = strait_lstm(g, strait_embedding(g, x, "embed", strait_classes(g), 3), "rnn", 0, 5);
  strait_node y = strait_lstm(g, x, "rnn", 1, 5);
  x = strait_add(g, x, strait_add(g, y, strait_position_table(g, x, "table", 0)));
  return strait_linear(g, x, "out", strait_classes(g), STRAIT_BIAS);
}
/* More units than a block has. */
static inline strait_node lstm_wide(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_lstm(g, x, "rnn", 0, 33), "out", strait_classes(g), STRAIT_BIAS);
}
/* One layer twice, and its last position. */
static inline strait_node lstm_shared(strait_graph *g, strait_node x) {
  x = strait_lstm(g, strait_lstm(g, x, "rnn", 0, 4), "rnn", 0, 4);
  return strait_linear(g, strait_position(g, x, -1), "out", strait_classes(g), STRAIT_BIAS);
}
/* More positions than a block has, of which the last is short. */
static inline strait_node attention_long(strait_graph *g, strait_node x) {
  x = strait_linear(g, x, "qkv", 12, STRAIT_BIAS);
  x = strait_add(g, strait_attention(g, x, 2, 1), strait_attention(g, x, 1, 0));
  return strait_linear(g, strait_position_mean(g, strait_multiply(g, x, x)), "fc", strait_classes(g), STRAIT_BIAS);
}

#endif
