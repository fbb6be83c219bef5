/* The trainer: which states it offers, and why; where it returns to after a divergence; that a stop loses nothing. The
 * states are kept in memory. */
#include "fixture.h"

#include <signal.h>

#include "base/stop.h"
#include "train/trainer.h"

/* 60 samples in batches of 16: four iterations an epoch. */
static const struct wanted plain = {.limit = 60, .iterations = 14, .norm = 1, .dropout = 1};
enum { EPOCH = 4, ROOM = 64 };

struct kept {
  struct snapshot *snapshot;
  unsigned why;
};
struct keeper {
  struct trainer trainer;
  struct snapshot *start;
  struct kept kept[ROOM];
  int count;
  const int64_t *moments; /* ended by 0; NULL: none */
  int64_t raise_at;       /* the iteration after which a signal comes; 0: none */
  struct halving halved[ROOM];
  int halvings;
  int ticks, epochs;
};

static void copy(struct snapshot *to, const struct snapshot *from) {
  const size_t bytes = (size_t)from->count * sizeof(float);
  for (int i = 0; i < from->points; i++) {
    memcpy(to->theta[i], from->theta[i], bytes);
    memcpy(to->velocity[i], from->velocity[i], bytes);
  }
  if (from->buffers)
    memcpy(to->statistics, from->statistics, (size_t)from->buffers * sizeof(float));
  to->iteration = from->iteration, to->updates = from->updates, to->halvings = from->halvings;
}

static int load(void *context, struct snapshot *snapshot, int64_t latest) {
  const struct keeper *k = context;
  const struct snapshot *found = k->start;
  for (int i = 0; i < k->count; i++)
    if (k->kept[i].snapshot->iteration <= latest && k->kept[i].snapshot->iteration > found->iteration)
      found = k->kept[i].snapshot;
  copy(snapshot, found);
  return STRAIT_OK;
}
static int keep(void *context, const struct snapshot *snapshot, unsigned why) {
  struct keeper *k = context;
  ck_assert_int_lt(k->count, ROOM);
  OK(training_snapshot(k->trainer.training, &k->kept[k->count].snapshot));
  copy(k->kept[k->count].snapshot, snapshot);
  k->kept[k->count++].why = why;
  if (k->raise_at && snapshot->iteration >= k->raise_at)
    k->raise_at = 0, raise(SIGTERM);
  return STRAIT_OK;
}
static int forget(void *context, int64_t after) {
  struct keeper *k = context;
  while (k->count && k->kept[k->count - 1].snapshot->iteration > after)
    snapshot_free(k->kept[--k->count].snapshot);
  return STRAIT_OK;
}
static int64_t next(void *context, int64_t iteration) {
  const int64_t *moment = ((struct keeper *)context)->moments;
  while (moment && *moment && *moment <= iteration)
    moment++;
  return moment ? *moment : 0;
}
static void tick(void *context) { ((struct keeper *)context)->ticks++; }
static int end_epoch(void *context) {
  struct keeper *k = context;
  ck_assert_int_eq(training_iteration(k->trainer.training), ++k->epochs * EPOCH);
  return STRAIT_OK;
}
static int halved(void *context, const struct halving *halving) {
  struct keeper *k = context;
  ck_assert_ptr_nonnull(strstr(halving->why, "finite"));
  ck_assert_int_lt(k->halvings, ROOM);
  k->halved[k->halvings++] = *halving;
  return STRAIT_OK;
}
static const struct trainer_calls calls = {
    .load = load, .keep = keep, .forget = forget, .next = next, .tick = tick, .epoch = end_epoch, .halved = halved};
static const struct trainer_calls bare = {.load = load, .keep = keep};

static struct keeper *keeper(struct fixture *f) {
  struct keeper *k = arena_alloc(f->arena, 1, sizeof *k);
  k->trainer = (struct trainer){.calls = &calls, .context = k};
  k->trainer.training = start(f, &k->start);
  OK(training_snapshot(k->trainer.training, &k->trainer.snapshot));
  OK(trainer_load(&k->trainer, 0));
  return k;
}
static void keeper_free(struct keeper *k) {
  forget(k, -1);
  snapshot_free(k->start);
  snapshot_free(k->trainer.snapshot);
  training_free(k->trainer.training);
}

/* Each state that is offered: its iteration, and why. */
static void expect(const struct keeper *k, const int64_t (*wanted)[2], int count) {
  ck_assert_int_eq(k->count, count);
  for (int i = 0; i < count; i++) {
    ck_assert_int_eq(k->kept[i].snapshot->iteration, wanted[i][0]);
    ck_assert_uint_eq(k->kept[i].why, (unsigned)wanted[i][1]);
  }
}

START_TEST(test_moments) {
  static const int64_t moments[] = {2, 4, 9, 20, 0};
  static const int64_t wanted[][2] = {{2, KEEP_MOMENT}, {4, KEEP_MOMENT | KEEP_EPOCH},
                                      {8, KEEP_EPOCH},  {9, KEEP_MOMENT},
                                      {12, KEEP_EPOCH}, {14, KEEP_MOMENT}};
  struct fixture f = make(&plain);
  struct snapshot *whole = train(&f, 14);
  struct keeper *k = keeper(&f);
  k->moments = moments;
  OK(trainer_run(&k->trainer, 14));
  expect(k, wanted, 6);
  ck_assert(same(k->trainer.snapshot, whole));
  ck_assert(k->epochs == 3 && k->ticks > 0 && !k->halvings);
  OK(trainer_run(&k->trainer, 14)); /* done: nothing more */
  ck_assert_int_eq(k->count, 6);
  keeper_free(k);
  snapshot_free(whole);
  unmake(&f);
}
END_TEST

/* Two calls are enough; an epoch's end that is the last iteration too. */
START_TEST(test_bare) {
  static const int64_t wanted[][2] = {{4, KEEP_EPOCH}, {8, KEEP_MOMENT | KEEP_EPOCH}};
  struct fixture f = make(&plain);
  struct keeper *k = keeper(&f);
  k->trainer.calls = &bare;
  OK(trainer_run(&k->trainer, 8));
  expect(k, wanted, 2);
  keeper_free(k);
  unmake(&f);
}
END_TEST

/* So short a time between checkpoints that each step is due: each iteration is kept, and the bytes are the same. */
START_TEST(test_due) {
  struct fixture f = make(&plain);
  struct snapshot *whole = train(&f, 14);
  struct keeper *k = keeper(&f);
  k->trainer.every = 1e-9;
  OK(trainer_run(&k->trainer, 14));
  ck_assert_int_eq(k->count, 14);
  for (int i = 0; i < k->count; i++)
    ck_assert(k->kept[i].snapshot->iteration == i + 1 && k->kept[i].why & KEEP_NOW);
  ck_assert(same(k->trainer.snapshot, whole));
  keeper_free(k);
  snapshot_free(whole);
  unmake(&f);
}
END_TEST

/* Where the rate is too high from the start, it is halved from there until it holds; where one epoch makes it diverge
 * again and again, the start is the place to return to after DIVERGENCE_TRIES. What was kept on a way that was given up
 * is gone. */
START_TEST(test_halves) {
  struct wanted wild = {.limit = 60, .iterations = 40, .hidden = "8", .settings = "rate=1000"};
  struct fixture f = make(&wild);
  f.keys.weight_decay = 1;
  f.keys.momentum = 0;
  struct keeper *k = keeper(&f);
  k->trainer.on_divergence = DIVERGENCE_HALVE;
  k->trainer.calls = &(const struct trainer_calls){.load = load, .keep = keep, .forget = forget, .halved = halved};
  OK(trainer_run(&k->trainer, 40));
  ck_assert_int_ge(k->halvings, DIVERGENCE_TRIES + 1);
  for (int i = 0; i < k->halvings; i++) {
    const struct halving *h = &k->halved[i];
    ck_assert_int_eq(h->halvings, i + 1);
    ck_assert(h->from % EPOCH == 0 && h->from <= h->at && h->from >= h->at - EPOCH - (i >= DIVERGENCE_TRIES ? 40 : 0));
  }
  const struct halving *last = &k->halved[k->halvings - 1];
  for (int i = 0; i < k->count; i++) /* since the last divergence all is at the rate that holds */
    ck_assert_int_eq(k->kept[i].snapshot->halvings,
                     k->kept[i].snapshot->iteration > last->from ? last->halvings : k->kept[i].snapshot->halvings);
  ck_assert_int_eq(k->trainer.snapshot->halvings, last->halvings);
  ck_assert(k->kept[k->count - 1].snapshot->iteration == 40);
  keeper_free(k);
  unmake(&f);
}
END_TEST

START_TEST(test_stops_at_divergence) {
  struct wanted wild = {.limit = 60, .iterations = 40, .hidden = "8", .settings = "rate=1000"};
  struct fixture f = make(&wild);
  f.keys.weight_decay = 1;
  struct keeper *k = keeper(&f);
  ck_assert_int_eq(trainer_run(&k->trainer, 40), STRAIT_EDIVERGE);
  ck_assert(!k->halvings && k->epochs * EPOCH == (k->count ? k->kept[k->count - 1].snapshot->iteration : 0));
  keeper_free(k);
  unmake(&f);
}
END_TEST

/* A signal that comes while a moment is dealt with: its state is kept as a checkpoint before the stop. */
START_TEST(test_signal) {
  static const int64_t moments[] = {2, 0}, wanted[][2] = {{2, KEEP_MOMENT}, {2, KEEP_NOW}};
  struct fixture f = make(&plain);
  struct keeper *k = keeper(&f);
  k->moments = moments;
  k->raise_at = 2;
  stop_install(0);
  ck_assert_int_eq(trainer_run(&k->trainer, 14), STRAIT_ESTOP);
  expect(k, wanted, 2);
  keeper_free(k);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("trainer");
  TCase *tests = tcase_create("trainer");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_moments);
  tcase_add_test(tests, test_bare);
  tcase_add_test(tests, test_due);
  tcase_add_test(tests, test_halves);
  tcase_add_test(tests, test_stops_at_divergence);
  tcase_add_test(tests, test_signal); /* last: the signal stays, where tests share a process (CK_FORK=no) */
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
