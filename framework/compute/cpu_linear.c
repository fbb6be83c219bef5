/* compute/cpu_linear.c: dense layers. Rows in fixed blocks; a weight gradient in blocks of its own rows, so that no sum
 * over samples is cut. */
#include "compute/cpu.h"

#define ROW_BLOCK 64
#define WEIGHT_BLOCK 32 /* rows of dW a task */

struct linear {
  struct cpu *cpu;
  const struct linear_op *op;
  int64_t rows;
  const float *x, *w, *b;
  float *y, *dy, *dx, *dw, *db;
};

static struct linear linear_of(struct device *d, const struct linear_op *op, const struct run *run) {
  struct cpu *cpu = cpu_of(d);
  return (struct linear){cpu,
                         op,
                         run->samples * op->positions,
                         cpu_at(cpu, op->x),
                         cpu_at(cpu, op->w),
                         cpu_at(cpu, op->b),
                         cpu_at(cpu, op->y),
                         cpu_at(cpu, op->dy),
                         cpu_at(cpu, op->dx),
                         cpu_at(cpu, op->dw),
                         cpu_at(cpu, op->db)};
}

int cpu_reserve_linear(struct device *d, const struct linear_op *op, int64_t samples, int directions) {
  (void)samples;
  return cpu_reserve(cpu_of(d), directions & BACKWARD ? 2 * op->out : 0, 0); /* doubles: a block's sums of dy */
}

/* y (count, out) = x (count, in) W^T (in, out) */
static void forward_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct linear *l = context;
  const int64_t in = l->op->in, out = l->op->out;
  (void)worker;
  gemm(0, 1, count, out, in, 1, l->x + first * in, in, l->w, in, 0, l->y + first * out, out);
  l->cpu->kernels->bias_relu(l->y + first * out, l->b, count, out, l->op->relu);
}

void cpu_linear_forward(struct device *d, const struct linear_op *op, const struct run *run) {
  struct linear l = linear_of(d, op, run);
  cpu_each(l.cpu, l.rows, ROW_BLOCK, forward_rows, &l);
}

/* dx (count, in) = dy (count, out) W (out, in) */
static void backward_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct linear *l = context;
  const int64_t in = l->op->in, out = l->op->out;
  float *dy = l->dy + first * out;
  (void)worker;
  if (l->op->relu)
    l->cpu->kernels->relu_mask(dy, dy, l->y + first * out, count * out, 0);
  if (l->dx)
    gemm(0, 0, count, in, out, 1, dy, out, l->w, in, l->op->accumulate_dx ? 1 : 0, l->dx + first * in, in);
}

/* dW (count, in) = dy^T (count, rows) x (rows, in) */
static void backward_weights(void *context, int64_t first, int64_t count, int worker) {
  const struct linear *l = context;
  const int64_t in = l->op->in, out = l->op->out;
  (void)worker;
  gemm(1, 0, count, in, l->rows, 1, l->dy + first, out, l->x, in, l->op->accumulate_dw ? 1 : 0, l->dw + first * in, in);
}

static void backward_bias(const struct linear *l) {
  double *sums = (double *)(void *)l->cpu->worker[0].data;
  for (int64_t i = 0; i < l->op->out; i++)
    sums[i] = l->op->accumulate_dw ? l->db[i] : 0;
  l->cpu->kernels->column_sums(sums, l->dy, l->rows, l->op->out);
  for (int64_t i = 0; i < l->op->out; i++)
    l->db[i] = (float)sums[i];
}

void cpu_linear_backward(struct device *d, const struct linear_op *op, const struct run *run) {
  struct linear l = linear_of(d, op, run);
  if (l.dx || op->relu)
    cpu_each(l.cpu, l.rows, ROW_BLOCK, backward_rows, &l);
  if (l.dw)
    cpu_each(l.cpu, op->out, WEIGHT_BLOCK, backward_weights, &l);
  if (l.db)
    backward_bias(&l);
}
