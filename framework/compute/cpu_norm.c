/* compute/cpu_norm.c: batch norm, its ReLU fused. Sums over rows are taken in double, a fixed block of rows at a time,
 * the blocks' sums added in their order. */
#include <math.h>
#include <string.h>

#include "compute/cpu.h"

/* Rows a block: about 64 kB of activations, so that a block's second use finds it in cache. */
static int64_t block_rows(const struct norm_op *op) { return cpu_max(16, 16384 / op->channels); }

struct norm {
  struct cpu *cpu;
  const struct norm_op *op;
  int64_t rows, block;
  const float *x, *dy;
  float *y, *dx;
  double *sums;                  /* blocks of 2 * channels */
  const float *mean, *deviation; /* of this pass: the batch's, or the running ones; deviation: 1 / it */
  struct affine affine;
  float *a, *b, *c; /* channels each */
};

/* Shared scratch: four vectors of channels, then the blocks' sums. */
static struct norm norm_of(struct device *d, const struct norm_op *op, const struct run *run) {
  struct cpu *cpu = cpu_of(d);
  const int64_t stride = cpu_blocks(op->channels, 16) * 16;
  float *v = cpu->shared.data, *saved = cpu_given(cpu, op->saved);
  return (struct norm){
      .cpu = cpu,
      .op = op,
      .rows = run->samples * op->positions,
      .block = block_rows(op),
      .x = cpu_at(cpu, op->x),
      .dy = cpu_at(cpu, op->dy),
      .y = cpu_at(cpu, op->y),
      .dx = cpu_at(cpu, op->dx),
      .mean = run->batch_statistics ? saved : cpu_given(cpu, op->running_mean),
      .deviation = run->batch_statistics ? saved + op->channels : v,
      .affine = {saved + 3 * op->channels, saved + 4 * op->channels, saved + 5 * op->channels, op->relu},
      .a = v + stride,
      .b = v + 2 * stride,
      .c = v + 3 * stride,
      .sums = (double *)(void *)(v + 4 * stride)};
}

static int reserve(struct device *d, const struct op *record, int64_t samples, int directions) {
  const struct norm_op *op = &record->norm;
  (void)directions;
  const int64_t blocks = cpu_blocks(samples * op->positions, block_rows(op));
  return cpu_reserve(cpu_of(d), 0, 4 * cpu_blocks(op->channels, 16) * 16 + blocks * op->channels * 2 * 2);
}

static void sum_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct norm *n = context;
  const int64_t channels = n->op->channels;
  double *sums = n->sums + first / n->block * 2 * channels;
  (void)worker;
  memset(sums, 0, (size_t)channels * 2 * sizeof *sums);
  n->cpu->kernels->norm_sums(sums, n->x + first * channels, count, channels);
}

/* Adds the blocks' sums into the first block's. */
static void join_sums(const struct norm *n) {
  const int64_t blocks = cpu_blocks(n->rows, n->block), count = 2 * n->op->channels;
  for (int64_t k = 1; k < blocks; k++)
    for (int64_t i = 0; i < count; i++)
      n->sums[i] += n->sums[k * count + i];
}

static void batch_statistics(const struct norm *n, const struct run *run) {
  const struct norm_op *op = n->op;
  const int64_t channels = op->channels;
  float *saved = cpu_given(n->cpu, op->saved);
  float *running_mean = cpu_given(n->cpu, op->running_mean),
        *running_variance = cpu_given(n->cpu, op->running_variance);
  cpu_each(n->cpu, n->rows, n->block, sum_rows, (void *)(uintptr_t)n);
  join_sums(n);
  for (int64_t i = 0; i < channels; i++) {
    double mean = n->sums[i] / (double)n->rows;
    double squares = n->sums[channels + i] - n->sums[i] * mean; /* sum (x - mean)^2 */
    double variance = squares > 0 || isnan(squares) ? squares / (double)n->rows : 0;
    double unbiased = n->rows > 1 ? variance * (double)n->rows / (double)(n->rows - 1) : 0;
    saved[i] = (float)mean;
    saved[channels + i] = (float)(1 / sqrt(variance + op->epsilon));
    saved[2 * channels + i] = (float)unbiased;
    if (run->update_statistics) {
      running_mean[i] = (float)((1 - op->momentum) * running_mean[i] + op->momentum * mean);
      running_variance[i] = (float)((1 - op->momentum) * running_variance[i] + op->momentum * unbiased);
    }
  }
}

static void running_deviation(const struct norm *n) {
  const struct norm_op *op = n->op;
  const float *variance = cpu_given(n->cpu, op->running_variance);
  float *deviation = n->cpu->shared.data;
  for (int64_t i = 0; i < op->channels; i++)
    deviation[i] = (float)(1 / sqrt((double)variance[i] + op->epsilon));
}

/* Kept for the backward pass, and for those who read x for y. */
static void keep_affine(const struct norm *n) {
  const struct norm_op *op = n->op;
  const float *scale = cpu_given(n->cpu, op->scale), *shift = cpu_given(n->cpu, op->shift);
  float *mean = cpu_given(n->cpu, op->saved) + 3 * op->channels, *factor = mean + op->channels;
  for (int64_t i = 0; i < op->channels; i++) {
    mean[i] = n->mean[i];
    factor[i] = scale[i] * n->deviation[i];
    factor[op->channels + i] = shift[i];
  }
}

static void apply_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct norm *n = context;
  const int64_t at = first * n->op->channels;
  (void)worker;
  n->cpu->kernels->affine(n->y + at, n->x + at, &n->affine, count, n->op->channels);
}

static void forward(struct device *d, const struct op *record, const struct run *run) {
  struct norm n = norm_of(d, &record->norm, run);
  if (run->batch_statistics)
    batch_statistics(&n, run);
  else
    running_deviation(&n);
  keep_affine(&n);
  if (n.y)
    cpu_each(n.cpu, n.rows, n.block, apply_rows, &n);
}

static void backward_sum_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct norm *n = context;
  const int64_t channels = n->op->channels, at = first * channels;
  double *sums = n->sums + first / n->block * 2 * channels;
  (void)worker;
  memset(sums, 0, (size_t)channels * 2 * sizeof *sums);
  n->cpu->kernels->norm_backward_sums(sums, n->x + at, n->dy + at, &n->affine, count, channels);
}

static void backward_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct norm *n = context;
  const int64_t at = first * n->op->channels;
  (void)worker;
  n->cpu->kernels->norm_backward(n->dx + at, n->x + at, n->dy + at, &n->affine, n->a, n->b, n->c, count,
                                 n->op->channels, n->op->accumulate_dx);
}

/* With g the masked dy, s = 1 / deviation, k = scale * s, over the N rows:
 *   dshift = sum g;  dscale = s sum g (x - mean);
 *   dx = k (g - sum g / N - (x - mean) s^2 sum g (x - mean) / N), without the two means when the statistics were fixed.
 */
static void gradients(const struct norm *n, const struct run *run) {
  const struct norm_op *op = n->op;
  float *dscale = cpu_at(n->cpu, op->dscale), *dshift = cpu_at(n->cpu, op->dshift);
  for (int64_t i = 0; i < op->channels; i++) {
    const double s = n->deviation[i], k = n->affine.factor[i], g = n->sums[i], gx = n->sums[op->channels + i];
    if (dscale)
      dscale[i] = (float)((op->accumulate_dw ? dscale[i] : 0) + s * gx);
    if (dshift)
      dshift[i] = (float)((op->accumulate_dw ? dshift[i] : 0) + g);
    n->a[i] = n->affine.factor[i];
    n->b[i] = run->batch_statistics ? (float)(-k * s * s * gx / (double)n->rows) : 0;
    n->c[i] = run->batch_statistics ? (float)(-k * g / (double)n->rows) : 0;
  }
}

static void backward(struct device *d, const struct op *record, const struct run *run) {
  struct norm n = norm_of(d, &record->norm, run);
  if (!run->batch_statistics)
    running_deviation(&n);
  cpu_each(n.cpu, n.rows, n.block, backward_sum_rows, &n);
  join_sums(&n);
  gradients(&n, run);
  if (n.dx)
    cpu_each(n.cpu, n.rows, n.block, backward_rows, &n);
}

const struct cpu_operation cpu_norm = {reserve, forward, backward};
