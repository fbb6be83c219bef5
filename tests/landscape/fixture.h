/* tests/landscape/fixture.h: digits, a network, a device: what evaluators, scans and ensembles are tested on. */
#ifndef TESTS_LANDSCAPE_FIXTURE_H
#define TESTS_LANDSCAPE_FIXTURE_H

#include <config.h>

#include <math.h>
#include <unistd.h>

#include <strait/strait.h>

#include "../curves/objects.h"
#include "base/file.h"
#include "compute/team.h"
#include "landscape/scan.h"

#define OK(call) ck_assert_msg((call) == STRAIT_OK, "%s: %s", #call, error_text())
/* The call fails with this status, and its reason has this text in it. */
#define FAILS(call, status, text)                                                                                      \
  do {                                                                                                                 \
    ck_assert_int_eq((call), (status));                                                                                \
    ck_assert_msg(strstr(error_text(), text) != NULL, "\"%s\" does not say \"%s\"", error_text(), text);               \
  } while (0)

/* --- a small convolutional network with batch norm, whose forward pass naive.h computes by itself --- */

static strait_node small_build(const void *self, strait_graph *g, strait_node x) {
  (void)self;
  x = strait_conv2d(g, x, "conv1", 4, 3, 1, 1, STRAIT_NO_BIAS);
  x = strait_relu(g, strait_batch_norm(g, x, "bn1"));
  x = strait_conv2d(g, x, "conv2", 6, 3, 2, 1, STRAIT_NO_BIAS);
  x = strait_relu(g, strait_batch_norm(g, x, "bn2"));
  x = strait_dropout(g, strait_global_avg_pool(g, x), 0.25);
  return strait_linear(g, strait_flatten(g, x), "out", strait_classes(g), STRAIT_BIAS);
}
static const strait_model_ops small_ops = {.size = sizeof small_ops, .build = small_build};
static const strait_class small_class = {
    STRAIT_CLASS_BARE(STRAIT_MODEL, "small", "1.0", "a test's network", strait_object, &small_ops), STRAIT_NO_PRESETS,
    NULL, NULL};

/* --- the fixture --- */

struct wanted {
  int threads;        /* 0: 1 */
  int guarded;        /* 1: the device whose memory nobody may touch */
  const char *hidden; /* the mlp's; NULL: the small convolutional network */
  int64_t limit, holdout;
  strait_strings augment;
};
struct fixture {
  struct arena *arena;
  struct team *team;
  struct device *device;
  strait_object *dataset, *model;
  struct data *data;
  struct network *network;
  struct evaluate_keys keys;
  struct seeds seeds;
  int64_t count, buffers; /* weights, statistics */
};

static inline struct fixture make(const struct wanted *wanted) {
  struct fixture f = {.arena = arena_create()};
  struct data_keys keys = {0};
  char settings[64];
  if (!registry)
    open_registry("tests/curves/.libs");
  OK(team_create(&f.team, wanted->threads ? wanted->threads : 1));
  OK(device_create(&f.device, wanted->guarded ? "guarded" : NULL, f.team, NULL));
  OK(options_default(&data_options, &keys, f.arena));
  OK(options_default(&seeds_options, &f.seeds, f.arena));
  OK(options_default(&evaluate_options, &f.keys, f.arena));
  keys.limit = wanted->limit;
  keys.holdout = wanted->holdout;
  keys.augment = wanted->augment;
  f.dataset = object(STRAIT_DATASET, "digits", "");
  OK(data_open(&f.data, f.dataset, registry, &keys, 1));
  if (wanted->hidden) {
    snprintf(settings, sizeof settings, "hidden=%s", wanted->hidden);
    f.model = object(STRAIT_MODEL, "mlp", settings);
  } else
    OK(object_create(&f.model, &small_class, "small", 1, NULL, 0));
  const strait_split *split = data_describe(f.data);
  struct signature signature = {.rank = split->rank, .target = split->target, .classes = split->classes};
  memcpy(signature.dims, split->dims, sizeof signature.dims);
  OK(network_create(&f.network, f.model, &signature));
  f.count = network_weights(f.network)->count;
  f.buffers = network_statistics(f.network)->count;
  return f;
}

static inline void unmake(struct fixture *f) {
  network_free(f->network);
  object_free(f->model);
  data_free(f->data);
  object_free(f->dataset);
  device_free(f->device);
  team_free(f->team);
  arena_free(f->arena);
  *f = (struct fixture){0};
}

/* An evaluator with the fixture's keys, training batches of 16, weight decay .01. */
static inline struct evaluator *evaluator(struct fixture *f) {
  struct evaluator *e;
  OK(evaluator_create(&e, f->network, f->data, f->device, &f->keys, &f->seeds, 16, 0.01, NULL));
  return e;
}

/* Fresh weights of a seed, every number moved a little, so that no bias is 0 and no scale 1; and, unless NULL,
 * statistics: means around 0, variances around 1. In the arena. */
static inline float *weights_of(struct fixture *f, uint64_t seed, float **statistics) {
  float *weights = arena_alloc(f->arena, (size_t)f->count, sizeof *weights);
  float *values = arena_alloc(f->arena, (size_t)f->buffers, sizeof *values);
  network_initialise(f->network, seed, weights, values);
  for (int64_t i = 0; i < f->count; i++)
    weights[i] += 0.1f * sinf((float)(seed + 1) * (float)(i + 1));
  for (int64_t i = 0; i < f->buffers; i++)
    values[i] += 0.2f * sinf((float)(seed + 2) * (float)(i + 1));
  if (statistics)
    *statistics = values;
  return weights;
}

/* A fresh folder under $TMPDIR or /tmp; the test removes it. */
static inline char *make_folder(struct fixture *f) {
  const char *parent = getenv("TMPDIR");
  char *folder = arena_format(f->arena, "%s/strait-landscape-XXXXXX", parent && *parent ? parent : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  return folder;
}

/* Are the two files the same bytes? */
static inline int same_files(const char *a, const char *b) {
  char *x, *y;
  size_t m, n;
  OK(file_read(a, 1 << 26, &x, &m));
  OK(file_read(b, 1 << 26, &y, &n));
  int same = m == n && memcmp(x, y, m) == 0;
  memory_free(x);
  memory_free(y);
  return same;
}

static inline int run_suite(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
