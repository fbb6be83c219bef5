/* compute/peak.c: small loops that come near a machine's limits. */
#include <config.h>

#include "compute/peak.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "compute/gemm.h"
#include "compute/kernels.h"
#include "compute/tiles.h"
#include "compute/timed.h"

#define TRIES 5
#define ORDER 2048                 /* of the large product: 16 MiB a matrix */
#define ARRAY ((int64_t)256 << 20) /* bytes of each array whose copying is timed */
#define PIECE ((int64_t)1 << 18)   /* floats of a task */
#define ROWS 48                    /* of the small product */
#define LENGTH 128                 /* its sums: the panel is at most 16 KiB */
#define SMALL_REPEATS 4000
#define WIDEST 64 /* columns of a panel at most */

struct work {
  const struct kernels *kernels;
  float *a, *b, *c;
  int64_t threads;
};

/* ---- what is timed: task `index` of as many as there are threads ---- */

static void small_product(void *context, int64_t index, int worker) {
  const struct work *w = context;
  const struct tiles *tiles = w->kernels->tiles;
  const int64_t zero = 0, columns = 2 * tiles->width, words = ROWS * LENGTH + LENGTH * WIDEST + ROWS * WIDEST;
  float *a = w->a + index * words, *panel = a + ROWS * LENGTH;
  (void)worker;
  const struct slide s = {.runs = 1,
                          .length = LENGTH,
                          .from = &zero,
                          .row = &zero,
                          .a = a,
                          .a_step = LENGTH,
                          .panel = panel,
                          .panel_step = columns,
                          .rows = ROWS,
                          .columns = columns,
                          .y = panel + LENGTH * WIDEST,
                          .y_step = columns};
  for (int i = 0; i < SMALL_REPEATS; i++)
    tiles->slide(&s);
}

/* Rows of one product, as many for each thread. */
static void large_product(void *context, int64_t index, int worker) {
  const struct work *w = context;
  const int64_t first = ORDER * index / w->threads, rows = ORDER * (index + 1) / w->threads - first;
  (void)worker;
  gemm(0, 0, rows, ORDER, ORDER, 1, w->a + first * ORDER, ORDER, w->b, ORDER, 0, w->c + first * ORDER, ORDER);
}

static void copy_piece(void *context, int64_t index, int worker) {
  const struct work *w = context;
  (void)worker;
  memcpy(w->a + index * PIECE, w->b + index * PIECE, PIECE * sizeof(float));
}

static void triad_piece(void *context, int64_t index, int worker) {
  const struct work *w = context;
  const float *const from[2] = {w->b + index * PIECE, w->c + index * PIECE}, c[2] = {3, 1};
  (void)worker;
  w->kernels->combine(w->a + index * PIECE, 2, from, c, PIECE);
}

/* ---- timing ---- */

/* The best rate of `amount` done by `tasks` tasks. */
static double best(struct team *team, struct work *w, int64_t threads, int64_t tasks, team_task *task, double amount) {
  /* One thread is the caller's. */
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  double rate = 0;
  w->threads = threads;
  for (int i = 0; i <= TRIES; i++) {
    double begin = timed_now(clock);
    if (threads == 1)
      for (int64_t k = 0; k < tasks; k++)
        task(w, k, 0);
    else
      team_run(team, tasks, task, w);
    double now = amount / (timed_now(clock) - begin) * 1e-9;
    if (i && now > rate) /* the first warms up */
      rate = now;
  }
  return rate;
}

static struct peak both(struct team *team, struct work *w, int shared, int64_t tasks, team_task *task, double amount) {
  const int64_t threads = team_threads(team);
  struct peak peak = {.one = best(team, w, 1, shared ? tasks : 1, task, amount)};
  peak.all = threads == 1
                 ? peak.one
                 : best(team, w, threads, shared ? tasks : threads, task, shared ? amount : amount * (double)threads);
  return peak;
}

/* Three arrays of this size, written so that they are there; the caller frees them. */
static int arrays(struct work *w, int64_t bytes) {
  float **all[3] = {&w->a, &w->b, &w->c};
  for (int i = 0; i < 3; i++) {
    *all[i] = memory_alloc((size_t)bytes, 1);
    if (!*all[i])
      return error_wrap("peak: arrays of %lld MiB", (long long)(bytes >> 20));
    for (int64_t k = 0; k < bytes / (int64_t)sizeof(float); k++)
      (*all[i])[k] = (float)(k % 97) * 0x1p-7f - 0.375f;
  }
  return STRAIT_OK;
}

static void drop(struct work *w) {
  memory_free(w->a);
  memory_free(w->b);
  memory_free(w->c);
  w->a = w->b = w->c = NULL;
}

static int measure_small(struct peaks *p, struct team *team, struct work *w) {
  const int64_t words = ROWS * LENGTH + LENGTH * WIDEST + ROWS * WIDEST, columns = 2 * w->kernels->tiles->width;
  if (columns > WIDEST)
    return error_set(STRAIT_EBUG, "peak: panels of %lld columns", (long long)columns);
  int status = arrays(w, (int64_t)team_threads(team) * words * (int64_t)sizeof(float));
  if (!status)
    p->tile = both(team, w, 0, 1, small_product, 2. * ROWS * LENGTH * (double)columns * SMALL_REPEATS);
  drop(w);
  return status;
}

/* With one thread the whole product is task 0's; with all, each has its rows. */
static int measure_large(struct peaks *p, struct team *team, struct work *w) {
  const double amount = 2. * ORDER * ORDER * ORDER;
  int status = arrays(w, (int64_t)ORDER * ORDER * (int64_t)sizeof(float));
  if (!status) {
    p->product.one = best(team, w, 1, 1, large_product, amount);
    p->product.all = team_threads(team) == 1
                         ? p->product.one
                         : best(team, w, team_threads(team), team_threads(team), large_product, amount);
  }
  drop(w);
  return status;
}

static int measure_memory(struct peaks *p, struct team *team, struct work *w) {
  const int64_t tasks = ARRAY / (PIECE * (int64_t)sizeof(float));
  int status = arrays(w, ARRAY);
  if (!status) {
    p->copy = both(team, w, 1, tasks, copy_piece, 2. * ARRAY);
    p->triad = both(team, w, 1, tasks, triad_piece, 3. * ARRAY);
  }
  drop(w);
  return status;
}

int peaks_measure(struct peaks *peaks, struct team *team, const char *kernels) {
  struct work w = {0};
  *peaks = (struct peaks){.product_order = ORDER, .array_bytes = ARRAY};
  int status = kernels_choose(&w.kernels, kernels);
  if (status)
    return status;
  peaks->kernels = w.kernels->name;
  status = measure_small(peaks, team, &w);
  if (!status)
    status = measure_large(peaks, team, &w);
  return status ? status : measure_memory(peaks, team, &w);
}
