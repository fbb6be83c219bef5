/* compute/cpu_custom.c: a plugin's own operations, called on fixed blocks of samples, several threads at once. */
#include <string.h>

#include "compute/cpu.h"

#define BLOCKS 16 /* of a batch, at most: each has parameter gradients of its own */

struct custom {
  struct cpu *cpu;
  const struct plain_op *op;
  const struct run *run;
  int64_t block, parameters; /* samples a block; floats of all parameters */
};

static int64_t block_samples(int64_t samples) { return cpu_blocks(samples, BLOCKS); }

static int64_t parameters_of(const struct plain_op *op) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < op->parameters; i++)
    sum += op->parameter_size[i];
  return sum;
}

static int64_t inputs_of(const struct plain_op *op) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < op->inputs; i++)
    sum += op->input_size[i];
  return sum;
}

/* A worker's scratch holds a block's input gradients where dx accumulates; the shared one all blocks' parameter
 * gradients. */
static int reserve(struct device *d, const struct op *record, int64_t samples, int directions) {
  const struct plain_op *op = &record->plain;
  if (!(directions & BACKWARD))
    return STRAIT_OK;
  return cpu_reserve(cpu_of(d), block_samples(samples) * inputs_of(op), BLOCKS * parameters_of(op));
}

/* The block's pointers; the arrays are the caller's. */
struct pointers {
  const float *inputs[OP_SLOTS], *parameters[OP_SLOTS];
  float *input_gradients[OP_SLOTS], *parameter_gradients[OP_SLOTS];
};

static float *sample_at(const struct custom *c, place at, int64_t first, int64_t size) {
  float *p = cpu_at(c->cpu, at);
  return p ? p + first * size : NULL;
}

static strait_block block_of(const struct custom *c, int64_t first, int64_t count, struct pointers *p) {
  const struct plain_op *op = c->op;
  for (uint32_t i = 0; i < op->inputs; i++)
    p->inputs[i] = sample_at(c, op->x[i], first, op->input_size[i]);
  for (uint32_t i = 0; i < op->parameters; i++)
    p->parameters[i] = cpu_at(c->cpu, op->w[i]);
  return (strait_block){.size = sizeof(strait_block),
                        .training = c->run->batch_statistics != 0,
                        .samples = count,
                        .input_count = op->inputs,
                        .parameter_count = op->parameters,
                        .inputs = p->inputs,
                        .parameters = p->parameters,
                        .workspace = sample_at(c, op->aux, first, op->operation->workspace),
                        .context = op->operation->context};
}

static void check(struct cpu *cpu, int32_t status) {
  if (status == STRAIT_OK)
    return;
  if (error_status() == STRAIT_OK)
    error_set(status, "a custom operation failed without a cause");
  cpu_fail(cpu);
}

static void forward_block(void *context, int64_t first, int64_t count, int worker) {
  const struct custom *c = context;
  struct pointers p = {0};
  strait_block block = block_of(c, first, count, &p);
  (void)worker;
  block.output = sample_at(c, c->op->y, first, c->op->output_size);
  error_clear();
  check(c->cpu, c->op->operation->forward(c->op->self, &block));
}

static void backward_block(void *context, int64_t first, int64_t count, int worker) {
  const struct custom *c = context;
  const struct plain_op *op = c->op;
  struct pointers p = {0};
  strait_block block = block_of(c, first, count, &p);
  float *scratch = c->cpu->worker[worker].data, *gradient = c->cpu->shared.data + first / c->block * c->parameters;
  if (c->parameters)
    memset(gradient, 0, (size_t)c->parameters * sizeof *gradient);
  for (uint32_t i = 0; i < op->parameters; gradient += op->parameter_size[i++])
    p.parameter_gradients[i] = gradient;
  for (uint32_t i = 0; i < op->inputs; i++) {
    p.input_gradients[i] = sample_at(c, op->dx[i], first, op->input_size[i]);
    if (p.input_gradients[i] && op->accumulate_dx[i]) {
      p.input_gradients[i] = scratch;
      scratch += count * op->input_size[i];
    }
  }
  block.output_gradient = sample_at(c, op->dy, first, op->output_size);
  block.input_gradients = p.input_gradients;
  block.parameter_gradients = p.parameter_gradients;
  error_clear();
  int32_t status = op->operation->backward(op->self, &block);
  check(c->cpu, status);
  for (uint32_t i = 0; i < op->inputs && status == STRAIT_OK; i++)
    if (p.input_gradients[i] && op->accumulate_dx[i])
      c->cpu->kernels->accumulate(sample_at(c, op->dx[i], first, op->input_size[i]), p.input_gradients[i],
                                  count * op->input_size[i]);
}

static struct custom custom_of(struct device *d, const struct plain_op *op, const struct run *run) {
  return (struct custom){cpu_of(d), op, run, block_samples(run->samples), parameters_of(op)};
}

static void forward(struct device *d, const struct op *record, const struct run *run) {
  struct custom c = custom_of(d, &record->plain, run);
  cpu_each(c.cpu, run->samples, c.block, forward_block, &c);
}

/* dw (+)= the blocks' gradients, in their order. */
static void join_parameters(const struct custom *c, int64_t blocks) {
  const struct plain_op *op = c->op;
  const float *gradient = c->cpu->shared.data;
  for (uint32_t i = 0; i < op->parameters; gradient += op->parameter_size[i++]) {
    float *dw = cpu_at(c->cpu, op->dw[i]);
    for (int64_t k = 0; dw && k < blocks; k++) {
      if (k == 0 && !op->accumulate_dw)
        memcpy(dw, gradient, (size_t)op->parameter_size[i] * sizeof *dw);
      else
        c->cpu->kernels->accumulate(dw, gradient + k * c->parameters, op->parameter_size[i]);
    }
  }
}

static void backward(struct device *d, const struct op *record, const struct run *run) {
  struct custom c = custom_of(d, &record->plain, run);
  cpu_each(c.cpu, run->samples, c.block, backward_block, &c);
  join_parameters(&c, cpu_blocks(run->samples, c.block));
}

const struct cpu_operation cpu_custom = {reserve, forward, backward};
