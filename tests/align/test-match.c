/* tests/align/test-match.c: matching finds permutations that were planted, the best of all where these can be tried,
 * and the same for any number of threads. */
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "align/match.h"
#include "base/error.h"
#include "base/memory.h"
#include "compute/random.h"
#include "compute/team.h"
#include "plugin/registry.h"

#include <check.h> /* last: it defines a macro named fail */

#define OK(call) ck_assert_msg((call) >= 0, "%s: %s", #call, error_text())

struct pair {
  struct arena *arena;
  struct registry *registry;
  strait_object *object, *dataset;
  struct data *data;
  struct network *network;
  struct channels *channels;
  struct team *team;
  struct device *device;
  float *a, *b, *a_statistics, *b_statistics;
  int64_t **planted;
};

static float normal(const struct stream *stream, int64_t i) {
  float x[2];
  const struct stream one = stream_branch(stream, (uint64_t)i);
  stream_normals(&one, x, 2);
  return x[0];
}

/* Two networks on the digits, (1, 8, 8): a as it starts, its biases and scales no constants; b the same with its units
 * in another order. noise: of a normal, on each of b's weights, as a share of their deviation. */
static void pair_make(struct pair *p, const char *model, const char *key, const char *value, int threads, uint64_t seed,
                      float noise) {
  const strait_class *cls;
  struct data_keys keys = {0};
  struct setting setting[] = {{.key = "", .value = value}};
  setting[0].key = key;
  *p = (struct pair){.arena = arena_create()};
  OK(options_default(&data_options, &keys, p->arena));
  OK(registry_create(&p->registry, NULL, builtins));
  OK(registry_class(p->registry, STRAIT_DATASET, "digits", &cls));
  OK(object_create(&p->dataset, cls, NULL, 1, NULL, 0));
  OK(data_open(&p->data, p->dataset, p->registry, &keys, 1));
  OK(registry_class(p->registry, STRAIT_MODEL, model, &cls));
  OK(object_create(&p->object, cls, NULL, 1, setting, 1));
  const struct signature signature = {.rank = 3, .dims = {1, 8, 8}, .target = STRAIT_TARGET_CLASS, .classes = 10};
  OK(network_create(&p->network, p->object, &signature));
  OK(channels_create(&p->channels, p->network));
  OK(team_create(&p->team, threads));
  OK(device_create(&p->device, NULL, p->team, NULL));
  const struct layout *weights = network_weights(p->network), *statistics = network_statistics(p->network);
  p->a = memory_alloc((size_t)weights->count, sizeof *p->a);
  p->b = memory_alloc((size_t)weights->count, sizeof *p->b);
  p->a_statistics = memory_alloc((size_t)statistics->count, sizeof *p->a_statistics);
  p->b_statistics = memory_alloc((size_t)statistics->count, sizeof *p->b_statistics);
  const struct stream stream = stream_of(seed, "pair", 0);
  network_initialise(p->network, seed, p->a, p->a_statistics);
  for (int s = 0; s < weights->segments; s++)
    for (int64_t k = 0; weights->segment[s].rank == 1 && k < weights->segment[s].count; k++)
      p->a[weights->segment[s].offset + k] += 0.1f * normal(&stream, weights->segment[s].offset + k);
  p->planted = channels_order(p->channels);
  for (int g = 0; g < p->channels->groups; g++) {
    const struct stream one = stream_of(seed, "planted", (uint64_t)g);
    stream_permutation(&one, p->planted[g], p->channels->group[g].size);
  }
  OK(channels_permute(p->channels, weights, p->channels->weights, p->planted, p->a, p->b));
  OK(channels_permute(p->channels, statistics, p->channels->statistics, p->planted, p->a_statistics, p->b_statistics));
  for (int s = 0; s < weights->segments; s++) {
    float *w = p->b + weights->segment[s].offset;
    double square = 0;
    for (int64_t k = 0; k < weights->segment[s].count; k++)
      square += (double)w[k] * (double)w[k];
    for (int64_t k = 0; k < weights->segment[s].count; k++)
      w[k] += noise * (float)sqrt(square / (double)weights->segment[s].count) *
              normal(&stream, weights->count + weights->segment[s].offset + k);
  }
}

static void pair_free(struct pair *p) {
  memory_free(p->planted);
  memory_free(p->a);
  memory_free(p->b);
  memory_free(p->a_statistics);
  memory_free(p->b_statistics);
  channels_free(p->channels);
  network_free(p->network);
  data_free(p->data);
  object_free(p->object);
  object_free(p->dataset);
  device_free(p->device);
  team_free(p->team);
  registry_free(p->registry);
  arena_free(p->arena);
}

static struct matching matching_of(const struct pair *p) {
  return (struct matching){.network = p->network,
                           .channels = p->channels,
                           .device = p->device,
                           .a = p->a,
                           .b = p->b,
                           .a_statistics = p->a_statistics,
                           .b_statistics = p->b_statistics};
}

/* The share of units that are back where they were before they were planted elsewhere. */
static double undone(const struct pair *p, const struct matching *m) {
  int64_t back = 0, units = 0;
  for (int g = 0; g < p->channels->groups; g++)
    for (int64_t i = 0; i < p->channels->group[g].size; i++) {
      back += p->planted[g][m->order[g][i]] == i;
      units++;
    }
  return (double)back / (double)units;
}

/* Sum over all weights of a and b as ordered, over the norms: the cosine, by plain loops. */
static double cosine(const struct pair *p, int64_t *const *order) {
  const struct layout *weights = network_weights(p->network);
  float *c = malloc((size_t)weights->count * sizeof *c);
  double ab = 0, aa = 0, bb = 0;
  OK(channels_permute(p->channels, weights, p->channels->weights, order, p->b, c));
  for (int64_t i = 0; i < weights->count; i++) {
    ab += (double)p->a[i] * (double)c[i];
    aa += (double)p->a[i] * (double)p->a[i];
    bb += (double)c[i] * (double)c[i];
  }
  free(c);
  return ab / sqrt(aa * bb);
}

/* --- planted permutations --- */

static const struct {
  const char *model, *key, *value;
  int64_t restarts;
  float noise;
} planted[] = {
    {"mlp", "hidden", "64 48", 0, 0},       {"mlp", "hidden", "64 48 40", 0, 0.5f},
    {"cifarresnet", "shortcut", "B", 0, 0}, {"preresnet", "depth", "8", 4, 0},
    {"preresnet", "depth", "20", 0, 0},     {"cifarresnet", "depth", "56", 0, 0.2f},
    {"cifarresnet", "depth", "8", 0, 0.3f}, {"wideresnet", "depth", "10", 0, 0},
};

START_TEST(planted_permutations_are_found_by_weights) {
  struct pair p;
  pair_make(&p, planted[_i].model, planted[_i].key, planted[_i].value, 2, (uint64_t)_i + 1, planted[_i].noise);
  struct matching m = matching_of(&p);
  OK(match_weights(&m, planted[_i].restarts, 5));
  ck_assert_double_lt(m.before, 0.9);
  ck_assert_double_eq(undone(&p, &m), 1);
  ck_assert_int_eq(m.starts, planted[_i].restarts + 2);
  ck_assert_int_ge(m.agreed, 1);
  /* sums of the same products in another order, in double */
  ck_assert_double_eq_tol(m.after, cosine(&p, m.order), 1e-12);
  if (planted[_i].noise == 0)
    ck_assert_double_eq_tol(m.after, 1, 1e-12);
  memory_free(m.order);
  pair_free(&p);
}
END_TEST

static const struct {
  const char *model, *key, *value;
  float noise;
} seen[] = {
    {"mlp", "hidden", "64 48", 0},   {"mlp", "hidden", "64 48 40", 0.3f}, {"wideresnet", "depth", "10", 0},
    {"preresnet", "depth", "20", 0}, {"cifarresnet", "depth", "8", 0},
};

START_TEST(planted_permutations_are_found_by_activations) {
  struct pair p;
  const struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 100, .subset = 500, .subset_seed = 3};
  pair_make(&p, seen[_i].model, seen[_i].key, seen[_i].value, 2, (uint64_t)_i + 20, seen[_i].noise);
  struct matching m = matching_of(&p);
  OK(match_activations(&m, p.data, &feeding));
  ck_assert_double_lt(m.before, 0.7);
  /* Units that no sample excites have no correlations, and may go anywhere: up to 10 % of those that start at random.
   */
  ck_assert_double_ge(m.after, seen[_i].noise == 0 ? 0.9 : 0.8);
  ck_assert_double_ge(undone(&p, &m), 0.9);
  memory_free(m.order);
  pair_free(&p);
}
END_TEST

/* --- the best of all --- */

static double best_of_all(const struct pair *p, int64_t **order) {
  double best = -2;
  for (int first = 0; first < 24; first++)
    for (int second = 0; second < 6; second++) {
      int64_t left[4] = {0, 1, 2, 3};
      for (int i = 0, rest = first; i < 4; i++) { /* the permutation of this number */
        const int k = rest % (4 - i);
        order[0][i] = left[k];
        rest /= 4 - i;
        memmove(left + k, left + k + 1, (size_t)(3 - k) * sizeof *left);
      }
      int64_t other[3] = {0, 1, 2};
      for (int i = 0, rest = second; i < 3; i++) {
        const int k = rest % (3 - i);
        order[1][i] = other[k];
        rest /= 3 - i;
        memmove(other + k, other + k + 1, (size_t)(2 - k) * sizeof *other);
      }
      best = fmax(best, cosine(p, order));
    }
  return best;
}

START_TEST(no_permutation_is_better) {
  struct pair p;
  pair_make(&p, "mlp", "hidden", "4 3", 1, (uint64_t)_i + 40, 5.f); /* hardly related */
  int64_t **order = channels_order(p.channels);
  struct matching m = matching_of(&p);
  OK(match_weights(&m, 20, 9));
  ck_assert_double_eq_tol(m.before, cosine(&p, order), 1e-12);
  ck_assert_double_eq_tol(m.after, best_of_all(&p, order), 1e-12);
  memory_free(m.order);
  memory_free(order);
  pair_free(&p);
}
END_TEST

START_TEST(threads_change_nothing) {
  const struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 64, .subset = 300, .subset_seed = 3};
  double after[2][2];
  int64_t first[2][2] = {{0}};
  for (int k = 0; k < 2; k++) {
    struct pair p;
    pair_make(&p, "preresnet", "depth", "8", k ? 5 : 1, 3, 2.f);
    for (int way = 0; way < 2; way++) {
      struct matching m = matching_of(&p);
      OK(way ? match_activations(&m, p.data, &feeding) : match_weights(&m, 3, 1));
      after[way][k] = m.after;
      for (int g = 0; g < p.channels->groups; g++)
        for (int64_t i = 0; i < p.channels->group[g].size; i++)
          first[way][k] = first[way][k] * 31 % 1000000007 + m.order[g][i];
      memory_free(m.order);
    }
    pair_free(&p);
  }
  for (int way = 0; way < 2; way++) {
    ck_assert(after[way][0] == after[way][1]);
    ck_assert_int_eq(first[way][0], first[way][1]);
  }
}
END_TEST

#define LOOP(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof table / sizeof table[0]))

int main(void) {
  Suite *suite = suite_create("match");
  TCase *tcase = tcase_create("match");
  LOOP(planted_permutations_are_found_by_weights, planted);
  LOOP(planted_permutations_are_found_by_activations, seen);
  tcase_add_loop_test(tcase, no_permutation_is_better, 0, 10);
  tcase_add_test(tcase, threads_change_nothing);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
