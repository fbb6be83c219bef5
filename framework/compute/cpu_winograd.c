/* compute/cpu_winograd.c: convolutions by Winograd's algorithm: tiles of all samples in fixed blocks, each transformed,
 * multiplied point by point and transformed back by one worker while it is in cache.
 *
 * Weight gradients are the transpose: groups of samples sum 36 products over their tiles, and the groups' sums, added
 * in order, are transformed once. */
#include <stdlib.h>
#include <string.h>

#include "compute/cpu_winograd.h"
#include "compute/winograd.h"

enum { TILE = WINOGRAD_TILE, PATCH = WINOGRAD_PATCH, POINTS = WINOGRAD_POINTS, TAPS = 9 };

#define BLOCK_WORDS 147456 /* of a block's transforms */
#define LEAST_TILES 32     /* of a block, */
#define MOST_TILES 64      /* of either: rows enough for each reading of the weights */
#define KERNEL_ROWS 64     /* source channels a task of the weights' transform */
#define GROUPS 8
#define PARTIAL_WORDS 8388608 /* of the groups' sums */
#define PART_COLUMNS 64       /* the least output channels of a task */
#define TASKS 8

int winograd_fits(const struct cpu *cpu, const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2],
                  const int64_t from[3], const int64_t to[3]) {
  (void)cpu;
  return kernel[0] == 3 && kernel[1] == 3 && stride[0] == 1 && stride[1] == 1 && padding[0] <= 2 && padding[1] <= 2 &&
         from[2] >= 16 && to[2] >= 16 && cpu_min(from[0], from[1]) >= TILE && cpu_min(to[0], to[1]) >= TILE;
}

static int64_t block_tiles(int64_t channels) {
  return cpu_max(LEAST_TILES, cpu_min(MOST_TILES, BLOCK_WORDS / POINTS / channels / 8 * 8));
}

/* ---- where tiles lie ---- */

struct grid {
  int64_t from[3], to[3], padding[2]; /* padding: source position of target 0 is -padding */
  int64_t tiles[2];                   /* of a sample */
};

static struct grid grid_of(const int64_t from[3], const int64_t to[3], const int64_t padding[2], int transpose) {
  struct grid g;
  for (int i = 0; i < 3; i++) {
    g.from[i] = from[i];
    g.to[i] = to[i];
  }
  for (int i = 0; i < 2; i++) {
    g.padding[i] = transpose ? 2 - padding[i] : padding[i];
    g.tiles[i] = cpu_blocks(to[i], TILE);
  }
  return g;
}

/* The part of `size` numbers from `at` on that is inside 0..length-1. */
static void inside(int64_t at, int64_t size, int64_t length, int32_t *first, int32_t *end) {
  *first = (int32_t)cpu_min(size, cpu_max(0, -at));
  *end = (int32_t)cpu_max(*first, cpu_min(size, length - at));
}

/* Tile number `index` of all samples: its offset in the target; its patch's in the source, which may be outside. */
static int64_t tile_at(const struct grid *g, int64_t index, struct winograd_part *part) {
  const int64_t x = index % g->tiles[1] * TILE, y = index / g->tiles[1] % g->tiles[0] * TILE;
  const int64_t sample = index / g->tiles[1] / g->tiles[0];
  inside(y, TILE, g->to[0], &part->y0, &part->y1);
  inside(x, TILE, g->to[1], &part->x0, &part->x1);
  return ((sample * g->to[0] + y) * g->to[1] + x) * g->to[2];
}

static int64_t patch_at(const struct grid *g, int64_t index, struct winograd_part *part) {
  const int64_t x = index % g->tiles[1] * TILE - g->padding[1];
  const int64_t y = index / g->tiles[1] % g->tiles[0] * TILE - g->padding[0];
  const int64_t sample = index / g->tiles[1] / g->tiles[0];
  inside(y, PATCH, g->from[0], &part->y0, &part->y1);
  inside(x, PATCH, g->from[1], &part->x0, &part->x1);
  return ((sample * g->from[0] + y) * g->from[1] + x) * g->from[2];
}

/* ---- forward, and towards the input ---- */

struct winograd_work {
  struct correlation *c;
  struct grid grid;
  int64_t plane; /* words of one point's panels */
};

static int64_t plane_words(const struct correlation *c) {
  return tiles_words(c->cpu->kernels->tiles, c->to[2], c->from[2]);
}

int64_t winograd_worker_words(const struct correlation *c) {
  return block_tiles(c->from[2] + c->to[2]) * POINTS * (c->from[2] + c->to[2]);
}

int64_t winograd_shared_words(const struct correlation *c) { return POINTS * plane_words(c); }

/* The kernels of some source channels and one panel of target channels. */
static void transform_kernels(void *context, int64_t index, int worker) {
  const struct winograd_work *w = context;
  const struct correlation *c = w->c;
  const struct tiles *tiles = c->cpu->kernels->tiles;
  const int64_t panels = tiles_panels(tiles, c->to[2]), j = index % panels * 2 * tiles->width;
  const int64_t i = index / panels * KERNEL_ROWS, rows = cpu_min(KERNEL_ROWS, c->from[2] - i);
  const int64_t columns = cpu_min(c->to[2] - j, 2 * tiles->width), lanes = tiles_lanes(tiles, columns);
  /* w is (out, in, 3, 3): forward the source is in, transposed it is out, and the kernel is turned */
  const int64_t inner_step = c->transpose ? c->to[2] * TAPS : TAPS, lane_step = c->transpose ? TAPS : c->from[2] * TAPS;
  (void)worker;
  c->cpu->kernels->winograd->kernels(c->panels + c->from[2] * j + i * lanes, w->plane,
                                     c->w + i * inner_step + j * lane_step, rows, inner_step, columns, lane_step, lanes,
                                     c->transpose);
}

/* v: (tiles, points, source channels) to m: (tiles, points, target channels). */
static void multiply(const struct winograd_work *w, const float *v, float *m, int64_t tiles) {
  const struct correlation *c = w->c;
  const struct tiles *kernels = c->cpu->kernels->tiles;
  const int64_t in = c->from[2], out = c->to[2], zero = 0;
  struct slide s = {.runs = 1, .length = in, .from = &zero, .row = &zero, .rows = tiles};
  s.a_step = POINTS * in;
  s.y_step = POINTS * out;
  for (int64_t point = 0; point < POINTS; point++)
    for (int64_t j = 0; j < out; j += 2 * kernels->width) {
      s.a = v + point * in;
      s.columns = cpu_min(out - j, 2 * kernels->width);
      s.panel = c->panels + point * w->plane + in * j;
      s.panel_step = tiles_lanes(kernels, s.columns);
      s.y = m + point * out + j;
      kernels->slide(&s);
    }
}

static void correlate_tiles(void *context, int64_t first, int64_t count, int worker) {
  const struct winograd_work *w = context;
  const struct correlation *c = w->c;
  const struct winograd *kernels = c->cpu->kernels->winograd;
  const int64_t in = c->from[2], out = c->to[2];
  float *v = c->cpu->worker[worker].data, *m = v + count * POINTS * in;
  struct winograd_part part;
  for (int64_t t = 0; t < count; t++) {
    const int64_t at = patch_at(&w->grid, first + t, &part);
    kernels->patch(v + t * POINTS * in, in, c->source + at, c->from[1] * in, &part, in);
  }
  multiply(w, v, m, count);
  for (int64_t t = 0; t < count; t++) {
    const int64_t at = tile_at(&w->grid, first + t, &part);
    kernels->tile(c->target + at, c->to[1] * out, &part, m + t * POINTS * out, out, out, c->bias, c->accumulate,
                  c->relu);
  }
}

void winograd_correlate(struct correlation *c) {
  struct winograd_work w = {c, grid_of(c->from, c->to, c->padding, c->transpose), plane_words(c)};
  const int64_t panels = tiles_panels(c->cpu->kernels->tiles, c->to[2]);
  team_run(c->cpu->team, panels * cpu_blocks(c->from[2], KERNEL_ROWS), transform_kernels, &w);
  cpu_each(c->cpu, c->samples * w.grid.tiles[0] * w.grid.tiles[1], block_tiles(c->from[2] + c->to[2]), correlate_tiles,
           &w);
}

/* ---- towards the weights ---- */

struct winograd_plan {
  int64_t groups, group_samples, parts, part_columns, weights;
};

struct gradient_work {
  const struct gradient *g;
  struct grid grid;
  struct winograd_plan plan;
  double *bias;   /* groups x out */
  float *partial; /* groups x (points, in, out) */
};

static int64_t most_groups(const struct gradient *g, int64_t samples) {
  return cpu_max(1, cpu_min(cpu_min(GROUPS, samples), PARTIAL_WORDS / (POINTS * g->from[2] * g->to[2])));
}

static struct winograd_plan plan_of(const struct gradient *g, int64_t samples) {
  struct winograd_plan p = {.weights = POINTS * g->from[2] * g->to[2]};
  p.group_samples = cpu_blocks(samples, most_groups(g, samples));
  p.groups = cpu_blocks(samples, p.group_samples);
  p.part_columns = cpu_blocks(cpu_blocks(g->to[2], cpu_blocks(TASKS, p.groups)), PART_COLUMNS) * PART_COLUMNS;
  p.parts = cpu_blocks(g->to[2], p.part_columns);
  return p;
}

static int64_t bias_words(const struct gradient *g) { return 2 * GROUPS * cpu_blocks(g->to[2], 16) * 16; }

int64_t winograd_gradient_worker_words(const struct gradient *g) {
  return block_tiles(g->from[2] + g->to[2]) * POINTS * (g->from[2] + g->to[2]);
}

int64_t winograd_gradient_shared_words(const struct gradient *g) {
  return bias_words(g) + most_groups(g, g->samples) * POINTS * g->from[2] * g->to[2];
}

/* Adds the products of `tiles` tiles of v (tiles, points, in) and m (tiles, points, columns) to the sums. */
static void multiply_gradient(const struct gradient_work *w, const float *v, const float *m, int64_t tiles,
                              int64_t columns, float *sums, int accumulate) {
  const int64_t in = w->g->from[2], out = w->g->to[2];
  struct outer o = {.count = {1, 1, tiles}, .rows = in, .columns = columns, .y_step = out, .accumulate = accumulate};
  o.a_step[2] = POINTS * in;
  o.b_step[2] = POINTS * columns;
  for (int64_t point = 0; point < POINTS; point++) {
    o.a = v + point * in;
    o.b = m + point * columns;
    o.y = sums + point * in * out;
    w->g->cpu->kernels->tiles->outer(&o);
  }
}

static void sum_group(void *context, int64_t index, int worker) {
  const struct gradient_work *w = context;
  const struct gradient *g = w->g;
  const struct winograd *kernels = g->cpu->kernels->winograd;
  const int64_t in = g->from[2], out = g->to[2], block = block_tiles(in + out);
  const int64_t group = index / w->plan.parts, j = index % w->plan.parts * w->plan.part_columns;
  const int64_t columns = cpu_min(w->plan.part_columns, out - j), sample = w->grid.tiles[0] * w->grid.tiles[1];
  const int64_t begin = group * w->plan.group_samples;
  const int64_t end = cpu_min(begin + w->plan.group_samples, g->samples);
  float *v = g->cpu->worker[worker].data, *m = v + block * POINTS * in;
  for (int64_t first = begin * sample; first < end * sample; first += block) {
    const int64_t count = cpu_min(block, end * sample - first);
    for (int64_t t = 0; t < count; t++) {
      struct winograd_part part;
      const int64_t from = patch_at(&w->grid, first + t, &part);
      kernels->patch(v + t * POINTS * in, in, g->x + from, g->from[1] * in, &part, in);
      const int64_t to = tile_at(&w->grid, first + t, &part);
      kernels->tile_gradient(m + t * POINTS * columns, columns, g->dy + to + j, g->to[1] * out, out, &part, columns);
    }
    multiply_gradient(w, v, m, count, columns, w->partial + group * w->plan.weights + j, first > begin * sample);
  }
  if (g->db && j == 0) {
    const int64_t positions = g->to[0] * g->to[1];
    double *sums = w->bias + group * out;
    memset(sums, 0, (size_t)out * sizeof *sums);
    g->cpu->kernels->column_sums(sums, g->dy + begin * positions * out, (end - begin) * positions, out);
  }
}

/* The gradients of some kernels: input channels by rows of tasks, output channels by columns. */
#define JOIN_ROWS 32
#define JOIN_COLUMNS 32

static void join_groups(void *context, int64_t index, int worker) {
  const struct gradient_work *w = context;
  const struct gradient *g = w->g;
  const int64_t across = cpu_blocks(g->to[2], JOIN_COLUMNS);
  const int64_t i = index / across * JOIN_ROWS, o = index % across * JOIN_COLUMNS;
  (void)worker;
  g->cpu->kernels->winograd->kernel_gradients(g->dw, w->partial, w->plan.groups, g->from[2], g->to[2], i,
                                              cpu_min(JOIN_ROWS, g->from[2] - i), o,
                                              cpu_min(JOIN_COLUMNS, g->to[2] - o), g->accumulate);
}

static void join_bias(const struct gradient_work *w) {
  const struct gradient *g = w->g;
  for (int64_t o = 0; o < g->to[2]; o++) {
    double sum = g->accumulate ? g->db[o] : 0;
    for (int64_t group = 0; group < w->plan.groups; group++)
      sum += w->bias[group * g->to[2] + o];
    g->db[o] = (float)sum;
  }
}

void winograd_gradient(struct gradient *g) {
  struct gradient_work w = {g, grid_of(g->from, g->to, g->padding, 0), plan_of(g, g->samples),
                            (double *)(void *)g->scratch, g->scratch + bias_words(g)};
  team_run(g->cpu->team, w.plan.groups * w.plan.parts, sum_group, &w);
  team_run(g->cpu->team, cpu_blocks(g->from[2], JOIN_ROWS) * cpu_blocks(g->to[2], JOIN_COLUMNS), join_groups, &w);
  if (g->db)
    join_bias(&w);
}
