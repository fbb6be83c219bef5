/* verify/curve.c: the laws of curves (strait/curve.h). They are tried at some thousand t: a curve that is wrong within
 * a thousandth of [0,1] is wrong at one of them. */
#include "verify/law.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

enum { GUARD = 16 };

/* One instance under a law, with room for its numbers between guards. */
struct curve {
  const strait_object *object;
  const strait_curve_ops *ops;
  int64_t n;
  double fill; /* what the room held before a call */
  double room[GUARD + STRAIT_MAX_POINTS + GUARD];
};

static const double guard = -12345.6789;

static int curve_make(struct trial *t, struct curve *c, strait_object *object) {
  *c = (struct curve){.object = object, .ops = object_ops(object), .fill = NAN}; /* what is not written shows */
  c->n = c->ops->points(object);
  if (c->n >= 2 && c->n <= STRAIT_MAX_POINTS)
    return LAW_HOLDS;
  return law_not_run(t, "it has %lld control points: see points", (long long)c->n);
}

static double *room_of(struct curve *c) {
  for (int64_t i = 0; i < GUARD + STRAIT_MAX_POINTS + GUARD; i++)
    c->room[i] = i < GUARD || i >= GUARD + c->n ? guard : c->fill;
  return c->room + GUARD;
}

static double *coefficients(struct curve *c, double t) {
  double *room = room_of(c);
  c->ops->coefficients(c->object, t, room);
  return room;
}

static double *derivatives(struct curve *c, double t) {
  double *room = room_of(c);
  c->ops->derivatives(c->object, t, room);
  return room;
}

static int is_guarded(const struct curve *c) {
  for (int64_t i = 0; i < GUARD + STRAIT_MAX_POINTS + GUARD; i++)
    if ((i < GUARD || i >= GUARD + c->n) && c->room[i] != guard)
      return 0;
  return 1;
}

/* The t of a law. First those that are special: the ends and the middle with what lies near them, where kinks may lie
 * (k/(n-1)), a grid that people ask for; then one in each STRATA-th of [0,1]. */
enum { NEAR = 52, KINKS = STRAIT_MAX_POINTS, GRID = 121, SPECIAL = 3 + 4 * NEAR + KINKS + GRID, STRATA = 2048 };
enum { TIMES = SPECIAL + STRATA };

static double time_of(const struct curve *c, int i) {
  if (i < 3)
    return i / 2.0;
  if ((i -= 3) < 4 * NEAR) {
    double step = ldexp(1, -1 - i / 4 - (i % 4 > 1));
    return i % 4 == 0 ? step : i % 4 == 1 ? 1 - step / 2 : i % 4 == 2 ? 0.5 - step / 2 : 0.5 + step / 2;
  }
  if ((i -= 4 * NEAR) < KINKS)
    return fmin(1, (double)(i % c->n) / (double)(c->n - 1));
  if ((i -= KINKS) < GRID)
    return (double)i / (GRID - 1);
  i -= GRID;
  return ((double)i + law_unit("curve", (uint64_t)i)) / STRATA;
}

static int curve_points(struct trial *t, strait_object *object) {
  const strait_curve_ops *ops = object_ops(object);
  int64_t n = ops->points(object);
  if (n < 2 || n > STRAIT_MAX_POINTS)
    return law_fails(t, "points() is %lld; a curve has 2 to %d control points, both ends counted", (long long)n,
                     STRAIT_MAX_POINTS);
  for (int i = 0; i < 100; i++) {
    double c[STRAIT_MAX_POINTS];
    if (ops->points(object) != n)
      return law_fails(t, "points() is %lld, then %lld", (long long)n, (long long)ops->points(object));
    ops->coefficients(object, i / 99.0, c);
  }
  return law_holds(t);
}

static int check_end(struct trial *t, struct curve *curve, int last) {
  const double *c = coefficients(curve, last);
  for (int64_t i = 0; i < curve->n; i++) {
    double wanted = i == (last ? curve->n - 1 : 0);
    if (c[i] != wanted)
      return law_fails(t, "c_%lld(%d) = %.17g, not %g", (long long)i, last, c[i], wanted);
  }
  return law_holds(t);
}

static int curve_ends(struct trial *t, strait_object *object) {
  struct curve curve;
  int verdict = curve_make(t, &curve, object);
  verdict = verdict ? verdict : check_end(t, &curve, 0);
  return verdict ? verdict : check_end(t, &curve, 1);
}

/* Rounding: n terms of the size of the largest, with a factor for the curve's own arithmetic. */
static int curve_sum(struct trial *t, strait_object *object) {
  struct curve curve;
  int verdict = curve_make(t, &curve, object);
  for (int i = 0; i < TIMES && verdict == LAW_HOLDS; i++) {
    double at = time_of(&curve, i), sum = 0, size = 0, *c = coefficients(&curve, at);
    for (int64_t k = 0; k < curve.n; k++)
      sum += c[k], size += fabs(c[k]);
    if (isfinite(sum) && fabs(sum - 1) > 16 * (double)curve.n * DBL_EPSILON * fmax(1, size)) /* finite: another law */
      verdict = law_fails(t, "the coefficients at t = %.17g add up to %.17g, not 1", at, sum);
  }
  return verdict;
}

static int curve_finite(struct trial *t, strait_object *object) {
  struct curve curve;
  int verdict = curve_make(t, &curve, object);
  for (int i = 0; i < TIMES && verdict == LAW_HOLDS; i++)
    for (int slope = 0; slope < (curve.ops->derivatives ? 2 : 1) && verdict == LAW_HOLDS; slope++) {
      double at = time_of(&curve, i), *c = slope ? derivatives(&curve, at) : coefficients(&curve, at);
      for (int64_t k = 0; k < curve.n && verdict == LAW_HOLDS; k++)
        if (!isfinite(c[k]))
          verdict = law_fails(t, "%s_%lld(%.17g) is %s", slope ? "dc" : "c", (long long)k, at,
                              isnan(c[k]) ? "not a number, or was not written" : "infinite");
    }
  return verdict;
}

/* --- is it in one piece? --- */

/* By how much the coefficients go from a to b beyond what the derivatives there, where there are any, have them go. */
static double jump_between(struct curve *curve, double a, double b) {
  double from[STRAIT_MAX_POINTS], sum = 0;
  memcpy(from, coefficients(curve, a), (size_t)curve->n * sizeof *from);
  const double *to = coefficients(curve, b);
  for (int64_t i = 0; i < curve->n; i++)
    from[i] = to[i] - from[i];
  for (int k = 0; k < 2 && curve->ops->derivatives; k++) {
    const double *dc = derivatives(curve, k ? b : a);
    for (int64_t i = 0; i < curve->n; i++)
      from[i] -= (b - a) / 2 * dc[i];
  }
  for (int64_t i = 0; i < curve->n; i++)
    sum += fabs(from[i]);
  return sum;
}

/* A jump is as large however near a and b are, a kink or a steep place is not: so into the half with more of it. */
#define JUMP 1e-6
static int check_jump(struct trial *t, struct curve *curve, double a, double b) {
  double jump = jump_between(curve, a, b);
  while (jump > JUMP && b - a > 1e-12) {
    double middle = a + (b - a) / 2, left = jump_between(curve, a, middle), right = jump_between(curve, middle, b);
    jump = fmax(left, right);
    a = right > left ? middle : a;
    b = right > left ? b : middle;
  }
  return jump > JUMP ? law_fails(t, "at t = %.12g the coefficients jump, by %.3g in all", a, jump) : law_holds(t);
}

static int curve_continuous(struct trial *t, strait_object *object) {
  struct curve curve;
  int verdict = curve_make(t, &curve, object);
  for (int i = SPECIAL; i + 1 < TIMES && verdict == LAW_HOLDS; i++)
    verdict = check_jump(t, &curve, time_of(&curve, i), time_of(&curve, i + 1));
  for (int i = 0; i < SPECIAL && verdict == LAW_HOLDS; i++) { /* a single t that is off */
    double at = time_of(&curve, i);
    verdict = at > 0 ? check_jump(t, &curve, fmax(0, at - 1e-11), at) : LAW_HOLDS;
    verdict = verdict || at >= 1 ? verdict : check_jump(t, &curve, at, fmin(1, at + 1e-11));
  }
  return verdict;
}

/* --- derivatives --- */

/* The difference quotient of second order, from the right (h > 0) or the left. */
static void differences(struct curve *curve, double at, double h, double *d) {
  const double weight[] = {-1.5, 2, -0.5};
  memset(d, 0, (size_t)curve->n * sizeof *d);
  for (int k = 0; k < 3; k++) {
    const double *c = coefficients(curve, at + k * h);
    for (int64_t i = 0; i < curve->n; i++)
      d[i] += weight[k] / h * c[i];
  }
}

/* The error of the quotient is seen from two steps: where a kink or a steep place lies within them, they disagree and
 * the bound is loose. 1e-9 of the derivatives' size, a hundredfold of the rounding in a quotient over 1e-5. Returns the
 * first that disagrees, -1: none. */
static int64_t disagrees(struct curve *curve, double at, double h, double *claimed, double *found) {
  double coarse[STRAIT_MAX_POINTS], fine[STRAIT_MAX_POINTS], dc[STRAIT_MAX_POINTS], size = 1;
  differences(curve, at, h, coarse);
  differences(curve, at, h / 2, fine);
  memcpy(dc, derivatives(curve, at), (size_t)curve->n * sizeof *dc);
  for (int64_t i = 0; i < curve->n; i++)
    size = fmax(size, fabs(dc[i]));
  for (int64_t i = 0; i < curve->n; i++)
    if (isfinite(dc[i]) && isfinite(fine[i]) &&
        fabs(dc[i] - fine[i]) > 4 * fabs(coarse[i] - fine[i]) + 1e-9 * size * (double)curve->n) {
      *claimed = dc[i], *found = fine[i];
      return i;
    }
  return -1;
}

/* At a kink the derivative is the one from the right. A kink that lies close on one side spoils the differences there,
 * but not those on the other side; which side of it t is on, rounding decides, but for t that are short in binary. */
static int check_slope(struct trial *t, struct curve *curve, double at) {
  const double h = 1e-5;
  double claimed, found, units = ldexp(at, 20);
  int right = at + 2 * h <= 1, left = at - 2 * h >= 0 && (!right || units != floor(units));
  int64_t wrong = right ? disagrees(curve, at, h, &claimed, &found) : -1;
  if (right && wrong < 0)
    return law_holds(t);
  if (left)
    wrong = disagrees(curve, at, -h, &claimed, &found);
  return wrong < 0 ? law_holds(t)
                   : law_fails(t, "dc_%lld(%.17g) = %.10g, and differences of c give %.10g", (long long)wrong, at,
                               claimed, found);
}

static int curve_derivatives(struct trial *t, strait_object *object) {
  struct curve curve;
  int verdict = curve_make(t, &curve, object);
  if (verdict == LAW_HOLDS && !curve.ops->derivatives)
    return law_void(t, "it gives no derivatives; the host takes differences");
  for (int i = 3 + 4 * NEAR; i < TIMES && verdict == LAW_HOLDS; i++)
    verdict = check_slope(t, &curve, time_of(&curve, i));
  return verdict;
}

/* --- the same again --- */

static int check_written(struct trial *t, struct curve *curve, double at) {
  return is_guarded(curve) ? law_holds(t)
                           : law_fails(t, "at t = %.17g it writes outside of [0..%lld]", at, (long long)curve->n - 1);
}

/* Every t twice, the second time in another order, in a room that held something else. */
static int check_again(struct trial *t, struct curve *curve, double *(*numbers)(struct curve *c, double at),
                       const char *what) {
  int64_t order[TIMES];
  double *first = memory_alloc((size_t)TIMES * (size_t)curve->n, sizeof *first);
  int verdict = first ? LAW_HOLDS : law_not_run(t, "%s", error_text());
  law_shuffle(order, TIMES, 0);
  for (int i = 0; i < TIMES && verdict == LAW_HOLDS; i++) {
    memcpy(first + i * curve->n, numbers(curve, time_of(curve, i)), (size_t)curve->n * sizeof *first);
    verdict = check_written(t, curve, time_of(curve, i));
  }
  curve->fill = 1e300;
  for (int i = 0; i < TIMES && verdict == LAW_HOLDS; i++) {
    double at = time_of(curve, (int)order[i]);
    const double *c = numbers(curve, at);
    if (memcmp(first + order[i] * curve->n, c, (size_t)curve->n * sizeof *c) != 0)
      verdict = law_fails(t, "the %s at t = %.17g differ between two calls", what, at);
  }
  memory_free(first);
  return verdict;
}

static int curve_pure(struct trial *t, strait_object *object) {
  struct curve curve;
  int verdict = curve_make(t, &curve, object);
  if (verdict)
    return verdict;
  void *before = bytes_of(object);
  verdict = before ? check_again(t, &curve, coefficients, "coefficients") : law_not_run(t, "%s", error_text());
  if (verdict == LAW_HOLDS && curve.ops->derivatives)
    verdict = check_again(t, &curve, derivatives, "derivatives");
  if (verdict == LAW_HOLDS && bytes_changed(object, before))
    verdict = law_fails(t, "a call changed the instance");
  memory_free(before);
  return verdict;
}

/* --- for the common laws --- */

enum { PARTS = 64 };

/* Every PARTS-th t, from number `part` on. */
static int answer_part(void *context, int64_t part, int worker, struct hash *hash) {
  const strait_object *object = context;
  (void)worker;
  struct curve curve = {.object = object, .ops = object_ops(object)};
  curve.n = curve.ops->points(object);
  hash_integer(hash, curve.n);
  for (int i = (int)part; i < TIMES && curve.n >= 2 && curve.n <= STRAIT_MAX_POINTS; i += PARTS) {
    hash_bytes(hash, coefficients(&curve, time_of(&curve, i)), (size_t)curve.n * sizeof(double));
    if (curve.ops->derivatives)
      hash_bytes(hash, derivatives(&curve, time_of(&curve, i)), (size_t)curve.n * sizeof(double));
  }
  return STRAIT_OK;
}

static int curve_exercise(struct trial *t, strait_object *object, struct hash *hash) {
  for (int part = 0; part < 4; part++) {
    answer_part(object, part, 0, hash);
    trial_watch(t);
  }
  return STRAIT_OK;
}

static int curve_threads(struct trial *t) {
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  const struct parts parts = {object, answer_part, PARTS};
  int verdict = object ? law_threads(t, &parts) : law_not_run(t, "no instance could be made: %s", error_text());
  object_free(object);
  return verdict;
}

FOR_VARIANTS(curve_points)
FOR_VARIANTS(curve_ends)
FOR_VARIANTS(curve_sum)
FOR_VARIANTS(curve_finite)
FOR_VARIANTS(curve_continuous)
FOR_VARIANTS(curve_derivatives)
FOR_VARIANTS(curve_pure)

static const struct law laws[] = {
    {"points", "it has 2 to 64 control points, the same number at every call", curve_points_law},
    {"ends", "c(0) = (1, 0, .., 0) and c(1) = (0, .., 0, 1), exactly", curve_ends_law},
    {"sum", "the coefficients add up to 1", curve_sum_law},
    {"finite", "coefficients and derivatives are finite everywhere", curve_finite_law},
    {"continuous", "the coefficients do not jump", curve_continuous_law},
    {"derivatives", "derivatives agree with differences", curve_derivatives_law},
    {"pure", "the same t gives the same numbers, and nothing else is written", curve_pure_law},
    {"threads", "several threads at once get the answers that one gets", curve_threads},
};
const struct kind_laws curve_laws = {
    .law = laws, .count = sizeof laws / sizeof *laws, .exercise = curve_exercise, .touch = touch_by_exercise};
