/* Slots, members and their files; combining predictions; judging them. */
#include "../landscape/fixture.h"

#include <float.h>

#include "ensemble/members.h"

static const struct wanted small = {.limit = 60};

/* --- slots and members --- */

START_TEST(test_slots) {
  struct fixture f = make(&small);
  struct gathering *g;
  OK(gathering_create(&g, f.network));
  strait_slots *slots = gathering_slots(g);
  float *mean = strait_slots_vector(slots, "mean");
  int64_t *count = strait_slots_integer(slots, "mean"); /* vectors and integers have names of their own */
  ck_assert(mean && count && *count == 0);
  for (int64_t i = 0; i < f.count; i++) {
    ck_assert(mean[i] == 0);
    mean[i] = (float)i;
  }
  *count = 7;
  for (int k = 0; k < 100; k++) /* many more, so that what holds them moves */
    ck_assert_ptr_nonnull(strait_slots_vector(slots, arena_format(f.arena, "v%d", k)));
  ck_assert_ptr_eq(strait_slots_vector(slots, "mean"), mean);
  ck_assert(mean[f.count - 1] == (float)(f.count - 1) && *strait_slots_integer(slots, "mean") == 7);
  ck_assert_ptr_null(strait_slots_vector(slots, "No name"));
  ck_assert_int_eq(error_status(), STRAIT_EINVAL);
  gathering_free(g);
  unmake(&f);
}
END_TEST

/* A member is a copy; it keeps the statistics of the moment, or is to have them re-estimated. */
START_TEST(test_members) {
  struct fixture f = make(&small);
  struct gathering *g;
  float *statistics, *w = weights_of(&f, 3, &statistics), first = w[0], kept = statistics[0];
  OK(gathering_create(&g, f.network));
  gathering_now(g, statistics, 2, 40);
  OK(strait_slots_member(gathering_slots(g), w, STRAIT_STATISTICS_KEEP));
  gathering_now(g, NULL, 3, 50);
  OK(strait_slots_member(gathering_slots(g), w, STRAIT_STATISTICS_REFRESH));
  w[0] = statistics[0] = 99;
  ck_assert_int_eq(gathering_members(g), 2);
  const struct member *a = gathering_member(g, 0), *b = gathering_member(g, 1);
  ck_assert(a->weights[0] == first && a->statistics[0] == kept && !a->refresh && a->source == 2 && a->iteration == 40);
  ck_assert(b->weights[0] == first && !b->statistics && b->refresh && b->source == 3 && b->iteration == 50);
  FAILS(strait_slots_member(gathering_slots(g), w, STRAIT_STATISTICS_KEEP), STRAIT_EINVAL, "a path has none");
  FAILS(strait_slots_member(gathering_slots(g), w, 7), STRAIT_EINVAL, "said to be 7");
  ck_assert_int_eq(gathering_members(g), 2);
  gathering_free(g);
  unmake(&f);
}
END_TEST

/* Without batch norm there is nothing to keep or to re-estimate. */
START_TEST(test_no_statistics) {
  struct fixture f = make(&(struct wanted){.hidden = "8", .limit = 60});
  struct gathering *g;
  float *w = weights_of(&f, 3, NULL);
  OK(gathering_create(&g, f.network));
  OK(strait_slots_member(gathering_slots(g), w, STRAIT_STATISTICS_KEEP));
  OK(strait_slots_member(gathering_slots(g), w, STRAIT_STATISTICS_REFRESH));
  for (int i = 0; i < 2; i++)
    ck_assert(!gathering_member(g, i)->statistics && !gathering_member(g, i)->refresh);
  gathering_free(g);
  unmake(&f);
}
END_TEST

/* The running mean of the odd numbers 1, 3, .. is the number of them, at every step exactly; a member begins a new
 * mean; a mean of nothing is refused. Every third is far away from the others: the mean of 1, 3, 1e6 + 5 is (1e6 + 9)
 * / 3. */
START_TEST(test_running_mean) {
  struct fixture f = make(&small);
  struct gathering *g;
  float *w = weights_of(&f, 3, NULL);
  OK(gathering_create(&g, f.network));
  strait_slots *slots = gathering_slots(g);
  FAILS(strait_slots_mean(slots), STRAIT_EINVAL, "before the schedule's first moment");
  for (int n = 1; n <= 40; n++) {
    for (int64_t i = 0; i < f.count; i++)
      w[i] = (float)((2 * n - 1) * (i % 2 ? 1 : -8));
    OK(strait_slots_fold(slots, w));
    ck_assert_int_eq(*strait_slots_integer(slots, "folded"), n);
    ck_assert(strait_slots_vector(slots, "mean")[0] == (float)(-8 * n));
    ck_assert(strait_slots_vector(slots, "mean")[f.count - 1] == (float)(n * ((f.count - 1) % 2 ? 1 : -8)));
  }
  OK(strait_slots_mean(slots));
  ck_assert_int_eq(*strait_slots_integer(slots, "folded"), 0);
  FAILS(strait_slots_mean(slots), STRAIT_EINVAL, "no weights to average");
  const float far[] = {1, 3, 1e6f + 5};
  for (int n = 0; n < 3; n++) {
    for (int64_t i = 0; i < f.count; i++)
      w[i] = far[n];
    OK(strait_slots_fold(slots, w));
  }
  OK(strait_slots_mean(slots));
  ck_assert_int_eq(gathering_members(g), 2);
  ck_assert(gathering_member(g, 0)->weights[1] == 40 && gathering_member(g, 0)->refresh);
  ck_assert(gathering_member(g, 1)->weights[1] ==
            (float)((1e6 + 9) / 3)); /* the sum in double, rounded once at the end */
  gathering_free(g);
  unmake(&f);
}
END_TEST

/* --- files --- */

static void save(struct fixture *f, struct gathering *g, const char *folder) {
  struct array_list state = {0};
  OK(file_make_folders(folder));
  OK(gathering_pack(g, folder, f->arena, &state));
  OK(safetensors_write(file_join(f->arena, folder, "state.safetensors"), state.array, state.count, NULL, 0));
  array_list_free(&state);
}

static struct gathering *load(struct fixture *f, const char *folder) {
  struct gathering *g;
  struct arrays *arrays;
  OK(gathering_create(&g, f->network));
  OK(safetensors_read(&arrays, file_join(f->arena, folder, "state.safetensors")));
  OK(gathering_unpack(g, folder, arrays));
  arrays_free(arrays);
  return g;
}

static struct gathering *filled(struct fixture *f, int reversed) {
  struct gathering *g;
  float *statistics, *w = weights_of(f, 3, &statistics);
  OK(gathering_create(&g, f->network));
  strait_slots *slots = gathering_slots(g);
  for (int k = 0; k < 3; k++) { /* the order in which slots come about is not to matter */
    const char *name = arena_format(f->arena, "slot-%d", reversed ? 2 - k : k);
    memcpy(strait_slots_vector(slots, name), weights_of(f, (uint64_t)name[5], NULL), (size_t)f->count * sizeof(float));
    *strait_slots_integer(slots, name) = name[5];
  }
  gathering_now(g, statistics, 1, 2);
  OK(strait_slots_member(slots, w, STRAIT_STATISTICS_KEEP));
  OK(strait_slots_member(slots, weights_of(f, 4, NULL), STRAIT_STATISTICS_REFRESH));
  return g;
}

/* There and back: the same slots and members, and written again the same bytes. A member's file is written once. */
START_TEST(test_round_trip) {
  static const char *const files[] = {"state.safetensors", "member-0.safetensors", "member-1.safetensors"};
  struct fixture f = make(&small);
  char *folder = make_folder(&f);
  char *one = file_join(f.arena, folder, "one"), *two = file_join(f.arena, folder, "two");
  struct gathering *g = filled(&f, 0);
  save(&f, g, one);
  struct gathering *h = load(&f, one);
  ck_assert_int_eq(gathering_members(h), 2);
  for (int i = 0; i < 2; i++) {
    const struct member *a = gathering_member(g, i), *b = gathering_member(h, i);
    ck_assert_mem_eq(a->weights, b->weights, (size_t)f.count * sizeof(float));
    ck_assert(a->refresh == b->refresh && a->source == b->source && a->iteration == b->iteration);
    ck_assert(!a->statistics == !b->statistics);
    if (a->statistics)
      ck_assert_mem_eq(a->statistics, b->statistics, (size_t)f.buffers * sizeof(float));
  }
  for (int k = 0; k < 3; k++) {
    const char *name = arena_format(f.arena, "slot-%d", k);
    ck_assert_mem_eq(strait_slots_vector(gathering_slots(g), name), strait_slots_vector(gathering_slots(h), name),
                     (size_t)f.count * sizeof(float));
    ck_assert_int_eq(*strait_slots_integer(gathering_slots(h), name), name[5]);
  }
  save(&f, h, two);
  for (int k = 0; k < 3; k++)
    ck_assert_msg(same_files(file_join(f.arena, one, files[k]), file_join(f.arena, two, files[k])), "%s", files[k]);
  gathering_free(h);
  h = filled(&f, 1);
  save(&f, h, two);
  ck_assert(same_files(file_join(f.arena, one, files[0]), file_join(f.arena, two, files[0])));
  OK(file_write(file_join(f.arena, two, files[2]), "mark", 4));
  save(&f, h, two); /* member 1 is there already */
  ck_assert(!same_files(file_join(f.arena, one, files[2]), file_join(f.arena, two, files[2])));
  gathering_free(g);
  gathering_free(h);
  OK(file_remove_tree(folder));
  unmake(&f);
}
END_TEST

/* Files of another network, or without what the state says they hold. */
START_TEST(test_wrong_files) {
  struct fixture f = make(&small), other = make(&(struct wanted){.hidden = "8", .limit = 60});
  char *folder = make_folder(&f), *state = file_join(f.arena, folder, "state.safetensors");
  struct gathering *g = filled(&f, 0), *h;
  struct arrays *arrays;
  save(&f, g, folder);
  OK(safetensors_read(&arrays, state));
  OK(gathering_create(&h, other.network));
  FAILS(gathering_unpack(h, folder, arrays), STRAIT_EFORMAT, "not a member of an ensemble of this network");
  gathering_free(h);
  OK(unlink(file_join(f.arena, folder, "member-1.safetensors")));
  OK(gathering_create(&h, f.network));
  ck_assert_int_lt(gathering_unpack(h, folder, arrays), 0);
  gathering_free(h);
  gathering_free(g);
  arrays_free(arrays);
  OK(file_remove_tree(folder));
  unmake(&other);
  unmake(&f);
}
END_TEST

/* --- predictions --- */

/* The logarithms of probabilities, in one static room. */
static const float *logs(const float *p, int count) {
  static float room[64];
  for (int i = 0; i < count; i++)
    room[i] = (float)log((double)p[i]);
  return room;
}

enum { MEMBERS = 9, ROWS = 50, CLASSES = 7 };
static float probabilities[MEMBERS][ROWS][CLASSES];

/* Rows that sum to one and hold numbers of very different size, as trained networks give. */
static void fill_probabilities(void) {
  for (int m = 0; m < MEMBERS; m++)
    for (int r = 0; r < ROWS; r++) {
      double sum = 0, z[CLASSES];
      for (int c = 0; c < CLASSES; c++)
        sum += z[c] = exp(30 * sin(1.7 * m + 3.1 * r + 5.3 * c * c));
      for (int c = 0; c < CLASSES; c++)
        probabilities[m][r][c] = (float)log(z[c] / sum);
    }
}

/* The log of the mean to float32 (long double is exact enough to say which), in every order of the members. */
START_TEST(test_mean) {
  static float found[ROWS][CLASSES], again[ROWS][CLASSES], shuffled[MEMBERS][ROWS][CLASSES];
  fill_probabilities();
  OK(combine_members(NULL, MEMBERS, ROWS, CLASSES, &probabilities[0][0][0], &found[0][0]));
  for (int r = 0; r < ROWS; r++)
    for (int c = 0; c < CLASSES; c++) {
      long double sum = 0;
      for (int m = 0; m < MEMBERS; m++)
        sum += expl((long double)probabilities[m][r][c]);
      const long double mean = logl(sum / MEMBERS);
      ck_assert(fabsl((long double)found[r][c] - mean) <= 6e-8L * fabsl(mean) + 1e-15L);
    }
  for (int order = 1; order < 40; order++) {
    for (int m = 0; m < MEMBERS; m++) /* 1 to 8 steps at a time, from another start: 40 different orders */
      memcpy(shuffled[m], probabilities[(order / 5 + m * (order % 2 ? 2 : 4)) % MEMBERS], sizeof shuffled[m]);
    if (order % 3 == 0)
      for (int m = 0; m < MEMBERS; m++)
        memcpy(shuffled[m], probabilities[MEMBERS - 1 - m], sizeof shuffled[m]);
    OK(combine_members(NULL, MEMBERS, ROWS, CLASSES, &shuffled[0][0][0], &again[0][0]));
    ck_assert_mem_eq(found, again, sizeof found);
  }
  FAILS(combine_members(NULL, 0, ROWS, CLASSES, &probabilities[0][0][0], &found[0][0]), STRAIT_EINVAL, "no members");
}
END_TEST

/* Probabilities of very different size, which a sum in another order would round otherwise: all orders say the same. */
START_TEST(test_order) {
  float p[8], first = 0, combined;
  for (int largest = 0; largest < 8; largest++)
    for (int second = 0; second < 8; second++) {
      if (second == largest)
        continue;
      for (int m = 0; m < 8; m++)
        p[m] = m == largest ? 0 : m == second ? -17 : -36;
      OK(combine_members(NULL, 8, 1, 1, p, &combined));
      if (largest == 0 && second == 1)
        first = combined;
      ck_assert(combined == first);
    }
  ck_assert(fabs((double)first - log((1 + exp(-17.) + 6 * exp(-36.)) / 8)) < 1e-7);
}
END_TEST

/* --- an ensembler with a combine of its own: the geometric mean --- */

static int32_t no_source(const void *self, int64_t index, strait_source *source) {
  return (void)self, (void)index, (void)source, STRAIT_OK;
}
static int32_t no_collect(const void *self, const strait_moment *moment, strait_slots *slots) {
  return (void)self, (void)moment, (void)slots, STRAIT_OK;
}
static int32_t geometric(const void *self, int64_t members, int64_t rows, int64_t classes, const float *p,
                         float *combined) {
  if (classes < 2)
    return strait_fail(self, STRAIT_EINVAL, "one class alone");
  for (int64_t r = 0; r < rows; r++) {
    double sum = 0;
    for (int pass = 0; pass < 2; pass++)
      for (int64_t c = 0; c < classes; c++) {
        double log_mean = 0;
        for (int64_t m = 0; m < members; m++)
          log_mean += log((double)p[(m * rows + r) * classes + c] + 1e-30) / (double)members;
        if (pass == 0)
          sum += exp(log_mean);
        else
          combined[r * classes + c] = (float)(exp(log_mean) / sum);
      }
  }
  return STRAIT_OK;
}
static const strait_ensembler_ops geometric_ops = {
    .size = sizeof geometric_ops, .source = no_source, .collect = no_collect, .combine = geometric};
static const strait_class geometric_class = {
    STRAIT_CLASS_BARE(STRAIT_ENSEMBLER, "geometric", "1.0", "a test's ensembler", strait_object, &geometric_ops),
    STRAIT_NO_PRESETS, NULL, NULL};

START_TEST(test_combine) {
  static const float p[2][1][2] = {{{0.9f, 0.1f}}, {{0.5f, 0.5f}}};
  strait_object *ensembler;
  float combined[2];
  OK(object_create(&ensembler, &geometric_class, "mine", 1, NULL, 0));
  OK(combine_members(ensembler, 2, 1, 2, logs(&p[0][0][0], 4), combined));
  ck_assert(fabs(exp((double)combined[0]) - 0.75) < 1e-6); /* sqrt(.45) : sqrt(.05) = 3 : 1 */
  ck_assert_int_eq(combine_members(ensembler, 2, 1, 1, logs(&p[0][0][0], 4), combined), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "one class alone") != NULL, "%s", error_text());
  object_free(ensembler);
}
END_TEST

/* By hand: rows right, wrong, right by being first of equals, and all but certain of the wrong class: 1e-300 is below
 * the least float, its logarithm is not. */
START_TEST(test_judge) {
  static const float p[4][3] = {{0.5f, 0.25f, 0.25f}, {0.5f, 0.25f, 0.25f}, {0.375f, 0.375f, 0.25f}, {0, 0, 1}};
  static const int32_t label[4] = {0, 2, 0, 1};
  float z[4][3];
  struct metrics m;
  memcpy(z, logs(&p[0][0], 12), sizeof z);
  z[3][1] = (float)(-300 * log(10));
  judge(4, 3, &z[0][0], label, &m);
  ck_assert_int_eq(m.samples, 4);
  ck_assert(m.error == 50);
  ck_assert(fabs(m.nll - (log(2) + log(4) - log(0.375) + 300 * log(10)) / 4) < 1e-4);
  ck_assert(m.loss == m.nll);
  judge(3, 3, &z[0][0], label, &m);
  ck_assert(fabs(m.error - 100. / 3) < 1e-12);
}
END_TEST

START_TEST(test_disagreement) {
  static const float a[4][2] = {{1, 0}, {0, 1}, {0.5f, 0.5f}, {0.75f, 0.25f}};
  static const float b[4][2] = {{0.75f, 0.25f}, {1, 0}, {0.25f, 0.75f}, {1, 0}};
  ck_assert(disagreement(4, 2, &a[0][0], &b[0][0]) == 0.5); /* rows 2 and 3; in row 3 a's first of equals is class 0 */
  ck_assert(disagreement(4, 2, &a[0][0], &a[0][0]) == 0);
}
END_TEST

/* Two members whose mean can be worked out: label probabilities (.9, .3) and (.2, .9). The nll of a share w of the
 * first, -log(.2 + .7 w) - log(.9 - .6 w), is least at w = .51/.84 = .607; shares met are k/20 at most, so .03 is their
 * distance. The third member is worse than both everywhere and gets nothing. */
START_TEST(test_greedy) {
  static const float p[3][2][2] = {{{.9f, .1f}, {.7f, .3f}}, {{.2f, .8f}, {.1f, .9f}}, {{.1f, .9f}, {.8f, .2f}}};
  static const int32_t labels[2] = {0, 1};
  double weights[3];
  float combined[4];
  ck_assert_int_eq(greedy_weights(3, 2, 2, logs(&p[0][0][0], 12), labels, weights), STRAIT_OK);
  ck_assert(fabs(weights[0] + weights[1] + weights[2] - 1) < 1e-12);
  ck_assert_msg(fabs(weights[0] - .51 / .84) < .03, "%g", weights[0]);
  ck_assert(weights[2] == 0);
  OK(combine_weighted(3, 4, logs(&p[0][0][0], 12), weights, combined));
  for (int i = 0; i < 4; i++)
    ck_assert(fabs(exp((double)combined[i]) - weights[0] * (double)p[0][i / 2][i % 2] -
                   weights[1] * (double)p[1][i / 2][i % 2]) < 1e-7); /* float32 */
  ck_assert_int_eq(greedy_weights(0, 2, 2, &p[0][0][0], labels, weights), STRAIT_EINVAL);
}
END_TEST

/* One that is best alone stays alone, whatever the rounds. */
START_TEST(test_greedy_alone) {
  static const float p[2][1][2] = {{{.5f, .5f}}, {{.25f, .75f}}};
  static const int32_t label = 0;
  double weights[2];
  ck_assert_int_eq(greedy_weights(2, 1, 2, logs(&p[0][0][0], 4), &label, weights), STRAIT_OK);
  ck_assert(weights[0] == 1 && weights[1] == 0);
}
END_TEST

/* Two members of nearly one-hot predictions, e^-900 and e^-1000 on the labels that the other gets right: as with e^-9,
 * each gets half, though no such probability is above 0 in float or double. */
START_TEST(test_greedy_of_large_logits) {
  static const float z[2][2][2] = {{{0, -900}, {0, -1000}}, {{-900, 0}, {-1000, 0}}};
  static const int32_t labels[2] = {0, 1};
  double weights[2];
  ck_assert_int_eq(greedy_weights(2, 2, 2, &z[0][0][0], labels, weights), STRAIT_OK);
  ck_assert(weights[0] == .5 && weights[1] == .5);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("members");
  TCase *tests = tcase_create("members");
  tcase_add_test(tests, test_slots);
  tcase_add_test(tests, test_members);
  tcase_add_test(tests, test_no_statistics);
  tcase_add_test(tests, test_running_mean);
  tcase_add_test(tests, test_round_trip);
  tcase_add_test(tests, test_wrong_files);
  tcase_add_test(tests, test_mean);
  tcase_add_test(tests, test_order);
  tcase_add_test(tests, test_combine);
  tcase_add_test(tests, test_judge);
  tcase_add_test(tests, test_greedy);
  tcase_add_test(tests, test_greedy_alone);
  tcase_add_test(tests, test_greedy_of_large_logits);
  tcase_add_test(tests, test_disagreement);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
