/* compute/cpu_embedding.c: rows of a table, by token. The gradient of the table is summed in the order of the tokens, a
 * fixed block of columns at a time. */
#include <string.h>

#include "compute/cpu.h"

#define TOKENS 64  /* per task, forward */
#define COLUMNS 64 /* per task, backward */

struct embedding {
  struct cpu *cpu;
  int64_t tokens, rows, width;
  const int32_t *token;
  const float *table, *dy;
  float *y, *dtable;
  int accumulate;
};

static struct embedding embedding_of(struct device *d, const struct plain_op *op, const struct run *run) {
  struct cpu *cpu = cpu_of(d);
  return (struct embedding){.cpu = cpu,
                            .tokens = run->samples * op->input_size[0],
                            .rows = op->integer[0],
                            .width = op->integer[1],
                            .token = (const int32_t *)(const void *)cpu_at(cpu, op->x[0]),
                            .table = cpu_at(cpu, op->w[0]),
                            .dy = cpu_at(cpu, op->dy),
                            .y = cpu_at(cpu, op->y),
                            .dtable = cpu_at(cpu, op->dw[0]),
                            .accumulate = op->accumulate_dw};
}

static int is_there(const struct embedding *e, int64_t i) { return e->token[i] >= 0 && e->token[i] < e->rows; }

static void forward_tokens(void *context, int64_t first, int64_t count, int worker) {
  const struct embedding *e = context;
  const size_t row = (size_t)e->width * sizeof *e->y;
  (void)worker;
  for (int64_t i = first; i < first + count; i++) {
    float *y = e->y + i * e->width;
    if (is_there(e, i)) {
      memcpy(y, e->table + e->token[i] * e->width, row);
      continue;
    }
    memset(y, 0, row);
    error_clear();
    error_set(
        STRAIT_EINVAL,
        "token %d is not in the embedding, which has rows for 0 to %lld: the data's vocabulary must be the model's",
        e->token[i], (long long)e->rows - 1);
    cpu_fail(e->cpu);
  }
}

static void forward(struct device *d, const struct op *op, const struct run *run) {
  struct embedding e = embedding_of(d, &op->plain, run);
  cpu_each(e.cpu, e.tokens, TOKENS, forward_tokens, &e);
}

static void backward_columns(void *context, int64_t first, int64_t count, int worker) {
  const struct embedding *e = context;
  (void)worker;
  for (int64_t row = 0; !e->accumulate && row < e->rows; row++)
    memset(e->dtable + row * e->width + first, 0, (size_t)count * sizeof *e->dtable);
  for (int64_t i = 0; i < e->tokens; i++)
    if (is_there(e, i))
      e->cpu->kernels->accumulate(e->dtable + e->token[i] * e->width + first, e->dy + i * e->width + first, count);
}

static void backward(struct device *d, const struct op *op, const struct run *run) {
  struct embedding e = embedding_of(d, &op->plain, run);
  if (e.dtable)
    cpu_each(e.cpu, e.width, COLUMNS, backward_columns, &e);
}

const struct cpu_operation cpu_embedding = {.forward = forward, .backward = backward};
