/* Paths: coefficients, w(t), and the geometry that follows from the Gram matrix, against closed forms and against the
 * same numbers computed directly on the vectors. */
#include "fixture.h"

#include <strait/curve.h>

enum { COUNT = 5000, POINTS = 5 };
static float vector[POINTS][COUNT];
static const float *theta[POINTS];

/* Around 30 long, about 12 apart, as networks are. */
static void setup(void) {
  for (int i = 0; i < POINTS; i++) {
    theta[i] = vector[i];
    for (int k = 0; k < COUNT; k++)
      vector[i][k] = (float)(0.4 * sin(0.7 * k) + 0.2 * sin((i + 1.3) * k + i));
  }
  if (!registry)
    open_registry("tests/curves/.libs");
}

static struct path path_of(const strait_object *curve, int points) {
  return (struct path){.name = "path", .curve = curve, .points = points, .count = COUNT, .theta = theta};
}

static double *gram_of(const struct path *path) {
  static double gram[POINTS * POINTS];
  OK(path_check(path));
  path_gram(path, gram);
  return gram;
}

static double direct_distance(const float *a, const float *b) {
  double sum = 0;
  for (int k = 0; k < COUNT; k++)
    sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
  return sqrt(sum);
}

static double direct_norm(const float *a) {
  double sum = 0;
  for (int k = 0; k < COUNT; k++)
    sum += (double)a[k] * (double)a[k];
  return sqrt(sum);
}

static void near(double found, double wanted, double relative) {
  ck_assert_msg(fabs(found - wanted) <= relative * fabs(wanted), "%.17g, not %.17g", found, wanted);
}

/* The definition, c_i(t) = max(0, 1 - |t (n-1) - i|). Its terms round by 1e-16 each. */
START_TEST(test_chain_coefficients) {
  struct path path = path_of(NULL, POINTS);
  double c[POINTS], dc[POINTS];
  for (int s = 0; s <= 300; s++) {
    double t = s / 300., sum = 0;
    path_coefficients(&path, t, c);
    path_derivatives(&path, t, dc);
    for (int i = 0; i < POINTS; i++) {
      ck_assert(fabs(c[i] - fmax(0, 1 - fabs(t * (POINTS - 1) - i))) < 1e-15);
      sum += dc[i];
    }
    ck_assert(sum == 0);
  }
  path_coefficients(&path, 0, c);
  ck_assert(c[0] == 1 && c[1] == 0);
  path_coefficients(&path, 1, c);
  ck_assert(c[POINTS - 1] == 1 && c[POINTS - 2] == 0);
  path_derivatives(&path, 0.25, dc); /* a kink: from the right */
  ck_assert(dc[0] == 0 && dc[1] == -4 && dc[2] == 4);
  path_derivatives(&path, 1, dc); /* the end: from the left */
  ck_assert(dc[3] == -4 && dc[4] == 4);
}
END_TEST

/* The ends bit for bit, for every kind of path; between them the sum in double, rounded once. */
START_TEST(test_weights) {
  strait_object *curves[] = {NULL, object(STRAIT_CURVE, "polychain", "bends=3"),
                             object(STRAIT_CURVE, "bezier", "bends=3")};
  static float w[COUNT];
  double c[POINTS];
  for (int k = 0; k < 3; k++) {
    struct path path = path_of(curves[k], POINTS);
    path_weights(&path, 0, w);
    ck_assert_mem_eq(w, theta[0], sizeof w);
    path_weights(&path, 1, w);
    ck_assert_mem_eq(w, theta[POINTS - 1], sizeof w);
    path_weights(&path, 0.3, w);
    path_coefficients(&path, 0.3, c);
    for (int j = 0; j < COUNT; j++) {
      double sum = 0;
      for (int i = 0; i < POINTS; i++)
        sum += c[i] * (double)theta[i][j];
      ck_assert(fabs((double)w[j] - sum) <= 6e-8 * fabs(sum) + 1e-15); /* half a unit of float32 */
    }
    object_free(curves[k]);
  }
}
END_TEST

/* Of a line everything is known: length, |w(t)|, distances. */
START_TEST(test_line) {
  struct path path = path_of(NULL, 2);
  const double *gram = gram_of(&path), chord = direct_distance(theta[0], theta[1]);
  static float w[COUNT];
  near(path_chord(&path, gram), chord, 1e-13);
  near(path_length(&path, gram), chord, 1e-13);
  near(path_arc(&path, gram, 0.2, 0.7), 0.5 * chord, 1e-13);
  near(path_norm(&path, gram, 0), direct_norm(theta[0]), 1e-13);
  near(path_norm(&path, gram, 1), direct_norm(theta[1]), 1e-13);
  for (int k = 0; k < COUNT; k++)
    w[k] = 0.6f * theta[0][k] + 0.4f * theta[1][k];
  near(path_norm(&path, gram, 0.4), direct_norm(w), 1e-7); /* w is rounded to float32 */
  near(path_distance(&path, gram, 0.3, 0.4), 0.1 * chord, 1e-12);
  ck_assert(path_distance(&path, gram, 0.4, 0.4) == 0);
}
END_TEST

/* A chain's length is the sum of its segments'; arcs that begin and end within segments, too. */
START_TEST(test_chain) {
  strait_object *curves[] = {NULL, object(STRAIT_CURVE, "polychain", "bends=3")};
  double segment[POINTS], bends[POINTS], sum = 0;
  for (int i = 1; i < POINTS; i++)
    sum += segment[i] = direct_distance(theta[i - 1], theta[i]);
  for (int k = 0; k < 2; k++) {
    struct path path = path_of(curves[k], POINTS);
    const double *gram = gram_of(&path);
    near(path_length(&path, gram), sum, 1e-13);
    near(path_chord(&path, gram), direct_distance(theta[0], theta[4]), 1e-13);
    near(path_arc(&path, gram, 0.125, 0.625), 0.5 * segment[1] + segment[2] + 0.5 * segment[3], 1e-13);
    ck_assert_int_eq(path_bends(&path, bends), 3);
    ck_assert(bends[0] == 0.25 && bends[1] == 0.5 && bends[2] == 0.75);
    object_free(curves[k]);
  }
}
END_TEST

/* The length of a parabola: with w'(t) = p + t q, and A = q.q, B = p.q, C = p.p, s(t) = sqrt(A t^2 + 2 B t + C),
 *   int_0^1 s = [(A t + B) s / (2 A) + (A C - B^2) / (2 A^1.5) ln(sqrt(A) s + A t + B)]_0^1 */
static double parabola(double a, double b, double c) {
  double value[2];
  for (int t = 0; t <= 1; t++) {
    double s = sqrt(a * t * t + 2 * b * t + c);
    value[t] = (a * t + b) * s / (2 * a) + (a * c - b * b) / (2 * a * sqrt(a)) * log(sqrt(a) * s + a * t + b);
  }
  return value[1] - value[0];
}

START_TEST(test_bezier) {
  strait_object *curve = object(STRAIT_CURVE, "bezier", "bends=1");
  struct path path = path_of(curve, 3);
  const double *gram = gram_of(&path);
  double a = 0, b = 0, c = 0, bends[POINTS];
  for (int k = 0; k < COUNT; k++) { /* w'(t) = 2 (theta_1 - theta_0) + 2 t (theta_2 - 2 theta_1 + theta_0) */
    double p = 2 * ((double)theta[1][k] - theta[0][k]);
    double q = 2 * ((double)theta[2][k] - 2 * (double)theta[1][k] + theta[0][k]);
    a += q * q, b += p * q, c += p * p;
  }
  near(path_length(&path, gram), parabola(a, b, c), 1e-10); /* promised: 1e-9 */
  near(path_arc(&path, gram, 0, 0.3) + path_arc(&path, gram, 0.3, 1), parabola(a, b, c), 1e-10);
  ck_assert_int_eq(path_bends(&path, bends), 0);
  object_free(curve);
}
END_TEST

/* A curve that turns back on itself: its speed has a kink where no knot is. From 0 to 1 to 0 by way of a bend at 1:
 * w(t) = 2 t (1-t) d goes to d/2 and back, so its length is |d|. */
START_TEST(test_turn) {
  strait_object *curve = object(STRAIT_CURVE, "bezier", "bends=1");
  const float *turn[] = {theta[0], theta[1], theta[0]};
  struct path path = {.name = "turn", .curve = curve, .points = 3, .count = COUNT, .theta = turn};
  const double *gram = gram_of(&path);
  near(path_length(&path, gram), direct_distance(theta[0], theta[1]), 1e-9);
  ck_assert(path_chord(&path, gram) == 0);
  object_free(curve);
}
END_TEST

/* The same numbers from the vectors themselves: norms and distances at any t, and the length as the sum of 20,000
 * chords, which is short of the arc by its third derivatives: 1e-7 at most here. */
START_TEST(test_direct) {
  strait_object *curves[] = {object(STRAIT_CURVE, "bezier", "bends=3"), object(STRAIT_CURVE, "catmull-rom", "bends=3")};
  static float w[COUNT], v[COUNT];
  for (int k = 0; k < 2; k++) {
    struct path path = path_of(curves[k], POINTS);
    const double *gram = gram_of(&path);
    double chords = 0;
    for (int s = 0; s <= 10; s++) {
      path_weights(&path, s / 10., w);
      path_weights(&path, s / 25., v);
      near(path_norm(&path, gram, s / 10.), direct_norm(w), 1e-7); /* float32 weights */
      ck_assert(fabs(path_distance(&path, gram, s / 10., s / 25.) - direct_distance(w, v)) < 1e-5);
    }
    for (int s = 0; s < 20000; s++)
      chords += path_distance(&path, gram, s / 20000., (s + 1) / 20000.);
    near(path_length(&path, gram), chords, 1e-7);
    object_free(curves[k]);
  }
}
END_TEST

/* --- curves of this file's own: without derivatives, and without the law sum c = 1 --- */

static int64_t three(const void *self) { return (void)self, 3; }
static void bent(const void *self, double t, double *c) { /* a chain, but its bend is at t = .3 */
  (void)self;
  c[0] = t < 0.3 ? 1 - t / 0.3 : 0;
  c[2] = t > 0.3 ? (t - 0.3) / 0.7 : 0;
  c[1] = 1 - c[0] - c[2];
}
static void smooth(const void *self, double t, double *c) {
  (void)self;
  c[0] = (1 - t) * (1 - t), c[1] = 2 * t * (1 - t), c[2] = t * t;
}
static void powers(const void *self, double t, double *c) {
  (void)self;
  c[0] = 1 + t, c[1] = t * t, c[2] = t;
}
static const strait_curve_ops bent_ops = {.size = sizeof bent_ops, .points = three, .coefficients = bent};
static const strait_curve_ops smooth_ops = {.size = sizeof smooth_ops, .points = three, .coefficients = smooth};
static const strait_curve_ops powers_ops = {.size = sizeof powers_ops, .points = three, .coefficients = powers};

static strait_object *own(const char *name, const strait_curve_ops *ops) {
  static strait_class cls[3];
  static int made;
  strait_object *made_object;
  cls[made] = (strait_class){STRAIT_CLASS_BARE(STRAIT_CURVE, name, "1.0", "a test's curve", strait_object, ops),
                             STRAIT_NO_PRESETS, NULL, NULL};
  OK(object_create(&made_object, &cls[made++], name, 1, NULL, 0));
  return made_object;
}

/* Differences instead of derivatives: a parabola has its closed length to 1e-9; a kink off the knots is smoothed over
 * 1e-5 of t, so its length is right to about as much. */
START_TEST(test_differences) {
  strait_object *exact = object(STRAIT_CURVE, "bezier", "bends=1");
  struct path bezier = path_of(exact, 3), same = path_of(own("smooth", &smooth_ops), 3);
  struct path chain = path_of(own("bent", &bent_ops), 3);
  double dc[3], d0[3];
  const double *gram = gram_of(&bezier);
  near(path_length(&same, gram), path_length(&bezier, gram), 1e-9);
  for (int s = 0; s <= 100; s++) {
    path_derivatives(&bezier, s / 100., dc);
    path_derivatives(&same, s / 100., d0);
    for (int i = 0; i < 3; i++)
      ck_assert(fabs(dc[i] - d0[i]) < 1e-9);
  }
  near(path_length(&chain, gram), direct_distance(theta[0], theta[1]) + direct_distance(theta[1], theta[2]), 3e-5);
  object_free(exact);
  object_free((strait_object *)(uintptr_t)same.curve);
  object_free((strait_object *)(uintptr_t)chain.curve);
}
END_TEST

/* Coefficients that do not sum to one: |w(t)| and distances still hold. */
START_TEST(test_lawless) {
  struct path path = path_of(own("powers", &powers_ops), 3);
  const double *gram = gram_of(&path);
  static float w[COUNT], v[COUNT];
  path_weights(&path, 0.5, w);
  path_weights(&path, 0.9, v);
  near(path_norm(&path, gram, 0.5), direct_norm(w), 1e-7);
  near(path_distance(&path, gram, 0.5, 0.9), direct_distance(w, v), 1e-6);
  object_free((strait_object *)(uintptr_t)path.curve);
}
END_TEST

START_TEST(test_refused) {
  strait_object *curve = object(STRAIT_CURVE, "bezier", "bends=2");
  const float *missing[] = {theta[0], NULL};
  struct path one = path_of(NULL, 1), other = path_of(curve, 3);
  struct path hole = {.name = "hole", .points = 2, .count = COUNT, .theta = missing};
  FAILS(path_check(&one), STRAIT_EINVAL, "at least 2");
  FAILS(path_check(&other), STRAIT_EINVAL, "wants 4");
  FAILS(path_check(&hole), STRAIT_EBUG, "control point 1");
  object_free(curve);
}
END_TEST

/* Two equal ends: nothing has a length, and nothing divides by it. */
START_TEST(test_point) {
  const float *both[] = {theta[0], theta[0]};
  struct path path = {.name = "point", .points = 2, .count = COUNT, .theta = both};
  const double *gram = gram_of(&path);
  ck_assert(path_length(&path, gram) == 0 && path_chord(&path, gram) == 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("path");
  TCase *tests = tcase_create("path");
  tcase_add_checked_fixture(tests, setup, NULL);
  tcase_add_test(tests, test_chain_coefficients);
  tcase_add_test(tests, test_weights);
  tcase_add_test(tests, test_line);
  tcase_add_test(tests, test_chain);
  tcase_add_test(tests, test_bezier);
  tcase_add_test(tests, test_turn);
  tcase_add_test(tests, test_direct);
  tcase_add_test(tests, test_differences);
  tcase_add_test(tests, test_lawless);
  tcase_add_test(tests, test_refused);
  tcase_add_test(tests, test_point);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
