/* compute/cpu_layer_norm.c: layer norm. x: (rows, channels); the sums over a row, and those over rows for the gradients
 * of scale and shift, are in double, the latter a fixed block of rows at a time, the blocks' sums added in their order.
 */
#include <math.h>
#include <string.h>

#include "compute/cpu.h"

struct layer_norm {
  struct cpu *cpu;
  int64_t rows, channels, block;
  double epsilon;
  const float *x, *dy, *scale, *shift;
  float *y, *dx, *saved; /* saved: mean and 1 / deviation of each row; NULL in evaluation */
  double *sums;          /* blocks of dscale and dshift; NULL: they are not wanted */
  int accumulate;
};

/* About 64 kB of activations, and so few blocks that their sums are small beside these. */
static int64_t block_rows(int64_t channels) { return cpu_max(16, 16384 / channels); }

static struct layer_norm layer_norm_of(struct device *d, const struct plain_op *op, const struct run *run) {
  struct cpu *cpu = cpu_of(d);
  const int64_t channels = op->parameter_size[0];
  return (struct layer_norm){.cpu = cpu,
                             .rows = run->samples * (op->output_size / channels),
                             .channels = channels,
                             .block = block_rows(channels),
                             .epsilon = op->real[0],
                             .x = cpu_at(cpu, op->x[0]),
                             .dy = cpu_at(cpu, op->dy),
                             .scale = cpu_at(cpu, op->w[0]),
                             .shift = cpu_at(cpu, op->w[1]),
                             .y = cpu_at(cpu, op->y),
                             .dx = cpu_at(cpu, op->dx[0]),
                             .saved = cpu_at(cpu, op->aux),
                             .sums = place_is(op->dw[0]) ? (double *)(void *)cpu->shared.data : NULL,
                             .accumulate = op->accumulate_dx[0]};
}

static int reserve(struct device *d, const struct op *op, int64_t samples, int directions) {
  const int64_t channels = op->plain.parameter_size[0], rows = samples * (op->plain.output_size / channels);
  const int64_t blocks = cpu_blocks(rows, block_rows(channels));
  return directions & BACKWARD ? cpu_reserve(cpu_of(d), 0, blocks * channels * 2 * WORDS_OF(double)) : STRAIT_OK;
}

static void forward_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct layer_norm *n = context;
  const int64_t channels = n->channels;
  (void)worker;
  for (int64_t row = first; row < first + count; row++) {
    const float *x = n->x + row * channels;
    float *y = n->y + row * channels;
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < channels; i++)
      mean += x[i];
    mean /= (double)channels;
    for (int64_t i = 0; i < channels; i++)
      squares += (x[i] - mean) * (x[i] - mean);
    const double factor = 1 / sqrt(squares / (double)channels + n->epsilon);
    if (n->saved) {
      n->saved[2 * row] = (float)mean;
      n->saved[2 * row + 1] = (float)factor;
    }
    for (int64_t i = 0; i < channels; i++)
      y[i] = (float)((x[i] - mean) * factor) * n->scale[i] + (n->shift ? n->shift[i] : 0);
  }
}

static void forward(struct device *d, const struct op *op, const struct run *run) {
  struct layer_norm n = layer_norm_of(d, &op->plain, run);
  cpu_each(n.cpu, n.rows, n.block, forward_rows, &n);
}

/* dx of a row, with z = (x - mean) factor and g = scale dy: factor (g - mean of g - z mean of g z). */
static void backward_row(const struct layer_norm *n, int64_t row) {
  const int64_t channels = n->channels;
  const float *x = n->x + row * channels, *dy = n->dy + row * channels;
  const double mean = n->saved[2 * row], factor = n->saved[2 * row + 1];
  float *dx = n->dx + row * channels;
  double g_mean = 0, gz_mean = 0;
  for (int64_t i = 0; i < channels; i++) {
    const double g = (double)n->scale[i] * dy[i];
    g_mean += g;
    gz_mean += g * (x[i] - mean) * factor;
  }
  g_mean /= (double)channels;
  gz_mean /= (double)channels;
  for (int64_t i = 0; i < channels; i++) {
    const double z = (x[i] - mean) * factor;
    const float slope = (float)(factor * ((double)n->scale[i] * dy[i] - g_mean - z * gz_mean));
    dx[i] = n->accumulate ? dx[i] + slope : slope;
  }
}

static void backward_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct layer_norm *n = context;
  const int64_t channels = n->channels;
  double *dscale = n->sums ? n->sums + first / n->block * 2 * channels : NULL;
  double *dshift = dscale ? dscale + channels : NULL;
  (void)worker;
  if (dscale)
    memset(dscale, 0, (size_t)channels * 2 * sizeof *dscale);
  for (int64_t row = first; row < first + count; row++) {
    const float *x = n->x + row * channels, *dy = n->dy + row * channels;
    const double mean = n->saved[2 * row], factor = n->saved[2 * row + 1];
    for (int64_t i = 0; dscale && i < channels; i++) {
      dscale[i] += dy[i] * (x[i] - mean) * factor;
      dshift[i] += dy[i];
    }
    if (n->dx)
      backward_row(n, row); /* last: dx may be dy's place */
  }
}

static void join(const struct layer_norm *n, float *to, const double *sums, int accumulate) {
  for (int64_t i = 0; to && i < n->channels; i++) {
    double sum = accumulate ? to[i] : 0;
    for (int64_t k = 0; k < cpu_blocks(n->rows, n->block); k++)
      sum += sums[k * 2 * n->channels + i];
    to[i] = (float)sum;
  }
}

static void backward(struct device *d, const struct op *op, const struct run *run) {
  struct layer_norm n = layer_norm_of(d, &op->plain, run);
  cpu_each(n.cpu, n.rows, n.block, backward_rows, &n);
  if (n.sums) {
    join(&n, cpu_at(n.cpu, op->plain.dw[0]), n.sums, op->plain.accumulate_dw);
    join(&n, cpu_at(n.cpu, op->plain.dw[1]), n.sums + n.channels, op->plain.accumulate_dw);
  }
}

const struct cpu_operation cpu_layer_norm = {reserve, forward, backward};
