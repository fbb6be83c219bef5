/* compute/correlate.c: packs the weights into panels, cuts the samples into fixed blocks, and slides over each.
 *
 * Three ways, by shape alone. Flat: the source is read once a position and nothing overlaps (dense layers, 1x1
 * convolutions of stride 1): all positions of all samples are rows; where these are few, a worker packs a panel and
 * slides all of them over it, so that no worker reads weights that another has packed. Padded: a sample is copied into
 * scratch with its margins, and a target row is a tile's rows. Across: maps too narrow for that take the same position
 * of many samples as rows, with only the taps that lie inside. */
#include <string.h>

#include "compute/correlate.h"

#define NARROW 8          /* maps of fewer columns are taken across the samples */
#define ACROSS_SAMPLES 16 /* of a block */
#define PADDED_POSITIONS 256
#define FLAT_BLOCKS 16
#define FLAT_LEAST 32
#define FLAT_MOST 256
#define FLAT_FEW 256
#define FLAT_STEP 64 /* rows that are read through an affine map at a time */

enum { FLAT, PADDED, ACROSS };

/* ---- shapes ---- */

int64_t correlate_families(const struct correlation *c) { return c->transpose ? c->stride[0] * c->stride[1] : 1; }

/* Forward: target t reads source t*stride - padding + tap. Transposed: target i gets from source (i + padding - tap) /
 * stride where that is whole: taps tap_first, + stride, ..., the last of which lies under the window's first. */
static struct family family_at(const struct correlation *c, int64_t index) {
  struct family f = {.panel = 0};
  const int64_t remainder[2] = {index / c->stride[1], index % c->stride[1]};
  for (int d = 0; d < 2; d++) {
    if (!c->transpose) {
      f.step[d] = 1;
      f.count[d] = c->to[d];
      f.source[d] = -c->padding[d];
      f.stride[d] = c->stride[d];
      f.taps[d] = c->kernel[d];
      f.tap_step[d] = 1;
      continue;
    }
    const int64_t s = c->stride[d], lowest = (remainder[d] + c->padding[d]) % s;
    f.first[d] = remainder[d];
    f.step[d] = s;
    f.count[d] = remainder[d] < c->to[d] ? (c->to[d] - remainder[d] + s - 1) / s : 0;
    f.taps[d] = lowest < c->kernel[d] ? (c->kernel[d] - lowest + s - 1) / s : 0;
    f.source[d] = (remainder[d] + c->padding[d] - lowest) / s - (f.taps[d] - 1);
    f.stride[d] = 1;
    f.tap_first[d] = lowest + (f.taps[d] - 1) * s;
    f.tap_step[d] = -s;
  }
  return f;
}

static int64_t family_words(const struct correlation *c, const struct family *f) {
  return tiles_words(c->cpu->kernels->tiles, c->to[2], f->taps[0] * f->taps[1] * c->from[2]);
}

/* The family with its panel's place: families lie one after another. */
struct family correlate_family(const struct correlation *c, int64_t index) {
  int64_t panel = 0;
  for (int64_t i = 0; i < index; i++) {
    const struct family f = family_at(c, i);
    panel += family_words(c, &f);
  }
  struct family f = family_at(c, index);
  f.panel = panel;
  return f;
}

int64_t correlate_panel_words(const struct correlation *c) {
  const struct family last = correlate_family(c, correlate_families(c) - 1);
  return last.panel + family_words(c, &last);
}

/* How far windows reach over the source's edges. */
static void margins(const struct correlation *c, int64_t low[2], int64_t high[2]) {
  low[0] = low[1] = high[0] = high[1] = 0;
  for (int64_t i = 0; i < correlate_families(c); i++) {
    const struct family f = family_at(c, i);
    for (int d = 0; d < 2 && f.count[0] && f.count[1] && f.taps[0] && f.taps[1]; d++) {
      low[d] = cpu_max(low[d], -f.source[d]);
      high[d] = cpu_max(high[d], f.source[d] + (f.count[d] - 1) * f.stride[d] + f.taps[d] - c->from[d]);
    }
  }
}

static int way(const struct correlation *c) {
  if (c->kernel[0] * c->kernel[1] * c->stride[0] * c->stride[1] == 1 && c->padding[0] + c->padding[1] == 0)
    return FLAT;
  return c->to[1] < NARROW ? ACROSS : PADDED;
}

int64_t correlate_worker_words(const struct correlation *c) {
  int64_t low[2], high[2], words = 4 * c->kernel[0]; /* from and row: 8 bytes each */
  margins(c, low, high);
  if (way(c) == PADDED)
    words += (low[0] + c->from[0] + high[0]) * (low[1] + c->from[1] + high[1]) * c->from[2];
  else if (c->affine.mean)
    words += (way(c) == FLAT ? FLAT_STEP : ACROSS_SAMPLES * c->from[0] * c->from[1]) * c->from[2];
  return words + 16;
}

/* ---- sliding ---- */

/* One row of tiles: `s` has its rows and runs; the panel of target channels j.. is filled in. */
static void slide_panel(const struct correlation *c, const struct family *f, struct slide *s, int64_t j,
                        float *target) {
  const struct tiles *tiles = c->cpu->kernels->tiles;
  const int64_t length = f->taps[0] * f->taps[1] * c->from[2];
  s->columns = cpu_min(c->to[2] - j, 2 * tiles->width);
  s->panel = c->panels + f->panel + length * j;
  s->panel_step = tiles_lanes(tiles, s->columns);
  s->y = target + j;
  s->bias = c->bias ? c->bias + j : NULL;
  s->add = c->add ? c->add + (s->y - c->target) : NULL;
  s->relu = c->relu;
  tiles->slide(s);
}

/* Target channels `begin` to `end` of `count` rows. */
static void slide_flat(const struct correlation *c, int64_t first, int64_t count, int64_t begin, int64_t end,
                       int worker) {
  const struct family f = correlate_family(c, 0);
  const int64_t zero = 0, step = c->affine.mean ? FLAT_STEP : count;
  struct slide s = {.runs = 1, .length = c->from[2], .from = &zero, .row = &zero};
  s.a_step = c->from[2];
  s.y_step = c->to[2];
  for (int64_t at = first; at < first + count; at += step) {
    s.rows = cpu_min(step, first + count - at);
    s.a =
        cpu_read_rows(c->cpu, &c->affine, c->source + at * c->from[2], s.rows, c->from[2], c->cpu->worker[worker].data);
    for (int64_t j = begin; j < cpu_min(end, c->to[2]); j += 2 * c->cpu->kernels->tiles->width)
      slide_panel(c, &f, &s, j, c->target + at * c->to[2]);
  }
}

static void flat_rows(void *context, int64_t first, int64_t count, int worker) {
  const struct correlation *c = context;
  slide_flat(c, first, count, 0, c->to[2], worker);
}

static void flat_panel(void *context, int64_t index, int worker) {
  const struct correlation *c = context;
  const int64_t lanes = 2 * c->cpu->kernels->tiles->width;
  correlate_pack(c, index);
  slide_flat(c, 0, c->samples * c->to[0] * c->to[1], index * lanes, (index + 1) * lanes, worker);
}

struct padded {
  float *data;
  int64_t low[2], width;
};

/* A sample in the middle of its margins, which are zero from the block's start. */
static void pad(const struct correlation *c, const struct padded *p, const float *sample) {
  for (int64_t y = 0; y < c->from[0]; y++)
    cpu_copy_rows(c->cpu, &c->affine, sample + y * c->from[1] * c->from[2], c->from[1], c->from[2],
                  p->data + ((p->low[0] + y) * p->width + p->low[1]) * c->from[2]);
}

static void slide_padded(const struct correlation *c, const struct padded *p, struct slide *s, float *target) {
  const int64_t line = p->width * c->from[2];
  for (int64_t i = 0; i < correlate_families(c); i++) {
    const struct family f = correlate_family(c, i);
    s->runs = f.taps[0];
    s->length = f.taps[1] * c->from[2];
    s->a_step = f.stride[1] * c->from[2];
    s->rows = f.count[1];
    s->y_step = f.step[1] * c->to[2];
    for (int64_t y = 0; y < f.taps[0]; y++) {
      ((int64_t *)(uintptr_t)s->from)[y] = y * line;
      ((int64_t *)(uintptr_t)s->row)[y] = y * s->length;
    }
    for (int64_t j = 0; j < c->to[2]; j += 2 * c->cpu->kernels->tiles->width)
      for (int64_t y = 0; y < f.count[0]; y++) {
        s->a = p->data + (p->low[0] + f.source[0] + y * f.stride[0]) * line + (p->low[1] + f.source[1]) * c->from[2];
        slide_panel(c, &f, s, j, target + ((f.first[0] + y * f.step[0]) * c->to[1] + f.first[1]) * c->to[2]);
      }
  }
}

static void padded_samples(void *context, int64_t first, int64_t count, int worker) {
  struct correlation *c = context;
  int64_t *runs = (int64_t *)(void *)c->cpu->worker[worker].data;
  struct slide s = {.from = runs, .row = runs + c->kernel[0]};
  struct padded p = {0};
  int64_t high[2];
  margins(c, p.low, high);
  p.width = p.low[1] + c->from[1] + high[1];
  p.data = c->cpu->worker[worker].data + 4 * c->kernel[0];
  const int64_t source = c->from[0] * c->from[1] * c->from[2], target = c->to[0] * c->to[1] * c->to[2];
  const int edges = p.low[0] || p.low[1] || high[0] || high[1];
  if (edges)
    memset(p.data, 0, (size_t)((p.low[0] + c->from[0] + high[0]) * p.width * c->from[2]) * sizeof *p.data);
  for (int64_t n = first; n < first + count; n++) {
    if (edges || c->affine.mean)
      pad(c, &p, c->source + n * source);
    else
      p.data = (float *)(uintptr_t)c->source + n * source; /* only read */
    slide_padded(c, &p, &s, c->target + n * target);
  }
}

/* The taps of one axis that lie inside the source at target number i of a family: first tap, how many. */
static int64_t inside(const struct correlation *c, const struct family *f, int d, int64_t i, int64_t *first) {
  const int64_t at = f->source[d] + i * f->stride[d];
  *first = cpu_max(0, -at);
  return cpu_max(0, cpu_min(f->taps[d], c->from[d] - at) - *first);
}

static void across_samples(void *context, int64_t first, int64_t count, int worker) {
  struct correlation *c = context;
  int64_t *from = (int64_t *)(void *)c->cpu->worker[worker].data, *row = from + c->kernel[0];
  const int64_t source = c->from[0] * c->from[1] * c->from[2], target = c->to[0] * c->to[1] * c->to[2];
  struct slide s = {.from = from, .row = row, .a_step = source, .rows = count};
  s.a = cpu_read_rows(c->cpu, &c->affine, c->source + first * source, count * c->from[0] * c->from[1], c->from[2],
                      c->cpu->worker[worker].data + 4 * c->kernel[0]);
  s.y_step = target;
  for (int64_t i = 0; i < correlate_families(c); i++) {
    const struct family f = correlate_family(c, i);
    for (int64_t j = 0; j < c->to[2]; j += 2 * c->cpu->kernels->tiles->width)
      for (int64_t y = 0; y < f.count[0]; y++)
        for (int64_t x = 0; x < f.count[1]; x++) {
          int64_t y0, x0;
          s.runs = inside(c, &f, 0, y, &y0);
          s.length = inside(c, &f, 1, x, &x0) * c->from[2];
          for (int64_t r = 0; r < s.runs; r++) {
            from[r] = ((f.source[0] + y * f.stride[0] + y0 + r) * c->from[1] + f.source[1] + x * f.stride[1] + x0) *
                      c->from[2];
            row[r] = ((y0 + r) * f.taps[1] + x0) * c->from[2];
          }
          slide_panel(c, &f, &s, j,
                      c->target + first * target +
                          ((f.first[0] + y * f.step[0]) * c->to[1] + f.first[1] + x * f.step[1]) * c->to[2]);
        }
  }
}

static void pack(void *context, int64_t index, int worker) {
  (void)worker;
  correlate_pack(context, index);
}

void correlate(struct correlation *c) {
  const int64_t positions = c->to[0] * c->to[1], rows = c->samples * positions;
  const int64_t panels = tiles_panels(c->cpu->kernels->tiles, c->to[2]);
  if (way(c) == FLAT && rows <= FLAT_FEW) {
    team_run(c->cpu->team, panels, flat_panel, c);
    return;
  }
  team_run(c->cpu->team, panels, pack, c);
  switch (way(c)) {
  case FLAT:
    cpu_each(c->cpu, rows, cpu_min(FLAT_MOST, cpu_max(FLAT_LEAST, rows / FLAT_BLOCKS / 8 * 8)), flat_rows, c);
    break;
  case PADDED:
    cpu_each(c->cpu, c->samples, cpu_max(1, PADDED_POSITIONS / positions), padded_samples, c);
    break;
  default:
    cpu_each(c->cpu, c->samples, ACROSS_SAMPLES, across_samples, c);
  }
}
