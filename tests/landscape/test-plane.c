/* Planes: the frame, the law of the three corners, values against an evaluator, interruption, what is no plane. */
#include "fixture.h"

#include "landscape/plane.h"
#include "store/arrays.h"

enum { GRID = 3 };
static const struct wanted small = {.limit = 60, .holdout = 10}, mlp = {.hidden = "12", .limit = 60};
static const struct plane_keys keys = {GRID, 0.25, 0.5, 0.1, 0.2};

struct three {
  const float *theta[3], *statistics[3];
};
static struct three three(struct fixture *f) {
  struct three t;
  for (int i = 0; i < 3; i++) {
    float *statistics;
    t.theta[i] = weights_of(f, (uint64_t)i + 3, &statistics);
    t.statistics[i] = statistics;
  }
  return t;
}

static struct plane *fresh(struct fixture *f, struct three *t) {
  struct plane *p;
  OK(plane_create(&p, "plane", t->theta, t->statistics, f->count, &keys, 7));
  return p;
}

/* By hand: w1 = (1,1,0,0), w2 = (1,5,0,0), w3 = (4,3,0,0): |u| = 4, w3 lies half way along it at the height 3. A fourth
 * point (0,2,7,0) has x = 1, y = -1 and lies 7 away. */
START_TEST(test_frame) {
  const float w[4][4] = {{1, 1, 0, 0}, {1, 5, 0, 0}, {4, 3, 0, 0}, {0, 2, 7, 0}};
  const float *theta[3] = {w[0], w[1], w[2]};
  const double corner[3][2] = {{0, 0}, {4, 0}, {2, 3}};
  double x, y, off, c[3];
  struct plane *p;
  OK(plane_create(&p, "plane", theta, NULL, 4, &keys, 0));
  ck_assert(p->width == 4 && p->height == 3 && p->share == 0.5);
  const double alpha[GRID] = {-0.25, 0.625, 1.5}, beta[GRID] = {-0.1, 0.55, 1.2}; /* from keys, evenly */
  for (int i = 0; i < GRID; i++)
    ck_assert(fabs(p->alpha[i] - alpha[i]) < 1e-15 && fabs(p->beta[i] - beta[i]) < 1e-15);
  for (int i = 0; i < 3; i++) {
    plane_project(p, w[i], &x, &y, &off);
    ck_assert(x == corner[i][0] && y == corner[i][1] && off == 0);
  }
  plane_project(p, w[3], &x, &y, &off);
  ck_assert(x == 1 && y == -1 && off == 7);
  plane_coefficients(p, 0.25, 2, c); /* x = 1, y = 6: w1 + u + 6 v, where u and v are unit vectors */
  const double there[4] = {7, 2, 0, 0};
  for (int k = 0; k < 4; k++)
    ck_assert(c[0] * (double)w[0][k] + c[1] * (double)w[1][k] + c[2] * (double)w[2][k] == there[k]);
  ck_assert(p->bends == 3 && p->bend[2] == 2 && p->bend[3] == 3 && p->bend[4] == 4 && p->curve_points == 0);
  plane_free(p);
}
END_TEST

/* What has no plane through it. Points of a line are off it by float32's rounding, which must not count as a height. */
START_TEST(test_refused) {
  struct fixture f = make(&mlp);
  struct three t = three(&f);
  struct plane *p;
  float *between = arena_alloc(f.arena, (size_t)f.count, sizeof *between);
  for (double s = -1; s <= 2; s += 0.37) {
    for (int64_t k = 0; k < f.count; k++)
      between[k] = (float)((1 - s) * (double)t.theta[0][k] + s * (double)t.theta[1][k]);
    const float *line[3] = {t.theta[0], t.theta[1], between};
    FAILS(plane_create(&p, "plane", line, NULL, f.count, &keys, 7), STRAIT_EINVAL, "lie on one line");
  }
  const float *twice[3] = {t.theta[0], t.theta[0], t.theta[1]};
  FAILS(plane_create(&p, "plane", twice, NULL, f.count, &keys, 7), STRAIT_EINVAL, "the same point");
  const struct plane_keys none = {0, 0, 0, 0, 0};
  FAILS(plane_create(&p, "plane", t.theta, NULL, f.count, &none, 7), STRAIT_EINVAL, "grid = 0");
  unmake(&f);
}
END_TEST

/* Under each batch-norm rule: the corners measure, bit for bit, what the three networks do; a grid point what an
 * evaluator says of w1 + x u + y v, made here in another order: weights differ by float32's rounding, 1e-7, and so do
 * the measures by little more (1e-4 leaves room for what batch norm makes of it). */
START_TEST(test_values) {
  struct fixture f = make(&small);
  struct three t = three(&f);
  float *w = arena_alloc(f.arena, (size_t)f.count, sizeof *w);
  for (f.keys.bn = BN_REFRESH; f.keys.bn <= BN_BATCH; f.keys.bn++) {
    struct plane *p = fresh(&f, &t);
    struct evaluator *e = evaluator(&f);
    struct metrics m[SPLITS];
    OK(plane_run(p, "plane", e, NULL, NULL));
    for (int i = 0; i < 3; i++) {
      OK(evaluator_point(e, t.theta[i], t.statistics[i], 7, m, NULL, NULL));
      for (int split = 0; split < SPLITS; split++) {
        ck_assert(p->value[split][MEASURE_LOSS][i] == m[split].loss);
        ck_assert(p->value[split][MEASURE_NLL][i] == m[split].nll);
        ck_assert(p->value[split][MEASURE_ERROR][i] == m[split].error);
      }
    }
    double a = p->alpha[1], b = p->beta[2];
    for (int64_t k = 0; k < f.count; k++) {
      double u = (double)t.theta[1][k] - (double)t.theta[0][k];
      double v = (double)t.theta[2][k] - (double)t.theta[0][k] - p->share * u;
      w[k] = (float)((double)t.theta[0][k] + a * u + b * v);
    }
    const int site = 3 + 1 * GRID + 2;
    if (f.keys.bn == BN_REFRESH || f.keys.bn == BN_BATCH) {
      OK(evaluator_point(e, w, NULL, 7, m, NULL, NULL));
      ck_assert(fabs(p->value[SPLIT_TRAIN][MEASURE_NLL][site] - m[SPLIT_TRAIN].nll) < 1e-4 * m[SPLIT_TRAIN].nll);
      ck_assert(fabs(p->value[SPLIT_TEST][MEASURE_LOSS][site] - m[SPLIT_TEST].loss) < 1e-4 * m[SPLIT_TEST].loss);
    }
    ck_assert(p->value[SPLIT_TEST][MEASURE_NLL][site] != p->value[SPLIT_TEST][MEASURE_NLL][site - 1]);
    evaluator_free(e);
    plane_free(p);
  }
  unmake(&f);
}
END_TEST

/* Paths of 2, 3 and 5 control points on the plane. A Bezier curve of three spanning the plane stays in it, and its
 * coordinates are the same combination of its control points' (the projection is affine); its closed form is
 * (1-t)^2 p0 + 2t(1-t) p1 + t^2 p2. */
START_TEST(test_curve) {
  struct fixture f = make(&mlp);
  struct three t = three(&f);
  const float *ordered[3] = {t.theta[0], t.theta[2], t.theta[1]};
  strait_object *bezier = object(STRAIT_CURVE, "bezier", "bends=1");
  struct path path = {.name = "arc", .curve = bezier, .points = 3, .count = f.count, .theta = ordered};
  struct plane *p = fresh(&f, &t);
  const double tolerance = 1e-6 * (p->width + p->height); /* w(t) is float32 */
  OK(plane_curve(p, &path, 11));
  ck_assert(p->bends == 3 && p->curve_points == 11);
  ck_assert(fabs(p->bend[2] - p->share * p->width) < tolerance && fabs(p->bend[3] - p->height) < tolerance);
  for (int i = 0; i <= 10; i++) {
    double s = 0.1 * i, c[3] = {(1 - s) * (1 - s), 2 * s * (1 - s), s * s};
    for (int k = 0; k < 2; k++) {
      double wanted = c[0] * p->bend[k] + c[1] * p->bend[2 + k] + c[2] * p->bend[4 + k];
      ck_assert(fabs(p->curve[2 * i + k] - wanted) < tolerance);
    }
    ck_assert(p->curve_off[i] < tolerance && p->t[i] == (double)i / 10);
  }
  const float *five[5] = {t.theta[0], weights_of(&f, 21, NULL), t.theta[2], weights_of(&f, 22, NULL), t.theta[1]};
  path = (struct path){.name = "chain", .points = 5, .count = f.count, .theta = five};
  OK(plane_curve(p, &path, 9));
  ck_assert(p->bends == 5 && p->bend_off[0] < tolerance && p->bend_off[1] > 1 && p->bend_off[2] < tolerance);
  /* the chain is half way between its points, and so is its distance from a point in the plane: |off|/2 */
  ck_assert(fabs(p->curve_off[1] - p->bend_off[1] / 2) < tolerance);
  plane_free(p);
  object_free(bezier);
  unmake(&f);
}
END_TEST

/* --- files --- */

static int stop_after(void *context, const struct plane *plane, int64_t site) {
  int64_t *left = context;
  (void)plane, (void)site;
  return --*left ? STRAIT_OK : error_set(STRAIT_ESTOP, "enough");
}

/* Stopped anywhere, written, read and gone on with: the same bytes. A file of another plane is refused. */
START_TEST(test_resume) {
  struct fixture f = make(&small);
  struct three t = three(&f);
  char *folder = make_folder(&f);
  const char *whole = file_join(f.arena, folder, "whole.npz"), *part = file_join(f.arena, folder, "part.npz");
  struct evaluator *e = evaluator(&f);
  struct plane *p = fresh(&f, &t);
  OK(plane_run(p, "plane", e, NULL, NULL));
  OK(plane_write(p, whole));
  const int64_t sites = p->sites;
  ck_assert_int_eq(sites, 3 + GRID * GRID);
  plane_free(p);
  for (int64_t stop = 1; stop < sites; stop += 3) {
    int64_t left = stop;
    p = fresh(&f, &t);
    ck_assert_int_eq(plane_run(p, "plane", e, stop_after, &left), STRAIT_ESTOP);
    OK(plane_write(p, part));
    ck_assert(!same_files(whole, part));
    plane_free(p);
    p = fresh(&f, &t);
    OK(plane_read(p, part));
    for (int64_t i = 0; i < sites; i++)
      ck_assert_int_eq(p->done[i], i < stop);
    left = -1;
    OK(plane_run(p, "plane", e, stop_after, &left));
    ck_assert_int_eq(left, -1 - (sites - stop)); /* each missing site was measured once */
    OK(plane_write(p, part));
    ck_assert(same_files(whole, part));
    plane_free(p);
  }
  struct three other = t;
  other.theta[2] = weights_of(&f, 77, NULL);
  p = fresh(&f, &other);
  FAILS(plane_read(p, whole), STRAIT_EFORMAT, "another plane or grid");
  ck_assert(!p->done[0]);
  plane_free(p);
  evaluator_free(e);
  OK(file_remove_tree(folder));
  unmake(&f);
}
END_TEST

/* From one thread, several, and on the guarded device: the same file. */
START_TEST(test_threads) {
  struct fixture f = make(&small);
  char *folder = make_folder(&f);
  char *file[2] = {file_join(f.arena, folder, "one.npz"), file_join(f.arena, folder, "more.npz")};
  for (int threads = 1; threads <= 3; threads++) {
    struct wanted wanted = small;
    wanted.threads = threads;
    wanted.guarded = threads == 3;
    struct fixture g = make(&wanted);
    struct three t = three(&g);
    struct evaluator *e = evaluator(&g);
    struct plane *p = fresh(&g, &t);
    OK(plane_run(p, "plane", e, NULL, NULL));
    OK(plane_write(p, file[threads > 1]));
    ck_assert(threads == 1 || same_files(file[0], file[1]));
    plane_free(p);
    evaluator_free(e);
    unmake(&g);
  }
  OK(file_remove_tree(folder));
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("plane");
  TCase *cases = tcase_create("plane");
  tcase_set_timeout(cases, 300);
  tcase_add_test(cases, test_frame);
  tcase_add_test(cases, test_refused);
  tcase_add_test(cases, test_values);
  tcase_add_test(cases, test_curve);
  tcase_add_test(cases, test_resume);
  tcase_add_test(cases, test_threads);
  suite_add_tcase(suite, cases);
  return run_suite(suite);
}
