/* compute/cpu_gelu.c: GELU. exact: P = (1 + erf(x / sqrt 2)) / 2; tanh: P = (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
 * / 2.
 */
#include <math.h>

#include "compute/cpu.h"

#define BLOCK 4096 /* elements per task */
#define SQRT_HALF 0.70710678118654752f
#define SQRT_2_BY_PI 0.79788456080286536f
#define CUBE 0.044715f

struct gelu {
  const float *x, *dy;
  float *y, *dx;
  int tanh, accumulate;
};

/* P and its derivative. */
static float exact(float x, float *slope) {
  *slope = 0.5f * SQRT_2_BY_PI * expf(-0.5f * x * x);
  return 0.5f * erfcf(-SQRT_HALF * x); /* not 1 + erf, which loses the digits of a small P */
}
static float by_tanh(float x, float *slope) {
  const float t = tanhf(SQRT_2_BY_PI * (x + CUBE * x * x * x));
  *slope = 0.5f * (1 - t * t) * SQRT_2_BY_PI * (1 + 3 * CUBE * x * x);
  return 0.5f * (1 + t);
}

static void forward_block(void *context, int64_t first, int64_t count, int worker) {
  const struct gelu *g = context;
  float slope;
  (void)worker;
  for (int64_t i = first; i < first + count; i++)
    g->y[i] = g->x[i] * (g->tanh ? by_tanh : exact)(g->x[i], &slope);
}

/* dx = dy (P(x) + x P'(x)) */
static void backward_block(void *context, int64_t first, int64_t count, int worker) {
  const struct gelu *g = context;
  (void)worker;
  for (int64_t i = first; i < first + count; i++) {
    float slope;
    const float p = (g->tanh ? by_tanh : exact)(g->x[i], &slope), dx = g->dy[i] * (p + g->x[i] * slope);
    g->dx[i] = g->accumulate ? g->dx[i] + dx : dx;
  }
}

static struct gelu gelu_of(struct device *d, const struct plain_op *op) {
  const struct cpu *cpu = cpu_of(d);
  return (struct gelu){.x = cpu_at(cpu, op->x[0]),
                       .dy = cpu_at(cpu, op->dy),
                       .y = cpu_at(cpu, op->y),
                       .dx = cpu_at(cpu, op->dx[0]),
                       .tanh = op->integer[0] == STRAIT_GELU_TANH,
                       .accumulate = op->accumulate_dx[0]};
}

static void forward(struct device *d, const struct op *op, const struct run *run) {
  struct gelu g = gelu_of(d, &op->plain);
  cpu_each(cpu_of(d), run->samples * op->plain.output_size, BLOCK, forward_block, &g);
}

static void backward(struct device *d, const struct op *op, const struct run *run) {
  struct gelu g = gelu_of(d, &op->plain);
  if (g.dx)
    cpu_each(cpu_of(d), run->samples * op->plain.output_size, BLOCK, backward_block, &g);
}

const struct cpu_operation cpu_gelu = {.forward = forward, .backward = backward};
