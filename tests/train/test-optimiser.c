/* The optimiser's step against torch.optim (golden-optimisers.h), its keys, and who is decayed. */
#include <math.h>

#include "base/log.h"
#include "compute/team.h"
#include "golden-optimisers.h"
#include "train/training.h"

#include "../curves/objects.h"

static const struct segment segments[] = {
    {.name = "fc.weight", .rank = 2, .dims = {2, 2}, .offset = 0, .count = 4},
    {.name = "fc.bias", .rank = 1, .dims = {2}, .offset = 4, .count = 2},
};
static const struct layout layout = {.count = 6, .segments = 2, .segment = segments};

static struct arena *arena;
static struct optimiser_keys keys;
static struct team *team;
static struct device *device;

static void setup(void) {
  arena = arena_create();
  keys = (struct optimiser_keys){0};
  ck_assert_int_eq(options_default(&optimiser_options, &keys, arena), STRAIT_OK);
  ck_assert_int_eq(team_create(&team, 1), STRAIT_OK);
  ck_assert_int_eq(device_create(&device, "guarded", team, NULL), STRAIT_OK);
}
static void teardown(void) {
  device_free(device);
  team_free(team);
  arena_free(arena);
}

static place vector(void) {
  place at;
  ck_assert_int_eq(device->ops->create(device, 6, &at), STRAIT_OK);
  return at;
}

/* The gradient of golden-optimisers.py. */
static void gradient(int step, const float *w, float *g) {
  for (int i = 0; i < 6; i++)
    g[i] = (float)(sin(1.7 * i + step) + .3 * w[i]);
}

/* Five steps of a plain training, w and theta in one place. Weights are up to 3 and float: each step rounds by at most
 * a few times 1.2e-7 * 3 / 2, and errors don't grow here: below 4e-6 after five. */
static void compare(const double golden[][6], double rate) {
  struct optimiser *optimiser;
  struct update_op op = {.points = 1, .coefficient = {1}, .next = {1}, .gradient_scale = 1};
  float w[6], g[6];
  op.w = op.theta[0] = vector();
  op.velocity[0] = vector();
  op.square[0] = vector();
  op.gradient = vector();
  for (int i = 0; i < 6; i++)
    w[i] = (float)golden_start[i];
  device->ops->upload(device, op.w, w, 6);
  ck_assert_msg(optimiser_create(&optimiser, &keys, &layout) == STRAIT_OK, "%s", error_text());
  for (int step = 0; step < GOLDEN_STEPS; step++) {
    gradient(step, w, g);
    device->ops->upload(device, op.gradient, g, 6);
    optimiser_step(optimiser, device, &op, rate, step);
    device->ops->download(device, w, op.w, 6);
    for (int i = 0; i < 6; i++)
      ck_assert_msg(fabs(w[i] - golden[step][i]) < 4e-6, "step %d, weight %d: %.9g, torch has %.9g", step + 1, i, w[i],
                    golden[step][i]);
  }
  ck_assert(op.gradient_scale == 1);
  optimiser_free(optimiser);
}

START_TEST(test_sgd) {
  keys.weight_decay = keys.momentum = 0;
  compare(golden_sgd, .1);
}
END_TEST
START_TEST(test_momentum) {
  keys.weight_decay = 0;
  compare(golden_momentum, .1);
}
END_TEST
START_TEST(test_decay) {
  keys.weight_decay = .05;
  compare(golden_decay, .1);
}
END_TEST
START_TEST(test_nesterov) {
  keys.weight_decay = .05;
  keys.nesterov = 1;
  compare(golden_nesterov, .1);
}
END_TEST
START_TEST(test_exclude) {
  static const char *const pattern = "*.bias";
  keys.weight_decay = .05;
  keys.weight_decay_exclude = (strait_strings){1, &pattern};
  compare(golden_exclude, .1);
}
END_TEST
START_TEST(test_clip) {
  keys.weight_decay = .05;
  keys.clip_norm = .75;
  compare(golden_clip, .1);
}
END_TEST
START_TEST(test_adamw) {
  keys.optimiser = OPTIMISER_ADAMW;
  keys.weight_decay = .05;
  compare(golden_adamw, .01);
}
END_TEST
START_TEST(test_adamw_betas) {
  keys.optimiser = OPTIMISER_ADAMW;
  keys.weight_decay = 0;
  keys.beta1 = .8;
  keys.beta2 = .95;
  keys.epsilon = 1e-3;
  compare(golden_adamw_betas, .01);
}
END_TEST

/* Two epochs of ten iterations: a twentieth more at each, 1 from the twentieth on. */
START_TEST(test_warmth) {
  ck_assert(optimiser_warmth(&keys, 1, 10) == 1);
  keys.warm_up = 2;
  for (int64_t i = 1; i <= 30; i++)
    ck_assert_double_eq_tol(optimiser_warmth(&keys, i, 10), i < 20 ? (double)i / 20 : 1, 1e-16);
  ck_assert(optimiser_warmth(&keys, 20, 10) == 1);
}
END_TEST

START_TEST(test_decays) {
  static const char *const patterns[] = {"*.bias", "bn?.*"};
  strait_strings exclude = {2, patterns}, none = {0, NULL};
  ck_assert(!optimiser_decays(&exclude, 1, &(struct segment){.name = "fc.bias", .rank = 1}));
  ck_assert(!optimiser_decays(&exclude, 1, &(struct segment){.name = "bn1.weight", .rank = 1}));
  ck_assert(optimiser_decays(
      &exclude, 1, &(struct segment){.name = "layer1.bn1.weight", .rank = 1})); /* patterns match whole names */
  ck_assert(optimiser_decays(&exclude, 1, &(struct segment){.name = "fc.weight", .rank = 1}));
  ck_assert(optimiser_decays(&none, 1, &(struct segment){.name = "fc.bias", .rank = 1}));
  ck_assert(!optimiser_decays(&none, 2, &(struct segment){.name = "fc.bias", .rank = 1}));
  ck_assert(optimiser_decays(&none, 2, &(struct segment){.name = "fc.weight", .rank = 2}));
}
END_TEST

static char logged[512];
static void keep_log(void *context, unsigned level, const char *message) {
  (void)context;
  if (level == STRAIT_LOG_WARNING)
    snprintf(logged, sizeof logged, "%s", message);
}
START_TEST(test_idle_pattern) {
  static const char *const patterns[] = {"*.bias", "bn*"};
  struct optimiser *optimiser;
  log_to(keep_log, NULL);
  keys.weight_decay_exclude = (strait_strings){2, patterns};
  ck_assert_int_eq(optimiser_create(&optimiser, &keys, &layout), STRAIT_OK);
  ck_assert_str_eq(logged, "weight-decay-exclude: no parameter matches \"bn*\"");
  optimiser_free(optimiser);
}
END_TEST

/* The table is sound, and its defaults are those the manual states. */
START_TEST(test_table) {
  ck_assert_msg(options_check(&optimiser_options, sizeof keys) == STRAIT_OK, "%s", error_text());
  ck_assert(keys.optimiser == OPTIMISER_SGD && keys.batch == 128 && keys.momentum == .9 && !keys.nesterov);
  ck_assert(keys.weight_decay == 1e-4 && keys.weight_decay_exclude.n == 0 && keys.clip_norm == 0);
}
END_TEST

START_TEST(test_contradictions) {
  struct optimiser *optimiser;
  keys.nesterov = 1;
  keys.momentum = 0;
  ck_assert_int_eq(optimiser_create(&optimiser, &keys, &layout), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "nesterov = yes needs a momentum above 0"));
  keys.momentum = .9;
  keys.optimiser = OPTIMISER_ADAMW;
  ck_assert_int_eq(optimiser_create(&optimiser, &keys, &layout), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "sgd"));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("optimiser");
  TCase *tests = tcase_create("optimiser");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_sgd);
  tcase_add_test(tests, test_momentum);
  tcase_add_test(tests, test_decay);
  tcase_add_test(tests, test_nesterov);
  tcase_add_test(tests, test_exclude);
  tcase_add_test(tests, test_clip);
  tcase_add_test(tests, test_adamw);
  tcase_add_test(tests, test_adamw_betas);
  tcase_add_test(tests, test_warmth);
  tcase_add_test(tests, test_decays);
  tcase_add_test(tests, test_idle_pattern);
  tcase_add_test(tests, test_table);
  tcase_add_test(tests, test_contradictions);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
