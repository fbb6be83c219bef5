/* compute/cpu_positions.c: learned positions, the class token, one position and the mean over all. Gradients of
 * parameters are summed over samples in their order, a fixed block of numbers at a time. */
#include <string.h>

#include "compute/cpu.h"

#define BLOCK 4096 /* numbers per task */

struct positions {
  struct cpu *cpu;
  int64_t samples, in, out, width, positions; /* numbers per sample; features, and positions of the input */
  int64_t at;                                 /* position: which */
  const float *x, *w, *dy;
  float *y, *dx, *dw;
  int accumulate_dx, accumulate_dw;
};

static struct positions positions_of(struct device *d, const struct plain_op *op, const struct run *run,
                                     int64_t width) {
  struct cpu *cpu = cpu_of(d);
  return (struct positions){.cpu = cpu,
                            .samples = run->samples,
                            .in = op->input_size[0],
                            .out = op->output_size,
                            .width = width,
                            .positions = op->input_size[0] / width,
                            .at = op->integer[0],
                            .x = cpu_at(cpu, op->x[0]),
                            .w = cpu_at(cpu, op->w[0]),
                            .dy = cpu_at(cpu, op->dy),
                            .y = cpu_at(cpu, op->y),
                            .dx = cpu_at(cpu, op->dx[0]),
                            .dw = cpu_at(cpu, op->dw[0]),
                            .accumulate_dx = op->accumulate_dx[0],
                            .accumulate_dw = op->accumulate_dw};
}

/* to (+)= from */
static void hand(const struct positions *p, float *to, const float *from, int64_t count, int accumulate) {
  if (accumulate)
    p->cpu->kernels->accumulate(to, from, count);
  else if (to != from)
    memcpy(to, from, (size_t)count * sizeof *to);
}

/* dw (+)= the sum over samples of what lies at the beginning of their dy. */
static void sum_block(void *context, int64_t first, int64_t count, int worker) {
  const struct positions *p = context;
  (void)worker;
  for (int64_t n = 0; n < p->samples; n++)
    hand(p, p->dw + first, p->dy + n * p->out + first, count, n > 0 || p->accumulate_dw);
}

/* --- position_table --- */

static void table_forward_sample(void *context, int64_t n, int worker) {
  const struct positions *p = context;
  (void)worker;
  p->cpu->kernels->add(p->y + n * p->out, p->x + n * p->out, p->w, p->out);
}
static void table_forward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, 1);
  team_run(p.cpu->team, p.samples, table_forward_sample, &p);
}

static void table_backward_sample(void *context, int64_t n, int worker) {
  const struct positions *p = context;
  (void)worker;
  hand(p, p->dx + n * p->out, p->dy + n * p->out, p->out, p->accumulate_dx);
}
static void table_backward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, 1);
  if (p.dw)
    cpu_each(p.cpu, p.out, BLOCK, sum_block, &p);
  if (p.dx && (p.dx != p.dy || p.accumulate_dx))
    team_run(p.cpu->team, p.samples, table_backward_sample, &p);
}
const struct cpu_operation cpu_position_table = {.forward = table_forward, .backward = table_backward};

/* --- class_token --- */

static void token_forward_sample(void *context, int64_t n, int worker) {
  const struct positions *p = context;
  (void)worker;
  hand(p, p->y + n * p->out, p->w, p->width, 0);
  hand(p, p->y + n * p->out + p->width, p->x + n * p->in, p->in, 0);
}
static void token_forward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, op->plain.parameter_size[0]);
  team_run(p.cpu->team, p.samples, token_forward_sample, &p);
}

static void token_backward_sample(void *context, int64_t n, int worker) {
  const struct positions *p = context;
  (void)worker;
  hand(p, p->dx + n * p->in, p->dy + n * p->out + p->width, p->in, p->accumulate_dx);
}
static void token_backward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, op->plain.parameter_size[0]);
  if (p.dw)
    cpu_each(p.cpu, p.width, BLOCK, sum_block, &p);
  if (p.dx)
    team_run(p.cpu->team, p.samples, token_backward_sample, &p);
}
const struct cpu_operation cpu_class_token = {.forward = token_forward, .backward = token_backward};

/* --- position --- */

static void position_forward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, op->plain.output_size);
  for (int64_t n = 0; n < p.samples; n++)
    hand(&p, p.y + n * p.width, p.x + n * p.in + p.at * p.width, p.width, 0);
}
static void position_backward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, op->plain.output_size);
  for (int64_t n = 0; p.dx && n < p.samples; n++) {
    if (!p.accumulate_dx)
      memset(p.dx + n * p.in, 0, (size_t)p.in * sizeof *p.dx);
    hand(&p, p.dx + n * p.in + p.at * p.width, p.dy + n * p.width, p.width, p.accumulate_dx);
  }
}
const struct cpu_operation cpu_position = {.forward = position_forward, .backward = position_backward};

/* --- position_mean --- */

static void mean_forward_sample(void *context, int64_t n, int worker) {
  const struct positions *p = context;
  float *y = p->y + n * p->width;
  (void)worker;
  for (int64_t i = 0; i < p->positions; i++)
    hand(p, y, p->x + n * p->in + i * p->width, p->width, i > 0);
  p->cpu->kernels->scale(y, 1 / (float)p->positions, p->width);
}
static void mean_forward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, op->plain.output_size);
  team_run(p.cpu->team, p.samples, mean_forward_sample, &p);
}

static void mean_backward_sample(void *context, int64_t n, int worker) {
  const struct positions *p = context;
  const float *dy = p->dy + n * p->width, factor = 1 / (float)p->positions;
  float *dx = p->dx + n * p->in;
  (void)worker;
  for (int64_t i = 0; i < p->in; i++) {
    const float slope = dy[i % p->width] * factor;
    dx[i] = p->accumulate_dx ? dx[i] + slope : slope;
  }
}
static void mean_backward(struct device *d, const struct op *op, const struct run *run) {
  struct positions p = positions_of(d, &op->plain, run, op->plain.output_size);
  if (p.dx)
    team_run(p.cpu->team, p.samples, mean_backward_sample, &p);
}
const struct cpu_operation cpu_position_mean = {.forward = mean_forward, .backward = mean_backward};

/* --- to_positions is another name for its input: no step has it --- */

static void nothing(struct device *d, const struct op *op, const struct run *run) { (void)d, (void)op, (void)run; }
const struct cpu_operation cpu_to_positions = {.forward = nothing, .backward = nothing};
