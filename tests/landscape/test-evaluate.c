/* The evaluator against forward passes in double (naive.h): metrics, the batch-norm rule in all its forms; and what
 * must not change a bit. */
#include "naive.h"

#include "landscape/supply.h"

enum { TRAIN = 150, HOLDOUT = 40, TRAIN_BATCH = 16 }; /* 110 training samples: the last batch has 14 */
static const struct wanted mlp = {.hidden = "20", .limit = TRAIN, .holdout = HOLDOUT};
static const struct wanted small = {.limit = TRAIN, .holdout = HOLDOUT};

static void near(double found, double wanted, double relative) {
  ck_assert_msg(fabs(found - wanted) <= relative * fabs(wanted), "%.9g, not %.9g", found, wanted);
}

/* Products of 64 numbers in float32 are right to about 1e-6; 1e-5 leaves room for the largest of them. */
START_TEST(test_mlp) {
  struct fixture f = make(&mlp);
  struct evaluator *e = evaluator(&f);
  float *w = weights_of(&f, 3, NULL);
  for (int split = 0; split < SPLITS; split++) {
    struct samples s = samples_of(&f, split);
    double *logits = arena_alloc(f.arena, (size_t)s.count * 10, sizeof *logits), nll, error, squares = 0;
    struct metrics m;
    naive_mlp(&f, w, &s, 20, logits);
    naive_metrics(logits, s.label, s.count, &nll, &error);
    for (int64_t i = 0; i < f.count; i++)
      squares += (double)w[i] * (double)w[i];
    OK(evaluator_measure(e, w, NULL, split, &m, NULL));
    ck_assert_int_eq(m.samples, s.count);
    ck_assert_int_eq(evaluator_samples(e, split), s.count);
    near(m.nll, nll, 1e-5);
    near(m.error, error, 1e-12); /* the same samples are wrong: no logits are that close here */
    near(m.loss, nll + 0.5 * 0.01 * squares, 1e-5);
  }
  ck_assert_int_eq(evaluator_samples(e, SPLIT_TRAIN), TRAIN - HOLDOUT);
  ck_assert_int_eq(evaluator_samples(e, SPLIT_VALIDATION), HOLDOUT);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

/* Weight decay leaves out what a pattern names. */
START_TEST(test_exclude) {
  struct fixture f = make(&mlp);
  static const char *const pattern[] = {"*.bias", "fc1.*"};
  strait_strings exclude = {1, pattern};
  const struct layout *layout = network_weights(f.network);
  float *w = weights_of(&f, 3, NULL);
  for (size_t patterns = 1; patterns <= 2; patterns++) {
    struct evaluator *e;
    struct metrics m;
    double squares = 0;
    exclude.n = patterns;
    for (int s = 0; s < layout->segments; s++)
      if (layout->segment[s].rank == 2 && (patterns == 1 || s > 1))
        for (int64_t i = 0; i < layout->segment[s].count; i++)
          squares += pow((double)w[layout->segment[s].offset + i], 2);
    OK(evaluator_create(&e, f.network, f.data, f.device, &f.keys, &f.seeds, 16, 0.3, &exclude));
    OK(evaluator_measure(e, w, NULL, SPLIT_TEST, &m, NULL));
    near(m.loss - m.nll, 0.15 * squares, 1e-9);
    evaluator_free(e);
  }
  unmake(&f);
}
END_TEST

/* Statistics of 14 to 16 images, averaged over 7 batches: float32 activations, sums in double. Both with samples that
 * are kept by the split that is measured, and with a subset there, so that they are kept apart. */
START_TEST(test_refresh) {
  struct fixture f = make(&small);
  f.keys.train_samples = _i ? 20 : 0;
  struct evaluator *e = evaluator(&f);
  struct samples train = samples_to_refresh(&f);
  float *w = weights_of(&f, 5, NULL), found[BUFFERS];
  double wanted[BUFFERS];
  ck_assert_int_eq(f.buffers, BUFFERS);
  naive_refresh(&f, w, &train, TRAIN_BATCH, wanted);
  OK(evaluator_refresh(e, w, found));
  for (int k = 0; k < BUFFERS; k++)
    ck_assert_msg(fabs((double)found[k] - wanted[k]) < 1e-6 * (1 + fabs(wanted[k])), "statistic %d: %.9g, not %.9g", k,
                  (double)found[k], wanted[k]);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

/* Under the training's augmentation, whose draws are the same at every call and in every stage, whatever its seeds but
 * subset: what a feeder gives that is told so. refresh.augment = no leaves it out. */
START_TEST(test_refresh_augmented) {
  static const char *const words[] = {"crop", "flip"};
  struct wanted wanted = small;
  wanted.augment = (strait_strings){2, words};
  float found[3][BUFFERS];
  double expected[2][BUFFERS];
  struct fixture f = make(&wanted);
  float *w = weights_of(&f, 5, NULL);
  struct samples augmented = samples_by(
      &f, &(struct feeding){
              .split = SPLIT_TRAIN, .batch = 32, .shuffle = 1, .order_seed = 1, .augment = 1, .augment_seed = 1});
  struct samples plain = samples_to_refresh(&f);
  naive_refresh(&f, w, &augmented, TRAIN_BATCH, expected[0]);
  naive_refresh(&f, w, &plain, TRAIN_BATCH, expected[1]);
  for (int i = 0; i < 3; i++) {
    f.keys.refresh_augment = i < 2;
    f.seeds.subset = 1;
    f.seeds.seed = f.seeds.augment = f.seeds.order = 1 + i;
    struct evaluator *e = evaluator(&f);
    for (int again = 0; again < 2; again++) {
      OK(evaluator_refresh(e, w, found[i]));
      for (int k = 0; k < BUFFERS; k++)
        ck_assert(fabs((double)found[i][k] - expected[i == 2][k]) < 1e-6 * (1 + fabs(expected[i == 2][k])));
    }
    evaluator_free(e);
  }
  ck_assert_mem_eq(found[0], found[1], sizeof found[0]);
  ck_assert_mem_ne(found[1], found[2], sizeof found[0]);
  unmake(&f);
}
END_TEST

/* --- two classes, one after the other: at -5 and at 5, each with a variance of 1 --- */

static int32_t steps_describe(const void *self, uint32_t which, strait_split *split) {
  (void)self, (void)which;
  split->element = STRAIT_F32;
  split->target = STRAIT_TARGET_CLASS;
  split->rank = 1;
  split->dims[0] = 1;
  split->count = 1000;
  split->classes = 2;
  return STRAIT_OK;
}
static int32_t steps_read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  const int64_t one = 1;
  float noise[2], *to = strait_sample_reserve(sample, 1, &one);
  const struct stream stream = stream_of(which, "steps", (uint64_t)index);
  (void)self;
  stream_normals(&stream, noise, 1);
  if (to)
    *to = (index < 500 ? -5 : 5) + noise[0];
  return to ? strait_sample_label(sample, index >= 500) : STRAIT_EBUG;
}
static int32_t steps_open(void *self) { return (void)self, STRAIT_OK; }
static const strait_dataset_ops steps_ops = {
    .size = sizeof steps_ops, .open = steps_open, .describe = steps_describe, .read = steps_read};
static const strait_class steps_class = {
    STRAIT_CLASS_BARE(STRAIT_DATASET, "steps", "1.0", "two classes in order", strait_object, &steps_ops),
    STRAIT_NO_PRESETS, NULL, NULL};

static strait_node normed_build(const void *self, strait_graph *g, strait_node x) {
  (void)self;
  return strait_linear(g, strait_batch_norm(g, x, "bn"), "out", strait_classes(g), STRAIT_BIAS);
}
static const strait_model_ops normed_ops = {.size = sizeof normed_ops, .build = normed_build};
static const strait_class normed_class = {
    STRAIT_CLASS_BARE(STRAIT_MODEL, "normed", "1.0", "batch norm of the input", strait_object, &normed_ops),
    STRAIT_NO_PRESETS, NULL, NULL};

/* Batches mix the classes, so that their variance is that of the whole, 25 + 1, and not the 1 within a class. The mean
 * of the variances of 63 batches is (999 S^2 - B) / 937, where S^2 is the variance of all and B, between batches, is 26
 * times a chi-square of 62 degrees: its deviation is 26 sqrt(124) / 937 = .31, and that of S^2 about .1. Five of these
 * is 1.6.
 */
START_TEST(test_classes_in_order) {
  struct fixture f = make(&mlp);
  struct signature signature = {.rank = 1, .dims = {1}, .target = STRAIT_TARGET_CLASS, .classes = 2};
  struct data_keys keys = {.normalise = "none"};
  struct fixture g = {.arena = f.arena, .device = f.device, .keys = f.keys, .seeds = f.seeds};
  OK(object_create(&g.dataset, &steps_class, "steps", 1, NULL, 0));
  OK(object_create(&g.model, &normed_class, "normed", 1, NULL, 0));
  OK(data_open(&g.data, g.dataset, registry, &keys, 1));
  OK(network_create(&g.network, g.model, &signature));
  float weights[8] = {1, 0, 1, 1, 1, 1}, statistics[2];
  ck_assert_int_eq(network_statistics(g.network)->count, 2);
  for (g.seeds.subset = 1; g.seeds.subset < 4; g.seeds.subset++) {
    struct evaluator *e = evaluator(&g);
    OK(evaluator_refresh(e, weights, statistics));
    ck_assert_msg(fabs((double)statistics[0]) < .2, "mean %g", (double)statistics[0]); /* deviation .03 */
    ck_assert_msg(fabs((double)statistics[1] - 26) < 1.6, "variance %g", (double)statistics[1]);
    evaluator_free(e);
  }
  network_free(g.network);
  object_free(g.model);
  data_free(g.data);
  object_free(g.dataset);
  unmake(&f);
}
END_TEST

/* Every rule at one point, on every split, with the statistics that it reports. */
START_TEST(test_rules) {
  struct fixture f = make(&small);
  struct samples train = samples_to_refresh(&f);
  float *running, *w = weights_of(&f, 5, &running), used[BUFFERS], statistics[BUFFERS];
  double estimated[BUFFERS];
  naive_refresh(&f, w, &train, TRAIN_BATCH, estimated);
  for (int bn = BN_REFRESH; bn <= BN_INTERPOLATE; bn++) {
    f.keys.bn = bn;
    struct evaluator *e = evaluator(&f);
    struct metrics m[SPLITS];
    for (int k = 0; k < BUFFERS; k++)
      statistics[k] = bn == BN_REFRESH ? (float)estimated[k] : running[k];
    OK(evaluator_point(e, w, bn == BN_REFRESH ? NULL : running, 7, m, used, NULL));
    for (int k = 0; k < BUFFERS; k++)
      ck_assert(fabs((double)used[k] - (double)statistics[k]) < 1e-5 * (1 + fabs((double)statistics[k])));
    for (int split = 0; split < SPLITS; split++) {
      struct samples s = samples_of(&f, split);
      double *logits = arena_alloc(f.arena, (size_t)s.count * 10, sizeof *logits), nll, error;
      naive_small(&f, w, statistics, &s, 0, s.count, logits, NULL);
      naive_metrics(logits, s.label, s.count, &nll, &error);
      near(m[split].nll, nll, 2e-5);
      near(m[split].error, error, 1e-12);
    }
    evaluator_free(e);
  }
  unmake(&f);
}
END_TEST

/* bn = batch: each evaluated batch by its own statistics; the batch is the training's unless eval.batch says more. */
START_TEST(test_batch) {
  struct fixture f = make(&small);
  struct samples s = samples_of(&f, SPLIT_TEST);
  double *logits = arena_alloc(f.arena, (size_t)s.count * 10, sizeof *logits), batch[BUFFERS], nll, error;
  float *w = weights_of(&f, 5, NULL);
  f.keys.bn = BN_BATCH;
  for (f.keys.batch = 0; f.keys.batch <= 50; f.keys.batch += 50) {
    struct evaluator *e = evaluator(&f);
    struct metrics m[SPLITS];
    int64_t size = f.keys.batch ? f.keys.batch : TRAIN_BATCH;
    for (int64_t first = 0; first < s.count; first += size)
      naive_small(&f, w, NULL, &s, first, s.count - first < size ? s.count - first : size, logits + first * 10, batch);
    naive_metrics(logits, s.label, s.count, &nll, &error);
    OK(evaluator_point(e, w, NULL, 1 << SPLIT_TEST, m, NULL, NULL));
    near(m[SPLIT_TEST].nll, nll, 2e-5);
    near(m[SPLIT_TEST].error, error, 1e-12);
    evaluator_free(e);
  }
  unmake(&f);
}
END_TEST

/* Log-probabilities belong to the metrics that come with them, and their exponentials sum to one. */
START_TEST(test_probabilities) {
  struct fixture f = make(&small);
  struct evaluator *e = evaluator(&f);
  struct metrics m;
  int64_t n = evaluator_samples(e, SPLIT_TEST);
  int32_t *label = arena_alloc(f.arena, (size_t)n, sizeof *label);
  float *running, *w = weights_of(&f, 5, &running);
  float *p = arena_alloc(f.arena, (size_t)n * 10, sizeof *p);
  double nll = 0;
  struct samples s = samples_of(&f, SPLIT_TEST);
  OK(evaluator_labels(e, SPLIT_TEST, label));
  ck_assert_mem_eq(label, s.label, (size_t)n * sizeof *label);
  OK(evaluator_measure(e, w, running, SPLIT_TEST, &m, p));
  for (int64_t i = 0; i < n; i++) {
    double sum = 0;
    for (int c = 0; c < 10; c++)
      sum += exp((double)p[i * 10 + c]);
    ck_assert(fabs(sum - 1) < 1e-6);
    nll -= (double)p[i * 10 + label[i]] / (double)n;
  }
  near(m.nll, nll, 1e-6);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

/* One fixed subset, the same for each evaluator of a seed and another for another, is what is measured. */
START_TEST(test_subset) {
  struct fixture f = make(&mlp);
  f.keys.train_samples = 30;
  f.keys.test_samples = 1000000; /* more than there are: all */
  struct evaluator *e = evaluator(&f);
  int64_t numbers[30], again[30];
  int32_t label[30];
  struct samples s = samples_of(&f, SPLIT_TRAIN);
  ck_assert_int_eq(evaluator_samples(e, SPLIT_TRAIN), 30);
  ck_assert_int_eq(evaluator_samples(e, SPLIT_TEST), data_count(f.data, SPLIT_TEST));
  ck_assert_int_eq(evaluator_subset(e, SPLIT_TEST, NULL), 0);
  ck_assert_int_eq(evaluator_subset(e, SPLIT_TRAIN, numbers), 1);
  OK(evaluator_labels(e, SPLIT_TRAIN, label));
  struct samples some = {30, s.words, arena_alloc(f.arena, 30 * 64, sizeof(float)), label};
  for (int i = 0; i < 30; i++) {
    ck_assert(i == 0 || numbers[i] > numbers[i - 1]);
    ck_assert_int_eq(label[i], s.label[numbers[i]]);
    memcpy(some.x + i * 64, s.x + numbers[i] * 64, 64 * sizeof(float));
  }
  double logits[300], nll, error;
  struct metrics m;
  float *w = weights_of(&f, 3, NULL);
  naive_mlp(&f, w, &some, 20, logits);
  naive_metrics(logits, label, 30, &nll, &error);
  OK(evaluator_measure(e, w, NULL, SPLIT_TRAIN, &m, NULL));
  near(m.nll, nll, 1e-5);
  evaluator_free(e);
  for (f.seeds.subset = 1; f.seeds.subset <= 2; f.seeds.subset++) { /* seed is 1 */
    e = evaluator(&f);
    evaluator_subset(e, SPLIT_TRAIN, again);
    ck_assert_int_eq(memcmp(numbers, again, sizeof numbers) == 0, f.seeds.subset == 1);
    evaluator_free(e);
  }
  unmake(&f);
}
END_TEST

/* What one evaluator says of a point, in full. */
static void measure_all(struct fixture *f, struct metrics m[SPLITS], float *used, float *p) {
  struct evaluator *e = evaluator(f);
  float *running, *w = weights_of(f, 5, &running);
  float *const probabilities[SPLITS] = {NULL, NULL, p};
  memset(m, 0, SPLITS * sizeof *m);
  OK(evaluator_point(e, w, running, 7, m, used, probabilities));
  evaluator_free(e);
}

/* The same bits with any number of threads and on a device that hides its memory; nothing left over from an earlier
 * point changes a later one. */
START_TEST(test_bits) {
  struct metrics m[2][SPLITS];
  static float p[2][1797 * 10];
  float used[2][BUFFERS];
  for (int threads = 1; threads <= 3; threads++) {
    struct wanted wanted = small;
    wanted.threads = threads;
    wanted.guarded = threads == 2;
    struct fixture f = make(&wanted);
    int k = threads > 1;
    measure_all(&f, m[k], used[k], p[k]);
    ck_assert_mem_eq(m[k], m[0], sizeof m[0]);
    ck_assert_mem_eq(used[k], used[0], sizeof used[0]);
    ck_assert_mem_eq(p[k], p[0], sizeof p[0]);
    unmake(&f);
  }
  struct fixture f = make(&small);
  struct evaluator *e = evaluator(&f);
  struct metrics again[SPLITS];
  for (int i = 0; i < 3; i++) {
    memset(again, 0, sizeof again);
    OK(evaluator_point(e, weights_of(&f, i == 1 ? 9 : 5, NULL), NULL, 7, again, NULL, NULL));
    ck_assert_int_eq(memcmp(again, m[0], sizeof again) == 0, i != 1);
  }
  evaluator_free(e);
  unmake(&f);
}
END_TEST

/* The evaluation's batch changes results by rounding at most: 1e-6 is some units of float32. */
START_TEST(test_batch_size) {
  struct metrics m[2][SPLITS];
  static float p[2][1797 * 10];
  float used[2][BUFFERS];
  const int64_t sizes[] = {0, 1, 64, 100};
  for (int k = 0; k < 4; k++) {
    struct fixture f = make(&small);
    f.keys.batch = sizes[k];
    measure_all(&f, m[k > 0], used[k > 0], p[k > 0]);
    for (int split = 0; split < SPLITS; split++) {
      near(m[k > 0][split].nll, m[0][split].nll, 1e-6);
      ck_assert(m[k > 0][split].error == m[0][split].error);
    }
    ck_assert_mem_eq(used[k > 0], used[0], sizeof used[0]); /* the refresh has its own batches */
    unmake(&f);
  }
}
END_TEST

/* Refreshed on a fixed subset, or on augmented samples: other statistics, the same at each call. */
START_TEST(test_refresh_keys) {
  struct fixture f = make(&small);
  float *w = weights_of(&f, 5, NULL), all[BUFFERS], some[BUFFERS], again[BUFFERS];
  struct evaluator *e = evaluator(&f);
  OK(evaluator_refresh(e, w, all));
  evaluator_free(e);
  f.keys.refresh_samples = 40;
  e = evaluator(&f);
  OK(evaluator_refresh(e, w, some));
  OK(evaluator_refresh(e, w, again));
  ck_assert_mem_eq(some, again, sizeof some);
  ck_assert_mem_ne(some, all, sizeof some);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

/* Samples that are kept and samples that are read again each time are the same samples. */
START_TEST(test_supply) {
  struct fixture f = make(&small);
  struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 16}, larger = {.split = SPLIT_TRAIN, .batch = 50};
  struct feeding mixed = {.split = SPLIT_TRAIN, .batch = 50, .shuffle = 1, .order_seed = 1};
  struct supply kept, streamed, lent, gathered, shuffled;
  int64_t none = 0, room = 110 * 65 * 4;
  OK(supply_open(&kept, f.data, &feeding, NULL, &room));
  ck_assert_int_eq(room, 0);
  OK(supply_open(&streamed, f.data, &feeding, NULL, &none));
  OK(supply_open(&lent, f.data, &larger, &kept, &none));
  OK(supply_open(&gathered, f.data, &mixed, &kept, &none));
  OK(supply_open(&shuffled, f.data, &mixed, NULL, &none));
  ck_assert(kept.keep && !streamed.keep && lent.lender == &kept && gathered.lender == &kept && !shuffled.keep);
  for (int pass = 0; pass < 2; pass++) {
    struct samples in_order = samples_of(&f, SPLIT_TRAIN), permuted = samples_to_refresh(&f);
    struct supply *each[] = {&lent, &kept, &streamed, &gathered, &shuffled};
    for (int k = 0; k < 5; k++) {
      struct samples s = k < 3 ? in_order : permuted;
      struct batch batch;
      int64_t seen = 0;
      OK(supply_start(each[k]));
      for (;;) {
        OK(supply_next(each[k], &batch));
        if (!batch.samples)
          break;
        ck_assert_mem_eq(batch.x, s.x + seen * 64, (size_t)batch.samples * 64 * sizeof(float));
        ck_assert_mem_eq(batch.target, s.label + seen, (size_t)batch.samples * sizeof(int32_t));
        seen += batch.samples;
      }
      ck_assert_int_eq(seen, s.count);
    }
  }
  supply_close(&lent);
  supply_close(&gathered);
  supply_close(&shuffled);
  supply_close(&kept);
  supply_close(&streamed);
  unmake(&f);
}
END_TEST

/* Logits that are not numbers are wrong, whatever the label, and the nll says that it is none. */
START_TEST(test_astray) {
  struct fixture f = make(&mlp);
  struct evaluator *e = evaluator(&f);
  struct metrics m;
  float *w = weights_of(&f, 3, NULL);
  for (int64_t i = 0; i < f.count; i++)
    w[i] = NAN;
  OK(evaluator_measure(e, w, NULL, SPLIT_TEST, &m, NULL));
  ck_assert(isnan(m.nll) && m.error == 100);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

START_TEST(test_refused) {
  struct fixture f = make(&(struct wanted){.limit = 50});
  struct metrics m[SPLITS];
  float *w = weights_of(&f, 3, NULL);
  f.keys.bn = BN_RUNNING;
  struct evaluator *e = evaluator(&f);
  FAILS(evaluator_point(e, w, NULL, 1, m, NULL, NULL), STRAIT_EINVAL, "bn = running");
  FAILS(evaluator_measure(e, w, w, SPLIT_VALIDATION, m, NULL), STRAIT_EINVAL, "set holdout");
  evaluator_free(e);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("evaluate");
  TCase *tests = tcase_create("evaluate");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_mlp);
  tcase_add_test(tests, test_exclude);
  tcase_add_loop_test(tests, test_refresh, 0, 2);
  tcase_add_test(tests, test_refresh_augmented);
  tcase_add_test(tests, test_classes_in_order);
  tcase_add_test(tests, test_rules);
  tcase_add_test(tests, test_batch);
  tcase_add_test(tests, test_probabilities);
  tcase_add_test(tests, test_subset);
  tcase_add_test(tests, test_bits);
  tcase_add_test(tests, test_batch_size);
  tcase_add_test(tests, test_refresh_keys);
  tcase_add_test(tests, test_supply);
  tcase_add_test(tests, test_astray);
  tcase_add_test(tests, test_refused);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
