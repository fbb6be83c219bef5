/* compute/cpu_pool.c: maximum and average over windows, a sample a task. */
#include <math.h>
#include <string.h>

#include "compute/cpu.h"

struct pool {
  struct cpu *cpu;
  const struct pool_op *op;
  const float *x, *dy;
  float *y, *dx;
  int32_t *index;
};

/* The part of the window of output (oy, ox) that lies in the image. */
struct window {
  int64_t top, left;      /* of the whole window; may be negative */
  int64_t y0, y1, x0, x1; /* kernel rows y0..y1-1, columns x0..x1-1 are inside */
};

static struct window window_of(const struct pool_op *op, int64_t oy, int64_t ox) {
  struct window w = {.top = oy * op->stride[0] - op->padding[0], .left = ox * op->stride[1] - op->padding[1]};
  w.y0 = cpu_max(0, -w.top);
  w.y1 = cpu_min(op->kernel[0], op->height - w.top);
  w.x0 = cpu_max(0, -w.left);
  w.x1 = cpu_min(op->kernel[1], op->width - w.left);
  return w;
}

static struct pool pool_of(struct device *d, const struct pool_op *op) {
  struct cpu *cpu = cpu_of(d);
  return (struct pool){cpu,
                       op,
                       cpu_at(cpu, op->x),
                       cpu_at(cpu, op->dy),
                       cpu_at(cpu, op->y),
                       cpu_at(cpu, op->dx),
                       (int32_t *)(void *)cpu_at(cpu, op->index)};
}

/* The first of equal maxima; a NaN is the maximum (PyTorch). index may be NULL. */
static void maximum(const struct pool_op *op, const struct window *w, const float *image, float *y, int32_t *index) {
  int started = 0;
  for (int64_t c = 0; c < op->channels; c++)
    y[c] = -INFINITY;
  for (int64_t ky = w->y0; ky < w->y1; ky++)
    for (int64_t kx = w->x0; kx < w->x1; kx++, started = 1) {
      const float *x = image + ((w->top + ky) * op->width + w->left + kx) * op->channels;
      const int32_t position = (int32_t)(ky * op->kernel[1] + kx);
      for (int64_t c = 0; c < op->channels; c++)
        if (x[c] > y[c] || isnan(x[c]) || !started) {
          y[c] = x[c];
          if (index)
            index[c] = position;
        }
    }
}

static void average(const struct pool_op *op, const struct window *w, const float *image, float *y,
                    const struct kernels *kernels) {
  const float size = (float)(op->kernel[0] * op->kernel[1]);
  memset(y, 0, (size_t)op->channels * sizeof *y);
  for (int64_t ky = w->y0; ky < w->y1; ky++)
    for (int64_t kx = w->x0; kx < w->x1; kx++)
      kernels->accumulate(y, image + ((w->top + ky) * op->width + w->left + kx) * op->channels, op->channels);
  for (int64_t c = 0; c < op->channels; c++)
    y[c] /= size;
}

static void forward_sample(void *context, int64_t sample, int worker) {
  const struct pool *p = context;
  const struct pool_op *op = p->op;
  const float *image = p->x + sample * op->height * op->width * op->channels;
  (void)worker;
  for (int64_t oy = 0; oy < op->out_height; oy++)
    for (int64_t ox = 0; ox < op->out_width; ox++) {
      const struct window w = window_of(op, oy, ox);
      const int64_t at = ((sample * op->out_height + oy) * op->out_width + ox) * op->channels;
      if (op->average)
        average(op, &w, image, p->y + at, p->cpu->kernels);
      else
        maximum(op, &w, image, p->y + at, p->index ? p->index + at : NULL);
    }
}

void cpu_pool_forward(struct device *d, const struct pool_op *op, const struct run *run) {
  struct pool p = pool_of(d, op);
  team_run(p.cpu->team, run->samples, forward_sample, &p);
}

/* Gives dy to the inputs of one window. */
static void spread(const struct pool_op *op, const struct window *w, const float *dy, const int32_t *index,
                   float *image) {
  const float size = (float)(op->kernel[0] * op->kernel[1]);
  for (int64_t ky = w->y0; ky < w->y1; ky++)
    for (int64_t kx = w->x0; kx < w->x1; kx++) {
      float *dx = image + ((w->top + ky) * op->width + w->left + kx) * op->channels;
      const int32_t position = (int32_t)(ky * op->kernel[1] + kx);
      if (op->average)
        for (int64_t c = 0; c < op->channels; c++)
          dx[c] += dy[c] / size;
      else
        for (int64_t c = 0; c < op->channels; c++)
          dx[c] += index[c] == position ? dy[c] : 0;
    }
}

static void backward_sample(void *context, int64_t sample, int worker) {
  const struct pool *p = context;
  const struct pool_op *op = p->op;
  const int64_t inputs = op->height * op->width * op->channels;
  float *image = p->dx + sample * inputs;
  (void)worker;
  if (!op->accumulate_dx)
    memset(image, 0, (size_t)inputs * sizeof *image);
  for (int64_t oy = 0; oy < op->out_height; oy++)
    for (int64_t ox = 0; ox < op->out_width; ox++) {
      const struct window w = window_of(op, oy, ox);
      const int64_t at = ((sample * op->out_height + oy) * op->out_width + ox) * op->channels;
      spread(op, &w, p->dy + at, op->average ? NULL : p->index + at, image);
    }
}

void cpu_pool_backward(struct device *d, const struct pool_op *op, const struct run *run) {
  struct pool p = pool_of(d, op);
  if (p.dx)
    team_run(p.cpu->team, run->samples, backward_sample, &p);
}
