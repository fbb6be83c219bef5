/* compute/cpu_loss.c: losses with their gradients, and softmax. Rows in fixed blocks; sums in double, in the blocks'
 * order. */
#include <math.h>

#include "compute/cpu.h"

struct loss {
  const struct loss_op *op;
  int64_t rows, block;
  int64_t labelled; /* rows that have a target */
  const float *output, *reals;
  const int32_t *labels;
  float *gradient;
  struct loss_row *each;
  struct loss_sums blocks[CPU_PARTIALS];
};

static int64_t argmax(const float *x, int64_t n) { /* the first of equals */
  int64_t best = 0;
  for (int64_t i = 1; i < n; i++)
    if (x[i] > x[best])
      best = i;
  return best;
}

/* One row of cross-entropy with the smoothed target (1 - s) [i = label] + s / classes. */
static void entropy_row(const struct loss *l, int64_t row, struct loss_sums *sums) {
  const int64_t classes = l->op->classes, label = l->labels[row];
  const float *x = l->output + row * classes;
  const int64_t best = argmax(x, classes);
  const double smoothing = l->op->smoothing;
  double total = 0, shifted = 0;
  for (int64_t i = 0; i < classes; i++) {
    total += exp((double)x[i] - x[best]);
    shifted += (double)x[i] - x[best];
  }
  /* cppcheck-suppress invalidFunctionArg ; the greatest adds 1 */
  const double log_total = log(total);
  /* a label outside of the classes is no row of any data set: the loss says so */
  const double nll = label >= 0 && label < classes ? log_total - ((double)x[label] - x[best]) : NAN;
  sums->nll += nll;
  sums->loss += (1 - smoothing) * nll + smoothing * (log_total - shifted / (double)classes);
  sums->errors += best != label;
  if (l->each)
    l->each[row] = (struct loss_row){nll, best != label || isnan(nll)};
  if (!l->gradient)
    return;
  float *g = l->gradient + row * classes;
  for (int64_t i = 0; i < classes; i++) {
    const double target = (i == label ? 1 - smoothing : 0) + smoothing / (double)classes;
    g[i] = (float)((exp((double)x[i] - x[best]) / total - target) / (double)l->labelled);
  }
}

/* A row without a target. */
static void blank_row(const struct loss *l, int64_t row, struct loss_sums *sums) {
  sums->rows--;
  if (l->each)
    l->each[row] = (struct loss_row){0, -1};
  for (int64_t i = 0; l->gradient && i < l->op->classes; i++)
    l->gradient[row * l->op->classes + i] = 0;
}

static void squared_row(const struct loss *l, int64_t row, struct loss_sums *sums) {
  const int64_t classes = l->op->classes;
  const float *x = l->output + row * classes, *t = l->reals + row * classes;
  float *g = l->gradient ? l->gradient + row * classes : NULL;
  double sum = 0;
  for (int64_t i = 0; i < classes; i++) {
    const double difference = (double)x[i] - t[i];
    sum += difference * difference;
    if (g)
      g[i] = (float)(2 * difference / ((double)classes * (double)l->rows));
  }
  sums->loss += sum / (double)classes;
  sums->nll += sum / (double)classes;
  if (l->each)
    l->each[row] = (struct loss_row){sum / (double)classes, 0};
}

static void loss_block(void *context, int64_t first, int64_t count, int worker) {
  struct loss *l = context;
  struct loss_sums sums = {.rows = count};
  (void)worker;
  for (int64_t row = first; row < first + count; row++)
    if (l->op->squared)
      squared_row(l, row, &sums);
    else if (l->labels[row] == -1)
      blank_row(l, row, &sums);
    else
      entropy_row(l, row, &sums);
  l->blocks[first / l->block] = sums;
}

/* Rows a block: at most CPU_PARTIALS blocks. */
static int64_t block_rows(int64_t rows) { return cpu_max(32, cpu_blocks(rows, CPU_PARTIALS)); }

static void loss_forward(struct device *d, const struct op *record, const struct run *run) {
  const struct loss_op *op = &record->loss;
  struct cpu *cpu = cpu_of(d);
  struct loss_sums *sums = (void *)cpu_given(cpu, op->sums);
  const float *target = cpu_given(cpu, op->target);
  struct loss l = {.op = op,
                   .rows = run->samples * op->positions,
                   .output = cpu_at(cpu, op->output),
                   .reals = target,
                   .labels = (const int32_t *)(const void *)target,
                   .gradient = cpu_at(cpu, op->gradient),
                   .each = (void *)cpu_at(cpu, op->each)};
  l.block = block_rows(l.rows);
  for (int64_t row = 0; row < l.rows; row++)
    l.labelled += op->squared || l.labels[row] != -1;
  cpu_each(cpu, l.rows, l.block, loss_block, &l);
  *sums = (struct loss_sums){0};
  for (int64_t i = 0; i < cpu_blocks(l.rows, l.block); i++) {
    sums->rows += l.blocks[i].rows;
    sums->errors += l.blocks[i].errors;
    sums->loss += l.blocks[i].loss;
    sums->nll += l.blocks[i].nll;
  }
}

const struct cpu_operation cpu_loss = {.forward = loss_forward};

struct softmax {
  int64_t classes;
  const float *x;
  float *y;
};

static void softmax_block(void *context, int64_t first, int64_t count, int worker) {
  const struct softmax *s = context;
  (void)worker;
  for (int64_t row = first; row < first + count; row++) {
    const float *x = s->x + row * s->classes;
    float *y = s->y + row * s->classes;
    const double largest = x[argmax(x, s->classes)];
    double total = 0;
    for (int64_t i = 0; i < s->classes; i++)
      total += exp(x[i] - largest);
    for (int64_t i = 0; i < s->classes; i++)
      y[i] = (float)(exp(x[i] - largest) / total);
  }
}

static void softmax_forward(struct device *d, const struct op *record, const struct run *run) {
  const struct softmax_op *op = &record->softmax;
  const int64_t rows = run->samples * op->positions;
  struct softmax s = {op->classes, cpu_at(cpu_of(d), op->x), cpu_at(cpu_of(d), op->y)};
  cpu_each(cpu_of(d), rows, block_rows(rows), softmax_block, &s);
}

const struct cpu_operation cpu_softmax = {.forward = softmax_forward};
