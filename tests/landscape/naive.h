/* tests/landscape/naive.h: the test networks' forward passes in double, loop by loop, with the batch-norm rule written
 * out once more. Independent of the program: it shares only the layout of the flat vector. */
#ifndef TESTS_LANDSCAPE_NAIVE_H
#define TESTS_LANDSCAPE_NAIVE_H

#include "fixture.h"

#include "compute/random.h"
#include "data/feeder.h"

/* All samples of a split in index order, or as a feeder gives them. */
struct samples {
  int64_t count, words;
  float *x;
  int32_t *label;
};

static inline struct samples samples_by(struct fixture *f, const struct feeding *feeding) {
  const int split = feeding->split;
  struct feeder *feeder;
  struct batch batch;
  struct samples all = {data_count(f->data, split), 64, NULL, NULL};
  int64_t at = 0;
  all.x = arena_alloc(f->arena, (size_t)(all.count * all.words), sizeof(float));
  all.label = arena_alloc(f->arena, (size_t)all.count, sizeof(int32_t));
  OK(feeder_create(&feeder, f->data, feeding));
  OK(feeder_start(feeder, 1, 0));
  while (at < all.count) {
    OK(feeder_next(feeder, &batch));
    memcpy(all.x + at * all.words, batch.x, (size_t)(batch.samples * all.words) * sizeof(float));
    memcpy(all.label + at, batch.target, (size_t)batch.samples * sizeof(int32_t));
    at += batch.samples;
  }
  feeder_free(feeder);
  return all;
}
static inline struct samples samples_of(struct fixture *f, int split) {
  return samples_by(f, &(struct feeding){.split = split, .batch = 100});
}

/* The training samples as the batch-norm rule has them: in the order of stream (seed 1, "order", 1). */
static inline struct samples samples_to_refresh(struct fixture *f) {
  const struct stream stream = stream_of(1, "order", 1);
  struct samples s = samples_of(f, SPLIT_TRAIN), all = s;
  int64_t *order = arena_alloc(f->arena, (size_t)s.count, sizeof *order);
  all.x = arena_alloc(f->arena, (size_t)(s.count * s.words), sizeof(float));
  all.label = arena_alloc(f->arena, (size_t)s.count, sizeof(int32_t));
  stream_permutation(&stream, order, s.count);
  for (int64_t i = 0; i < s.count; i++) {
    memcpy(all.x + i * s.words, s.x + order[i] * s.words, (size_t)s.words * sizeof(float));
    all.label[i] = s.label[order[i]];
  }
  return all;
}

/* The segment of this name, in the weights or the statistics. */
static inline const float *segment(const struct layout *layout, const float *vector, const char *name) {
  for (int i = 0; i < layout->segments; i++)
    if (!strcmp(layout->segment[i].name, name))
      return vector + layout->segment[i].offset;
  ck_abort_msg("no segment %s", name);
  return NULL;
}

static inline void naive_linear(const double *x, int64_t in, const float *w, const float *b, int64_t out, double *y) {
  for (int64_t o = 0; o < out; o++) {
    y[o] = (double)b[o];
    for (int64_t i = 0; i < in; i++)
      y[o] += (double)w[o * in + i] * x[i];
  }
}

/* logits (count, 10) of the mlp with one hidden layer. */
static inline void naive_mlp(struct fixture *f, const float *weights, const struct samples *s, int64_t hidden,
                             double *logits) {
  const struct segment *segments = network_weights(f->network)->segment; /* in file order */
  double x[64], h[256];
  for (int64_t n = 0; n < s->count; n++) {
    for (int64_t i = 0; i < s->words; i++)
      x[i] = (double)s->x[n * s->words + i];
    naive_linear(x, s->words, weights + segments[0].offset, weights + segments[1].offset, hidden, h);
    for (int64_t i = 0; i < hidden; i++)
      h[i] = h[i] > 0 ? h[i] : 0;
    naive_linear(h, hidden, weights + segments[2].offset, weights + segments[3].offset, 10, logits + n * 10);
  }
}

/* 3x3 cross-correlation with zero padding 1. x: (in, size, size), w: (out, in, 3, 3), y: (out, size/stride, ...). */
static inline void naive_conv(const double *x, int in, int size, const float *w, int out, int stride, double *y) {
  int side = size / stride;
  for (int o = 0; o < out; o++)
    for (int r = 0; r < side; r++)
      for (int c = 0; c < side; c++) {
        double sum = 0;
        for (int i = 0; i < in; i++)
          for (int u = 0; u < 3; u++)
            for (int v = 0; v < 3; v++) {
              int row = r * stride + u - 1, column = c * stride + v - 1;
              if (row >= 0 && row < size && column >= 0 && column < size)
                sum += x[(i * size + row) * size + column] * (double)w[((o * in + i) * 3 + u) * 3 + v];
            }
        y[(o * side + r) * side + c] = sum;
      }
}

/* Batch norm and ReLU in place. x: (count, channels, area). mean and variance: the batch's biased ones when batch is
 * set (and then its mean and unbiased variance go to batch), else running. */
static inline void naive_norm(double *x, int64_t count, int channels, int area, const float *scale, const float *shift,
                              const float *running_mean, const float *running_variance, double *batch_mean,
                              double *batch_variance) {
  for (int c = 0; c < channels; c++) {
    double mean = 0, variance = 0, n = (double)count * area;
    for (int64_t s = 0; s < count && batch_mean; s++)
      for (int k = 0; k < area; k++)
        mean += x[(s * channels + c) * area + k] / n;
    for (int64_t s = 0; s < count && batch_mean; s++)
      for (int k = 0; k < area; k++)
        variance += pow(x[(s * channels + c) * area + k] - mean, 2) / n;
    if (batch_mean) {
      batch_mean[c] = mean;
      batch_variance[c] = variance * n / (n - 1);
    } else {
      mean = (double)running_mean[c];
      variance = (double)running_variance[c];
    }
    for (int64_t s = 0; s < count; s++)
      for (int k = 0; k < area; k++) {
        double *at = &x[(s * channels + c) * area + k];
        *at = (*at - mean) / sqrt(variance + 1e-5) * (double)scale[c] + (double)shift[c];
        *at = *at > 0 ? *at : 0;
      }
  }
}

enum { BUFFERS = 20 }; /* bn1: 4 means, 4 variances; bn2: 6 and 6 */

/* The small network on `count` samples from `first`: logits (count, 10). With batch: statistics of this batch, returned
 * there in the layout's order; else the running ones. */
static inline void naive_small(struct fixture *f, const float *weights, const float *running, const struct samples *s,
                               int64_t first, int64_t count, double *logits, double batch[BUFFERS]) {
  const struct layout *w = network_weights(f->network), *r = network_statistics(f->network);
  double *a = memory_alloc((size_t)count, 4 * 64 * sizeof *a), *b = memory_alloc((size_t)count, 6 * 16 * sizeof *b);
  for (int64_t n = 0; n < count; n++) {
    double x[64];
    for (int i = 0; i < 64; i++)
      x[i] = (double)s->x[(first + n) * 64 + i];
    naive_conv(x, 1, 8, segment(w, weights, "conv1.weight"), 4, 1, a + n * 256);
  }
  naive_norm(a, count, 4, 64, segment(w, weights, "bn1.weight"), segment(w, weights, "bn1.bias"),
             batch ? NULL : segment(r, running, "bn1.running_mean"),
             batch ? NULL : segment(r, running, "bn1.running_var"), batch, batch ? batch + 4 : NULL);
  for (int64_t n = 0; n < count; n++)
    naive_conv(a + n * 256, 4, 8, segment(w, weights, "conv2.weight"), 6, 2, b + n * 96);
  naive_norm(b, count, 6, 16, segment(w, weights, "bn2.weight"), segment(w, weights, "bn2.bias"),
             batch ? NULL : segment(r, running, "bn2.running_mean"),
             batch ? NULL : segment(r, running, "bn2.running_var"), batch ? batch + 8 : NULL,
             batch ? batch + 14 : NULL);
  for (int64_t n = 0; n < count; n++) {
    double pooled[6] = {0};
    for (int c = 0; c < 6; c++)
      for (int k = 0; k < 16; k++)
        pooled[c] += b[(n * 6 + c) * 16 + k] / 16;
    naive_linear(pooled, 6, segment(w, weights, "out.weight"), segment(w, weights, "out.bias"), 10, logits + n * 10);
  }
  memory_free(a);
  memory_free(b);
}

/* The rule of evaluate.h: batches of these samples, the short last one included, taken together as the paper's authors
 * do it: momentum b/(n+b) for a batch of b after n samples. In exact numbers that is the mean by sample count. */
static inline void naive_refresh(struct fixture *f, const float *weights, const struct samples *s, int64_t batch_size,
                                 double statistics[BUFFERS]) {
  double *logits = memory_alloc((size_t)batch_size, 10 * sizeof *logits), batch[BUFFERS];
  for (int k = 0; k < BUFFERS; k++)
    statistics[k] = 0;
  for (int64_t first = 0; first < s->count; first += batch_size) {
    int64_t count = s->count - first < batch_size ? s->count - first : batch_size;
    naive_small(f, weights, NULL, s, first, count, logits, batch);
    for (int k = 0; k < BUFFERS; k++)
      statistics[k] += (batch[k] - statistics[k]) * (double)count / (double)(first + count);
  }
  memory_free(logits);
}

/* Mean cross-entropy and per cent wrong of (count, 10) logits. */
static inline void naive_metrics(const double *logits, const int32_t *label, int64_t count, double *nll,
                                 double *error) {
  *nll = *error = 0;
  for (int64_t n = 0; n < count; n++) {
    const double *z = logits + n * 10;
    double sum = 0, best = z[0];
    for (int c = 0; c < 10; c++) {
      sum += exp(z[c]);
      best = z[c] > best ? z[c] : best;
    }
    *nll += (log(sum) - z[label[n]]) / (double)count;
    *error += (z[label[n]] < best) * 100. / (double)count;
  }
}

#endif
