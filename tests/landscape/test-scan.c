/* Scans: the law of the two ends, the batch-norm rules along a path, interruption, and curve.npz. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/stop.h"
#include "store/arrays.h"

enum { POINTS = 5 };
static const struct wanted small = {.limit = 60, .holdout = 10}, mlp = {.hidden = "12", .limit = 60};

/* Three control points with their statistics, on one curve. */
struct trip {
  const float *theta[3], *statistics[3];
  strait_object *curve;
  struct path path;
};

static struct trip *trip(struct fixture *f, const char *curve) {
  struct trip *t = arena_alloc(f->arena, 1, sizeof *t);
  for (int i = 0; i < 3; i++) {
    float *statistics;
    t->theta[i] = weights_of(f, (uint64_t)i + 3, &statistics);
    t->statistics[i] = statistics;
  }
  t->curve = curve ? object(STRAIT_CURVE, curve, "bends=1") : NULL;
  t->path = (struct path){.name = "trip",
                          .curve = t->curve,
                          .points = 3,
                          .count = f->count,
                          .theta = t->theta,
                          .statistics = t->statistics};
  return t;
}

static struct scan *fresh(const struct path *path, unsigned splits) {
  struct scan *scan;
  OK(scan_grid(&scan, POINTS, NULL, 0, splits));
  OK(scan_look_beside(scan));
  OK(scan_geometry(scan, path));
  return scan;
}

static void equal(const struct scan *scan, int64_t i, const struct metrics m[SPLITS]) {
  for (int split = 0; split < SPLITS; split++) {
    ck_assert(scan->value[split][MEASURE_LOSS][i] == m[split].loss);
    ck_assert(scan->value[split][MEASURE_NLL][i] == m[split].nll);
    ck_assert(scan->value[split][MEASURE_ERROR][i] == m[split].error);
  }
}

/* At t = 0 and 1 a path's measures are its ends', bit for bit, under each rule, on each kind of curve: an evaluator of
 * its own measures the ends as networks, without a path. */
START_TEST(test_ends) {
  const char *const curves[] = {NULL, "polychain", "bezier"};
  struct fixture f = make(&small);
  for (f.keys.bn = BN_REFRESH; f.keys.bn <= BN_BATCH; f.keys.bn++)
    for (int k = 0; k < 3; k++) {
      struct trip *t = trip(&f, curves[k]);
      struct scan *scan = fresh(&t->path, 7);
      struct evaluator *e = evaluator(&f);
      struct metrics m[SPLITS];
      OK(scan_run(scan, &t->path, e, NULL, NULL));
      evaluator_free(e);
      e = evaluator(&f);
      OK(evaluator_point(e, t->theta[2], t->statistics[2], 7, m, NULL, NULL));
      equal(scan, POINTS - 1, m);
      OK(evaluator_point(e, t->theta[0], t->statistics[0], 7, m, NULL, NULL));
      equal(scan, 0, m);
      evaluator_free(e);
      scan_free(scan);
      object_free(t->curve);
    }
  unmake(&f);
}
END_TEST

/* The predictions themselves. */
START_TEST(test_predictions) {
  struct fixture f = make(&small);
  struct trip *t = trip(&f, "bezier");
  struct evaluator *e = evaluator(&f);
  struct metrics m[SPLITS];
  static float p[2][1797 * 10];
  float *const whole[] = {NULL, NULL, p[0]}, *const end[] = {NULL, NULL, p[1]};
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w);
  for (int i = 0; i <= 1; i++) {
    path_weights(&t->path, i, w);
    OK(evaluator_point(e, w, NULL, 1 << SPLIT_TEST, m, NULL, whole));
    OK(evaluator_point(e, t->theta[2 * i], NULL, 1 << SPLIT_TEST, m, NULL, end));
    ck_assert_mem_eq(p[0], p[1], sizeof p[0]);
  }
  evaluator_free(e);
  object_free(t->curve);
  unmake(&f);
}
END_TEST

/* Between the ends: interpolate weighs the statistics as the weights, running takes the nearest control point's. On the
 * chain of three, t = .25 is half way between the first two, which are equally near: the first counts. */
START_TEST(test_between) {
  struct fixture f = make(&small);
  struct trip *t = trip(&f, NULL);
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w), half[64];
  for (int64_t k = 0; k < f.buffers; k++)
    half[k] = (float)(0.5 * (double)t->statistics[0][k] + 0.5 * (double)t->statistics[1][k]);
  path_weights(&t->path, 0.25, w);
  for (f.keys.bn = BN_RUNNING; f.keys.bn <= BN_INTERPOLATE; f.keys.bn++) {
    struct scan *scan = fresh(&t->path, 7);
    struct evaluator *e = evaluator(&f);
    struct metrics m[SPLITS];
    OK(scan_run(scan, &t->path, e, NULL, NULL));
    OK(evaluator_point(e, w, f.keys.bn == BN_RUNNING ? t->statistics[0] : half, 7, m, NULL, NULL));
    equal(scan, 1, m);
    evaluator_free(e);
    scan_free(scan);
  }
  unmake(&f);
}
END_TEST

/* Control points without statistics: interpolate re-estimates them, running refuses and says which. */
START_TEST(test_without_statistics) {
  struct fixture f = make(&small);
  struct trip *t = trip(&f, NULL);
  struct scan *scan = fresh(&t->path, 7);
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w), own[64], half[64];
  struct metrics m[SPLITS];
  t->statistics[1] = NULL;
  f.keys.bn = BN_RUNNING;
  struct evaluator *e = evaluator(&f);
  FAILS(scan_run(scan, &t->path, e, NULL, NULL), STRAIT_EINVAL, "control point 1 of trip");
  ck_assert(scan->done[0] && scan->done[1] && !scan->done[2]);
  evaluator_free(e);
  scan_free(scan);
  f.keys.bn = BN_INTERPOLATE;
  scan = fresh(&t->path, 7);
  e = evaluator(&f);
  OK(scan_run(scan, &t->path, e, NULL, NULL));
  OK(evaluator_refresh(e, t->theta[1], own));
  for (int64_t k = 0; k < f.buffers; k++)
    half[k] = (float)(0.5 * (double)t->statistics[0][k] + 0.5 * (double)own[k]);
  path_weights(&t->path, 0.25, w);
  OK(evaluator_point(e, w, half, 7, m, NULL, NULL));
  equal(scan, 1, m);
  evaluator_free(e);
  scan_free(scan);
  unmake(&f);
}
END_TEST

/* What is measured beside, from the predictions of an evaluator of its own, row by row. */
START_TEST(test_beside) {
  struct fixture f = make(&small);
  struct trip *t = trip(&f, "bezier");
  struct evaluator *e = evaluator(&f);
  struct scan *scan = fresh(&t->path, 7);
  struct metrics m[SPLITS];
  static float p[3][1797 * 10];
  static int32_t labels[1797];
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w);
  OK(scan_run(scan, &t->path, e, NULL, NULL));
  OK(evaluator_labels(e, SPLIT_TEST, labels));
  const double at[3] = {0, 0.25, 1}; /* the two ends and grid point 1 */
  for (int i = 0; i < 3; i++) {
    float *const whole[] = {NULL, NULL, p[i]};
    path_weights(&t->path, at[i], w);
    OK(evaluator_point(e, w, NULL, 1 << SPLIT_TEST, m, NULL, whole));
    for (int k = 0; k < 1797 * 10; k++) /* log-probabilities */
      p[i][k] = expf(p[i][k]);
  }
  int from[2] = {0, 0}, wrong = 0;
  double nll = 0;
  for (int row = 0; row < 1797; row++) {
    int best[3] = {0, 0, 0}, pair = 0;
    for (int c = 1; c < 10; c++) {
      for (int i = 0; i < 3; i++)
        best[i] = p[i][row * 10 + c] > p[i][row * 10 + best[i]] ? c : best[i];
      pair = p[0][row * 10 + c] + p[1][row * 10 + c] > p[0][row * 10 + pair] + p[1][row * 10 + pair] ? c : pair;
    }
    from[0] += best[1] != best[0], from[1] += best[1] != best[2];
    wrong += pair != labels[row];
    nll -= log(((double)p[0][row * 10 + labels[row]] + (double)p[1][row * 10 + labels[row]]) / 2);
  }
  double *const *beside = scan->beside[SPLIT_TEST];
  ck_assert(fabs(beside[FROM_START][1] - 100 * from[0] / 1797.) < 1e-12);
  ck_assert(fabs(beside[FROM_END][1] - 100 * from[1] / 1797.) < 1e-12);
  ck_assert(fabs(beside[PAIR_ERROR][1] - 100 * wrong / 1797.) < 1e-12);
  ck_assert(fabs(beside[PAIR_NLL][1] - nll / 1797) < 1e-6); /* the pair's mean is rounded to float32 */
  ck_assert(beside[FROM_START][0] == 0 && beside[FROM_END][POINTS - 1] == 0);
  ck_assert(beside[FROM_START][POINTS - 1] == beside[FROM_END][0]);
  /* a temperature costs nothing but what its halves differ by, and never a class; train has none */
  ck_assert(beside[TEMPERATURE][1] > 0 && beside[CALIBRATED_NLL][1] < scan->value[SPLIT_TEST][MEASURE_NLL][1]);
  ck_assert(!scan->beside[SPLIT_TRAIN][TEMPERATURE] && scan->beside[SPLIT_VALIDATION][TEMPERATURE]);
  scan_free(scan);
  evaluator_free(e);
  object_free(t->curve);
  unmake(&f);
}
END_TEST

/* --- interruption --- */

static int stop_after(void *context, const struct scan *scan, int64_t i) {
  int64_t *left = context;
  (void)scan, (void)i;
  return --*left ? STRAIT_OK : error_set(STRAIT_ESTOP, "enough");
}

/* Stopped after each number of points in turn, written, read and gone on with: the file is the same bytes. */
START_TEST(test_resume) {
  struct fixture f = make(&small);
  char *folder = make_folder(&f);
  struct trip *t = trip(&f, "bezier");
  const char *whole = file_join(f.arena, folder, "whole.npz"), *part = file_join(f.arena, folder, "part.npz");
  struct evaluator *e = evaluator(&f);
  struct scan *scan = fresh(&t->path, 7);
  scan->levels = 2;
  OK(scan_run(scan, &t->path, e, NULL, NULL));
  OK(scan_write(scan, whole));
  const int64_t total = POINTS + (int64_t)scan->refined_count;
  ck_assert_int_gt(total, POINTS + 1);
  scan_free(scan);
  evaluator_free(e);
  for (int64_t stop = 1; stop < total; stop++) {
    int64_t left = stop;
    e = evaluator(&f);
    scan = fresh(&t->path, 7);
    scan->levels = 2;
    ck_assert_int_eq(scan_run(scan, &t->path, e, stop_after, &left), STRAIT_ESTOP);
    OK(scan_write(scan, part));
    ck_assert(!same_files(whole, part));
    scan_free(scan);
    evaluator_free(e);
    e = evaluator(&f);
    scan = fresh(&t->path, 7);
    scan->levels = 2;
    OK(scan_read(scan, part));
    for (int64_t i = 0; i < POINTS; i++)
      ck_assert_int_eq(scan->done[i], i < stop);
    left = -1;
    OK(scan_run(scan, &t->path, e, stop_after, &left));
    ck_assert_int_eq(left, -1 - (total - stop)); /* each missing point was measured once */
    OK(scan_write(scan, part));
    ck_assert_msg(same_files(whole, part), "stopped after %d", (int)stop);
    scan_free(scan);
    evaluator_free(e);
  }
  OK(file_remove_tree(folder));
  object_free(t->curve);
  unmake(&f);
}
END_TEST

/* A signal in the middle of a point leaves that point unmeasured. */
static int signal_at(void *context, const struct scan *scan, int64_t i) {
  (void)context, (void)scan;
  return i == 2 ? raise(SIGTERM) : STRAIT_OK;
}
START_TEST(test_signal) {
  struct fixture f = make(&small);
  struct trip *t = trip(&f, NULL);
  struct evaluator *e = evaluator(&f);
  struct scan *scan = fresh(&t->path, 7);
  stop_install(0);
  ck_assert_int_eq(scan_run(scan, &t->path, e, signal_at, NULL), STRAIT_ESTOP);
  ck_assert(scan->done[2] && !scan->done[3] && isnan(scan->value[SPLIT_TEST][MEASURE_NLL][3]));
  scan_free(scan);
  evaluator_free(e);
  unmake(&f);
}
END_TEST

/* The same file from one thread and from several, and from the guarded device. */
START_TEST(test_threads) {
  struct fixture f = make(&small);
  char *folder = make_folder(&f);
  char *file[2] = {file_join(f.arena, folder, "one.npz"), file_join(f.arena, folder, "more.npz")};
  for (int threads = 1; threads <= 3; threads++) {
    struct wanted wanted = small;
    wanted.threads = threads;
    wanted.guarded = threads == 3;
    struct fixture g = make(&wanted);
    struct trip *t = trip(&g, "bezier");
    struct evaluator *e = evaluator(&g);
    struct scan *scan = fresh(&t->path, 7);
    OK(scan_run(scan, &t->path, e, NULL, NULL));
    OK(scan_write(scan, file[threads > 1]));
    ck_assert(threads == 1 || same_files(file[0], file[1]));
    scan_free(scan);
    evaluator_free(e);
    object_free(t->curve);
    unmake(&g);
  }
  OK(file_remove_tree(folder));
  unmake(&f);
}
END_TEST

/* --- curve.npz --- */

static double scalar(const struct arrays *arrays, const char *name) {
  const struct array *a = arrays_find(arrays, name);
  ck_assert_msg(a && a->type == STRAIT_F64 && a->rank == 0, "no scalar %s", name);
  return *(const double *)a->data;
}
static const double *row(const struct arrays *arrays, const char *name, int64_t count) {
  const struct array *a = arrays_find(arrays, name);
  ck_assert_msg(a && a->type == STRAIT_F64 && a->rank == 1 && a->dims[0] == count, "no row %s", name);
  return a->data;
}

/* The reference code's names are all there, and NumPy agrees with what stands beside them. */
START_TEST(test_file) {
  static const char *const rows[] = {"ts",      "dl",     "tr_loss", "tr_nll", "tr_err",     "tr_acc",
                                     "te_loss", "te_nll", "te_err",  "te_acc", "va_loss",    "arc",
                                     "norm",    "va_nll", "va_err",  "va_acc", "from_start", "from_end"};
  static const char *const ends[] = {"min", "max", "avg", "int"};
  static const char *const measures[] = {"tr_loss", "tr_nll", "tr_err", "te_loss", "te_nll", "te_err"};
  struct fixture f = make(&small);
  char *folder = make_folder(&f), *file = file_join(f.arena, folder, "curve.npz");
  f.keys.train_samples = 20;
  struct trip *t = trip(&f, "bezier");
  struct evaluator *e = evaluator(&f);
  struct scan *scan;
  struct arrays *arrays;
  int64_t numbers[20];
  const double extra = 0.1;
  OK(scan_grid(&scan, POINTS, &extra, 1, 7));
  OK(scan_look_beside(scan));
  OK(scan_geometry(scan, &t->path));
  scan->levels = 2;
  OK(scan_run(scan, &t->path, e, NULL, NULL));
  OK(scan_write(scan, file));
  OK(npz_read(&arrays, file));
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
    row(arrays, rows[k], POINTS + 1);
  for (int k = 0; k < 6; k++)
    for (int j = 0; j < 4; j++)
      scalar(arrays, arena_format(f.arena, "%s_%s", measures[k], ends[j]));
  ck_assert_mem_eq(row(arrays, "tr_nll", POINTS + 1), scan->value[SPLIT_TRAIN][MEASURE_NLL],
                   (POINTS + 1) * sizeof(double));
  ck_assert(scalar(arrays, "length") == scan->length && scalar(arrays, "chord") == scan->chord);
  evaluator_subset(e, SPLIT_TRAIN, numbers);
  ck_assert_mem_eq(arrays_find(arrays, "tr_numbers")->data, numbers, sizeof numbers);
  ck_assert_int_eq(*(const int64_t *)arrays_find(arrays, "tr_samples")->data, 20);
  ck_assert_ptr_null(arrays_find(arrays, "te_numbers")); /* the whole split */
  arrays_free(arrays);
  char *command = arena_format(f.arena, "/usr/bin/python3 '%s/tests/landscape/check-curve.py' '%s'",
                               getenv("srcdir") ? getenv("srcdir") : ".", file);
  if (!access("/usr/bin/python3", X_OK)) {
    int status = system(command);
    ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77), "%s", command);
  }
  scan_free(scan);
  evaluator_free(e);
  OK(file_remove_tree(folder));
  object_free(t->curve);
  unmake(&f);
}
END_TEST

/* The arc of a scan is the path's, the steps its chords, the distances those to the ends. */
START_TEST(test_geometry) {
  struct fixture f = make(&mlp);
  struct trip *t = trip(&f, "bezier");
  struct scan *scan = fresh(&t->path, 1);
  double gram[9];
  path_gram(&t->path, gram);
  ck_assert(scan->arc[0] == 0 && scan->step[0] == 0 && scan->from_start[0] == 0 && scan->from_end[POINTS - 1] == 0);
  ck_assert(fabs(scan->arc[POINTS - 1] - scan->length) < 1e-9 * scan->length);
  ck_assert(scan->from_start[POINTS - 1] == scan->chord && scan->from_end[0] == scan->chord);
  for (int64_t i = 1; i < POINTS; i++) {
    ck_assert(fabs(scan->arc[i] - path_arc(&t->path, gram, 0, scan->t[i])) < 1e-9 * scan->length);
    ck_assert(scan->step[i] == path_distance(&t->path, gram, scan->t[i - 1], scan->t[i]));
    ck_assert(scan->norm[i] == path_norm(&t->path, gram, scan->t[i]));
  }
  scan_free(scan);
  object_free(t->curve);
  unmake(&f);
}
END_TEST

/* A file that is not of this scan is refused, and nothing of it is taken. */
START_TEST(test_read_refused) {
  struct fixture f = make(&mlp);
  char *folder = make_folder(&f), *file = file_join(f.arena, folder, "curve.npz");
  struct trip *t = trip(&f, NULL);
  struct scan *scan = fresh(&t->path, 1 << SPLIT_TRAIN), *other;
  OK(scan_write(scan, file));
  OK(scan_grid(&other, POINTS + 1, NULL, 0, 1 << SPLIT_TRAIN));
  FAILS(scan_read(other, file), STRAIT_EFORMAT, "another grid");
  scan_free(other);
  OK(scan_grid(&other, POINTS, NULL, 0, 1 << SPLIT_TRAIN | 1 << SPLIT_TEST));
  FAILS(scan_read(other, file), STRAIT_EFORMAT, "te_loss");
  OK(file_write(file, "PK", 2));
  ck_assert_int_eq(scan_read(other, file), STRAIT_EFORMAT);
  for (int i = 0; i < POINTS; i++)
    ck_assert_int_eq(other->done[i], 0);
  scan_free(other);
  scan_free(scan);
  OK(file_remove_tree(folder));
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("scan");
  TCase *tests = tcase_create("scan");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_ends);
  tcase_add_test(tests, test_predictions);
  tcase_add_test(tests, test_between);
  tcase_add_test(tests, test_beside);
  tcase_add_test(tests, test_without_statistics);
  tcase_add_test(tests, test_resume);
  tcase_add_test(tests, test_threads);
  tcase_add_test(tests, test_file);
  tcase_add_test(tests, test_geometry);
  tcase_add_test(tests, test_read_refused);
  tcase_add_test(tests, test_signal); /* last: the signal stays, where tests share a process (CK_FORK=no) */
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
