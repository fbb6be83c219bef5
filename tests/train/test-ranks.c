/* Several ranks that train the same weights, each on its part of every batch. The ranks are threads, and their
 * communicator copies between them: what a training asks of it is all that is tested here. */
#include "fixture.h"

#include <pthread.h>

#include "train/trainer.h"

/* --- a communicator of threads --- */

struct meeting {
  pthread_barrier_t barrier;
  const char *given[MOST_RANKS];
};
struct peer {
  struct communicator communicator; /* must be first */
  struct meeting *meeting;
};

static int meet(const struct communicator *c, const void *given, void *taken, size_t bytes, size_t offset) {
  struct meeting *m = ((const struct peer *)c)->meeting;
  m->given[c->rank] = given;
  pthread_barrier_wait(&m->barrier);
  for (int r = 0; r < c->size; r++)
    memcpy((char *)taken + (size_t)r * bytes, m->given[r] + offset, bytes);
  pthread_barrier_wait(&m->barrier);
  return STRAIT_OK;
}
static int exchange(const struct communicator *c, const void *to, void *from, size_t bytes) {
  return meet(c, to, from, bytes, (size_t)c->rank * bytes);
}
static int gather(const struct communicator *c, const void *own, void *all, size_t bytes) {
  return meet(c, own, all, bytes, 0);
}

/* --- ranks --- */

enum { MOST = 5 };
struct rank {
  struct peer peer;
  struct fixture f;
  struct training *training;
  struct snapshot *snapshot;
  int64_t until;
  double deadline;
  int status, kept, fails;
  char text[4096];
  pthread_t thread;
  float *vector;
  int64_t words;
};
struct ranks {
  struct rank rank[MOST];
  struct meeting meeting;
  int size;
};

static void ranks_begin(struct ranks *all, int size) {
  *all = (struct ranks){.size = size};
  ck_assert_int_eq(pthread_barrier_init(&all->meeting.barrier, NULL, (unsigned)size), 0);
  for (int r = 0; r < size; r++)
    all->rank[r].peer = (struct peer){{r, size, exchange, gather}, &all->meeting};
}

static void ranks_run(struct ranks *all, void *(*run)(void *rank)) {
  for (int r = 0; r < all->size; r++)
    ck_assert_int_eq(pthread_create(&all->rank[r].thread, NULL, run, &all->rank[r]), 0);
  for (int r = 0; r < all->size; r++)
    ck_assert_int_eq(pthread_join(all->rank[r].thread, NULL), 0);
  pthread_barrier_destroy(&all->meeting.barrier);
}

static void leave(struct rank *r, int status) {
  r->status = status;
  snprintf(r->text, sizeof r->text, "%s", error_text());
}

/* Trains from the snapshot that is there. */
static void *run_training(void *context) {
  struct rank *r = context;
  int status = training_load(r->training, r->snapshot);
  if (!status)
    status = training_run(r->training, r->until, r->deadline);
  if (!status)
    status = training_save(r->training, r->snapshot);
  leave(r, status);
  return NULL;
}

struct manner {
  int optimiser;
  double rate, decay;
  struct objective_keys objective;
  int64_t shards; /* 0: one per rank */
};

/* A training of each rank, at its start. */
static void prepare(struct ranks *all, int size, const struct wanted *wanted, const struct manner *manner) {
  ranks_begin(all, size);
  for (int i = 0; i < size; i++) {
    struct rank *r = &all->rank[i];
    r->f = make(wanted);
    r->until = wanted->iterations;
    r->f.keys.optimiser = manner->optimiser;
    r->f.keys.weight_decay = manner->decay;
    r->f.keys.shards = manner->shards;
    r->f.plan.objective = manner->objective;
    if (size > 1)
      r->f.plan.communicator = &r->peer.communicator;
    r->training = start(&r->f, &r->snapshot);
  }
}

static void finish(struct ranks *all) {
  for (int i = 0; i < all->size; i++) {
    snapshot_free(all->rank[i].snapshot);
    training_free(all->rank[i].training);
    unmake(&all->rank[i].f);
  }
}

static void all_same(const struct ranks *all) {
  for (int i = 0; i < all->size; i++) {
    ck_assert_msg(all->rank[i].status == STRAIT_OK, "rank %d: %s", i, all->rank[i].text);
    ck_assert_msg(same(all->rank[i].snapshot, all->rank[0].snapshot), "rank %d of %d", i, all->size);
  }
}

/* --- sums --- */

static float value(int rank, int64_t i) {
  return sinf((float)(37 * rank + 11 * i + 1)) * expf((float)((i * 5 + rank) % 17) - 8);
}

static void *run_sum(void *context) {
  struct rank *r = context;
  const struct communicator *c = &r->peer.communicator;
  float *room = memory_alloc((size_t)communicator_room(c, r->words), sizeof *room);
  place at;
  struct device *d = r->f.device;
  double numbers[3] = {c->rank + 1, c->rank == 1 ? NAN : 0, 0.1};
  int status = d->ops->create(d, r->words, &at);
  d->ops->upload(d, at, r->vector, r->words);
  if (!status)
    status = communicator_sum(c, d, at, r->words, 1. / (c->rank + 1), room);
  d->ops->download(d, r->vector, at, r->words);
  if (!status)
    status = communicator_add(c, numbers, 3);
  if (!status &&
      (numbers[0] != c->size * (c->size + 1) / 2. || !isnan(numbers[1]) || fabs(numbers[2] - .1 * c->size) > 1e-15))
    status = error_set(STRAIT_EBUG, "%g %g %g", numbers[0], numbers[1], numbers[2]);
  d->ops->destroy(d, at);
  memory_free(room);
  leave(r, status);
  return NULL;
}

/* The tree that the header promises, on any number of ranks and any length, of weighted floats. */
static float tree(int from, int width, int size, int64_t i) {
  if (width == 1)
    return (float)(1. / (from + 1)) * value(from, i);
  const float left = tree(from, width / 2, size, i);
  return from + width / 2 < size ? left + tree(from + width / 2, width / 2, size, i) : left;
}

START_TEST(test_sum) {
  static const int64_t lengths[] = {1, 3, 4, 1001};
  const struct wanted wanted = {.limit = 16, .iterations = 1, .guarded = 1};
  for (int size = 2; size <= MOST; size++)
    for (int l = 0; l < 4; l++) {
      struct ranks all;
      ranks_begin(&all, size);
      for (int i = 0; i < size; i++) {
        struct rank *r = &all.rank[i];
        r->f = make(&wanted);
        r->words = lengths[l];
        r->vector = memory_alloc((size_t)r->words, sizeof *r->vector);
        for (int64_t k = 0; k < r->words; k++)
          r->vector[k] = value(i, k);
      }
      ranks_run(&all, run_sum);
      for (int i = 0; i < size; i++) {
        ck_assert_msg(all.rank[i].status == STRAIT_OK, "%s", all.rank[i].text);
        for (int64_t k = 0; k < lengths[l]; k++)
          ck_assert(all.rank[i].vector[k] == tree(0, 8, size, k));
        memory_free(all.rank[i].vector);
        unmake(&all.rank[i].f);
      }
    }
}
END_TEST

/* --- trainings --- */

static const struct manner sgd = {.optimiser = OPTIMISER_SGD, .decay = 1e-3},
                           adam = {.optimiser = OPTIMISER_ADAMW, .decay = 1e-2},
                           worst = {.decay = 1e-3, .objective = {OBJECTIVE_WORST, 3, 1, 10}};

/* The same bytes on each rank, twice. */
static void expect_same(const struct wanted *wanted, const struct manner *manner, int size) {
  struct ranks all, again;
  prepare(&all, size, wanted, manner);
  ranks_run(&all, run_training);
  all_same(&all);
  prepare(&again, size, wanted, manner);
  ranks_run(&again, run_training);
  all_same(&again);
  ck_assert(same(all.rank[0].snapshot, again.rank[0].snapshot));
  struct loss_sums one, other;
  training_progress(all.rank[0].training, &one);
  training_progress(all.rank[size - 1].training, &other);
  ck_assert(one.rows == other.rows && one.errors == other.errors && one.loss == other.loss);
  const int64_t draws = manner->objective.draws ? manner->objective.draws : 1;
  ck_assert_int_eq(one.rows, 16 * (wanted->iterations % 4) * draws); /* whole batches of an epoch that has four */
  finish(&again);
  finish(&all);
}

/* Batch norm, whose statistics each rank has of its own, dropout, momentum; a last batch of 13, and one of a single
 * sample, of which one rank has none. */
START_TEST(test_same) {
  struct wanted wanted = {.limit = 61, .iterations = 11, .norm = 1, .dropout = 1};
  expect_same(&wanted, &sgd, 2);
  expect_same(&wanted, &adam, 2);
  expect_same(&wanted, &sgd, 3);
  wanted.curve = "bezier", wanted.bends = "bends=2";
  expect_same(&wanted, &sgd, 2);
  expect_same(&wanted, &worst, 2);
  wanted = (struct wanted){.limit = 49, .iterations = 9, .norm = 0, .dropout = 1};
  expect_same(&wanted, &sgd, 2);
}
END_TEST

/* Without batch norm and dropout several ranks do what one does but for the order of sums: 11 steps at 6e-8 each. */
static void expect_as_alone(const struct wanted *wanted, const struct manner *manner, int size) {
  struct ranks one, all;
  prepare(&one, 1, wanted, manner);
  prepare(&all, size, wanted, manner);
  ranks_run(&one, run_training);
  ranks_run(&all, run_training);
  all_same(&one);
  all_same(&all);
  for (int i = 0; i < one.rank[0].snapshot->points; i++) {
    const float *a = all.rank[0].snapshot->theta[i], *b = one.rank[0].snapshot->theta[i];
    double wanted_size = 0, difference = 0;
    for (int64_t k = 0; k < one.rank[0].f.count; k++) {
      difference += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
      wanted_size += (double)b[k] * (double)b[k];
    }
    ck_assert_msg(sqrt(difference / wanted_size) < 2e-6, "%d ranks, point %d: %g", size, i,
                  sqrt(difference / wanted_size));
  }
  struct loss_sums a, b;
  training_progress(one.rank[0].training, &a);
  training_progress(all.rank[1].training, &b);
  ck_assert(a.rows == b.rows && a.errors == b.errors && fabs(a.loss - b.loss) < 1e-5 * fabs(a.loss));
  finish(&all);
  finish(&one);
}
START_TEST(test_as_alone) {
  struct wanted wanted = {.limit = 61, .iterations = 11};
  expect_as_alone(&wanted, &sgd, 2);
  expect_as_alone(&wanted, &sgd, 4);
  wanted.limit = 49;
  expect_as_alone(&wanted, &sgd, 2);
  wanted.curve = "bezier", wanted.bends = "bends=1";
  expect_as_alone(&wanted, &worst, 2);
}
END_TEST

/* --- shards --- */

/* Four shards are the same bytes on 1, 2 and 4 ranks: batch norm, dropout, last batches of 13 and of a single sample,
 * of which three shards have none. */
static void expect_shards_alone_decide(const struct wanted *wanted, const struct manner *manner) {
  struct ranks ranks[3];
  struct loss_sums sums[3];
  for (int i = 0; i < 3; i++) {
    prepare(&ranks[i], 1 << i, wanted, manner);
    ranks_run(&ranks[i], run_training);
    all_same(&ranks[i]);
    training_progress(ranks[i].rank[0].training, &sums[i]);
    ck_assert_msg(same(ranks[i].rank[0].snapshot, ranks[0].rank[0].snapshot), "%d ranks", 1 << i);
    ck_assert(sums[i].rows == sums[0].rows && sums[i].loss == sums[0].loss && sums[i].nll == sums[0].nll);
  }
  for (int i = 0; i < 3; i++)
    finish(&ranks[i]);
}
START_TEST(test_shards_alone_decide) {
  struct wanted wanted = {.limit = 61, .iterations = 11, .norm = 1, .dropout = 1};
  struct manner four = sgd, four_adam = adam, four_worst = worst;
  four.shards = four_adam.shards = four_worst.shards = 4;
  expect_shards_alone_decide(&wanted, &four);
  expect_shards_alone_decide(&wanted, &four_adam);
  wanted.threads = 2;
  wanted.curve = "bezier", wanted.bends = "bends=2";
  expect_shards_alone_decide(&wanted, &four);
  expect_shards_alone_decide(&wanted, &four_worst);
  wanted = (struct wanted){.limit = 49, .iterations = 9, .norm = 1, .dropout = 1};
  expect_shards_alone_decide(&wanted, &four);
}
END_TEST

/* Without batch norm and dropout shards do what the whole batch does but for the order of sums: 11 steps at 6e-8. */
START_TEST(test_shards_as_whole) {
  const struct wanted wanted = {.limit = 61, .iterations = 11};
  for (int64_t shards = 2; shards <= 16; shards *= 2) {
    struct manner cut = sgd;
    struct ranks one, all;
    cut.shards = shards;
    prepare(&one, 1, &wanted, &sgd);
    prepare(&all, 1, &wanted, &cut);
    ranks_run(&one, run_training);
    ranks_run(&all, run_training);
    all_same(&one);
    all_same(&all);
    double size = 0, difference = 0;
    for (int64_t k = 0; k < one.rank[0].f.count; k++) {
      const double a = (double)all.rank[0].snapshot->theta[0][k], b = (double)one.rank[0].snapshot->theta[0][k];
      difference += (a - b) * (a - b);
      size += b * b;
    }
    ck_assert_msg(sqrt(difference / size) < 2e-6, "%lld shards: %g", (long long)shards, sqrt(difference / size));
    finish(&all);
    finish(&one);
  }
}
END_TEST

/* One step on one batch, given as rows first..first+rows of these. */
enum { ROWS = 16, PIXELS = 64 };
static void step_on(struct snapshot **after, struct fixture *f, const float *x, const int32_t *target, int64_t first,
                    int64_t rows, int64_t shards) {
  const struct wanted wanted = {.limit = 61, .iterations = 1, .norm = 1};
  const struct batch batch = {.samples = rows, .x = x + first * PIXELS, .target = target + first};
  *f = make(&wanted);
  f->keys.weight_decay = 1e-3;
  f->keys.shards = shards;
  f->plan.batch = &batch;
  struct training *training = start(f, after);
  OK(training_load(training, *after));
  OK(training_run(training, 1, 0));
  OK(training_save(training, *after));
  training_free(training);
}

/* With batch norm, a step of plain SGD in four shards is the mean of the steps on each quarter, as the gradient is, and
 * so are the running statistics. 6e-8 is half a unit in the last place of float; a few of them add up. */
START_TEST(test_shards_are_a_mean) {
  float x[ROWS * PIXELS];
  int32_t target[ROWS];
  for (int i = 0; i < ROWS * PIXELS; i++)
    x[i] = value(i % 5, i);
  for (int i = 0; i < ROWS; i++)
    target[i] = (7 * i) % 10;
  struct snapshot *cut, *part[4];
  struct fixture f[5];
  step_on(&cut, &f[4], x, target, 0, ROWS, 4);
  for (int i = 0; i < 4; i++)
    step_on(&part[i], &f[i], x, target, i * ROWS / 4, ROWS / 4, 1);
  double differ = 0;
  for (int64_t k = 0; k < cut->count + cut->buffers; k++) {
    const int64_t b = k - cut->count;
    double mean = 0, scale = 1e-3;
    for (int i = 0; i < 4; i++) {
      const double one = (double)(b < 0 ? part[i]->theta[0][k] : part[i]->statistics[b]);
      mean += one / 4;
      scale = fmax(scale, fabs(one));
    }
    const double got = (double)(b < 0 ? cut->theta[0][k] : cut->statistics[b]);
    ck_assert_msg(fabs(got - mean) < 5e-7 * scale, "%lld: %g, not %g", (long long)k, got, mean);
    differ = fmax(differ, fabs((double)(b < 0 ? part[0]->theta[0][k] : part[0]->statistics[b]) - mean) / scale);
  }
  ck_assert_double_gt(differ, 1e-3); /* the quarters do differ */
  for (int i = 0; i < 5; i++) {
    snapshot_free(i < 4 ? part[i] : cut);
    unmake(&f[i]);
  }
}
END_TEST

START_TEST(test_shards_that_cannot_be) {
  const struct wanted wanted = {.limit = 61, .iterations = 1};
  struct ranks all;
  ranks_begin(&all, 3);
  all.rank[0].f = make(&wanted);
  all.rank[0].f.keys.shards = 4;
  all.rank[0].f.plan.keys = &all.rank[0].f.keys;
  all.rank[0].f.plan.communicator = &all.rank[0].peer.communicator;
  struct training *training;
  ck_assert_int_eq(training_create(&training, &all.rank[0].f.plan), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "shards = 4 cannot be dealt out to 3 ranks"));
  unmake(&all.rank[0].f);
  pthread_barrier_destroy(&all.meeting.barrier);
  struct optimiser_keys keys = {.batch = 16, .shards = 6};
  ck_assert_int_eq(optimiser_check(&keys), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "no power of two"));
  keys.shards = 32;
  ck_assert_int_eq(optimiser_check(&keys), STRAIT_EINVAL);
  keys.shards = 16;
  ck_assert_int_eq(optimiser_check(&keys), STRAIT_OK);
}
END_TEST

/* --- together to the end --- */

/* The weights of one rank alone are no numbers: all end, at the same iteration. */
START_TEST(test_divergence) {
  const struct wanted wanted = {.limit = 61, .iterations = 11};
  for (int sick = 0; sick < 2; sick++) {
    struct ranks all;
    prepare(&all, 2, &wanted, &sgd);
    all.rank[sick].snapshot->theta[0][0] = NAN;
    ranks_run(&all, run_training);
    for (int i = 0; i < 2; i++) {
      ck_assert_int_eq(all.rank[i].status, STRAIT_EDIVERGE);
      ck_assert_ptr_nonnull(strstr(all.rank[i].text, "iteration 1:"));
      ck_assert_int_eq(training_iteration(all.rank[i].training), 0);
    }
    finish(&all);
  }
}
END_TEST

/* A deadline that one rank's clock passed ends all. */
START_TEST(test_deadline) {
  const struct wanted wanted = {.limit = 61, .iterations = 11};
  struct ranks all;
  prepare(&all, 2, &wanted, &sgd);
  all.rank[1].deadline = 1e-9;
  ranks_run(&all, run_training);
  all_same(&all);
  ck_assert_int_eq(all.rank[0].snapshot->iteration, 0);
  finish(&all);
}
END_TEST

static int load(void *context, struct snapshot *snapshot, int64_t latest) {
  const struct rank *r = context;
  (void)latest; /* nothing else is kept */
  for (int i = 0; i < snapshot->points; i++)
    memcpy(snapshot->theta[i], r->vector, (size_t)snapshot->count * sizeof(float));
  snapshot_restart(snapshot);
  return STRAIT_OK;
}
static int keep(void *context, const struct snapshot *snapshot, unsigned why) {
  struct rank *r = context;
  (void)snapshot, (void)why;
  return ++r->kept == r->fails ? error_set(STRAIT_EIO, "the disk is full") : STRAIT_OK;
}
static const struct trainer_calls calls = {.load = load, .keep = keep};

static void *run_trainer(void *context) {
  struct rank *r = context;
  const struct trainer trainer = {.training = r->training,
                                  .snapshot = r->snapshot,
                                  .calls = &calls,
                                  .context = r,
                                  .on_divergence = DIVERGENCE_HALVE};
  r->vector = memory_alloc((size_t)r->f.count, sizeof *r->vector);
  memcpy(r->vector, r->snapshot->theta[0], (size_t)r->f.count * sizeof *r->vector);
  int status = trainer_load(&trainer, 0);
  leave(r, status ? status : trainer_run(&trainer, r->until));
  memory_free(r->vector);
  return NULL;
}

/* One rank cannot write its second state: none is left waiting. */
START_TEST(test_failure) {
  const struct wanted wanted = {.limit = 61, .iterations = 20};
  struct ranks all;
  prepare(&all, 2, &wanted, &sgd);
  all.rank[0].fails = 2;
  ranks_run(&all, run_trainer);
  ck_assert(all.rank[0].status == STRAIT_EIO && strstr(all.rank[0].text, "the disk is full"));
  ck_assert(all.rank[1].status == STRAIT_EIO && strstr(all.rank[1].text, "another process of this training failed"));
  ck_assert(all.rank[0].kept == 2 && all.rank[1].kept == 2);
  finish(&all);
}
END_TEST

/* A rate that is too high is halved on all ranks alike. */
START_TEST(test_halves) {
  const struct wanted wanted = {.limit = 61, .iterations = 24, .hidden = "8", .settings = "rate=1000"};
  const struct manner wild = {.decay = 1};
  struct ranks all;
  prepare(&all, 2, &wanted, &wild);
  ranks_run(&all, run_trainer);
  all_same(&all);
  ck_assert_int_ge(all.rank[0].snapshot->halvings, 1);
  ck_assert_int_eq(all.rank[0].snapshot->halvings, all.rank[1].snapshot->halvings);
  ck_assert(all.rank[0].kept == all.rank[1].kept && all.rank[0].snapshot->iteration == 24);
  finish(&all);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("ranks");
  TCase *tests = tcase_create("ranks");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_sum);
  tcase_add_test(tests, test_same);
  tcase_add_test(tests, test_as_alone);
  tcase_add_test(tests, test_shards_alone_decide);
  tcase_add_test(tests, test_shards_as_whole);
  tcase_add_test(tests, test_shards_are_a_mean);
  tcase_add_test(tests, test_shards_that_cannot_be);
  tcase_add_test(tests, test_divergence);
  tcase_add_test(tests, test_deadline);
  tcase_add_test(tests, test_failure);
  tcase_add_test(tests, test_halves);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
