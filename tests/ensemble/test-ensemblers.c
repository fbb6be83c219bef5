/* Each ensembler plugin alone, driven by a mock of the host: which sources it asks for, what it keeps of the moments it
 * is offered. Budgets and member counts are those of the paper's tables. */
#include <strait/strait.h> /* before check.h, which makes a macro of fail */

#include <math.h>

#include "compute/services.h"

#include "../curves/objects.h"

#define OK(call) ck_assert_msg((call) == STRAIT_OK, "%s: %s", #call, error_text())

/* --- the mock: slots of three weights, and a list of members --- */

enum { COUNT = 3, SLOTS = 8, MOST = 20000 };
struct mock {
  strait_slots slots;
  char names[2][SLOTS][32];
  float vectors[SLOTS][COUNT];
  int64_t integers[SLOTS];
  float member[MOST][COUNT];
  uint32_t statistics[MOST];
  int members;
};

static int find(char names[SLOTS][32], const char *name) {
  for (int i = 0; i < SLOTS; i++) {
    if (!*names[i])
      snprintf(names[i], 32, "%s", name);
    if (!strcmp(names[i], name))
      return i;
  }
  ck_abort_msg("too many slots");
  return 0;
}
static float *vector(strait_slots *slots, const char *name) {
  struct mock *mock = (struct mock *)slots;
  return mock->vectors[find(mock->names[0], name)];
}
static int64_t *integer(strait_slots *slots, const char *name) {
  struct mock *mock = (struct mock *)slots;
  return &mock->integers[find(mock->names[1], name)];
}
static int32_t member(strait_slots *slots, const float *weights, uint32_t statistics) {
  struct mock *mock = (struct mock *)slots;
  memcpy(mock->member[mock->members], weights, sizeof mock->member[0]);
  mock->statistics[mock->members++] = statistics;
  return STRAIT_OK;
}
/* The plain mean of what was folded: sums in the slot, divided at the end. */
static int32_t fold(strait_slots *slots, const float *weights) {
  float *sum = vector(slots, "sum");
  for (int k = 0; k < COUNT; k++)
    sum[k] += weights[k];
  ++*integer(slots, "folded");
  return STRAIT_OK;
}
static int32_t mean(strait_slots *slots) {
  float *sum = vector(slots, "sum"), weights[COUNT];
  int64_t *folded = integer(slots, "folded");
  if (!*folded)
    return error_set(STRAIT_EINVAL, "nothing was folded");
  for (int k = 0; k < COUNT; k++) {
    weights[k] = sum[k] / (float)*folded;
    sum[k] = 0;
  }
  *folded = 0;
  return member(slots, weights, STRAIT_STATISTICS_REFRESH);
}
static const strait_slots_ops mock_ops = {sizeof mock_ops, 0, vector, integer, member, fold, mean};

/* --- what a stage offers, and the asking --- */

struct offer {
  int64_t starts, paths, budget, epoch, spent[4];
};
static int ask(const strait_object *e, const struct offer *offer, int64_t index, strait_source *source) {
  const strait_ensembler_ops *ops = object_ops(e);
  *source = (strait_source){.size = sizeof *source,
                            .given_starts = offer->starts,
                            .given_paths = offer->paths,
                            .given_budget = offer->budget,
                            .epoch_iterations = offer->epoch,
                            .start_spent = offer->spent};
  error_clear();
  return ops->source(e, index, source);
}
static strait_source source(const strait_object *e, const struct offer *offer, int64_t index) {
  strait_source source;
  OK(ask(e, offer, index, &source));
  return source;
}
static void refuses(const char *name, const char *settings, const struct offer *offer, const char *text) {
  strait_object *e = object(STRAIT_ENSEMBLER, name, settings);
  strait_source source;
  ck_assert_int_eq(ask(e, offer, 0, &source), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), text) != NULL, "\"%s\" does not say \"%s\"", error_text(), text);
  object_free(e);
}

/* Runs a source of this length under a schedule; the weights of iteration i are (i, source, 1). */
static void run(const strait_object *e, const strait_object *schedule, struct mock *mock, int64_t number,
                const strait_source *source, int64_t epoch) {
  const strait_ensembler_ops *ops = object_ops(e);
  const strait_schedule_ops *rates = schedule ? object_ops(schedule) : NULL;
  strait_step step = {sizeof step, 0, 0, epoch, source->iterations};
  int64_t first = source->offer_start ? 0 : 1, last = source->iterations;
  if (source->type == STRAIT_SOURCE_PATH)
    last = source->points;
  for (step.iteration = first; step.iteration <= last; step.iteration++) {
    int wanted = step.iteration == 0 || source->type == STRAIT_SOURCE_PATH ||
                 (rates && rates->collect && rates->collect(schedule, &step));
    float weights[COUNT] = {(float)step.iteration, (float)number, 1};
    strait_moment moment = {sizeof moment, step.iteration == last, number, (uint32_t)wanted, 0, step, COUNT, weights};
    if (wanted || moment.last)
      OK(ops->collect(e, &moment, &mock->slots));
  }
  if (ops->finish)
    OK(ops->finish(e, number, &mock->slots));
}

static void run_all(const strait_object *e, const strait_object *schedule, struct mock *mock,
                    const struct offer *offer) {
  *mock = (struct mock){.slots = {&mock_ops}};
  for (int64_t i = 0;; i++) {
    strait_source s = source(e, offer, i);
    if (s.type == STRAIT_SOURCE_END)
      break;
    run(e, schedule, mock, i, &s, offer->epoch);
  }
}

static void setup(void) {
  compute_host_services();
  if (!registry)
    open_registry(NULL);
}

/* --- fge --- */

/* The rows of paper.md's table: budget, starts, cycle, the length of each run, and the members there are in the end.
 * 391 mini-batches an epoch, as for CIFAR. */
START_TEST(test_fge) {
  static const struct {
    int64_t budget, starts, spent[2];
    const char *cycle;
    int64_t epochs, members;
  } table[] = {{200, 2, {120, 156}, "cycle=2", 22, 22},
               {200, 2, {120, 156}, "cycle=4", 22, 12},
               {150, 1, {125, 0}, "cycle=4", 25, 6},
               {15, 1, {12, 0}, "cycle=1", 3, 3}};
  strait_object *e = object(STRAIT_ENSEMBLER, "fge", "");
  for (size_t k = 0; k < sizeof table / sizeof table[0]; k++) {
    strait_object *triangle = object(STRAIT_SCHEDULE, "triangle", table[k].cycle);
    struct offer offer = {
        table[k].starts, 0, 391 * table[k].budget, 391, {391 * table[k].spent[0], 391 * table[k].spent[1]}};
    struct mock mock;
    for (int64_t i = 0; i < table[k].starts; i++) {
      strait_source s = source(e, &offer, i);
      ck_assert(s.type == STRAIT_SOURCE_TRAINING && s.start == i && s.seed_offset == i && !s.offer_start);
      ck_assert_int_eq(s.iterations, 391 * table[k].epochs);
    }
    ck_assert(source(e, &offer, table[k].starts).type == STRAIT_SOURCE_END);
    run_all(e, triangle, &mock, &offer);
    ck_assert_int_eq(mock.members, table[k].members);
    for (int m = 0; m < mock.members; m++)
      ck_assert_int_eq(mock.statistics[m], STRAIT_STATISTICS_REFRESH);
    object_free(triangle);
  }
  object_free(e);
}
END_TEST

/* floor((n + c/2) / c) members of a run of n iterations; the first at c/2; the start one more where it counts. */
START_TEST(test_fge_members) {
  strait_object *triangle = object(STRAIT_SCHEDULE, "triangle", "cycle-iterations=6");
  for (int start = 0; start <= 1; start++) {
    strait_object *e = object(STRAIT_ENSEMBLER, "fge", start ? "include-start=yes statistics=keep" : "");
    for (int64_t n = 1; n <= 30; n++) {
      struct offer offer = {1, 0, 100 + n, 10, {100}};
      struct mock mock;
      run_all(e, triangle, &mock, &offer);
      ck_assert_int_eq(mock.members, (n + 3) / 6 + start);
      for (int m = 0; m < mock.members; m++) {
        ck_assert(mock.member[m][0] == (float)(start && m == 0 ? 0 : 3 + 6 * (m - start)));
        ck_assert_int_eq(mock.statistics[m], start ? STRAIT_STATISTICS_KEEP : STRAIT_STATISTICS_REFRESH);
      }
    }
    object_free(e);
  }
  object_free(triangle);
}
END_TEST

START_TEST(test_fge_refuses) {
  refuses("fge", "", &(struct offer){0, 0, 1000, 10, {0}}, "start is not set");
  refuses("fge", "", &(struct offer){1, 0, 1000, 10, {1000}}, "leaves nothing");
  refuses("fge", "", &(struct offer){1, 0, 0, 10, {100}}, "leaves nothing");
  refuses("fge", "", &(struct offer){2, 0, 101, 10, {50, 100}}, "leaves nothing"); /* one iteration for two */
}
END_TEST

/* --- snapshot and independent --- */

START_TEST(test_snapshot) {
  strait_object *e = object(STRAIT_ENSEMBLER, "snapshot", ""), *two = object(STRAIT_ENSEMBLER, "snapshot", "runs=2");
  strait_object *cosine = object(STRAIT_SCHEDULE, "cosine", "cycles=4");
  struct offer offer = {0, 0, 100, 10, {0}};
  struct mock mock;
  strait_source s = source(e, &offer, 0);
  ck_assert(s.type == STRAIT_SOURCE_TRAINING && s.start == STRAIT_START_FRESH && s.iterations == 100);
  run_all(e, cosine, &mock, &offer);
  ck_assert_int_eq(mock.members, 4);
  for (int m = 0; m < 4; m++)
    ck_assert(mock.member[m][0] == (float)(25 * (m + 1)));
  run_all(two, cosine, &mock, &offer); /* two trainings of 50: cycles of 13, the last of 11 */
  ck_assert_int_eq(mock.members, 8);
  ck_assert(mock.member[3][0] == 50 && mock.member[3][1] == 0 && mock.member[4][0] == 13 && mock.member[4][1] == 1);
  ck_assert_int_eq(source(two, &offer, 1).seed_offset, 1);
  refuses("snapshot", "", &(struct offer){1, 0, 100, 10, {50}}, "start is set");
  refuses("snapshot", "", &(struct offer){0, 0, 0, 10, {0}}, "set budget");
  object_free(e);
  object_free(two);
  object_free(cosine);
}
END_TEST

START_TEST(test_independent) {
  strait_object *e = object(STRAIT_ENSEMBLER, "independent", "runs=3");
  strait_object *decay = object(STRAIT_SCHEDULE, "decay", "");
  strait_object *triangle = object(STRAIT_SCHEDULE, "triangle", "cycle-iterations=10");
  struct offer offer = {0, 0, 3 * 40, 10, {0}};
  strait_object *const schedules[] = {decay, triangle}; /* moments of the schedule are not what it keeps */
  for (int k = 0; k < 2; k++) {
    struct mock mock;
    run_all(e, schedules[k], &mock, &offer);
    ck_assert_int_eq(mock.members, 3);
    for (int m = 0; m < 3; m++) {
      strait_source s = source(e, &offer, m);
      ck_assert(s.start == STRAIT_START_FRESH && s.seed_offset == m && s.iterations == 40);
      ck_assert(mock.member[m][0] == 40 && mock.member[m][1] == (float)m);
    }
  }
  refuses("independent", "runs=3", &(struct offer){0, 0, 2, 10, {0}}, "too small");
  refuses("independent", "", &(struct offer){1, 0, 100, 10, {50}}, "start is set");
  object_free(e);
  object_free(decay);
  object_free(triangle);
}
END_TEST

/* --- the host's share of a budget, asked for directly --- */

static strait_source share(strait_object *e, uint32_t among, int64_t parts, int64_t index, const struct offer *offer) {
  strait_source s = {
      .size = sizeof s, .given_starts = offer->starts, .given_budget = offer->budget, .start_spent = offer->spent};
  OK(strait_share(e, among, parts, index, &s));
  return s;
}
/* Refused, for the reason that `text` is part of. */
static void no_share(strait_object *e, uint32_t among, int64_t parts, const struct offer *offer, int status,
                     const char *text) {
  strait_source s = {
      .size = sizeof s, .given_starts = offer->starts, .given_budget = offer->budget, .start_spent = offer->spent};
  error_clear();
  ck_assert_int_eq(strait_share(e, among, parts, 0, &s), status);
  ck_assert_msg(strstr(error_text(), text) != NULL, "\"%s\" does not say \"%s\"", error_text(), text);
  ck_assert_uint_eq(s.type, STRAIT_SOURCE_END);
}

/* What does not divide is not run: 3 starts of 100, 40 and 70 with 200 have 100 left, 33 each. */
START_TEST(test_share) {
  strait_object *e = object(STRAIT_ENSEMBLER, "curve-points", "");
  const struct offer three = {3, 0, 200, 10, {100, 40, 70}}, one = {1, 0, 200, 10, {99}}, none = {0, 0, 200, 10, {0}};
  strait_source s = share(e, STRAIT_AMONG_STARTS, 1, 2, &three);
  ck_assert(s.type == STRAIT_SOURCE_TRAINING && s.start == 2 && s.seed_offset == 2 && s.iterations == 33);
  ck_assert_uint_eq(share(e, STRAIT_AMONG_STARTS, 1, 3, &three).type, STRAIT_SOURCE_END);
  s = share(e, STRAIT_AMONG_ROUNDS, 7, 6, &one); /* 101 left: 14 each */
  ck_assert(s.type == STRAIT_SOURCE_TRAINING && s.start == STRAIT_START_MEMBER && s.iterations == 14);
  ck_assert_int_eq(share(e, STRAIT_AMONG_ROUNDS, 7, 0, &one).start, 0);
  ck_assert_uint_eq(share(e, STRAIT_AMONG_ROUNDS, 7, 7, &one).type, STRAIT_SOURCE_END);
  s = share(e, STRAIT_AMONG_RUNS, 3, 2, &none);
  ck_assert(s.type == STRAIT_SOURCE_TRAINING && s.start == STRAIT_START_FRESH && s.iterations == 66);
  ck_assert_uint_eq(share(e, STRAIT_AMONG_RUNS, 3, 3, &none).type, STRAIT_SOURCE_END);
  no_share(e, STRAIT_AMONG_ROUNDS, 1, &(struct offer){1, 0, 99, 10, {99}}, STRAIT_EINVAL, "the start spent 99");
  no_share(e, STRAIT_AMONG_ROUNDS, 1, &none, STRAIT_EINVAL, "start names 0 networks, not one");
  no_share(e, STRAIT_AMONG_RUNS, 0, &none, STRAIT_EINVAL, "at least 1 part, not 0");
  no_share(e, 9, 1, &none, STRAIT_ENOTSUP, "in way 9");
  object_free(e);
}
END_TEST

/* --- averages --- */

/* swa: one member, the mean of the moments: of 5, 15, .. 95 it is 50. Two starts: one mean each. */
START_TEST(test_swa) {
  strait_object *e = object(STRAIT_ENSEMBLER, "swa", "");
  strait_object *triangle = object(STRAIT_SCHEDULE, "triangle", "cycle-iterations=10");
  struct offer offer = {1, 0, 200, 10, {100}}, two = {2, 0, 200, 10, {60, 100}};
  struct mock mock;
  run_all(e, triangle, &mock, &offer);
  ck_assert_int_eq(mock.members, 1);
  ck_assert(mock.member[0][0] == 50 && mock.member[0][2] == 1);
  ck_assert_int_eq(mock.statistics[0], STRAIT_STATISTICS_REFRESH);
  run_all(e, triangle, &mock, &two);
  ck_assert_int_eq(mock.members, 2);
  for (int m = 0; m < 2; m++) /* of 5, 15, .. 45: the first source is forgotten by the second */
    ck_assert(mock.member[m][0] == 25 && mock.member[m][1] == (float)m);
  refuses("swa", "", &(struct offer){0, 0, 1000, 10, {0}}, "start is not set");
  object_free(e);
  object_free(triangle);
}
END_TEST

/* ema of w_n = 5 + 10 n, n = 0..9, from e = w_0: e_9 = w_9 - 10 d (1 - d^9) / (1 - d). The average of a start is
 * forgotten by the next. With warm-up d is (1 + n) / (10 + n) where that is less than decay: 2/11, then 3/12, ... */
START_TEST(test_ema) {
  strait_object *half = object(STRAIT_ENSEMBLER, "ema", "decay=0.5"), *warm;
  strait_object *triangle = object(STRAIT_SCHEDULE, "triangle", "cycle-iterations=10");
  struct offer offer = {1, 0, 200, 10, {100}}, two = {2, 0, 300, 10, {100, 100}};
  static struct mock mock;
  run_all(half, triangle, &mock, &offer);
  ck_assert_int_eq(mock.members, 1);
  ck_assert_float_eq_tol(mock.member[0][0], 95 - 10 * (1 - 1.f / 512), 1e-4f);
  ck_assert(mock.member[0][2] == 1);
  ck_assert_int_eq(mock.statistics[0], STRAIT_STATISTICS_REFRESH);
  run_all(half, triangle, &mock, &two);
  ck_assert_int_eq(mock.members, 2);
  for (int m = 0; m < 2; m++) {
    ck_assert_float_eq_tol(mock.member[m][0], 95 - 10 * (1 - 1.f / 512), 1e-4f);
    ck_assert(mock.member[m][1] == (float)m);
  }
  warm = object(STRAIT_ENSEMBLER, "ema", "decay=0.9 warm-up=yes");
  struct offer thrice = {1, 0, 130, 10, {100}}; /* 5, 15, 25: 5 2/11 + 15 9/11 = 13.1818; 3/12 of it + 25 9/12 */
  run_all(warm, triangle, &mock, &thrice);
  ck_assert_float_eq_tol(mock.member[0][0], 22.045454f, 1e-4f);
  refuses("ema", "", &(struct offer){0, 0, 1000, 10, {0}}, "start is not set");
  object_free(warm);
  object_free(half);
  object_free(triangle);
}
END_TEST

/* The weights at five moments, of which rank = 3 keeps the last three deviations. */
static const float swag_moments[5][COUNT] = {{1, 0, 5}, {3, 2, 5}, {2, 7, 5}, {6, 3, 5}, {8, -2, 5}};

static void run_swag(const strait_object *e, struct mock *mock, int64_t sources) {
  const strait_ensembler_ops *ops = object_ops(e);
  *mock = (struct mock){.slots = {&mock_ops}};
  for (int64_t source = 0; source < sources; source++)
    for (int i = 0; i < 5; i++) {
      strait_moment moment = {.size = sizeof moment, .last = i == 4, .source = source, .wanted = 1, .count = COUNT};
      moment.weights = swag_moments[i];
      OK(ops->collect(e, &moment, &mock->slots));
    }
}

/* By hand: means after each moment 1, 2, 2, 3, 4 and 0, 1, 3, 3, 2, so that the deviations kept are (0,4), (3,0),
 * (4,-4); variances of the five 34/5 and 46/5. The covariance is 0.5 (diag(v) + D D' / 2), to 5 standard errors of
 * 20,000. */
START_TEST(test_swag) {
  const double d[3][2] = {{0, 4}, {3, 0}, {4, -4}}, v[2] = {34. / 5, 46. / 5}, mean[2] = {4, 2};
  static struct mock mock;
  for (int diagonal = 0; diagonal < 2; diagonal++) {
    strait_object *e = object(STRAIT_ENSEMBLER, "swag", diagonal ? "rank=0 samples=1000" : "rank=3 samples=1000");
    double wanted[2][2] = {{0}}, got[2][2] = {{0}}, centre[2] = {0};
    run_swag(e, &mock, MOST / 1000);
    ck_assert_int_eq(mock.members, MOST);
    for (int a = 0; a < 2; a++)
      for (int b = 0; b < 2; b++) {
        wanted[a][b] = a == b ? .5 * v[a] : 0;
        for (int i = 0; i < 3 && !diagonal; i++)
          wanted[a][b] += .5 * d[i][a] * d[i][b] / 2;
        for (int m = 0; m < MOST; m++)
          got[a][b] += ((double)mock.member[m][a] - mean[a]) * ((double)mock.member[m][b] - mean[b]) / MOST;
      }
    for (int a = 0; a < 2; a++) {
      for (int m = 0; m < MOST; m++)
        centre[a] += (double)mock.member[m][a] / MOST;
      ck_assert_double_eq_tol(centre[a], mean[a], 5 * sqrt(wanted[a][a] / MOST));
      for (int b = 0; b < 2; b++)
        ck_assert_double_eq_tol(got[a][b], wanted[a][b],
                                5 * sqrt((wanted[a][a] * wanted[b][b] + wanted[a][b] * wanted[a][b]) / MOST));
    }
    for (int m = 0; m < MOST; m++) /* what never moves stays */
      ck_assert(fabsf(mock.member[m][2] - 5) < 1e-6f && mock.statistics[m] == STRAIT_STATISTICS_REFRESH);
    ck_assert(memcmp(mock.member[0], mock.member[1000], sizeof mock.member[0]) != 0); /* another start, another draw */
    object_free(e);
  }
}
END_TEST

START_TEST(test_swag_edges) {
  static struct mock mock = {.slots = {&mock_ops}};
  strait_object *still = object(STRAIT_ENSEMBLER, "swag", "scale=0 samples=2");
  const strait_ensembler_ops *ops = object_ops(still);
  run_swag(still, &mock, 1);
  ck_assert_int_eq(mock.members, 2);
  for (int m = 0; m < 2; m++)
    ck_assert(mock.member[m][0] == 4 && mock.member[m][1] == 2);
  mock = (struct mock){.slots = {&mock_ops}};
  strait_moment lone = {.size = sizeof lone, .last = 1, .wanted = 1, .count = COUNT, .weights = swag_moments[0]};
  ck_assert_int_eq(ops->collect(still, &lone, &mock.slots), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "1 of the 2 moments that a variance needs") != NULL, "%s", error_text());
  error_clear();
  object_free(still);
}
END_TEST

/* A run too short for one moment has no mean. */
START_TEST(test_swa_empty) {
  strait_object *e = object(STRAIT_ENSEMBLER, "swa", "");
  const strait_ensembler_ops *ops = object_ops(e);
  struct mock mock = {.slots = {&mock_ops}};
  ck_assert_int_eq(ops->finish(e, 0, &mock.slots), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "the training from start 0: nothing was folded") != NULL, "%s", error_text());
  object_free(e);
}
END_TEST

/* pfge: rounds of equal length, each from the mean of the one before. */
START_TEST(test_pfge) {
  strait_object *e = object(STRAIT_ENSEMBLER, "pfge", "rounds=2");
  strait_object *triangle = object(STRAIT_SCHEDULE, "triangle", "cycle-iterations=10");
  struct offer offer = {1, 0, 200, 10, {120}};
  struct mock mock;
  ck_assert(source(e, &offer, 0).start == 0 && source(e, &offer, 1).start == STRAIT_START_MEMBER);
  ck_assert_int_eq(source(e, &offer, 1).iterations, 40);
  ck_assert(source(e, &offer, 2).type == STRAIT_SOURCE_END);
  run_all(e, triangle, &mock, &offer);
  ck_assert_int_eq(mock.members, 2);
  for (int m = 0; m < 2; m++) /* of 5, 15, 25, 35 */
    ck_assert(mock.member[m][0] == 20 && mock.member[m][1] == (float)m);
  refuses("pfge", "", &(struct offer){2, 0, 200, 10, {100, 120}}, "not one");
  refuses("pfge", "rounds=9", &(struct offer){1, 0, 128, 10, {120}}, "too few for 9 rounds");
  object_free(e);
  object_free(triangle);
}
END_TEST

/* --- points of paths --- */

START_TEST(test_curve_points) {
  strait_object *e = object(STRAIT_ENSEMBLER, "curve-points", "points=5");
  struct offer offer = {0, 2, 0, 10, {0}};
  struct mock mock;
  strait_source s = source(e, &offer, 1);
  ck_assert(s.type == STRAIT_SOURCE_PATH && s.path == 1 && s.points == 5);
  run_all(e, NULL, &mock, &offer);
  ck_assert_int_eq(mock.members, 10);
  refuses("curve-points", "", &(struct offer){0, 0, 0, 10, {0}}, "path is not set");
  object_free(e);
}
END_TEST

/* The schedule that each asks for. */
START_TEST(test_presets) {
  static const char *const wanted[][2] = {{"fge", "triangle"},  {"snapshot", "cosine"}, {"swa", "triangle"},
                                          {"pfge", "triangle"}, {"independent", NULL},  {"curve-points", NULL}};
  for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++) {
    const strait_class *cls;
    OK(registry_class(registry, STRAIT_ENSEMBLER, wanted[k][0], &cls));
    ck_assert_int_eq(cls->preset_count, wanted[k][1] ? 1 : 0);
    if (wanted[k][1]) {
      ck_assert_str_eq(cls->presets[0].key, "schedule");
      ck_assert_str_eq(cls->presets[0].value, wanted[k][1]);
    }
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("ensemblers");
  TCase *tests = tcase_create("ensemblers");
  tcase_add_checked_fixture(tests, setup, NULL);
  tcase_add_test(tests, test_fge);
  tcase_add_test(tests, test_fge_members);
  tcase_add_test(tests, test_fge_refuses);
  tcase_add_test(tests, test_snapshot);
  tcase_add_test(tests, test_independent);
  tcase_add_test(tests, test_share);
  tcase_add_test(tests, test_swa);
  tcase_add_test(tests, test_ema);
  tcase_add_test(tests, test_swag);
  tcase_add_test(tests, test_swag_edges);
  tcase_add_test(tests, test_swa_empty);
  tcase_add_test(tests, test_pfge);
  tcase_add_test(tests, test_curve_points);
  tcase_add_test(tests, test_presets);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
