/* compute/cpu_slice.c: slice and pad: a part is taken from a whole, or put into one of zeros; each is the other's
 * gradient. concat: parts lie side by side at each position. */
#include <string.h>

#include "compute/cpu.h"

struct slice {
  const struct slice_op *op;
  const float *from;
  float *to;
  int64_t whole_size, part_size;
  int accumulate;
};

static int64_t size_of(const int64_t size[3]) { return size[0] * size[1] * size[2]; }

/* Where the part's channels at (h, w) are in the whole. */
static int64_t in_whole(const struct slice_op *o, int64_t h, int64_t w) {
  return ((o->first[0] + h * o->step[0]) * o->whole[1] + o->first[1] + w * o->step[1]) * o->whole[2] + o->first[2];
}

static void move(float *to, const float *from, int64_t count, int accumulate) {
  for (int64_t i = 0; i < count; i++)
    to[i] = accumulate ? to[i] + from[i] : from[i];
}

static void take_sample(void *context, int64_t sample, int worker) {
  const struct slice *s = context;
  const struct slice_op *o = s->op;
  const float *whole = s->from + sample * s->whole_size;
  float *part = s->to + sample * s->part_size;
  (void)worker;
  for (int64_t h = 0; h < o->part[0]; h++)
    for (int64_t w = 0; w < o->part[1]; w++, part += o->part[2])
      move(part, whole + in_whole(o, h, w), o->part[2], s->accumulate);
}

static void put_sample(void *context, int64_t sample, int worker) {
  const struct slice *s = context;
  const struct slice_op *o = s->op;
  const float *part = s->from + sample * s->part_size;
  float *whole = s->to + sample * s->whole_size;
  (void)worker;
  if (!s->accumulate)
    memset(whole, 0, (size_t)s->whole_size * sizeof *whole);
  for (int64_t h = 0; h < o->part[0]; h++)
    for (int64_t w = 0; w < o->part[1]; w++, part += o->part[2])
      move(whole + in_whole(o, h, w), part, o->part[2], s->accumulate);
}

static void run_slice(struct device *d, const struct slice_op *o, const struct run *run, place from, place to,
                      int accumulate, team_task *task) {
  struct cpu *cpu = cpu_of(d);
  struct slice s = {o, cpu_at(cpu, from), cpu_at(cpu, to), size_of(o->whole), size_of(o->part), accumulate};
  if (s.to)
    team_run(cpu->team, run->samples, task, &s);
}

static void slice_forward(struct device *d, const struct op *op, const struct run *run) {
  run_slice(d, &op->slice, run, op->slice.x, op->slice.y, 0, take_sample);
}
static void slice_backward(struct device *d, const struct op *op, const struct run *run) {
  run_slice(d, &op->slice, run, op->slice.dy, op->slice.dx, op->slice.accumulate_dx, put_sample);
}
static void pad_forward(struct device *d, const struct op *op, const struct run *run) {
  run_slice(d, &op->slice, run, op->slice.x, op->slice.y, 0, put_sample);
}
static void pad_backward(struct device *d, const struct op *op, const struct run *run) {
  run_slice(d, &op->slice, run, op->slice.dy, op->slice.dx, op->slice.accumulate_dx, take_sample);
}

const struct cpu_operation cpu_slice = {.forward = slice_forward, .backward = slice_backward};
const struct cpu_operation cpu_pad = {.forward = pad_forward, .backward = pad_backward};

struct concat {
  const struct plain_op *op;
  struct cpu *cpu;
};

/* Of one sample, for all inputs: the channels of input k at each position to y's, or dy's to those of its gradient. An
 * input that is there twice has one gradient, to which the second adds. */
static void concat_sample(const struct concat *c, int64_t sample, int backward) {
  const struct plain_op *op = c->op;
  const int64_t positions = op->integer[0], all = op->output_size / positions;
  float *whole = cpu_at(c->cpu, backward ? op->dy : op->y) + sample * op->output_size;
  for (uint32_t k = 0; k < op->inputs; k++) {
    const int64_t channels = op->input_size[k] / positions;
    float *part = cpu_at(c->cpu, backward ? op->dx[k] : op->x[k]);
    if (part)
      part += sample * op->input_size[k];
    for (int64_t p = 0; part && p < positions; p++)
      if (backward)
        move(part + p * channels, whole + p * all, channels, op->accumulate_dx[k]);
      else
        move(whole + p * all, part + p * channels, channels, 0);
    whole += channels;
  }
}

static void concat_forward_sample(void *context, int64_t sample, int worker) {
  (void)worker;
  concat_sample(context, sample, 0);
}
static void concat_backward_sample(void *context, int64_t sample, int worker) {
  (void)worker;
  concat_sample(context, sample, 1);
}

static void concat_forward(struct device *d, const struct op *op, const struct run *run) {
  struct concat c = {&op->plain, cpu_of(d)};
  team_run(c.cpu->team, run->samples, concat_forward_sample, &c);
}
static void concat_backward(struct device *d, const struct op *op, const struct run *run) {
  struct concat c = {&op->plain, cpu_of(d)};
  team_run(c.cpu->team, run->samples, concat_backward_sample, &c);
}

const struct cpu_operation cpu_concat = {.forward = concat_forward, .backward = concat_backward};
