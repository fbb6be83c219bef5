/* compute/cpu_conv.c: convolutions: windows that slide over the input, forward, towards the input, and towards the
 * weights. */
#include "compute/cpu_winograd.h"

static struct affine affine_of(const struct cpu *cpu, const struct conv_op *op) {
  const float *mean = cpu_at(cpu, op->norm);
  return mean ? (struct affine){mean, mean + op->in, mean + 2 * op->in, op->norm_relu} : (struct affine){0};
}

static struct correlation correlation_of(struct device *d, const struct conv_op *op, int64_t samples, int transpose) {
  struct cpu *cpu = cpu_of(d);
  struct correlation c = {.cpu = cpu,
                          .transpose = transpose,
                          .samples = samples,
                          .kernel = {op->kernel[0], op->kernel[1]},
                          .stride = {op->stride[0], op->stride[1]},
                          .padding = {op->padding[0], op->padding[1]},
                          .source = cpu_at(cpu, transpose ? op->dy : op->x),
                          .w = cpu_at(cpu, op->w),
                          .target = cpu_at(cpu, transpose ? op->dx : op->y),
                          .bias = transpose ? NULL : cpu_at(cpu, op->b),
                          .relu = transpose ? 0 : op->relu,
                          .add = cpu_at(cpu, !transpose          ? op->add
                                             : op->accumulate_dx ? op->dx
                                                                 : NO_PLACE),
                          .panels = cpu->shared.data};
  if (!transpose)
    c.affine = affine_of(cpu, op);
  const int64_t input[3] = {op->height, op->width, op->in}, output[3] = {op->out_height, op->out_width, op->out};
  for (int i = 0; i < 3; i++) {
    c.from[i] = transpose ? output[i] : input[i];
    c.to[i] = transpose ? input[i] : output[i];
  }
  return c;
}

static struct gradient gradient_of(struct device *d, const struct conv_op *op, int64_t samples) {
  struct cpu *cpu = cpu_of(d);
  return (struct gradient){.cpu = cpu,
                           .samples = samples,
                           .from = {op->height, op->width, op->in},
                           .to = {op->out_height, op->out_width, op->out},
                           .kernel = {op->kernel[0], op->kernel[1]},
                           .stride = {op->stride[0], op->stride[1]},
                           .padding = {op->padding[0], op->padding[1]},
                           .x = cpu_at(cpu, op->x),
                           .affine = affine_of(cpu, op),
                           .dy = cpu_at(cpu, op->dy),
                           .dw = cpu_at(cpu, op->dw),
                           .db = cpu_at(cpu, op->db),
                           .accumulate = op->accumulate_dw,
                           .scratch = cpu->shared.data};
}

static int winograd(const struct conv_op *op) {
  const int64_t from[3] = {op->height, op->width, op->in}, to[3] = {op->out_height, op->out_width, op->out};
  return !op->exact && winograd_fits(op->kernel, op->stride, op->padding, from, to);
}

static int reserve(struct device *d, const struct op *record, int64_t samples, int directions) {
  const struct conv_op *op = &record->conv;
  struct correlation out = correlation_of(d, op, samples, 0), in = correlation_of(d, op, samples, 1);
  const struct gradient g = gradient_of(d, op, samples);
  const int fast = winograd(op);
  int64_t worker = fast ? winograd_worker_words(&out) : correlate_worker_words(&out);
  int64_t shared = fast ? winograd_shared_words(&out) : correlate_panel_words(&out);
  if (directions & BACKWARD) {
    worker = cpu_max(worker, fast ? winograd_worker_words(&in) : correlate_worker_words(&in));
    worker = cpu_max(worker, fast ? winograd_gradient_worker_words(&g) : gradient_worker_words(&g));
    shared = cpu_max(shared, fast ? winograd_shared_words(&in) : correlate_panel_words(&in));
    shared = cpu_max(shared, fast ? winograd_gradient_shared_words(&g) : gradient_shared_words(&g));
  }
  return cpu_reserve(cpu_of(d), worker, shared);
}

static void slide(struct device *d, const struct conv_op *op, const struct run *run, int transpose) {
  struct correlation c = correlation_of(d, op, run->samples, transpose);
  if (winograd(op))
    winograd_correlate(&c);
  else
    correlate(&c);
}

static void forward(struct device *d, const struct op *record, const struct run *run) {
  slide(d, &record->conv, run, 0);
}

static void backward(struct device *d, const struct op *record, const struct run *run) {
  const struct conv_op *op = &record->conv;
  if (op->relu)
    cpu_mask(cpu_of(d), op->dy, op->y, run->samples * op->out_height * op->out_width * op->out);
  if (place_is(op->dx))
    slide(d, op, run, 1);
  if (place_is(op->dw)) {
    struct gradient g = gradient_of(d, op, run->samples);
    if (winograd(op))
      winograd_gradient(&g);
    else
      gradient(&g);
  }
}

const struct cpu_operation cpu_conv = {reserve, forward, backward};
