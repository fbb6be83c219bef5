/* tests/train/fixture.h: a small training, made of what the program would use: the digits, a little network of this
 * file's own, and any schedule and curve. */
#ifndef TESTS_TRAIN_FIXTURE_H
#define TESTS_TRAIN_FIXTURE_H

#include <config.h>

#include <math.h>

#include <strait/strait.h>

#include "../curves/objects.h"
#include "../network/leaky.h"
#include "compute/team.h"
#include "train/training.h"

/* --- a network: linear layers with ReLU, on request with batch norm and dropout --- */

struct tiny {
  strait_object object;
  strait_ints hidden;
  int32_t norm;
  double dropout;
};
static const strait_option tiny_options[] = {
    STRAIT_OPTION("hidden", STRAIT_OPT_INTS, STRAIT_REPEATABLE, struct tiny, hidden, NULL, 1, 10000, NULL,
                  "the widths of the hidden layers"),
    STRAIT_BOOL("norm", struct tiny, norm, "no", "batch norm behind each hidden layer"),
    STRAIT_FLOAT("dropout", struct tiny, dropout, "0", 0, 0.9, "dropout behind each hidden layer"),
};
static int64_t tiny_carries = -1; /* how the layer of tests/network/leaky.h keeps its state; -1: there is none */
static int tiny_tokens;           /* 1: samples are tokens */
static strait_node tiny_build(const void *self, strait_graph *g, strait_node x) {
  const struct tiny *tiny = self;
  int64_t dims[STRAIT_MAX_DIMS];
  if (tiny_tokens && strait_shape(g, x, dims) == 1)
    x = onehot(g, x, strait_classes(g));
  else
    x = strait_flatten(g, x);
  for (size_t i = 0; i < tiny->hidden.n; i++) {
    x = strait_linear(g, x, strait_name(g, "fc%d", (int)i + 1), tiny->hidden.v[i], STRAIT_BIAS);
    if (tiny->norm)
      x = strait_batch_norm(g, x, strait_name(g, "bn%d", (int)i + 1));
    x = strait_relu(g, x);
    if (tiny_carries >= 0)
      x = leaky(g, x, strait_name(g, "leaky%d", (int)i + 1), tiny_carries);
    if (tiny->dropout > 0)
      x = strait_dropout(g, x, tiny->dropout);
  }
  return strait_linear(g, x, "out", strait_classes(g), STRAIT_BIAS);
}
static const strait_model_ops tiny_ops = {.size = sizeof tiny_ops, .build = tiny_build};
static const strait_class tiny_class = {
    STRAIT_CLASS(STRAIT_MODEL, "tiny", "1.0", "a test's network", struct tiny, tiny_options, &tiny_ops),
    STRAIT_NO_PRESETS, NULL, NULL};

/* --- the fixture --- */

struct wanted {
  int threads;                 /* 0: 1 */
  int guarded;                 /* 1: the device whose memory nobody may touch */
  const strait_class *dataset; /* NULL: the digits */
  const char *hidden;          /* NULL: "12" */
  int norm, dropout;
  int64_t limit;        /* training samples; 0: all */
  const char *schedule; /* NULL: "constant" */
  const char *settings; /* of the schedule; NULL: "rate=0.05" */
  const char *curve;    /* NULL: a plain training */
  const char *bends;    /* settings of the curve */
  int free_ends;
  int64_t iterations;  /* the horizon */
  int64_t seed, order; /* order 0: as seed */
};
struct fixture {
  struct team *team;
  struct device *device;
  strait_object *dataset, *model, *schedule, *curve;
  struct data *data;
  struct network *network;
  struct arena *arena;
  struct optimiser_keys keys;
  struct training_plan plan;
  int64_t count; /* P */
};

#define OK(call) ck_assert_msg((call) == STRAIT_OK, "%s: %s", #call, error_text())

static inline strait_object *make_tiny(const struct wanted *wanted) {
  struct setting settings[] = {{.key = "hidden", .value = wanted->hidden ? wanted->hidden : "12"},
                               {.key = "norm", .value = wanted->norm ? "yes" : "no"},
                               {.key = "dropout", .value = wanted->dropout ? "0.25" : "0"}};
  strait_object *model;
  OK(object_create(&model, &tiny_class, "tiny", 1, settings, 3));
  return model;
}

/* The keys are the defaults, but batches of 16; change f->keys before training_create. */
static inline struct fixture make(const struct wanted *wanted) {
  struct fixture f = {0};
  struct data_keys keys = {0};
  struct seeds seeds = {0};
  if (!registry)
    open_registry("tests/curves/.libs");
  f.arena = arena_create();
  OK(team_create(&f.team, wanted->threads ? wanted->threads : 1));
  OK(device_create(&f.device, wanted->guarded ? "guarded" : NULL, f.team, NULL));
  OK(options_default(&data_options, &keys, f.arena));
  OK(options_default(&seeds_options, &seeds, f.arena));
  OK(options_default(&optimiser_options, &f.keys, f.arena));
  f.keys.batch = 16;
  keys.limit = wanted->limit;
  seeds.seed = wanted->seed ? wanted->seed : 1;
  if (wanted->order)
    seeds.order = wanted->order;
  if (wanted->dataset)
    OK(object_create(&f.dataset, wanted->dataset, NULL, 1, NULL, 0));
  else
    f.dataset = object(STRAIT_DATASET, "digits", "");
  OK(data_open(&f.data, f.dataset, registry, &keys, 1));
  f.model = make_tiny(wanted);
  const strait_split *split = data_describe(f.data);
  struct signature signature = {.rank = split->rank,
                                .target = split->target,
                                .classes = split->classes,
                                .element = split->element == STRAIT_I32 ? STRAIT_I32 : STRAIT_F32};
  memcpy(signature.dims, split->dims, sizeof signature.dims);
  OK(network_create(&f.network, f.model, &signature));
  f.count = network_weights(f.network)->count;
  f.schedule = object(STRAIT_SCHEDULE, wanted->schedule ? wanted->schedule : "constant",
                      wanted->settings ? wanted->settings : "rate=0.05");
  if (wanted->curve)
    f.curve = object(STRAIT_CURVE, wanted->curve, wanted->bends ? wanted->bends : "");
  f.plan = (struct training_plan){.network = f.network,
                                  .data = f.data,
                                  .device = f.device,
                                  .schedule = f.schedule,
                                  .curve = f.curve,
                                  .seeds = seeds,
                                  .iterations = wanted->iterations,
                                  .free_ends = wanted->free_ends};
  return f;
}

static inline void unmake(struct fixture *f) {
  network_free(f->network);
  object_free(f->model);
  data_free(f->data);
  object_free(f->dataset);
  object_free(f->schedule);
  object_free(f->curve);
  device_free(f->device);
  team_free(f->team);
  arena_free(f->arena);
  *f = (struct fixture){0};
}

/* A training of the fixture, and where it starts: fresh weights, or control points between two fresh ones. */
static inline struct training *start(struct fixture *f, struct snapshot **snapshot) {
  struct training *training;
  f->plan.keys = &f->keys;
  OK(training_create(&training, &f->plan));
  OK(training_snapshot(training, snapshot));
  struct snapshot *s = *snapshot;
  float *first = memory_alloc((size_t)f->count, sizeof *first), *last = memory_alloc((size_t)f->count, sizeof *last);
  network_initialise(f->network, 11, last, s->statistics);
  network_initialise(f->network, 10, first, s->statistics);
  if (s->points > 1)
    snapshot_spread(s, first, last);
  else
    memcpy(s->theta[0], first, (size_t)f->count * sizeof *first);
  memory_free(first);
  memory_free(last);
  return training;
}

/* Trains from the start to iteration `until` and returns the state there. */
static inline struct snapshot *train(struct fixture *f, int64_t until) {
  struct snapshot *snapshot;
  struct training *training = start(f, &snapshot);
  OK(training_load(training, snapshot));
  OK(training_run(training, until, 0));
  OK(training_save(training, snapshot));
  training_free(training);
  return snapshot;
}

/* Bit for bit: every vector and number. */
static inline int same(const struct snapshot *a, const struct snapshot *b) {
  size_t bytes = (size_t)a->count * sizeof(float);
  int equal = a->points == b->points && a->count == b->count && a->iteration == b->iteration &&
              a->updates == b->updates && a->buffers == b->buffers && !a->square == !b->square &&
              memcmp(a->statistics, b->statistics, (size_t)a->buffers * sizeof(float)) == 0;
  equal = equal && snapshot_carried(a) == snapshot_carried(b) &&
          (!a->state || memcmp(a->state, b->state, (size_t)snapshot_carried(a) * sizeof(float)) == 0);
  for (int i = 0; equal && i < a->points; i++) {
    equal = memcmp(a->theta[i], b->theta[i], bytes) == 0 && !a->velocity[i] == !b->velocity[i];
    if (equal && a->velocity[i])
      equal = memcmp(a->velocity[i], b->velocity[i], bytes) == 0;
    if (equal && a->square && a->square[i])
      equal = memcmp(a->square[i], b->square[i], bytes) == 0;
  }
  return equal;
}

/* |a - b| / |b| in L2. */
static inline double distance(const float *a, const double *b, int64_t count) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return sqrt(difference) / sqrt(size);
}

/* A fresh folder under $TMPDIR or /tmp; the test removes it. */
static inline void make_folder(char *folder, size_t size) {
  const char *parent = getenv("TMPDIR");
  snprintf(folder, size, "%s/strait-train-XXXXXX", parent && *parent ? parent : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline int run_suite(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
