/* compute/cpu_attention.c: multi-head attention, a block of queries by a block of keys at a time: softmax as its sums
 * grow (Milakov and Gimelshein, 2018), and made again by backward (Dao et al., 2022), so that no array is as large as
 * positions squared. A task is one head of one sample, and writes nothing that another does. */
#include <math.h>
#include <string.h>

#include "compute/cpu.h"

#define BLOCK 64 /* queries, and keys */

struct attention {
  struct cpu *cpu;
  int64_t heads, positions, width, all; /* width of a head, and of all: rows of x have three times as much */
  int64_t key_step, width_step;         /* of rows of keys and of a head's features, to whole vectors */
  int causal, accumulate;
  float scale;
  const float *x, *dy;
  float *y, *dx, *logs; /* logs: (samples, heads, positions), NULL in evaluation */
};

/* One head of one sample, and its worker's scratch. */
struct head {
  const struct attention *a;
  const float *q, *k, *v, *dy;
  float *y, *dq, *dk, *dv, *logs;
  float *keys;       /* forward: k transposed; backward too */
  float *values;     /* forward: v; backward: v transposed */
  float *plain_keys; /* backward: k */
  float *p, *ds;     /* (BLOCK, BLOCK) */
  float *most, *sum; /* BLOCK each; backward: the mean of dp in most */
};

static int64_t whole(int64_t count, int64_t of) { return (count + of - 1) / of * of; }

static struct attention attention_of(struct device *d, const struct plain_op *op) {
  struct cpu *cpu = cpu_of(d);
  const int64_t lanes = 2 * cpu->kernels->tiles->width, heads = op->integer[0], positions = op->integer[2];
  const int64_t all = op->output_size / positions;
  return (struct attention){.cpu = cpu,
                            .heads = heads,
                            .positions = positions,
                            .width = all / heads,
                            .all = all,
                            .key_step = whole(positions, lanes),
                            .width_step = whole(all / heads, lanes),
                            .causal = op->integer[1] != 0,
                            .accumulate = op->accumulate_dx[0],
                            .scale = (float)(1 / sqrt((double)(all / heads))),
                            .x = cpu_at(cpu, op->x[0]),
                            .dy = cpu_at(cpu, op->dy),
                            .y = cpu_at(cpu, op->y),
                            .dx = cpu_at(cpu, op->dx[0]),
                            .logs = cpu_at(cpu, op->aux)};
}

static int reserve(struct device *d, const struct op *op, int64_t samples, int directions) {
  const struct attention a = attention_of(d, &op->plain);
  const int64_t transposed = a.width * a.key_step, rows = a.positions * a.width_step;
  (void)samples;
  const int64_t packed = directions & BACKWARD ? 2 * transposed + rows : transposed + rows;
  return cpu_reserve(a.cpu, packed + 2 * BLOCK * BLOCK + 2 * BLOCK, 0);
}

static struct head head_of(const struct attention *a, int64_t index, int worker) {
  const int64_t sample = index / a->heads, first = index % a->heads * a->width;
  const int64_t in = sample * a->positions * 3 * a->all + first, out = sample * a->positions * a->all + first;
  float *scratch = a->cpu->worker[worker].data;
  struct head h = {.a = a,
                   .q = a->x + in,
                   .k = a->x + in + a->all,
                   .v = a->x + in + 2 * a->all,
                   .y = a->y + out,
                   .logs = a->logs ? a->logs + index * a->positions : NULL,
                   .p = scratch,
                   .ds = scratch + BLOCK * BLOCK,
                   .most = scratch + 2 * BLOCK * BLOCK,
                   .sum = scratch + 2 * BLOCK * BLOCK + BLOCK,
                   .keys = scratch + 2 * BLOCK * BLOCK + 2 * BLOCK};
  h.values = h.keys + a->width * a->key_step;
  h.plain_keys = h.values + a->width * a->key_step;
  if (a->dx) {
    h.dy = a->dy + out;
    h.dq = a->dx + in;
    h.dk = h.dq + a->all;
    h.dv = h.dk + a->all;
  }
  return h;
}

/* to: (width, positions), or (positions, width) */
static void pack_transposed(const struct attention *a, const float *from, float *to) {
  for (int64_t c = 0; c < a->width; c++) {
    for (int64_t i = 0; i < a->positions; i++)
      to[c * a->key_step + i] = from[i * 3 * a->all + c];
    memset(to + c * a->key_step + a->positions, 0, (size_t)(a->key_step - a->positions) * sizeof *to);
  }
}
static void pack_rows(const struct attention *a, const float *from, float *to) {
  for (int64_t i = 0; i < a->positions; i++) {
    memcpy(to + i * a->width_step, from + i * 3 * a->all, (size_t)a->width * sizeof *to);
    memset(to + i * a->width_step + a->width, 0, (size_t)(a->width_step - a->width) * sizeof *to);
  }
}

/* y = left right (+ add, y itself). left: (rows, length); right: packed, (length, columns). */
struct product {
  const float *left, *right;
  float *y;
  int64_t left_step, right_step, y_step;
  int64_t rows, length, columns;
  int add;
};
static void multiply(const struct tiles *tiles, const struct product *p) {
  static const int64_t zero = 0;
  for (int64_t j = 0; j < p->columns; j += 2 * tiles->width) {
    const struct slide slide = {.runs = 1,
                                .length = p->length,
                                .from = &zero,
                                .row = &zero,
                                .a = p->left,
                                .a_step = p->left_step,
                                .panel = p->right + j,
                                .panel_step = p->right_step,
                                .rows = p->rows,
                                .columns = cpu_min(2 * tiles->width, p->columns - j),
                                .y = p->y + j,
                                .y_step = p->y_step,
                                .add = p->add ? p->y + j : NULL};
    tiles->slide(&slide);
  }
}

/* y (+)= left^T right. left: (points, rows), a block's; right: (points, columns). */
static void multiply_transposed(const struct attention *a, const float *left, const float *right, int64_t right_step,
                                int64_t points, int64_t rows, float *y) {
  const struct outer outer = {.count = {1, 1, points},
                              .a = left,
                              .b = right,
                              .a_step = {0, 0, BLOCK},
                              .b_step = {0, 0, right_step},
                              .rows = rows,
                              .columns = a->width,
                              .y = y,
                              .y_step = 3 * a->all,
                              .accumulate = 1};
  a->cpu->kernels->tiles->outer(&outer);
}

/* Queries and keys: what is looked at at once. */
struct block {
  int64_t query, queries, key, keys;
};
/* How many keys of the block this query sees. */
static int64_t seen(const struct attention *a, const struct block *b, int64_t row) {
  return a->causal ? cpu_min(b->keys, b->query + row - b->key + 1) : b->keys;
}
static int64_t key_end(const struct attention *a, const struct block *b) {
  return a->causal ? b->query + b->queries : a->positions;
}

/* p = q k^T */
static void scores(const struct head *h, const struct block *b) {
  const struct attention *a = h->a;
  const struct product product = {.left = h->q + b->query * 3 * a->all,
                                  .right = h->keys + b->key,
                                  .y = h->p,
                                  .left_step = 3 * a->all,
                                  .right_step = a->key_step,
                                  .y_step = BLOCK,
                                  .rows = b->queries,
                                  .length = a->width,
                                  .columns = b->keys};
  multiply(a->cpu->kernels->tiles, &product);
}

static void forget_unseen(const struct attention *a, const struct block *b, float *p) {
  for (int64_t i = 0; i < b->queries; i++)
    for (int64_t j = seen(a, b, i); j < b->keys; j++)
      p[i * BLOCK + j] = 0;
}

/* Scores become exponentials, those before and their sums scaled down to the largest so far. */
static void exponentials(const struct head *h, const struct block *b) {
  const struct attention *a = h->a;
  const struct kernels *kernels = a->cpu->kernels;
  for (int64_t i = 0; i < b->queries; i++) {
    float *p = h->p + i * BLOCK, before;
    const int64_t keys = seen(a, b, i);
    const float most = kernels->maximum(p, keys) * a->scale;
    if (b->key == 0) {
      h->most[i] = most;
      h->sum[i] = 0;
    } else if (most > h->most[i]) {
      kernels->exponentials(&before, &h->most[i], 1, most, 1);
      kernels->scale(h->y + (b->query + i) * a->all, before, a->width);
      h->sum[i] *= before;
      h->most[i] = most;
    }
    h->sum[i] += kernels->exponentials(p, p, a->scale, h->most[i], keys);
  }
  forget_unseen(a, b, h->p);
}

static void forward_queries(const struct head *h, struct block *b) {
  const struct attention *a = h->a;
  float *y = h->y + b->query * a->all;
  for (b->key = 0; b->key < key_end(a, b); b->key += BLOCK) {
    b->keys = cpu_min(BLOCK, a->positions - b->key);
    scores(h, b);
    exponentials(h, b);
    const struct product product = {.left = h->p,
                                    .right = h->values + b->key * a->width_step,
                                    .y = y,
                                    .left_step = BLOCK,
                                    .right_step = a->width_step,
                                    .y_step = a->all,
                                    .rows = b->queries,
                                    .length = b->keys,
                                    .columns = a->width,
                                    .add = b->key > 0};
    multiply(a->cpu->kernels->tiles, &product);
  }
  for (int64_t i = 0; i < b->queries; i++) {
    a->cpu->kernels->scale(y + i * a->all, 1 / h->sum[i], a->width);
    if (h->logs)
      h->logs[b->query + i] = h->most[i] + logf(h->sum[i]);
  }
}

static void forward_head(void *context, int64_t index, int worker) {
  const struct attention *a = context;
  const struct head h = head_of(a, index, worker);
  pack_transposed(a, h.k, h.keys);
  pack_rows(a, h.v, h.values);
  for (int64_t query = 0; query < a->positions; query += BLOCK)
    forward_queries(&h, &(struct block){.query = query, .queries = cpu_min(BLOCK, a->positions - query)});
}

static void forward(struct device *d, const struct op *op, const struct run *run) {
  struct attention a = attention_of(d, &op->plain);
  a.dx = NULL;
  team_run(a.cpu->team, run->samples * a.heads, forward_head, &a);
}

/* p = softmax, then ds = scale p (dp - its mean under p), which is dy y. */
static void slopes(const struct head *h, const struct block *b) {
  const struct attention *a = h->a;
  const struct product product = {.left = h->dy + b->query * a->all,
                                  .right = h->values + b->key,
                                  .y = h->ds,
                                  .left_step = a->all,
                                  .right_step = a->key_step,
                                  .y_step = BLOCK,
                                  .rows = b->queries,
                                  .length = a->width,
                                  .columns = b->keys};
  scores(h, b);
  for (int64_t i = 0; i < b->queries; i++)
    a->cpu->kernels->exponentials(h->p + i * BLOCK, h->p + i * BLOCK, a->scale, h->logs[b->query + i], seen(a, b, i));
  forget_unseen(a, b, h->p);
  multiply(a->cpu->kernels->tiles, &product);
  for (int64_t i = 0; i < b->queries; i++)
    a->cpu->kernels->softmax_slope(h->ds + i * BLOCK, h->p + i * BLOCK, h->ds + i * BLOCK, h->most[i], a->scale,
                                   seen(a, b, i));
  forget_unseen(a, b, h->ds);
}

static void backward_queries(const struct head *h, struct block *b) {
  const struct attention *a = h->a;
  const int64_t row = 3 * a->all;
  for (int64_t i = 0; i < b->queries; i++) {
    const int64_t at = (b->query + i) * a->all;
    h->most[i] = (float)a->cpu->kernels->dot(h->dy + at, h->y + at, a->width);
  }
  for (b->key = 0; b->key < key_end(a, b); b->key += BLOCK) {
    b->keys = cpu_min(BLOCK, a->positions - b->key);
    slopes(h, b);
    multiply_transposed(a, h->p, h->dy + b->query * a->all, a->all, b->queries, b->keys, h->dv + b->key * row);
    multiply_transposed(a, h->ds, h->q + b->query * row, row, b->queries, b->keys, h->dk + b->key * row);
    const struct product product = {.left = h->ds,
                                    .right = h->plain_keys + b->key * a->width_step,
                                    .y = h->dq + b->query * row,
                                    .left_step = BLOCK,
                                    .right_step = a->width_step,
                                    .y_step = row,
                                    .rows = b->queries,
                                    .length = b->keys,
                                    .columns = a->width,
                                    .add = 1};
    multiply(a->cpu->kernels->tiles, &product);
  }
}

static void backward_head(void *context, int64_t index, int worker) {
  const struct attention *a = context;
  const struct head h = head_of(a, index, worker);
  pack_transposed(a, h.k, h.keys);
  pack_transposed(a, h.v, h.values);
  pack_rows(a, h.k, h.plain_keys);
  for (int64_t i = 0; !a->accumulate && i < a->positions; i++)
    for (int64_t k = 0; k < 3; k++)
      memset(h.dq + (3 * i + k) * a->all, 0, (size_t)a->width * sizeof *h.dq);
  for (int64_t query = 0; query < a->positions; query += BLOCK)
    backward_queries(&h, &(struct block){.query = query, .queries = cpu_min(BLOCK, a->positions - query)});
}

static void backward(struct device *d, const struct op *op, const struct run *run) {
  struct attention a = attention_of(d, &op->plain);
  if (a.dx)
    team_run(a.cpu->team, run->samples * a.heads, backward_head, &a);
}

const struct cpu_operation cpu_attention = {reserve, forward, backward};
