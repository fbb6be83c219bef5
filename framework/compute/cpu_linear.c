/* compute/cpu_linear.c: dense layers: products whose every position has a window of one. */
#include "compute/correlate.h"
#include "compute/gradient.h"

static struct correlation correlation_of(struct device *d, const struct linear_op *op, int64_t samples, int transpose) {
  struct cpu *cpu = cpu_of(d);
  const int64_t source = transpose ? op->out : op->in, target = transpose ? op->in : op->out;
  return (struct correlation){.cpu = cpu,
                              .transpose = transpose,
                              .samples = samples * op->positions,
                              .from = {1, 1, source},
                              .to = {1, 1, target},
                              .kernel = {1, 1},
                              .stride = {1, 1},
                              .source = cpu_at(cpu, transpose ? op->dy : op->x),
                              .w = cpu_at(cpu, op->w),
                              .target = cpu_at(cpu, transpose ? op->dx : op->y),
                              .bias = transpose ? NULL : cpu_at(cpu, op->b),
                              .relu = transpose ? 0 : op->relu,
                              .add = transpose && op->accumulate_dx ? cpu_at(cpu, op->dx) : NULL,
                              .panels = cpu->shared.data};
}

static struct gradient gradient_of(struct device *d, const struct linear_op *op, int64_t samples) {
  struct cpu *cpu = cpu_of(d);
  return (struct gradient){.cpu = cpu,
                           .samples = samples * op->positions,
                           .from = {1, 1, op->in},
                           .to = {1, 1, op->out},
                           .kernel = {1, 1},
                           .stride = {1, 1},
                           .x = cpu_at(cpu, op->x),
                           .dy = cpu_at(cpu, op->dy),
                           .dw = cpu_at(cpu, op->dw),
                           .db = cpu_at(cpu, op->db),
                           .accumulate = op->accumulate_dw,
                           .scratch = cpu->shared.data};
}

static int reserve(struct device *d, const struct op *record, int64_t samples, int directions) {
  const struct linear_op *op = &record->linear;
  const struct correlation out = correlation_of(d, op, samples, 0), in = correlation_of(d, op, samples, 1);
  const struct gradient g = gradient_of(d, op, samples);
  int64_t worker = correlate_worker_words(&out), shared = correlate_panel_words(&out);
  if (directions & BACKWARD) {
    worker = cpu_max(worker, cpu_max(correlate_worker_words(&in), gradient_worker_words(&g)));
    shared = cpu_max(shared, cpu_max(correlate_panel_words(&in), gradient_shared_words(&g)));
  }
  return cpu_reserve(cpu_of(d), worker, shared);
}

static void forward(struct device *d, const struct op *record, const struct run *run) {
  const struct linear_op *op = &record->linear;
  struct correlation c = correlation_of(d, op, run->samples, 0);
  correlate(&c);
}

static void backward(struct device *d, const struct op *record, const struct run *run) {
  const struct linear_op *op = &record->linear;
  if (op->relu)
    cpu_mask(cpu_of(d), op->dy, op->y, run->samples * op->positions * op->out);
  if (place_is(op->dx)) {
    struct correlation c = correlation_of(d, op, run->samples, 1);
    correlate(&c);
  }
  if (place_is(op->dw)) {
    struct gradient g = gradient_of(d, op, run->samples);
    gradient(&g);
  }
}

const struct cpu_operation cpu_linear = {reserve, forward, backward};
