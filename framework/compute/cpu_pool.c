/* compute/cpu_pool.c: maximum and average over windows, one task per sample. */
#include <string.h>

#include "compute/cpu.h"

struct pool {
  struct cpu *cpu;
  const struct pool_op *op;
  int average;
  float scale; /* 1 / the window's size */
  const float *x, *dy;
  float *y, *dx;
  int32_t *index;
};

static struct pool pool_of(struct device *d, const struct op *record) {
  struct cpu *cpu = cpu_of(d);
  const struct pool_op *op = &record->pool;
  return (struct pool){cpu,
                       op,
                       record->kind == OP_AVG_POOL,
                       1 / (float)(op->kernel[0] * op->kernel[1]),
                       cpu_at(cpu, op->x),
                       cpu_at(cpu, op->dy),
                       cpu_at(cpu, op->y),
                       cpu_at(cpu, op->dx),
                       (int32_t *)(void *)cpu_at(cpu, op->index)};
}

/* The part of the window of output (oy, ox) that lies in the image; returns where that begins in it. */
static int64_t window_at(const struct pool_op *op, int64_t oy, int64_t ox, struct window *w) {
  const int64_t top = oy * op->stride[0] - op->padding[0], left = ox * op->stride[1] - op->padding[1];
  const int64_t y0 = cpu_max(0, -top), x0 = cpu_max(0, -left);
  w->rows = cpu_min(op->kernel[0], op->height - top) - y0;
  w->columns = cpu_min(op->kernel[1], op->width - left) - x0;
  w->line = op->width * op->channels;
  w->position = (int32_t)(y0 * op->kernel[1] + x0);
  w->position_line = (int32_t)op->kernel[1];
  return ((top + y0) * op->width + left + x0) * op->channels;
}

static void forward_sample(void *context, int64_t sample, int worker) {
  const struct pool *p = context;
  const struct pool_op *op = p->op;
  const struct kernels *kernels = p->cpu->kernels;
  const float *image = p->x + sample * op->height * op->width * op->channels;
  int64_t at = sample * op->out_height * op->out_width * op->channels;
  (void)worker;
  for (int64_t oy = 0; oy < op->out_height; oy++)
    for (int64_t ox = 0; ox < op->out_width; ox++, at += op->channels) {
      struct window w;
      const float *x = image + window_at(op, oy, ox, &w);
      if (p->average)
        kernels->window_mean(p->y + at, x, &w, p->scale, op->channels);
      else
        kernels->window_maximum(p->y + at, p->index ? p->index + at : NULL, x, &w, op->channels);
    }
}

static void forward(struct device *d, const struct op *record, const struct run *run) {
  struct pool p = pool_of(d, record);
  team_run(p.cpu->team, run->samples, forward_sample, &p);
}

static void backward_sample(void *context, int64_t sample, int worker) {
  const struct pool *p = context;
  const struct pool_op *op = p->op;
  const struct kernels *kernels = p->cpu->kernels;
  const int64_t inputs = op->height * op->width * op->channels;
  float *image = p->dx + sample * inputs;
  int64_t at = sample * op->out_height * op->out_width * op->channels;
  (void)worker;
  if (!op->accumulate_dx)
    memset(image, 0, (size_t)inputs * sizeof *image);
  for (int64_t oy = 0; oy < op->out_height; oy++)
    for (int64_t ox = 0; ox < op->out_width; ox++, at += op->channels) {
      struct window w;
      float *dx = image + window_at(op, oy, ox, &w);
      if (p->average)
        kernels->spread_mean(dx, p->dy + at, &w, p->scale, op->channels);
      else
        kernels->spread_maximum(dx, p->dy + at, p->index + at, &w, op->channels);
    }
}

static void backward(struct device *d, const struct op *record, const struct run *run) {
  struct pool p = pool_of(d, record);
  if (p.dx)
    team_run(p.cpu->team, run->samples, backward_sample, &p);
}

const struct cpu_operation cpu_max_pool = {.forward = forward, .backward = backward};
const struct cpu_operation cpu_avg_pool = {.forward = forward, .backward = backward};
