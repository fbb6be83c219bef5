/* compute/cpu_map.c: what works element by element: ReLU, addition, multiplication, constants, flatten, dropout. */
#include <string.h>

#include "compute/cpu.h"
#include "compute/random.h"

#define BLOCK 16384 /* elements a task */

struct map {
  struct cpu *cpu;
  const float *x, *b, *dy, *yy;
  float *y, *dx, *db;
  int accumulate_dx, accumulate_db;
};

static struct map map_of(struct device *d, const struct map_op *op) {
  struct cpu *cpu = cpu_of(d);
  float *y = cpu_at(cpu, op->y);
  return (struct map){cpu, cpu_at(cpu, op->x),  cpu_at(cpu, op->b),  cpu_at(cpu, op->dy), y,
                      y,   cpu_at(cpu, op->dx), cpu_at(cpu, op->db), op->accumulate_dx,   op->accumulate_db};
}

static void relu_block(void *context, int64_t first, int64_t count, int worker) {
  const struct map *m = context;
  (void)worker;
  m->cpu->kernels->relu(m->y + first, m->x + first, count);
}

static void relu_forward(struct device *d, const struct op *record, const struct run *run) {
  const struct map_op *op = &record->map;
  struct map m = map_of(d, op);
  cpu_each(m.cpu, run->samples * op->count, BLOCK, relu_block, &m);
}

static void relu_backward_block(void *context, int64_t first, int64_t count, int worker) {
  const struct map *m = context;
  (void)worker;
  m->cpu->kernels->relu_mask(m->dx + first, m->dy + first, m->yy + first, count, m->accumulate_dx);
}

void cpu_mask(struct cpu *cpu, place dy, place y, int64_t count) {
  struct map m = {.cpu = cpu, .dy = cpu_at(cpu, dy), .dx = cpu_at(cpu, dy), .yy = cpu_at(cpu, y)};
  cpu_each(cpu, count, BLOCK, relu_backward_block, &m);
}

static void relu_backward(struct device *d, const struct op *record, const struct run *run) {
  const struct map_op *op = &record->map;
  struct map m = map_of(d, op);
  if (m.dx)
    cpu_each(m.cpu, run->samples * op->count, BLOCK, relu_backward_block, &m);
}

static void add_block(void *context, int64_t first, int64_t count, int worker) {
  const struct map *m = context;
  (void)worker;
  m->cpu->kernels->add(m->y + first, m->x + first, m->b + first, count);
}

static void add_forward(struct device *d, const struct op *record, const struct run *run) {
  const struct map_op *op = &record->map;
  struct map m = map_of(d, op);
  cpu_each(m.cpu, run->samples * op->count, BLOCK, add_block, &m);
}

/* to (+)= from */
static void pass(const struct kernels *kernels, float *to, const float *from, int64_t count, int accumulate) {
  if (!to)
    return;
  if (accumulate)
    kernels->accumulate(to, from, count);
  else if (to != from)
    memcpy(to, from, (size_t)count * sizeof *to);
}

static void add_backward_block(void *context, int64_t first, int64_t count, int worker) {
  const struct map *m = context;
  const int twice = m->dx == m->db; /* x + x: the second half is added to the first; else b's first, as dx may be dy */
  (void)worker;
  if (!twice)
    pass(m->cpu->kernels, m->db ? m->db + first : NULL, m->dy + first, count, m->accumulate_db);
  pass(m->cpu->kernels, m->dx ? m->dx + first : NULL, m->dy + first, count, m->accumulate_dx);
  if (twice)
    pass(m->cpu->kernels, m->db ? m->db + first : NULL, m->dy + first, count, m->accumulate_db);
}

static void add_backward(struct device *d, const struct op *record, const struct run *run) {
  const struct map_op *op = &record->map;
  struct map m = map_of(d, op);
  if (m.dx || m.db)
    cpu_each(m.cpu, run->samples * op->count, BLOCK, add_backward_block, &m);
}

const struct cpu_operation cpu_relu = {.forward = relu_forward, .backward = relu_backward};
const struct cpu_operation cpu_add = {.forward = add_forward, .backward = add_backward};

/* ---- multiply ---- */

static void multiply_block(void *context, int64_t first, int64_t count, int worker) {
  const struct map *m = context;
  (void)worker;
  for (int64_t i = first; i < first + count; i++)
    m->y[i] = m->x[i] * m->b[i];
}

static void multiply_forward(struct device *d, const struct op *record, const struct run *run) {
  struct map m = map_of(d, &record->map);
  cpu_each(m.cpu, run->samples * record->map.count, BLOCK, multiply_block, &m);
}

/* dx before db: of x * x they are one place, and db's accumulate is set. */
static void multiply_backward_block(void *context, int64_t first, int64_t count, int worker) {
  const struct map *m = context;
  (void)worker;
  for (int64_t i = first; i < first + count; i++) {
    if (m->dx)
      m->dx[i] = m->accumulate_dx ? m->dx[i] + m->dy[i] * m->b[i] : m->dy[i] * m->b[i];
    if (m->db)
      m->db[i] = m->accumulate_db ? m->db[i] + m->dy[i] * m->x[i] : m->dy[i] * m->x[i];
  }
}

static void multiply_backward(struct device *d, const struct op *record, const struct run *run) {
  struct map m = map_of(d, &record->map);
  if (m.dx || m.db)
    cpu_each(m.cpu, run->samples * record->map.count, BLOCK, multiply_backward_block, &m);
}

const struct cpu_operation cpu_multiply = {.forward = multiply_forward, .backward = multiply_backward};

/* ---- constant: its input has a gradient of zero ---- */

static void constant_forward(struct device *d, const struct op *record, const struct run *run) {
  const struct plain_op *op = &record->plain;
  float *y = cpu_at(cpu_of(d), op->y);
  for (int64_t i = 0; i < run->samples * op->output_size; i++)
    y[i] = (float)op->real[0];
}

static void constant_backward(struct device *d, const struct op *record, const struct run *run) {
  const struct plain_op *op = &record->plain;
  float *dx = cpu_at(cpu_of(d), op->dx[0]);
  if (dx && !op->accumulate_dx[0])
    memset(dx, 0, (size_t)(run->samples * op->output_size) * sizeof *dx);
}

const struct cpu_operation cpu_constant = {.forward = constant_forward, .backward = constant_backward};

/* ---- flatten ---- */

struct flatten {
  int64_t positions, channels;
  const float *x, *dy;
  float *y, *dx;
  int accumulate_dx;
};

static struct flatten flatten_of(struct device *d, const struct flatten_op *op) {
  struct cpu *cpu = cpu_of(d);
  return (struct flatten){op->positions,      op->channels,        cpu_at(cpu, op->x), cpu_at(cpu, op->dy),
                          cpu_at(cpu, op->y), cpu_at(cpu, op->dx), op->accumulate_dx};
}

static void flatten_sample(void *context, int64_t sample, int worker) {
  const struct flatten *f = context;
  const int64_t size = f->positions * f->channels;
  const float *x = f->x + sample * size; /* (positions, channels) */
  float *y = f->y + sample * size;       /* (channels, positions) */
  (void)worker;
  for (int64_t c = 0; c < f->channels; c++)
    for (int64_t p = 0; p < f->positions; p++)
      y[c * f->positions + p] = x[p * f->channels + c];
}

static void flatten_forward(struct device *d, const struct op *record, const struct run *run) {
  struct flatten f = flatten_of(d, &record->flatten);
  team_run(cpu_of(d)->team, run->samples, flatten_sample, &f);
}

static void flatten_backward_sample(void *context, int64_t sample, int worker) {
  const struct flatten *f = context;
  const int64_t size = f->positions * f->channels;
  const float *dy = f->dy + sample * size;
  float *dx = f->dx + sample * size;
  (void)worker;
  for (int64_t p = 0; p < f->positions; p++)
    for (int64_t c = 0; c < f->channels; c++) {
      const float g = dy[c * f->positions + p];
      dx[p * f->channels + c] = f->accumulate_dx ? dx[p * f->channels + c] + g : g;
    }
}

static void flatten_backward(struct device *d, const struct op *record, const struct run *run) {
  struct flatten f = flatten_of(d, &record->flatten);
  if (f.dx)
    team_run(cpu_of(d)->team, run->samples, flatten_backward_sample, &f);
}

const struct cpu_operation cpu_flatten = {.forward = flatten_forward, .backward = flatten_backward};

/* ---- dropout ---- */

struct dropout {
  const struct kernels *kernels;
  struct stream stream;
  uint32_t threshold; /* an element whose 32 bits are below it is dropped */
  float scale;
  int off, accumulate;
  const float *x;
  float *y;
};

static struct dropout dropout_of(struct device *d, const struct dropout_op *op, const struct run *run, place x, place y,
                                 int accumulate) {
  struct cpu *cpu = cpu_of(d);
  const struct stream all = stream_of(run->seed, "dropout", (uint64_t)run->iteration);
  const double below = op->probability * 0x1p32;
  return (struct dropout){cpu->kernels,
                          stream_branch(&all, op->stream),
                          below < UINT32_MAX ? (uint32_t)below : UINT32_MAX,
                          op->probability < 1 ? (float)(1 / (1 - op->probability)) : 0,
                          !run->dropout || op->probability <= 0,
                          accumulate,
                          cpu_at(cpu, x),
                          cpu_at(cpu, y)};
}

static void dropout_block(void *context, int64_t first, int64_t count, int worker) {
  const struct dropout *o = context;
  (void)worker;
  if (o->off)
    pass(o->kernels, o->y + first, o->x + first, count, o->accumulate);
  else
    o->kernels->dropout(o->y + first, o->x + first, first, count, &o->stream, o->threshold, o->scale, o->accumulate);
}

static void dropout_forward(struct device *d, const struct op *record, const struct run *run) {
  const struct dropout_op *op = &record->dropout;
  struct dropout o = dropout_of(d, op, run, op->x, op->y, 0);
  cpu_each(cpu_of(d), run->samples * op->count, BLOCK, dropout_block, &o);
}

static void dropout_backward(struct device *d, const struct op *record, const struct run *run) {
  const struct dropout_op *op = &record->dropout;
  struct dropout o = dropout_of(d, op, run, op->dy, op->dx, op->accumulate_dx);
  if (o.y)
    cpu_each(cpu_of(d), run->samples * op->count, BLOCK, dropout_block, &o);
}

const struct cpu_operation cpu_dropout = {.forward = dropout_forward, .backward = dropout_backward};
