/* compute/gradient.c: groups of samples sum into weight gradients of their own, which are then added in the groups'
 * order.
 *
 * A sum over few positions is one group, written in place and cut by output channels. Otherwise a group's sums lie as
 * (tap, in, out), which the products fill without repacking anything, and the last step transposes them. As in
 * compute/correlate.c, a layer is flat (1x1, stride 1), or its samples are padded into scratch, or its map is so narrow
 * that only the taps inside are summed. */
#include <string.h>

#include "compute/gradient.h"

#define GROUPS 8
#define GROUP_POSITIONS 2048  /* the least that makes a group worthwhile */
#define PARTIAL_WORDS 8388608 /* of the groups' sums */
#define TASKS 8               /* that the work is cut into, if it can be */
#define PART_COLUMNS 64       /* the least output channels of a task */
#define BLOCK 256             /* positions whose operands stay in the first cache */
#define NARROW 8

struct plan {
  int64_t groups, group_samples; /* flat: samples are positions */
  int64_t parts, part_columns;
  int64_t taps, weights;
  int flat, narrow;
  int64_t lines[2]; /* padded: of a sample in scratch, and their length in positions */
  int64_t together; /* samples in scratch at a time: padded, or narrow and read through an affine map */
};

/* Rounding may cut a short batch into more groups than a full one, but never into more than this. */
static int64_t most_groups(const struct gradient *g, const struct plan *p, int64_t samples) {
  const int64_t positions = samples * g->to[0] * g->to[1];
  return cpu_max(1, cpu_min(cpu_min(GROUPS, positions / GROUP_POSITIONS), PARTIAL_WORDS / p->weights));
}

static struct plan plan_of(const struct gradient *g, int64_t samples) {
  const int64_t positions = g->to[0] * g->to[1];
  struct plan p = {.taps = g->kernel[0] * g->kernel[1]};
  p.weights = p.taps * g->from[2] * g->to[2];
  p.flat = p.taps * g->stride[0] * g->stride[1] == 1 && g->padding[0] + g->padding[1] == 0;
  p.narrow = !p.flat && g->to[1] < NARROW;
  const int64_t units = p.flat ? samples * positions : samples;
  p.groups = cpu_min(most_groups(g, &p, samples), units);
  p.group_samples = cpu_blocks(units, p.groups);
  p.groups = cpu_blocks(units, p.group_samples);
  const int64_t least = p.flat ? 8 : PART_COLUMNS;
  p.part_columns = cpu_blocks(cpu_blocks(g->to[2], cpu_blocks(TASKS, p.groups)), least) * least;
  p.parts = cpu_blocks(g->to[2], p.part_columns);
  for (int d = 0; d < 2; d++)
    p.lines[d] = cpu_max(g->padding[d] + g->from[d], (g->to[d] - 1) * g->stride[d] + g->kernel[d]);
  p.together = cpu_max(1, BLOCK / positions);
  if (p.narrow && !g->affine.mean)
    p.together = samples;
  return p;
}

/* Shared: the groups' bias sums (doubles), then their weights' sums where they are not written in place. */
static int64_t bias_words(const struct gradient *g, const struct plan *p) {
  return 2 * p->groups * g->to[2] / 16 * 16 + 16;
}
static int in_place(const struct plan *p) { return p->flat && p->groups == 1; }

int64_t gradient_worker_words(const struct gradient *g) {
  const struct plan p = plan_of(g, g->samples);
  if (!p.flat && !p.narrow)
    return p.together * p.lines[0] * p.lines[1] * g->from[2];
  if (!g->affine.mean)
    return 0;
  return (p.flat ? BLOCK : p.together * g->from[0] * g->from[1]) * g->from[2];
}
int64_t gradient_shared_words(const struct gradient *g) {
  struct plan p = plan_of(g, g->samples);
  const int in_place_always = in_place(&p) && most_groups(g, &p, g->samples) == 1;
  p.groups = most_groups(g, &p, g->samples);
  return bias_words(g, &p) + (in_place_always ? 0 : p.groups * p.weights);
}

struct work {
  const struct gradient *g;
  struct plan plan;
  double *bias;
  float *partial;
};

/* ---- the three ways; group: the samples begin..end-1 and output channels j..j+columns-1 ---- */

struct group {
  int64_t begin, end, j, columns;
  float *sums;
};

/* dW (columns, in): rows are output channels, so that the sums lie as the weights do. */
static void flat_group(const struct work *w, const struct group *u, float *scratch) {
  const struct gradient *g = w->g;
  for (int64_t at = u->begin; at < u->end; at += BLOCK) {
    struct outer o = {.count = {1, 1, cpu_min(BLOCK, u->end - at)}, .rows = u->columns, .columns = g->from[2]};
    o.a = g->dy + at * g->to[2] + u->j;
    o.a_step[2] = g->to[2];
    o.b = cpu_read_rows(g->cpu, &g->affine, g->x + at * g->from[2], o.count[2], g->from[2], scratch);
    o.b_step[2] = g->from[2];
    o.y = u->sums + u->j * g->from[2];
    o.y_step = g->from[2];
    o.accumulate = at > u->begin || (in_place(&w->plan) && g->accumulate);
    g->cpu->kernels->tiles->outer(&o);
  }
}

/* The output positions of one axis whose tap k lies inside: the first, how many. */
static int64_t inside(const struct gradient *g, int d, int64_t k, int64_t *first) {
  const int64_t s = g->stride[d], at = k - g->padding[d]; /* of output 0 */
  *first = at < 0 ? (-at + s - 1) / s : 0;
  const int64_t end = g->from[d] - at <= 0 ? 0 : cpu_min(g->to[d], (g->from[d] - at + s - 1) / s);
  return cpu_max(0, end - *first);
}

/* Samples n..n+count-1, the first of which is at x. */
static void narrow_samples(const struct work *w, const struct group *u, const float *x, int64_t n, int64_t count) {
  const struct gradient *g = w->g;
  const int64_t source = g->from[0] * g->from[1] * g->from[2], target = g->to[0] * g->to[1] * g->to[2];
  for (int64_t ky = 0; ky < g->kernel[0]; ky++)
    for (int64_t kx = 0; kx < g->kernel[1]; kx++) {
      int64_t y0, x0;
      const int64_t rows = inside(g, 0, ky, &y0), columns = inside(g, 1, kx, &x0);
      const int64_t iy = y0 * g->stride[0] - g->padding[0] + ky, ix = x0 * g->stride[1] - g->padding[1] + kx;
      struct outer o = {.count = {rows && columns ? count : 0, rows, columns}, .accumulate = n > u->begin};
      o.a = x + (iy * g->from[1] + ix) * g->from[2];
      o.a_step[0] = source;
      o.a_step[1] = g->stride[0] * g->from[1] * g->from[2];
      o.a_step[2] = g->stride[1] * g->from[2];
      o.b = g->dy + n * target + (y0 * g->to[1] + x0) * g->to[2] + u->j;
      o.b_step[0] = target;
      o.b_step[1] = g->to[1] * g->to[2];
      o.b_step[2] = g->to[2];
      o.rows = g->from[2];
      o.columns = u->columns;
      o.y = u->sums + (ky * g->kernel[1] + kx) * g->from[2] * g->to[2] + u->j;
      o.y_step = g->to[2];
      g->cpu->kernels->tiles->outer(&o);
    }
}

static void narrow_group(const struct work *w, const struct group *u, float *scratch) {
  const struct gradient *g = w->g;
  const int64_t positions = g->from[0] * g->from[1];
  for (int64_t n = u->begin; n < u->end; n += w->plan.together) {
    const int64_t count = cpu_min(w->plan.together, u->end - n);
    const float *x = g->x + n * positions * g->from[2];
    narrow_samples(w, u, cpu_read_rows(g->cpu, &g->affine, x, count * positions, g->from[2], scratch), n, count);
  }
}

/* Samples n..n+count-1 side by side, each in the middle of its zero margins. */
static void pad(const struct work *w, float *padded, int64_t n, int64_t count) {
  const struct gradient *g = w->g;
  const int64_t line = w->plan.lines[1] * g->from[2], row = g->from[1] * g->from[2];
  for (int64_t i = 0; i < count; i++)
    for (int64_t y = 0; y < g->from[0]; y++) {
      float *to = padded + (i * w->plan.lines[0] + g->padding[0] + y) * line + g->padding[1] * g->from[2];
      cpu_copy_rows(g->cpu, &g->affine, g->x + ((n + i) * g->from[0] + y) * row, g->from[1], g->from[2], to);
    }
}

static void padded_group(const struct work *w, const struct group *u, float *padded) {
  const struct gradient *g = w->g;
  const int64_t line = w->plan.lines[1] * g->from[2], together = w->plan.together, target = g->to[1] * g->to[2];
  const int64_t block = cpu_max(1, BLOCK / g->to[1]), rows = g->kernel[1] * g->from[2];
  memset(padded, 0, (size_t)(together * w->plan.lines[0] * line) * sizeof *padded);
  for (int64_t n = u->begin; n < u->end; n += together) {
    const int64_t count = cpu_min(together, u->end - n);
    pad(w, padded, n, count);
    for (int64_t y = 0; y < g->to[0]; y += block)
      for (int64_t ky = 0; ky < g->kernel[0]; ky++) {
        struct outer o = {
            .count = {count, cpu_min(block, g->to[0] - y), g->to[1]}, .rows = rows, .columns = u->columns};
        o.a = padded + (y * g->stride[0] + ky) * line;
        o.a_step[0] = w->plan.lines[0] * line;
        o.a_step[1] = g->stride[0] * line;
        o.a_step[2] = g->stride[1] * g->from[2];
        o.b = g->dy + (n * g->to[0] + y) * target + u->j;
        o.b_step[0] = g->to[0] * target;
        o.b_step[1] = target;
        o.b_step[2] = g->to[2];
        o.y = u->sums + ky * rows * g->to[2] + u->j;
        o.y_step = g->to[2];
        o.accumulate = n > u->begin || y > 0;
        g->cpu->kernels->tiles->outer(&o);
      }
  }
}

static void sum_group(void *context, int64_t index, int worker) {
  const struct work *w = context;
  const struct gradient *g = w->g;
  const struct plan *p = &w->plan;
  const int64_t group = index / p->parts, j = index % p->parts * p->part_columns;
  const int64_t units = p->flat ? g->samples * g->to[0] * g->to[1] : g->samples;
  struct group u = {group * p->group_samples, cpu_min((group + 1) * p->group_samples, units), j,
                    cpu_min(p->part_columns, g->to[2] - j), in_place(p) ? g->dw : w->partial + group * p->weights};
  if (p->flat)
    flat_group(w, &u, g->cpu->worker[worker].data);
  else if (p->narrow)
    narrow_group(w, &u, g->cpu->worker[worker].data);
  else
    padded_group(w, &u, g->cpu->worker[worker].data);
  if (g->db && j == 0) {
    const int64_t positions = p->flat ? 1 : g->to[0] * g->to[1];
    double *sums = w->bias + group * g->to[2];
    memset(sums, 0, (size_t)g->to[2] * sizeof *sums);
    g->cpu->kernels->column_sums(sums, g->dy + u.begin * positions * g->to[2], (u.end - u.begin) * positions, g->to[2]);
  }
}

/* ---- the groups' sums, joined ---- */

static float joined(const struct work *w, int64_t at) {
  float sum = w->partial[at];
  for (int64_t group = 1; group < w->plan.groups; group++)
    sum += w->partial[group * w->plan.weights + at];
  return sum;
}

#define LANES 16

/* dW (out, in, taps) of output channels first.. from (tap, in, out): LANES output channels at a time, so that what is
 * read lies side by side. Flat sums lie as dW does. */
static void join(void *context, int64_t first, int64_t count, int worker) {
  const struct work *w = context;
  const struct gradient *g = w->g;
  const int64_t in = g->from[2], out = g->to[2], taps = w->plan.taps, columns = in * taps;
  (void)worker;
  for (int64_t o = first; o < first + count; o += LANES) {
    const int64_t lanes = cpu_min(LANES, first + count - o);
    for (int64_t i = 0; i < in; i++)
      for (int64_t t = 0; t < taps; t++)
        for (int64_t lane = 0; lane < lanes; lane++) {
          float *dw = g->dw + (o + lane) * columns + i * taps + t;
          const float sum = joined(w, w->plan.flat ? (o + lane) * in + i : (t * in + i) * out + o + lane);
          *dw = g->accumulate ? *dw + sum : sum;
        }
  }
}

static void join_bias(const struct work *w) {
  const struct gradient *g = w->g;
  for (int64_t o = 0; o < g->to[2]; o++) {
    double sum = g->accumulate ? g->db[o] : 0;
    for (int64_t group = 0; group < w->plan.groups; group++)
      sum += w->bias[group * g->to[2] + o];
    g->db[o] = (float)sum;
  }
}

void gradient(struct gradient *g) {
  struct work w = {g, plan_of(g, g->samples), (double *)(void *)g->scratch, NULL};
  w.partial = g->scratch + bias_words(g, &w.plan);
  team_run(g->cpu->team, w.plan.groups * w.plan.parts, sum_group, &w);
  if (!in_place(&w.plan))
    cpu_each(g->cpu, g->to[2], LANES, join, &w);
  if (g->db)
    join_bias(&w);
}
