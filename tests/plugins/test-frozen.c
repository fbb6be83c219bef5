/* tests/plugins/test-frozen.c: plugins compiled against the headers of version 1.0 run on the host of today: one of
 * each kind, found by the registry, doing all that 1.0 has. They are in frozen-1.0/, where the values expected here
 * come from. */
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <strait/strait.h>

#include "base/error.h"
#include "base/log.h"
#include "compute/device.h"
#include "compute/services.h"
#include "compute/team.h"
#include "data/feeder.h"
#include "ensemble/members.h"
#include "network/program.h"
#include "plugin/registry.h"

#include <check.h> /* after strait/host.h, whose `fail` it would make a macro of */

#define OK(call) ck_assert_msg((call) == STRAIT_OK, "%s: %s", #call, error_text())

static struct registry *registry;
static char logged[4096], top[4096], folder[4120];

static void note(void *context, unsigned level, const char *message) {
  (void)context;
  (void)level;
  strncat(logged, message, sizeof logged - strlen(logged) - 1);
}

static void setup(void) {
  const char *built = getenv("builddir");
  snprintf(folder, sizeof folder, "%s/tests/plugins/.libs", built && built[0] == '/' ? built : realpath(".", top));
  logged[0] = 0;
  log_to(note, NULL);
  compute_host_services();
  OK(registry_create(&registry, folder, NULL));
}
static void teardown(void) { registry_free(registry); }

static strait_object *make(uint32_t kind, struct setting *settings, size_t count) {
  const strait_class *cls;
  strait_object *object;
  OK(registry_class(registry, kind, "frozen", &cls));
  ck_assert_uint_eq(cls->host_minor, 0);
  OK(object_create(&object, cls, "ice", 7, settings, count));
  return object;
}

START_TEST(test_curve) {
  static const char *const values[] = {"3", "0.5", "no", "two", "red", NULL, "1 2", "", "a (b c)"};
  char file[4200]; /* any file will do */
  snprintf(file, sizeof file, "%s/curve-frozen.so", folder);
  struct setting settings[] = {{.key = "curve.bends", .value = "3"},
                               {.key = "curve.label", .value = "red"},
                               {.key = "curve.file", .value = file}};
  strait_object *object = make(STRAIT_CURVE, settings, 3);
  struct option_table table = class_options(object->cls);
  struct arena *arena = arena_create();
  ck_assert_uint_eq(table.count, 9);
  for (uint32_t i = 0; i < table.count; i++) {
    strait_option option = option_at(&table, i);
    ck_assert_str_eq(options_text(&option, object, arena), values[i] ? values[i] : file);
  }
  arena_free(arena);
  ck_assert_uint_eq(object->cls->preset_count, 1);
  ck_assert_str_eq(object->cls->presets[0].key, "schedule");
  const strait_curve_ops *ops = object_ops(object);
  double c[5];
  ck_assert_int_eq(ops->points(object), 5);
  ops->coefficients(object, 0.25, c);
  ck_assert(c[0] == 0.75 && c[1] == 0 && c[4] == 0.25);
  ops->derivatives(object, 0.25, c);
  ck_assert(c[0] == -1 && c[4] == 1);
  object_free(object);
  ck_assert_str_eq(logged, "ice: frozen at 1.0ice: thawed");
}
END_TEST

START_TEST(test_curve_refused) {
  struct setting settings[] = {{.key = "refuse", .value = "yes"}, {.key = "label", .value = "red"}};
  const strait_class *cls;
  strait_object *object;
  OK(registry_class(registry, STRAIT_CURVE, "frozen", &cls));
  ck_assert_int_eq(object_create(&object, cls, "ice", 7, settings, 2), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "ice: refused, as red asked");
}
END_TEST

/* The parameters in the order of first use; the counts follow from the shapes in frozen-1.0/model.c with 4 channels. */
START_TEST(test_model) {
  static const struct {
    const char *name;
    int64_t count;
  } expected[] = {{"conv1.weight", 36}, {"conv1.bias", 4}, {"bn1.weight", 4}, {"bn1.bias", 4},
                  {"conv2.weight", 48}, {"bn2.weight", 4}, {"bn2.bias", 4},   {"scale1.weight", 4},
                  {"fc.weight", 12},    {"fc.bias", 3}};
  struct signature signature = {3, {1, 4, 4}, STRAIT_TARGET_CLASS, 3, 0};
  struct network *network;
  strait_object *object = make(STRAIT_MODEL, NULL, 0);
  OK(network_create(&network, object, &signature));
  const struct layout *layout = network_weights(network);
  ck_assert_int_eq(layout->segments, 10);
  for (int i = 0; i < 10; i++) {
    ck_assert_str_eq(layout->segment[i].name, expected[i].name);
    ck_assert_int_eq(layout->segment[i].count, expected[i].count);
  }

  struct team *team;
  struct device *device;
  struct program *program;
  struct loss_sums sums;
  struct run run = {
      .samples = 2, .batch_statistics = 1, .update_statistics = 1, .dropout = 1, .iteration = 1, .seed = 1};
  OK(team_create(&team, 1));
  OK(device_create(&device, NULL, team, NULL));
  OK(program_create(&program, network, device, 2, PROGRAM_TRAIN, 0));
  int64_t weights = layout->count, statistics = network_statistics(network)->count;
  float *w = memory_alloc((size_t)weights, sizeof *w), *s = memory_alloc((size_t)statistics, sizeof *s), x[32];
  int32_t target[] = {0, 2};
  network_initialise(network, 1, w, s);
  ck_assert(w[layout->segment[7].offset] == 2); /* strait_init_constant */
  for (int i = 0; i < 32; i++)
    x[i] = (float)(i % 7) / 7;
  device->ops->upload(device, program_weights(program), w, weights);
  device->ops->upload(device, program_statistics(program), s, statistics);
  device->ops->upload(device, program_input(program), x, 32);
  device->ops->upload(device, program_target(program), target, 2);
  program_forward(program, &run);
  program_loss(program, &run, &sums);
  program_backward(program, &run);
  device->ops->download(device, w, program_gradient(program), weights);
  OK(program_status(program));
  ck_assert_int_eq(sums.rows, 2);
  ck_assert(isfinite(sums.loss) && sums.loss > 0);
  double norm = 0;
  for (int64_t i = 0; i < layout->segment[7].count; i++) /* the custom operation's own gradient came back */
    norm += fabs((double)w[layout->segment[7].offset + i]);
  ck_assert(norm > 0);
  memory_free(w);
  memory_free(s);
  program_free(program);
  device_free(device);
  team_free(team);
  network_free(network);
  object_free(object);
}
END_TEST

START_TEST(test_model_refused) {
  struct setting width = {.key = "width", .value = "99"};
  struct signature signature = {3, {1, 4, 4}, STRAIT_TARGET_CLASS, 3, 0};
  struct network *network;
  strait_object *object = make(STRAIT_MODEL, &width, 1);
  ck_assert_int_eq(network_create(&network, object, &signature), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "width 99 is too much"), "%s", error_text());
  object_free(object);
}
END_TEST

/* Sample i has class i % 3 and grey 100 (i % 3), which the network gets as (grey/255 - mean) / deviation. */
START_TEST(test_dataset) {
  struct data_keys keys = {.normalise = "dataset"};
  struct feeding feeding = {.split = SPLIT_TEST, .batch = 6};
  struct data *data;
  struct feeder *feeder;
  struct batch batch;
  strait_object *object = make(STRAIT_DATASET, NULL, 0);
  OK(data_open(&data, object, registry, &keys, 1));
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 12);
  ck_assert_str_eq(data_describe(data)->class_names[2], "light");
  OK(feeder_create(&feeder, data, &feeding));
  OK(feeder_start(feeder, 1, 0));
  OK(feeder_next(feeder, &batch));
  ck_assert_int_eq(batch.samples, 6);
  for (int i = 0; i < 6; i++) {
    ck_assert_int_eq(((const int32_t *)batch.target)[i], i % 3);
    /* the host may fold the normalisation into one multiplication and addition: a few units in the last place of 2 */
    ck_assert_float_eq_tol(batch.x[4 * i], (100.0f * (float)(i % 3) / 255 - 0.5f) / 0.25f, 1e-6f);
  }
  feeder_free(feeder);
  data_free(data);
  object_free(object);
}
END_TEST

START_TEST(test_schedule) {
  strait_object *object = make(STRAIT_SCHEDULE, NULL, 0);
  const strait_schedule_ops *ops = object_ops(object);
  strait_step step = {sizeof step, 0, 11, 10, 100};
  ck_assert(ops->rate(object, &step) == 0.5); /* the second epoch */
  ck_assert_int_eq(ops->collect(object, &step), 0);
  step.iteration = 20;
  ck_assert_int_eq(ops->collect(object, &step), 1);
  OK(ops->check(object, &step));
  step.iterations = 9;
  ck_assert_int_eq(ops->check(object, &step), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "ice: 9 iterations are not an epoch");
  object_free(object);
}
END_TEST

START_TEST(test_ensembler) {
  struct signature signature = {3, {1, 4, 4}, STRAIT_TARGET_CLASS, 3, 0};
  struct network *network;
  struct gathering *gathering;
  strait_object *object = make(STRAIT_ENSEMBLER, NULL, 0), *model = make(STRAIT_MODEL, NULL, 0);
  const strait_ensembler_ops *ops = object_ops(object);
  int64_t spent = 40;
  strait_source source = {.size = sizeof source, .given_starts = 1, .given_budget = 100, .start_spent = &spent};
  OK(ops->source(object, 0, &source));
  ck_assert_uint_eq(source.type, STRAIT_SOURCE_TRAINING);
  ck_assert_int_eq(source.iterations, 60);
  ck_assert_int_eq(source.seed_offset, 5);
  OK(ops->source(object, 1, &source));
  ck_assert_uint_eq(source.type, STRAIT_SOURCE_END);

  OK(network_create(&network, model, &signature));
  OK(gathering_create(&gathering, network));
  int64_t count = network_weights(network)->count;
  float *weights = memory_alloc((size_t)count, sizeof *weights);
  strait_moment moment = {.size = sizeof moment, .wanted = 1, .count = count, .weights = weights};
  gathering_now(gathering, NULL, 0, 1);
  for (int i = 1; i <= 4; i++) {
    weights[0] = (float)i;
    OK(ops->collect(object, &moment, gathering_slots(gathering)));
  }
  OK(ops->finish(object, 0, gathering_slots(gathering)));
  ck_assert_int_eq(gathering_members(gathering), 1);
  ck_assert(gathering_member(gathering, 0)->weights[0] == 2.5f); /* (1 + 2 + 3 + 4) / 4 */
  ck_assert_int_eq(gathering_member(gathering, 0)->refresh, 1);

  float logs[] = {logf(0.75f), logf(0.25f), logf(0.5f), logf(0.5f)}, combined[2];
  OK(combine_members(object, 2, 1, 2, logs, combined));
  ck_assert(fabsf(expf(combined[0]) - 0.75f) < 1e-6f); /* to float32's rounding of a logarithm and back */
  memory_free(weights);
  gathering_free(gathering);
  network_free(network);
  object_free(model);
  object_free(object);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("frozen 1.0");
  TCase *tests = tcase_create("frozen 1.0");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_curve);
  tcase_add_test(tests, test_curve_refused);
  tcase_add_test(tests, test_model);
  tcase_add_test(tests, test_model_refused);
  tcase_add_test(tests, test_dataset);
  tcase_add_test(tests, test_schedule);
  tcase_add_test(tests, test_ensembler);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
