/* compute/cpu_vector.c: operations on whole weight vectors: combinations, the optimiser's pass, dot products. */
#include <math.h>
#include <string.h>

#include "compute/cpu.h"

#define BLOCK 16384 /* words a task: what a task reads and writes of one control point stays in L2 */

struct combine {
  const struct kernels *kernels;
  int points;
  const float *from[MAX_POINTS];
  float c[MAX_POINTS];
  float *to;
};

static void combine_block(void *context, int64_t first, int64_t count, int worker) {
  const struct combine *k = context;
  const float *from[MAX_POINTS];
  (void)worker;
  for (int i = 0; i < k->points; i++)
    from[i] = k->from[i] + first;
  if (k->points == 0)
    memset(k->to + first, 0, (size_t)count * sizeof(float));
  else if (k->points == 1 && k->c[0] == 1)
    memmove(k->to + first, from[0], (size_t)count * sizeof(float));
  else
    k->kernels->combine(k->to + first, k->points, from, k->c, count);
}

void cpu_combine(struct device *d, int64_t words, int points, const place *from, const double *c, place to) {
  struct cpu *cpu = cpu_of(d);
  struct combine k = {.kernels = cpu->kernels, .to = cpu_at(cpu, to)};
  for (int i = 0; i < points; i++)
    if ((float)c[i] != 0) { /* a NaN counts: it must be seen */
      k.from[k.points] = cpu_at(cpu, from[i]);
      k.c[k.points++] = (float)c[i];
    }
  cpu_each(cpu, words, BLOCK, combine_block, &k);
}

struct update {
  const struct kernels *kernels;
  struct update_rule rule;
  int points;
  struct point_state point[MAX_POINTS];
  float *w;
  const float *gradient;
};

static void update_block(void *context, int64_t first, int64_t count, int worker) {
  const struct update *u = context;
  struct point_state point[MAX_POINTS];
  (void)worker;
  for (int i = 0; i < u->points; i++) {
    point[i] = u->point[i];
    point[i].theta += first;
    if (point[i].velocity)
      point[i].velocity += first;
    if (point[i].square)
      point[i].square += first;
  }
  u->kernels->update(u->w + first, u->gradient + first, point, u->points, &u->rule, count);
}

void cpu_update(struct device *d, const struct update_op *op) {
  struct cpu *cpu = cpu_of(d);
  struct update u = {.kernels = cpu->kernels,
                     .rule = {(float)op->gradient_scale, (float)op->rate, (float)op->momentum, (float)op->weight_decay,
                              op->nesterov, op->first, op->adam, (float)op->beta1, (float)op->beta2, (float)op->epsilon,
                              1, 1},
                     .points = op->points,
                     .w = cpu_at(cpu, op->w) + op->offset,
                     .gradient = cpu_at(cpu, op->gradient) + op->offset};
  if (op->adam) {
    u.rule.correction1 = (float)(1 / (1 - pow(op->beta1, (double)op->step)));
    u.rule.correction2 = (float)(1 / (1 - pow(op->beta2, (double)op->step)));
  }
  for (int i = 0; i < op->points; i++) {
    float *velocity = cpu_at(cpu, op->velocity[i]), *square = cpu_at(cpu, op->square[i]);
    u.point[i] =
        (struct point_state){cpu_at(cpu, op->theta[i]) + op->offset, velocity ? velocity + op->offset : NULL,
                             square ? square + op->offset : NULL, (float)op->coefficient[i], (float)op->next[i]};
  }
  cpu_each(cpu, op->count, BLOCK, update_block, &u);
}

struct sums {
  struct cpu *cpu;
  int64_t block;
  const float *a, *b;
  double (*kernel)(const float *a, const float *b, int64_t n);
};

static void sum_block(void *context, int64_t first, int64_t count, int worker) {
  const struct sums *s = context;
  (void)worker;
  s->cpu->partial[first / s->block] = s->kernel(s->a + first, s->b + first, count);
}

static double sum_all(struct cpu *cpu, int64_t words, place a, place b,
                      double (*kernel)(const float *a, const float *b, int64_t n)) {
  struct sums s = {cpu, cpu_max(BLOCK, cpu_blocks(words, CPU_PARTIALS)), cpu_at(cpu, a), cpu_at(cpu, b), kernel};
  double total = 0;
  cpu_each(cpu, words, s.block, sum_block, &s);
  for (int64_t i = 0; i < cpu_blocks(words, s.block); i++)
    total += cpu->partial[i];
  return total;
}

double cpu_dot(struct device *d, int64_t words, place a, place b) {
  return sum_all(cpu_of(d), words, a, b, cpu_of(d)->kernels->dot);
}

double cpu_distance_squared(struct device *d, int64_t words, place a, place b) {
  return sum_all(cpu_of(d), words, a, b, cpu_of(d)->kernels->distance_squared);
}
