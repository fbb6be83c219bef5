/* compute/panels.c: weights packed into the panels that compute/tiles.h slides over. Loops are ordered so that what is
 * read and what is written both stay in the first cache. */
#include <string.h>

#include "compute/correlate.h"

typedef float four __attribute__((vector_size(16)));

/* The target channels j.. of one panel. */
struct panel {
  int64_t j, columns, lanes;
  float *to;
};

/* Four lanes' four numbers, transposed: row i of `to` gets number i of each lane. */
static void transpose(float *const to[4], const float *from, int64_t lane_step) {
  four a, b, c, d;
  memcpy(&a, from, sizeof a);
  memcpy(&b, from + lane_step, sizeof b);
  memcpy(&c, from + 2 * lane_step, sizeof c);
  memcpy(&d, from + 3 * lane_step, sizeof d);
  const four ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const four cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
  memcpy(to[0], &a, sizeof a);
  memcpy(to[1], &b, sizeof b);
  memcpy(to[2], &c, sizeof c);
  memcpy(to[3], &d, sizeof d);
}

/* Forward: lane j's weights (in, taps) lie side by side; number m = in * taps + tap goes to row tap * in + in. */
static void pack_forward(const struct correlation *c, const struct panel *p) {
  const int64_t taps = c->kernel[0] * c->kernel[1], in = c->from[2], length = in * taps;
  const float *w = c->w + p->j * length;
  int64_t i = 0, t = 0, m = 0;
  for (; m + 4 <= length; m += 4) {
    float *row[4];
    for (int k = 0; k < 4; k++) {
      row[k] = p->to + (t * in + i) * p->lanes;
      if (++t == taps)
        t = 0, i++;
    }
    int64_t lane = 0;
    for (; lane + 4 <= p->columns; lane += 4)
      transpose((float *const[4]){row[0] + lane, row[1] + lane, row[2] + lane, row[3] + lane}, w + lane * length + m,
                length);
    for (; lane < p->lanes; lane++)
      for (int k = 0; k < 4; k++)
        row[k][lane] = lane < p->columns ? w[lane * length + m + k] : 0;
  }
  for (; m < length; m++) {
    float *row = p->to + (t * in + i) * p->lanes;
    for (int64_t lane = 0; lane < p->lanes; lane++)
      row[lane] = lane < p->columns ? w[lane * length + m] : 0;
    if (++t == taps)
      t = 0, i++;
  }
}

/* Transposed: for each output channel of the layer, the lanes' taps lie side by side. */
static void pack_transposed(const struct correlation *c, const struct panel *p, const struct family *f) {
  const int64_t taps = c->kernel[0] * c->kernel[1], out = c->from[2];
  for (int64_t o = 0; o < out; o++) {
    const float *w = c->w + (o * c->to[2] + p->j) * taps;
    for (int64_t y = 0; y < f->taps[0]; y++)
      for (int64_t x = 0; x < f->taps[1]; x++) {
        const float *from =
            w + (f->tap_first[0] + y * f->tap_step[0]) * c->kernel[1] + f->tap_first[1] + x * f->tap_step[1];
        float *row = p->to + ((y * f->taps[1] + x) * out + o) * p->lanes;
        if (taps == 1)
          memcpy(row, from, (size_t)p->columns * sizeof *row);
        else
          for (int64_t lane = 0; lane < p->columns; lane++)
            row[lane] = from[lane * taps];
        memset(row + p->columns, 0, (size_t)(p->lanes - p->columns) * sizeof *row);
      }
  }
}

void correlate_pack(const struct correlation *c, int64_t index) {
  const struct tiles *tiles = c->cpu->kernels->tiles;
  struct panel p = {.j = index * 2 * tiles->width};
  p.columns = cpu_min(c->to[2] - p.j, 2 * tiles->width);
  p.lanes = tiles_lanes(tiles, p.columns);
  for (int64_t i = 0; i < correlate_families(c); i++) {
    const struct family f = correlate_family(c, i);
    p.to = c->panels + f.panel + f.taps[0] * f.taps[1] * c->from[2] * p.j;
    if (c->transpose)
      pack_transposed(c, &p, &f);
    else
      pack_forward(c, &p);
  }
}
