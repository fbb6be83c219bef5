/* compute/cpu_winograd.c: convolutions by Winograd's algorithm.
 *
 * Tiles of all samples go in fixed blocks through three steps: transform, multiply point by point, transform back. With
 * few channels a worker takes a block through all three while it is in its cache. With many, where the weights are what
 * is large, all workers share a block of more tiles, step by step, so that the weights are read once a block.
 *
 * Weight gradients are the transpose: 36 products summed over the tiles, by groups of samples with sums of their own
 * where channels are few, point by point where they are many; then transformed once. */
#include <string.h>

#include "compute/cpu_winograd.h"
#include "compute/winograd.h"

enum { PATCH = WINOGRAD_PATCH, POINTS = WINOGRAD_POINTS };

#define SHARED_CHANNELS 384   /* from this many source and target channels on, workers share blocks */
#define SHARED_TILES 128      /* of such a block */
#define OWN_WORDS 147456      /* of another block's transforms: what fits in the second cache */
#define OWN_TILES 32          /* of such a block, at most */
#define GRADIENT_CHANNELS 128 /* weight gradients: the same two */
#define GRADIENT_TILES 128
#define STEP_TILES 8   /* of a shared block that a task transforms */
#define KERNEL_ROWS 64 /* source channels a task of the weights' transform */
#define GROUPS 8

/* For each kernel, from how many channels and from how large a map on Winograd's algorithm pays. */
static const struct { int64_t kernel, channels, map; } rule[] = {{3, 16, 4}, {5, 32, 6}};

int winograd_fits(const int64_t kernel[2], const int64_t stride[2], const int64_t padding[2], const int64_t from[3],
                  const int64_t to[3]) {
  const int64_t channels = cpu_min(from[2], to[2]);
  const int64_t map = cpu_min(cpu_min(from[0], from[1]), cpu_min(to[0], to[1]));
  for (size_t i = 0; i < sizeof rule / sizeof *rule; i++)
    if (kernel[0] == rule[i].kernel && kernel[1] == rule[i].kernel)
      return stride[0] == 1 && stride[1] == 1 && padding[0] < kernel[0] && padding[1] < kernel[1] &&
             channels >= rule[i].channels && map >= rule[i].map;
  return 0;
}

static const struct winograd *transforms(const struct cpu *cpu, const int64_t kernel[2]) {
  return kernel[0] == 3 ? cpu->kernels->winograd3 : cpu->kernels->winograd5;
}

/* ---- where tiles lie ---- */

struct grid {
  int64_t from[3], to[3], padding[2]; /* padding: source position of target 0 is -padding */
  int64_t side;                       /* of a tile */
  int64_t tiles[2];                   /* of a sample */
};

static struct grid grid_of(const struct winograd *winograd, const int64_t from[3], const int64_t to[3],
                           const int64_t padding[2], int transpose) {
  struct grid g = {.side = winograd->side};
  for (int i = 0; i < 3; i++) {
    g.from[i] = from[i];
    g.to[i] = to[i];
  }
  for (int i = 0; i < 2; i++) {
    g.padding[i] = transpose ? winograd->kernel - 1 - padding[i] : padding[i];
    g.tiles[i] = cpu_blocks(to[i], g.side);
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
  const int64_t x = index % g->tiles[1] * g->side, y = index / g->tiles[1] % g->tiles[0] * g->side;
  const int64_t sample = index / g->tiles[1] / g->tiles[0];
  inside(y, g->side, g->to[0], &part->y0, &part->y1);
  inside(x, g->side, g->to[1], &part->x0, &part->x1);
  return ((sample * g->to[0] + y) * g->to[1] + x) * g->to[2];
}

static int64_t patch_at(const struct grid *g, int64_t index, struct winograd_part *part) {
  const int64_t x = index % g->tiles[1] * g->side - g->padding[1];
  const int64_t y = index / g->tiles[1] % g->tiles[0] * g->side - g->padding[0];
  const int64_t sample = index / g->tiles[1] / g->tiles[0];
  inside(y, PATCH, g->from[0], &part->y0, &part->y1);
  inside(x, PATCH, g->from[1], &part->x0, &part->x1);
  return ((sample * g->from[0] + y) * g->from[1] + x) * g->from[2];
}

/* ---- blocks: (points, tiles, channels), source and target ---- */

struct block {
  int64_t tiles; /* it has room for */
  int64_t first, count;
  float *v, *m;
  int64_t v_row, m_row, v_plane, m_plane; /* words from tile to tile, and from point to point */
};

/* Odd multiples of a cache line: rows at even ones would meet in few of the cache's sets. */
static int64_t odd_row(int64_t channels) { return (cpu_blocks(channels, 16) | 1) * 16; }

static struct block block_of(int64_t tiles, int64_t in, int64_t out, float *memory) {
  struct block b = {.tiles = tiles, .v_row = odd_row(in), .m_row = odd_row(out)};
  b.v_plane = tiles * b.v_row + 16;
  b.m_plane = tiles * b.m_row + 16;
  b.v = memory;
  b.m = memory ? memory + POINTS * b.v_plane : NULL;
  return b;
}

static int64_t block_words(const struct block *b) { return POINTS * (b->v_plane + b->m_plane); }

/* Tiles of a block that one worker keeps to itself. */
static int64_t own_tiles(int64_t channels) {
  return cpu_max(8, cpu_min(OWN_TILES, OWN_WORDS / POINTS / channels / 8 * 8));
}

/* ---- forward, and towards the input ---- */

struct winograd_work {
  struct correlation *c;
  const struct winograd *winograd;
  struct grid grid;
  int64_t tiles; /* of all samples */
  int shared;
  struct block block; /* a shared one; of workers' own, the sizes */
  const float *panels;
  int64_t plane; /* words of one point's panels */
};

static int64_t plane_words(const struct correlation *c) {
  return tiles_words(c->cpu->kernels->tiles, c->to[2], c->from[2]);
}

static struct winograd_work work_of(struct correlation *c) {
  struct winograd_work w = {.c = c, .plane = plane_words(c), .panels = c->panels};
  w.winograd = transforms(c->cpu, c->kernel);
  const int64_t in = c->from[2], out = c->to[2];
  w.grid = grid_of(w.winograd, c->from, c->to, c->padding, c->transpose);
  w.tiles = c->samples * w.grid.tiles[0] * w.grid.tiles[1];
  w.shared = in + out >= SHARED_CHANNELS;
  w.block = block_of(w.shared ? SHARED_TILES : own_tiles(in + out), in, out,
                     w.shared && c->panels ? c->panels + POINTS * w.plane : NULL);
  return w;
}

int64_t winograd_worker_words(struct correlation *c) {
  const struct winograd_work w = work_of(c);
  return w.shared ? 0 : block_words(&w.block);
}

int64_t winograd_shared_words(struct correlation *c) {
  const struct winograd_work w = work_of(c);
  return POINTS * w.plane + (w.shared ? block_words(&w.block) : 0);
}

/* The kernels of some source channels and one panel of target channels. */
static void transform_kernels(void *context, int64_t index, int worker) {
  const struct winograd_work *w = context;
  const struct correlation *c = w->c;
  const struct tiles *tiles = c->cpu->kernels->tiles;
  const int64_t panels = tiles_panels(tiles, c->to[2]), j = index % panels * 2 * tiles->width;
  const int64_t i = index / panels * KERNEL_ROWS, rows = cpu_min(KERNEL_ROWS, c->from[2] - i);
  const int64_t columns = cpu_min(c->to[2] - j, 2 * tiles->width), lanes = tiles_lanes(tiles, columns);
  /* w is (out, in, taps): forward the source is in, transposed it is out, and the kernel is turned */
  const int64_t taps = w->winograd->kernel * w->winograd->kernel;
  const int64_t inner_step = c->transpose ? c->to[2] * taps : taps, lane_step = c->transpose ? taps : c->from[2] * taps;
  (void)worker;
  w->winograd->kernels(c->panels + c->from[2] * j + i * lanes, w->plane, c->w + i * inner_step + j * lane_step, rows,
                       inner_step, columns, lane_step, lanes, c->transpose);
}

static void transform_patches(const struct winograd_work *w, const struct block *b, int64_t first, int64_t count) {
  const struct correlation *c = w->c;
  const int64_t in = c->from[2];
  struct winograd_part part;
  for (int64_t t = first; t < first + count; t++) {
    const int64_t at = patch_at(&w->grid, b->first + t, &part);
    w->winograd->patch(b->v + t * b->v_row, b->v_plane, c->source + at, c->from[1] * in, &part, in, &c->affine);
  }
}

static void multiply(const struct winograd_work *w, const struct block *b, int64_t point) {
  const struct correlation *c = w->c;
  const struct tiles *kernels = c->cpu->kernels->tiles;
  const int64_t in = c->from[2], out = c->to[2], zero = 0;
  struct slide s = {.runs = 1, .length = in, .from = &zero, .row = &zero, .rows = b->count};
  s.a = b->v + point * b->v_plane;
  s.a_step = b->v_row;
  s.y_step = b->m_row;
  for (int64_t j = 0; j < out; j += 2 * kernels->width) {
    s.columns = cpu_min(out - j, 2 * kernels->width);
    s.panel = w->panels + point * w->plane + in * j;
    s.panel_step = tiles_lanes(kernels, s.columns);
    s.y = b->m + point * b->m_plane + j;
    kernels->slide(&s);
  }
}

static void transform_tiles(const struct winograd_work *w, const struct block *b, int64_t first, int64_t count) {
  const struct correlation *c = w->c;
  const int64_t out = c->to[2];
  struct winograd_part part;
  for (int64_t t = first; t < first + count; t++) {
    const int64_t at = tile_at(&w->grid, b->first + t, &part);
    w->winograd->tile(c->target + at, c->to[1] * out, &part, b->m + t * b->m_row, b->m_plane, out, c->bias,
                      c->add ? c->add + at : NULL, c->relu);
  }
}

static void own_block(void *context, int64_t first, int64_t count, int worker) {
  const struct winograd_work *w = context;
  struct block b = block_of(w->block.tiles, w->c->from[2], w->c->to[2], w->c->cpu->worker[worker].data);
  b.first = first;
  b.count = count;
  transform_patches(w, &b, 0, count);
  for (int64_t point = 0; point < POINTS; point++)
    multiply(w, &b, point);
  transform_tiles(w, &b, 0, count);
}

static void patch_task(void *context, int64_t first, int64_t count, int worker) {
  const struct winograd_work *w = context;
  (void)worker;
  transform_patches(w, &w->block, first, count);
}

static void multiply_task(void *context, int64_t point, int worker) {
  const struct winograd_work *w = context;
  (void)worker;
  multiply(w, &w->block, point);
}

static void tile_task(void *context, int64_t first, int64_t count, int worker) {
  const struct winograd_work *w = context;
  (void)worker;
  transform_tiles(w, &w->block, first, count);
}

void winograd_correlate(struct correlation *c) {
  struct winograd_work w = work_of(c);
  struct cpu *cpu = c->cpu;
  team_run(cpu->team, tiles_panels(cpu->kernels->tiles, c->to[2]) * cpu_blocks(c->from[2], KERNEL_ROWS),
           transform_kernels, &w);
  if (!w.shared) {
    cpu_each(cpu, w.tiles, w.block.tiles, own_block, &w);
    return;
  }
  for (w.block.first = 0; w.block.first < w.tiles; w.block.first += w.block.tiles) {
    w.block.count = cpu_min(w.block.tiles, w.tiles - w.block.first);
    cpu_each(cpu, w.block.count, STEP_TILES, patch_task, &w);
    team_run(cpu->team, POINTS, multiply_task, &w);
    cpu_each(cpu, w.block.count, STEP_TILES, tile_task, &w);
  }
}

/* ---- towards the weights ---- */

struct gradient_work {
  const struct gradient *g;
  const struct winograd *winograd;
  struct grid grid;
  int64_t tiles, groups, group_samples;
  int shared; /* one group, whose blocks all workers share */
  struct block block;
  double *bias; /* groups x out */
  float *sums;  /* groups x (points, in, out) */
};

static struct gradient_work gradient_work_of(const struct gradient *g) {
  const int64_t in = g->from[2], out = g->to[2];
  struct gradient_work w = {.g = g, .winograd = transforms(g->cpu, g->kernel)};
  w.grid = grid_of(w.winograd, g->from, g->to, g->padding, 0);
  w.tiles = g->samples * w.grid.tiles[0] * w.grid.tiles[1];
  w.shared = in + out >= GRADIENT_CHANNELS;
  w.group_samples = cpu_blocks(g->samples, w.shared ? 1 : GROUPS);
  w.groups = cpu_blocks(g->samples, w.group_samples);
  w.bias = (double *)(void *)g->scratch;
  w.sums = g->scratch ? g->scratch + 2 * GROUPS * cpu_blocks(out, 16) * 16 : NULL;
  w.block = block_of(w.shared ? GRADIENT_TILES : own_tiles(in + out), in, out,
                     w.shared && g->scratch ? w.sums + POINTS * in * out : NULL);
  return w;
}

int64_t winograd_gradient_worker_words(const struct gradient *g) {
  const struct gradient_work w = gradient_work_of(g);
  return w.shared ? 0 : block_words(&w.block);
}

/* Rounding may cut a short batch into more groups than a full one, but never into more than GROUPS. */
int64_t winograd_gradient_shared_words(const struct gradient *g) {
  const struct gradient_work w = gradient_work_of(g);
  const int64_t in = g->from[2], out = g->to[2];
  return 2 * GROUPS * cpu_blocks(out, 16) * 16 + (w.shared ? 1 : GROUPS) * POINTS * in * out +
         (w.shared ? block_words(&w.block) : 0);
}

static void transform_both(const struct gradient_work *w, const struct block *b, int64_t first, int64_t count) {
  const struct gradient *g = w->g;
  const int64_t in = g->from[2], out = g->to[2];
  struct winograd_part part;
  for (int64_t t = first; t < first + count; t++) {
    const int64_t from = patch_at(&w->grid, b->first + t, &part);
    w->winograd->patch(b->v + t * b->v_row, b->v_plane, g->x + from, g->from[1] * in, &part, in, &g->affine);
    const int64_t to = tile_at(&w->grid, b->first + t, &part);
    w->winograd->tile_gradient(b->m + t * b->m_row, b->m_plane, g->dy + to, g->to[1] * out, &part, out);
  }
}

/* Adds the block's products at one point to the sums. */
static void multiply_gradient(const struct gradient_work *w, const struct block *b, int64_t point, float *sums,
                              int accumulate) {
  const int64_t in = w->g->from[2], out = w->g->to[2];
  struct outer o = {.count = {1, 1, b->count}, .rows = in, .columns = out, .y_step = out, .accumulate = accumulate};
  o.a = b->v + point * b->v_plane;
  o.b = b->m + point * b->m_plane;
  o.a_step[2] = b->v_row;
  o.b_step[2] = b->m_row;
  o.y = sums + point * in * out;
  w->g->cpu->kernels->tiles->outer(&o);
}

static void sum_bias(const struct gradient_work *w, int64_t group) {
  const struct gradient *g = w->g;
  const int64_t row = g->to[0] * g->to[1] * g->to[2], begin = group * w->group_samples;
  const int64_t end = cpu_min(begin + w->group_samples, g->samples);
  double *sums = w->bias + group * g->to[2];
  memset(sums, 0, (size_t)g->to[2] * sizeof *sums);
  g->cpu->kernels->column_sums(sums, g->dy + begin * row, (end - begin) * g->to[0] * g->to[1], g->to[2]);
}

static void own_group(void *context, int64_t group, int worker) {
  const struct gradient_work *w = context;
  const struct gradient *g = w->g;
  const int64_t in = g->from[2], out = g->to[2], sample = w->grid.tiles[0] * w->grid.tiles[1];
  const int64_t begin = group * w->group_samples * sample;
  const int64_t end = cpu_min((group + 1) * w->group_samples, g->samples) * sample;
  struct block b = block_of(w->block.tiles, in, out, g->cpu->worker[worker].data);
  for (b.first = begin; b.first < end; b.first += b.tiles) {
    b.count = cpu_min(b.tiles, end - b.first);
    transform_both(w, &b, 0, b.count);
    for (int64_t point = 0; point < POINTS; point++)
      multiply_gradient(w, &b, point, w->sums + group * POINTS * in * out, b.first > begin);
  }
  if (g->db)
    sum_bias(w, group);
}

static void both_task(void *context, int64_t first, int64_t count, int worker) {
  const struct gradient_work *w = context;
  (void)worker;
  transform_both(w, &w->block, first, count);
}

static void sum_task(void *context, int64_t point, int worker) {
  const struct gradient_work *w = context;
  (void)worker;
  if (point == POINTS)
    sum_bias(w, 0);
  else
    multiply_gradient(w, &w->block, point, w->sums, w->block.first > 0);
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
  w->winograd->kernel_gradients(g->dw, w->sums, w->groups, g->from[2], g->to[2], i, cpu_min(JOIN_ROWS, g->from[2] - i),
                                o, cpu_min(JOIN_COLUMNS, g->to[2] - o), g->accumulate);
}

static void join_bias(const struct gradient_work *w) {
  const struct gradient *g = w->g;
  for (int64_t o = 0; o < g->to[2]; o++) {
    double sum = g->accumulate ? g->db[o] : 0;
    for (int64_t group = 0; group < w->groups; group++)
      sum += w->bias[group * g->to[2] + o];
    g->db[o] = (float)sum;
  }
}

void winograd_gradient(struct gradient *g) {
  struct gradient_work w = gradient_work_of(g);
  struct team *team = g->cpu->team;
  if (!w.shared)
    team_run(team, w.groups, own_group, &w);
  for (w.block.first = 0; w.shared && w.block.first < w.tiles; w.block.first += w.block.tiles) {
    const int last = w.block.first + w.block.tiles >= w.tiles;
    w.block.count = cpu_min(w.block.tiles, w.tiles - w.block.first);
    cpu_each(g->cpu, w.block.count, STEP_TILES, both_task, &w);
    team_run(team, POINTS + (last && g->db), sum_task, &w);
  }
  team_run(team, cpu_blocks(g->from[2], JOIN_ROWS) * cpu_blocks(g->to[2], JOIN_COLUMNS), join_groups, &w);
  if (g->db)
    join_bias(&w);
}
