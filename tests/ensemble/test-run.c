/* The run of an ensembler over real trainings on the digits: where sources start, what is offered when, budgets, seeds;
 * and the same bytes after an interruption anywhere. */
#include "../landscape/fixture.h"

#include <signal.h>

#include "base/stop.h"
#include "ensemble/run.h"
#include "train/moments.h"

/* 60 samples in batches of 16: four iterations an epoch. With batch norm, dropout, momentum. */
static const struct wanted small = {.limit = 60};
enum { EPOCH = 4 };

struct setting_up {
  const char *ensembler, *settings, *schedule, *rate;
  int64_t starts, paths, budget;
  int adam;
};
struct stage {
  struct fixture f;
  struct optimiser_keys keys;
  strait_object *ensembler, *schedule;
  struct snapshot *begin[2]; /* trainings of 8 and 12 iterations, momentum and all */
  struct start start[2];
  const float *theta[3];
  struct path path;
  struct ensemble_plan plan;
};

static struct snapshot *trained(struct stage *s, int64_t iterations) {
  struct training_plan plan = {.network = s->f.network,
                               .data = s->f.data,
                               .device = s->f.device,
                               .schedule = object(STRAIT_SCHEDULE, "constant", "rate=0.05"),
                               .keys = &s->keys,
                               .seeds = s->f.seeds,
                               .iterations = 100};
  struct training *training;
  struct snapshot *snapshot;
  OK(training_create(&training, &plan));
  OK(training_snapshot(training, &snapshot));
  network_initialise(s->f.network, 1, snapshot->theta[0], snapshot->statistics);
  OK(training_load(training, snapshot));
  OK(training_run(training, iterations, 0));
  OK(training_save(training, snapshot));
  training_free(training);
  object_free((strait_object *)(uintptr_t)plan.schedule);
  return snapshot;
}

static struct stage *stage(const struct setting_up *set, int threads) {
  struct wanted wanted = small;
  wanted.threads = threads;
  struct fixture f = make(&wanted);
  struct stage *s = arena_alloc(f.arena, 1, sizeof *s);
  s->f = f;
  OK(options_default(&optimiser_options, &s->keys, f.arena));
  s->keys.batch = 16;
  s->keys.optimiser = set->adam ? OPTIMISER_ADAMW : OPTIMISER_SGD;
  s->ensembler = object(STRAIT_ENSEMBLER, set->ensembler, set->settings);
  s->schedule = object(STRAIT_SCHEDULE, set->schedule, set->rate);
  for (int i = 0; i < 2; i++) {
    s->begin[i] = trained(s, 8 + 4 * i);
    s->start[i] = (struct start){s->begin[i], 8 + 4 * i};
  }
  for (int i = 0; i < 3; i++)
    s->theta[i] = weights_of(&s->f, (uint64_t)i, NULL);
  s->path = (struct path){.name = "chain", .points = 3, .count = f.count, .theta = s->theta};
  s->plan = (struct ensemble_plan){.ensembler = s->ensembler,
                                   .network = f.network,
                                   .data = f.data,
                                   .device = f.device,
                                   .schedule = s->schedule,
                                   .keys = &s->keys,
                                   .seeds = s->f.seeds,
                                   .start = s->start,
                                   .starts = set->starts,
                                   .path = &s->path,
                                   .paths = set->paths,
                                   .budget = set->budget};
  return s;
}

static void unstage(struct stage *s) {
  struct fixture f = s->f;
  for (int i = 0; i < 2; i++)
    snapshot_free(s->begin[i]);
  object_free(s->ensembler);
  object_free(s->schedule);
  unmake(&f);
}

static struct ensemble *run(struct stage *s) {
  struct ensemble *e;
  OK(ensemble_create(&e, &s->plan));
  OK(ensemble_run(e, NULL));
  return e;
}

static const struct member *member(struct ensemble *e, int64_t i) { return gathering_member(ensemble_gathering(e), i); }
static int64_t members(struct ensemble *e) { return gathering_members(ensemble_gathering(e)); }

static const struct setting_up fge = {"fge", "statistics=keep", "triangle", "cycle-iterations=4 high=0.05 low=0.01", 2,
                                      0,     12 + 2 * 6,        0};
static const struct setting_up averages = {"pfge", "rounds=3", "triangle", "cycle-iterations=2 high=0.05 low=0.01",
                                           1,      0,          8 + 3 * 5,  0};
static const struct setting_up adam = {"swa", "", "triangle", "cycle-iterations=2 high=0.005 low=0.001",
                                       2,     0,  12 + 2 * 5, 1};
static const struct setting_up independent = {"independent", "runs=3", "constant", "rate=0.05", 0, 0, 3 * 6, 0};
static const struct setting_up points = {"curve-points", "points=5", "constant", "", 0, 1, 0, 0};

/* A training by hand: from a snapshot, under the stage's schedule, a number of iterations of a horizon. */
static struct snapshot *by_hand(struct stage *s, const struct snapshot *from, int64_t seed, int64_t until,
                                int64_t horizon) {
  struct training_plan plan = {.network = s->f.network,
                               .data = s->f.data,
                               .device = s->f.device,
                               .schedule = s->schedule,
                               .keys = &s->keys,
                               .seeds = s->f.seeds,
                               .iterations = horizon};
  struct training *training;
  struct snapshot *snapshot;
  plan.seeds.seed = seed;
  OK(training_create(&training, &plan));
  OK(training_snapshot(training, &snapshot));
  if (from) {
    memcpy(snapshot->theta[0], from->theta[0], (size_t)s->f.count * sizeof(float));
    memcpy(snapshot->velocity[0], from->velocity[0], (size_t)s->f.count * sizeof(float));
    memcpy(snapshot->statistics, from->statistics, (size_t)s->f.buffers * sizeof(float));
    snapshot->updates = from->updates;
  } else
    network_initialise(s->f.network, (uint64_t)seed, snapshot->theta[0], snapshot->statistics);
  OK(training_load(training, snapshot));
  OK(training_run(training, until, 0));
  OK(training_save(training, snapshot));
  training_free(training);
  return snapshot;
}

static void is(const struct member *m, const struct stage *s, const struct snapshot *wanted) {
  ck_assert_mem_eq(m->weights, wanted->theta[0], (size_t)s->f.count * sizeof(float));
  if (m->statistics)
    ck_assert_mem_eq(m->statistics, wanted->statistics, (size_t)s->f.buffers * sizeof(float));
}

/* fge: from each start, momentum taken over, seeds 1 and 2, 6 iterations each; members after 2 and 6, with the running
 * statistics of that moment. The same trainings by hand give the same bits. */
START_TEST(test_fge) {
  struct stage *s = stage(&fge, 1);
  struct ensemble *e = run(s);
  ck_assert_int_eq(ensemble_sources(e), 2);
  ck_assert_int_eq(ensemble_iterations(e), 12);
  ck_assert_int_eq(members(e), 4);
  for (int i = 0; i < 4; i++) {
    struct snapshot *wanted = by_hand(s, s->begin[i / 2], 1 + i / 2, i % 2 ? 6 : 2, 6);
    ck_assert(member(e, i)->source == i / 2 && member(e, i)->iteration == wanted->iteration);
    ck_assert_ptr_nonnull(member(e, i)->statistics);
    is(member(e, i), s, wanted);
    snapshot_free(wanted);
  }
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* The start itself, where it is asked for: before any step, its statistics too. */
START_TEST(test_include_start) {
  struct setting_up set = fge;
  set.settings = "statistics=keep include-start=yes";
  struct stage *s = stage(&set, 1);
  struct ensemble *e = run(s);
  ck_assert_int_eq(members(e), 6);
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(member(e, 3 * i)->iteration, 0);
    is(member(e, 3 * i), s, s->begin[i]);
  }
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* independent: each is what a training of its own with that seed gives. */
START_TEST(test_independent) {
  struct stage *s = stage(&independent, 1);
  struct ensemble *e = run(s);
  ck_assert_int_eq(members(e), 3);
  for (int i = 0; i < 3; i++) {
    struct snapshot *wanted = by_hand(s, NULL, 1 + i, 6, 6);
    ck_assert(member(e, i)->refresh && !member(e, i)->statistics);
    is(member(e, i), s, wanted);
    snapshot_free(wanted);
  }
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* An offset moves every seed of a training that is set by itself. */
START_TEST(test_seeds) {
  struct stage *s = stage(&independent, 1);
  s->plan.seeds.init = 7;
  struct ensemble *e = run(s);
  ck_assert_mem_ne(member(e, 0)->weights, member(e, 1)->weights, (size_t)s->f.count * sizeof(float));
  s->f.seeds.init = 8; /* the second network: seed 2, initial weights 8 */
  s->f.seeds.seed = 2;
  struct ensemble *second;
  s->plan.seeds = s->f.seeds;
  OK(ensemble_create(&second, &s->plan));
  OK(ensemble_run(second, NULL));
  ck_assert_mem_eq(member(e, 1)->weights, member(second, 0)->weights, (size_t)s->f.count * sizeof(float));
  ensemble_free(second);
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* pfge: round 2 goes on from round 1's mean, without momentum, with the statistics that training left. */
START_TEST(test_pfge) {
  struct stage *s = stage(&averages, 1);
  struct ensemble *e = run(s);
  ck_assert_int_eq(members(e), 3);
  struct snapshot *from = by_hand(s, s->begin[0], 1, 5, 5), *part[3];
  memcpy(from->theta[0], member(e, 0)->weights, (size_t)s->f.count * sizeof(float));
  snapshot_restart(from);
  double worst = 0;
  for (int k = 0; k < 3; k++) /* moments at 1, 3, 5 */
    part[k] = by_hand(s, from, 2, 1 + 2 * k, 5);
  for (int64_t i = 0; i < s->f.count; i++) {
    double mean = ((double)part[0]->theta[0][i] + (double)part[1]->theta[0][i] + (double)part[2]->theta[0][i]) / 3;
    worst = fmax(worst, fabs((double)member(e, 1)->weights[i] - mean) / (1e-3 + fabs(mean)));
  }
  ck_assert_msg(worst < 1e-6, "%g", worst); /* three roundings to float32 */
  for (int k = 0; k < 3; k++)
    snapshot_free(part[k]);
  snapshot_free(from);
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* Points of a path: the ends bit for bit. */
START_TEST(test_points) {
  struct stage *s = stage(&points, 1);
  float *w = arena_alloc(s->f.arena, (size_t)s->f.count, sizeof *w);
  s->plan.schedule = NULL;
  s->plan.keys = NULL;
  struct ensemble *e = run(s);
  ck_assert_int_eq(members(e), 5);
  for (int i = 0; i < 5; i++) {
    path_weights(&s->path, i / 4., w);
    ck_assert_mem_eq(member(e, i)->weights, w, (size_t)s->f.count * sizeof *w);
  }
  ck_assert_mem_eq(member(e, 4)->weights, s->theta[2], (size_t)s->f.count * sizeof *w);
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* --- interruption --- */

/* Lets some states be written, and ends the run after the next. */
static int break_off(void *context) {
  int *left = context;
  return (*left)-- ? STRAIT_OK : error_set(STRAIT_ESTOP, "enough");
}
static int count_up(void *context) {
  ++*(int *)context;
  return STRAIT_OK;
}

/* The states in a folder, newest first. */
static size_t states(struct stage *s, const char *folder, struct moment **found) {
  const struct moments moments = {.folder = folder, .arena = s->f.arena, .epoch = EPOCH, .sources = 1};
  size_t count;
  OK(moments_find(&moments, found, &count));
  return count;
}

static char *state_file(struct stage *s, const char *folder, const char *base) {
  return file_join(s->f.arena, folder, arena_format(s->f.arena, "%s.state.safetensors", base));
}

static void same_members(struct stage *s, struct ensemble *a, struct ensemble *b) {
  ck_assert_int_eq(members(a), members(b));
  for (int64_t i = 0; i < members(a); i++) {
    ck_assert_mem_eq(member(a, i)->weights, member(b, i)->weights, (size_t)s->f.count * sizeof(float));
    ck_assert(!member(a, i)->statistics == !member(b, i)->statistics);
    if (member(a, i)->statistics)
      ck_assert_mem_eq(member(a, i)->statistics, member(b, i)->statistics, (size_t)s->f.buffers * sizeof(float));
    ck_assert(member(a, i)->iteration == member(b, i)->iteration && member(a, i)->source == member(b, i)->source);
  }
}

/* Ended after each state in turn, and resumed on another number of threads: the same members, and the same state at the
 * end. `damage`: the newest state cannot be read, so that the one before it is used, or the beginning. */
static void interrupt_everywhere(const struct setting_up *set, int damage) {
  struct stage *s = stage(set, 1), *other = stage(set, 2);
  char *folder = make_folder(&s->f), *whole = file_join(s->f.arena, folder, "whole");
  char *part = file_join(s->f.arena, folder, "part");
  int written = 0;
  struct ensemble_watch watch = {.context = &written, .saved = count_up};
  struct ensemble *e, *again;
  struct moment *found, *last;
  s->plan.folder = whole;
  OK(ensemble_create(&e, &s->plan));
  OK(ensemble_run(e, &watch));
  ck_assert_uint_ge(states(s, whole, &last), 1);
  for (int stop = 0; stop < written; stop++) {
    int left = stop;
    watch = (struct ensemble_watch){.context = &left, .saved = break_off};
    s->plan.folder = other->plan.folder = part;
    OK(ensemble_create(&again, &s->plan));
    ck_assert_int_eq(ensemble_run(again, &watch), STRAIT_ESTOP);
    ensemble_free(again);
    ck_assert_uint_le(states(s, part, &found), 3); /* the newest two and the epoch's beginning */
    if (damage)
      OK(file_write(state_file(s, part, found[0].base), "damaged", 7));
    OK(ensemble_create(&again, &other->plan));
    OK(ensemble_run(again, NULL));
    same_members(s, e, again);
    ck_assert_msg(same_files(state_file(s, whole, last[0].base), state_file(s, part, last[0].base)),
                  "%s, stopped after state %d", set->ensembler, stop);
    ensemble_free(again);
    OK(file_remove_tree(part));
  }
  ck_assert_int_ge(written, set->paths ? 1 : 4);
  ensemble_free(e);
  OK(file_remove_tree(folder));
  unstage(other);
  unstage(s);
}

START_TEST(test_resume_fge) { interrupt_everywhere(&fge, 0); }
END_TEST
START_TEST(test_resume_averages) { interrupt_everywhere(&averages, 0); }
END_TEST
START_TEST(test_resume_adam) { interrupt_everywhere(&adam, 0); }
END_TEST
START_TEST(test_resume_independent) { interrupt_everywhere(&independent, 0); }
END_TEST
START_TEST(test_resume_points) { interrupt_everywhere(&points, 0); }
END_TEST

START_TEST(test_damaged) {
  interrupt_everywhere(&fge, 1);
  interrupt_everywhere(&averages, 1);
  interrupt_everywhere(&points, 1);
}
END_TEST

/* --- divergence --- */

/* A rate that no network stands: halved until it holds. The second source's moments are at 1, 3 and 5. */
static const struct setting_up wild = {"pfge", "rounds=3", "triangle", "cycle-iterations=2 high=1000 low=500",
                                       1,      0,          8 + 3 * 9,  0};

struct halved {
  int64_t count, source, halvings, from;
  int left; /* states to write, as break_off; -1: all */
};
static int note(void *context, int64_t source, const struct halving *halving) {
  struct halved *h = context;
  ck_assert(halving->from % EPOCH == 0 && halving->from <= halving->at);
  ck_assert_int_eq(halving->halvings, source == h->source ? h->halvings + 1 : 1);
  h->count++, h->source = source, h->halvings = halving->halvings, h->from = halving->from;
  return STRAIT_OK;
}
static int note_saved(void *context) {
  struct halved *h = context;
  return h->left < 0 ? STRAIT_OK : break_off(&h->left);
}

static struct stage *wild_stage(const char *folder, int threads) {
  struct stage *s = stage(&wild, threads);
  s->keys.momentum = 0;
  s->keys.weight_decay = 1;
  s->plan.folder = folder;
  s->plan.on_divergence = DIVERGENCE_HALVE;
  return s;
}

START_TEST(test_stops) {
  struct stage *s = stage(&wild, 1);
  struct ensemble *e;
  s->keys.weight_decay = 1;
  OK(ensemble_create(&e, &s->plan));
  FAILS(ensemble_run(e, NULL), STRAIT_EDIVERGE, "finite");
  ensemble_free(e);
  s->plan.folder = make_folder(&s->f);
  OK(ensemble_create(&e, &s->plan));
  FAILS(ensemble_run(e, NULL), STRAIT_EDIVERGE, "on-divergence = halve");
  ensemble_free(e);
  OK(file_remove_tree(s->plan.folder));
  s->plan.folder = NULL;
  s->plan.on_divergence = DIVERGENCE_HALVE;
  FAILS(ensemble_create(&e, &s->plan), STRAIT_EBUG, "folder");
  unstage(s);
}
END_TEST

/* What was gathered on a way that was given up is gone: there is one member a round. And wherever the run ends, before,
 * between and after divergences, it resumes to the same bytes; the rates that were halved are in the states. */
START_TEST(test_halves) {
  struct stage *first = stage(&wild, 1);
  char *folder = make_folder(&first->f), *whole = file_join(first->f.arena, folder, "whole");
  char *part = file_join(first->f.arena, folder, "part");
  struct stage *s = wild_stage(whole, 1), *t = wild_stage(part, 1), *other = wild_stage(part, 2);
  struct halved all = {.left = -1};
  struct ensemble_watch watch = {.context = &all, .halved = note, .saved = note_saved};
  struct ensemble *e, *again;
  struct moment *last;
  int stop = 0, status = STRAIT_ESTOP;
  OK(ensemble_create(&e, &s->plan));
  OK(ensemble_run(e, &watch));
  ck_assert_int_eq(members(e), 3);
  for (int i = 0; i < 3; i++)
    ck_assert(member(e, i)->source == i && member(e, i)->iteration == 9);
  ck_assert_msg(all.count >= 6, "only %d divergences", (int)all.count); /* of 3 sources, more than DIVERGENCE_TRIES */
  ck_assert_int_ge(ensemble_halvings(e), 3);
  ck_assert_uint_ge(states(s, whole, &last), 2);
  for (; status == STRAIT_ESTOP; stop++) {
    struct halved some = {.left = stop}, rest = {.left = -1};
    watch.context = &some;
    OK(ensemble_create(&again, &t->plan));
    status = ensemble_run(again, &watch);
    ensemble_free(again);
    OK(ensemble_create(&again, &other->plan));
    watch = (struct ensemble_watch){.context = &rest, .saved = note_saved};
    OK(ensemble_run(again, &watch));
    same_members(s, e, again);
    ck_assert_int_eq(ensemble_halvings(again), ensemble_halvings(e));
    ck_assert_msg(same_files(state_file(s, whole, last[0].base), state_file(s, part, last[0].base)),
                  "ended after state %d", stop);
    ensemble_free(again);
    OK(file_remove_tree(part));
  }
  OK(status);
  ck_assert_int_ge(stop, 8);
  ensemble_free(e);
  OK(file_remove_tree(folder));
  unstage(other);
  unstage(t);
  unstage(s);
  unstage(first);
}
END_TEST

/* A limit that no state keeps leaves the newest alone; those to return to after a divergence stay whatever the limit.
 */
static int few_states(void *context) {
  struct stage *s = context;
  struct moment *found;
  ck_assert_uint_le(states(s, s->plan.folder, &found), s->plan.on_divergence == DIVERGENCE_HALVE ? 3 : 1);
  return STRAIT_OK;
}
START_TEST(test_limit) {
  for (int halve = 0; halve <= 1; halve++) {
    struct stage *s = stage(&averages, 1);
    const struct ensemble_watch watch = {.context = s, .saved = few_states};
    struct ensemble *e;
    s->plan.folder = make_folder(&s->f);
    s->plan.checkpoint_limit = 1e-6;
    s->plan.on_divergence = halve;
    OK(ensemble_create(&e, &s->plan));
    OK(ensemble_run(e, &watch));
    ensemble_free(e);
    OK(file_remove_tree(s->plan.folder));
    unstage(s);
  }
}
END_TEST

/* A signal: the state is written where the training stood, inside an epoch too, and nothing is offered twice. */
struct signalled {
  int64_t source, iteration; /* where to raise it */
  int raised;
};
static void raise_signal(void *context, const struct ensemble_news *news) {
  struct signalled *s = context;
  if (!s->raised && news->source == s->source && news->weights && news->step.iteration == s->iteration)
    s->raised = 1, raise(SIGTERM);
}
START_TEST(test_signal) {
  struct stage *s = stage(&fge, 1);
  char *folder = make_folder(&s->f);
  struct ensemble *whole = run(s), *e;
  struct signalled at = {.source = 1, .iteration = 2}; /* a member was just made; the epoch has 4 */
  struct ensemble_watch watch = {.context = &at, .progress = raise_signal};
  struct moment *found;
  stop_install(0);
  s->plan.folder = folder;
  OK(ensemble_create(&e, &s->plan));
  ck_assert_int_eq(ensemble_run(e, &watch), STRAIT_ESTOP);
  ck_assert_int_eq(members(e), 3);
  ensemble_free(e);
  ck_assert_uint_ge(states(s, folder, &found), 1);
  ck_assert(found[0].source == 1 && found[0].iteration == 2);
  ensemble_free(whole);
  OK(file_remove_tree(folder));
  unstage(s);
}
END_TEST

/* What a source began with: the start it names; fresh weights of its seed; of one that goes on from a member, what the
 * source before began with; of a path its start. */
static void expect_origin(const struct setting_up *set, int64_t source, const float *(*wanted)(struct stage *)) {
  struct stage *s = stage(set, 1);
  float *w = arena_alloc(s->f.arena, (size_t)s->f.count, sizeof *w);
  struct ensemble *e;
  OK(ensemble_create(&e, &s->plan));
  ck_assert(ensemble_sources(e) > source);
  OK(ensemble_origin(e, source, w));
  ck_assert(memcmp(w, wanted(s), (size_t)s->f.count * sizeof *w) == 0);
  ensemble_free(e);
  unstage(s);
}
static const float *of_start(struct stage *s) { return s->begin[0]->theta[0]; }
static const float *of_other_start(struct stage *s) { return s->begin[1]->theta[0]; }
static const float *of_path(struct stage *s) { return s->theta[0]; }
static const float *of_third_seed(struct stage *s) {
  float *statistics = arena_alloc(s->f.arena, (size_t)s->f.buffers, sizeof *statistics);
  network_initialise(s->f.network, (uint64_t)(s->f.seeds.seed + 2), s->begin[0]->theta[0], statistics);
  return s->begin[0]->theta[0];
}
START_TEST(test_origin) {
  expect_origin(&fge, 0, of_start);
  expect_origin(&fge, 1, of_other_start);
  expect_origin(&averages, 2, of_start);
  expect_origin(&independent, 2, of_third_seed);
  expect_origin(&points, 0, of_path);
}
END_TEST

/* What is told on the way: each source's moments with their weights, iterations that only grow, the rate of the step.
 */
struct told {
  int64_t source, iteration, moments, here, members;
};
static void listen(void *context, const struct ensemble_news *news) {
  struct told *told = context;
  ck_assert(news->sources == 2 && !news->path && news->step.iterations == 6 && news->step.epoch_iterations == EPOCH);
  if (news->source > told->source)
    told->source = news->source, told->iteration = 0;
  ck_assert(news->source == told->source && news->step.iteration >= told->iteration);
  ck_assert(news->rate >= 0.01 && news->rate <= 0.05 && news->sums.rows > 0);
  told->iteration = news->step.iteration;
  ck_assert(!news->weights || news->weights == news->here);
  ck_assert(!news->here == !news->statistics && (!news->here || news->step.iteration % 2 == 0));
  told->moments += news->weights != NULL;
  told->here += news->here != NULL;
  told->members = news->members;
}
START_TEST(test_news) {
  struct stage *s = stage(&fge, 1);
  struct told told = {0};
  struct ensemble_watch watch = {.context = &told, .progress = listen};
  struct ensemble *e;
  OK(ensemble_create(&e, &s->plan));
  OK(ensemble_run(e, &watch));
  ck_assert(told.source == 1 && told.iteration == 6 && told.moments == 4 && told.members == 4);
  ck_assert(told.here == 6); /* of each source the moments 2 and 6, and the epoch's end 4 */
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* --- refused --- */

START_TEST(test_refused) {
  struct setting_up long_cycle = fge;
  long_cycle.rate = "cycle-iterations=100";
  struct stage *s = stage(&fge, 1), *empty = stage(&long_cycle, 1);
  struct ensemble *e;
  struct snapshot *curve;
  s->plan.budget = 12;
  FAILS(ensemble_create(&e, &s->plan), STRAIT_EINVAL, "leaves nothing");
  ck_assert_ptr_null(e);
  s->plan.budget = 20;
  OK(snapshot_create(&curve, s->f.network, 3, 1, 0));
  s->start[1].snapshot = curve;
  FAILS(ensemble_create(&e, &s->plan), STRAIT_EINVAL, "start 2 is of another network");
  s->start[1].snapshot = s->begin[1];
  s->path.count--;
  s->plan.paths = 1;
  FAILS(ensemble_create(&e, &s->plan), STRAIT_EINVAL, "path chain is of another network");
  OK(ensemble_create(&e, &empty->plan));
  FAILS(ensemble_run(e, NULL), STRAIT_EINVAL, "kept no member");
  ensemble_free(e);
  snapshot_free(curve);
  unstage(empty);
  unstage(s);
}
END_TEST

/* --- a plugin that asks for what there is not --- */

struct odd {
  strait_object object;
  int64_t fault;
};
static const strait_option odd_options[] = {STRAIT_INT("fault", struct odd, fault, "0", 0, 10, "which")};
static int32_t odd_source(const void *self, int64_t index, strait_source *source) {
  int64_t fault = ((const struct odd *)self)->fault;
  (void)index; /* fault 7: there is no end */
  source->type = fault == 4 || fault == 5 ? STRAIT_SOURCE_PATH : fault == 6 ? 99 : STRAIT_SOURCE_TRAINING;
  source->start = fault == 0 ? 5 : fault == 1 ? STRAIT_START_MEMBER : STRAIT_START_FRESH;
  source->iterations = fault == 2 ? 0 : 1;
  source->seed_offset = fault == 3 ? -1 : 0;
  source->path = fault == 4 ? 1 : 0;
  source->points = fault == 5 ? 1 : 2;
  return fault == 8 ? STRAIT_EINVAL : STRAIT_OK;
}
static int32_t odd_collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  return (void)self, (void)moment, (void)slots, STRAIT_EINVAL;
}
static const strait_ensembler_ops odd_ops = {.size = sizeof odd_ops, .source = odd_source, .collect = odd_collect};
static const strait_class odd_class = {
    STRAIT_CLASS(STRAIT_ENSEMBLER, "odd", "1.0", "a test's ensembler", struct odd, odd_options, &odd_ops),
    STRAIT_NO_PRESETS, NULL, NULL};

START_TEST(test_odd) {
  static const char *const texts[] = {"start 6 of 2", "first source from a member",
                                      "0 iterations", "offset -1",
                                      "path 2 of 1",  "1 points",
                                      "type 99",      "more than",
                                      "no reason"};
  struct stage *s = stage(&fge, 1);
  struct ensemble *e;
  s->plan.paths = 1;
  for (int fault = 0; fault < 9; fault++) {
    struct setting setting = {.key = "fault", .value = arena_format(s->f.arena, "%d", fault)};
    strait_object *odd;
    OK(object_create(&odd, &odd_class, "odd", 1, &setting, 1));
    s->plan.ensembler = odd;
    FAILS(ensemble_create(&e, &s->plan), STRAIT_EINVAL, texts[fault]);
    object_free(odd);
  }
  unstage(s);
}
END_TEST

/* swa under a rate that names no moments: the mean of the epochs' ends, here of iterations 4, 8 and 12 of a training
 * done by hand. By swa's own expression, so to the bit. */
START_TEST(averages_take_epochs_ends_where_no_moment_is_named) {
  const struct setting_up set = {"swa", "", "constant", "rate=0.05", 1, 0, 8 + 3 * EPOCH, 0};
  struct stage *s = stage(&set, 1);
  struct ensemble *e = run(s);
  float *mean = arena_alloc(s->f.arena, (size_t)s->f.count, sizeof *mean);
  for (int n = 1; n <= 3; n++) {
    struct snapshot *w = by_hand(s, s->begin[0], s->f.seeds.seed, n * EPOCH, 3 * EPOCH);
    for (int64_t k = 0; k < s->f.count; k++)
      mean[k] = (float)((double)mean[k] + 1. / n * ((double)w->theta[0][k] - (double)mean[k]));
    snapshot_free(w);
  }
  ck_assert_int_eq(members(e), 1);
  ck_assert_mem_eq(member(e, 0)->weights, mean, (size_t)s->f.count * sizeof *mean);
  ensemble_free(e);
  unstage(s);
}
END_TEST

/* What a rehearsal says is what a run gives; and what gives nothing is refused before it trains. */
START_TEST(rehearsals_tell_what_runs_give) {
  static const struct setting_up sets[] = {
      {"fge", "", "triangle", "cycle-iterations=4", 2, 0, 12 + 2 * 6, 0},
      {"fge", "include-start=yes", "triangle", "cycle-iterations=4", 2, 0, 12 + 2 * 6, 0},
      {"pfge", "rounds=3", "triangle", "cycle-iterations=2", 1, 0, 8 + 3 * 5, 0},
      {"swa", "", "triangle", "cycle-iterations=2", 2, 0, 12 + 2 * 5, 0},
      {"snapshot", "runs=2", "cosine", "cycles=2", 0, 0, 12, 0},
      {"independent", "runs=3", "constant", "rate=0.05", 0, 0, 18, 0},
      {"curve-points", "points=5", "constant", "", 0, 1, 0, 0}};
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
    struct stage *s = stage(&sets[i], 1);
    struct ensemble *e;
    struct rehearsal r;
    OK(ensemble_create(&e, &s->plan));
    OK(ensemble_rehearse(e, &r));
    ck_assert_int_eq(members(e), 0); /* it left the ensemble as it was */
    ck_assert_int_eq(r.folds, !strcmp(sets[i].ensembler, "swa") || !strcmp(sets[i].ensembler, "pfge"));
    OK(ensemble_run(e, NULL));
    ck_assert_msg(r.members == members(e), "%s: %lld of %lld", sets[i].ensembler, (long long)r.members,
                  (long long)members(e));
    ensemble_free(e);
    unstage(s);
  }
}
END_TEST

START_TEST(no_member_is_found_out_before) {
  static const struct {
    struct setting_up set;
    const char *says;
  } rows[] = {{{"fge", "", "constant", "rate=0.05", 1, 0, 8 + 9, 0}, "schedule constant names no moment"},
              {{"fge", "", "triangle", "cycle-iterations=20", 1, 0, 8 + 9, 0}, "comes after the 9 iterations"},
              {{"snapshot", "", "decay", "", 0, 0, 9, 0}, "schedule decay names no moment"},
              {{"pfge", "rounds=2", "triangle", "cycle-iterations=12", 1, 0, 8 + 10, 0}, "round 0: no weights"},
              {{"swa", "", "constant", "rate=0.05", 1, 0, 8 + EPOCH - 1, 0}, "before the schedule's first moment"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct stage *s = stage(&rows[i].set, 1);
    struct ensemble *e;
    struct rehearsal r;
    OK(ensemble_create(&e, &s->plan));
    ck_assert_int_eq(ensemble_rehearse(e, &r), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), rows[i].says) != NULL, "%s", error_text());
    error_clear();
    ensemble_free(e);
    unstage(s);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("run");
  TCase *tests = tcase_create("run");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_fge);
  tcase_add_test(tests, test_include_start);
  tcase_add_test(tests, test_independent);
  tcase_add_test(tests, test_seeds);
  tcase_add_test(tests, test_pfge);
  tcase_add_test(tests, test_points);
  tcase_add_test(tests, test_resume_fge);
  tcase_add_test(tests, test_resume_averages);
  tcase_add_test(tests, test_resume_adam);
  tcase_add_test(tests, test_resume_independent);
  tcase_add_test(tests, test_resume_points);
  tcase_add_test(tests, test_damaged);
  tcase_add_test(tests, test_stops);
  tcase_add_test(tests, test_halves);
  tcase_add_test(tests, test_limit);
  tcase_add_test(tests, test_news);
  tcase_add_test(tests, test_origin);
  tcase_add_test(tests, test_refused);
  tcase_add_test(tests, test_odd);
  tcase_add_test(tests, averages_take_epochs_ends_where_no_moment_is_named);
  tcase_add_test(tests, rehearsals_tell_what_runs_give);
  tcase_add_test(tests, no_member_is_found_out_before);
  tcase_add_test(tests, test_signal); /* last: the signal stays, where tests share a process (CK_FORK=no) */
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
