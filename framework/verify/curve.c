/* verify/curve.c: the laws of curves (strait/curve.h). */
#include "verify/law.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

#define MOST 1024 /* control points, by the contract */

/* One instance under a law: room for coefficients, with sentinels around it. */
struct bow {
  const strait_object *object;
  const strait_curve_ops *ops;
  int64_t n;
  double room[MOST + 2]; /* c is room + 1 */
};

static const double sentinel = -12345.6789;

static int bow_make(struct trial *t, struct bow *bow, strait_object *object) {
  *bow = (struct bow){.object = object, .ops = object_ops(object)};
  bow->n = bow->ops->points(object);
  if (bow->n >= 2 && bow->n <= MOST)
    return LAW_HOLDS;
  return law_not_run(t, "it has %lld control points: see points", (long long)bow->n);
}

static double *coefficients(struct bow *bow, double t) {
  bow->room[0] = bow->room[bow->n + 1] = sentinel;
  for (int64_t i = 1; i <= bow->n; i++)
    bow->room[i] = NAN; /* what is not written shows */
  bow->ops->coefficients(bow->object, t, bow->room + 1);
  return bow->room + 1;
}

static double *derivatives(struct bow *bow, double t) {
  bow->room[0] = bow->room[bow->n + 1] = sentinel;
  for (int64_t i = 1; i <= bow->n; i++)
    bow->room[i] = NAN;
  bow->ops->derivatives(bow->object, t, bow->room + 1);
  return bow->room + 1;
}

/* The i-th t of a law: the ends and their neighbours, where kinks may lie (k/(n-1), the half), and all over. */
enum { TIMES = 160 };
static double time_of(const struct bow *bow, int i) {
  const double special[] = {0,    1,    0.5,     DBL_MIN / 4, DBL_EPSILON, 1 - DBL_EPSILON / 2, nextafter(0.5, 0),
                            1e-9, 1e-3, 1 - 1e-9};
  const int specials = sizeof special / sizeof *special;
  if (i < specials)
    return special[i];
  if (i < 64)
    return fmin(1, (double)((i - specials) % bow->n) / (double)(bow->n - 1));
  return law_unit("curve", (uint64_t)i);
}

static int points_of(struct trial *t, strait_object *object) {
  const strait_curve_ops *ops = object_ops(object);
  int64_t n = ops->points(object);
  if (n < 2 || n > MOST)
    return law_fails(t, "points() is %lld; a curve has 2 to %d control points, both ends counted", (long long)n, MOST);
  for (int i = 0; i < 3; i++) {
    double c[MOST];
    if (ops->points(object) != n)
      return law_fails(t, "points() is %lld, then %lld", (long long)n, (long long)ops->points(object));
    ops->coefficients(object, 0.3, c);
  }
  return law_holds(t);
}

static int end_of(struct trial *t, struct bow *bow, int last) {
  const double *c = coefficients(bow, last);
  for (int64_t i = 0; i < bow->n; i++) {
    double wanted = i == (last ? bow->n - 1 : 0);
    if (c[i] != wanted)
      return law_fails(t, "c_%lld(%d) = %.17g, not %g", (long long)i, last, c[i], wanted);
  }
  return law_holds(t);
}

static int ends_of(struct trial *t, strait_object *object) {
  struct bow bow;
  int verdict = bow_make(t, &bow, object);
  verdict = verdict ? verdict : end_of(t, &bow, 0);
  return verdict ? verdict : end_of(t, &bow, 1);
}

/* Rounding: n terms of the size of the largest, with a factor for the curve's own arithmetic. */
static int sum_of(struct trial *t, strait_object *object) {
  struct bow bow;
  int verdict = bow_make(t, &bow, object);
  for (int i = 0; i < TIMES && verdict == LAW_HOLDS; i++) {
    double at = time_of(&bow, i), sum = 0, size = 0, *c = coefficients(&bow, at);
    for (int64_t k = 0; k < bow.n; k++)
      sum += c[k], size += fabs(c[k]);
    if (isfinite(sum) && fabs(sum - 1) > 16 * (double)bow.n * DBL_EPSILON * fmax(1, size)) /* finite: another law */
      verdict = law_fails(t, "the coefficients at t = %.17g add up to %.17g, not 1", at, sum);
  }
  return verdict;
}

static int all_finite_of(struct trial *t, strait_object *object) {
  struct bow bow;
  int verdict = bow_make(t, &bow, object);
  for (int i = 0; i < TIMES && verdict == LAW_HOLDS; i++)
    for (int slope = 0; slope < (bow.ops->derivatives ? 2 : 1) && verdict == LAW_HOLDS; slope++) {
      double at = time_of(&bow, i), *c = slope ? derivatives(&bow, at) : coefficients(&bow, at);
      for (int64_t k = 0; k < bow.n && verdict == LAW_HOLDS; k++)
        if (!isfinite(c[k]))
          verdict = law_fails(t, "%s_%lld(%.17g) is %s", slope ? "dc" : "c", (long long)k, at,
                              isnan(c[k]) ? "not a number, or was not written" : "infinite");
    }
  return verdict;
}

/* The difference quotient from the right (at the right end from the left), of second order. */
static void differences(struct bow *bow, double at, double h, double *d) {
  double sign = at + 2 * h > 1 ? -1 : 1, *c;
  const double weight[] = {-1.5, 2, -0.5};
  memset(d, 0, (size_t)bow->n * sizeof *d);
  for (int k = 0; k < 3; k++) {
    c = coefficients(bow, at + sign * k * h);
    for (int64_t i = 0; i < bow->n; i++)
      d[i] += sign * weight[k] / h * c[i];
  }
}

/* The error of the quotient is seen from two steps: where a kink or a steep place lies within them, they disagree and
 * the bound is loose. 1e-9 of the derivatives' size, a hundredfold of the rounding in a quotient over 1e-5. */
static int slope_at(struct trial *t, struct bow *bow, double at) {
  double coarse[MOST], fine[MOST], size = 1;
  const double h = 1e-5;
  differences(bow, at, h, coarse);
  differences(bow, at, h / 2, fine);
  const double *dc = derivatives(bow, at);
  for (int64_t i = 0; i < bow->n; i++)
    size = fmax(size, fabs(dc[i]));
  for (int64_t i = 0; i < bow->n; i++)
    if (isfinite(dc[i]) && isfinite(fine[i]) &&
        fabs(dc[i] - fine[i]) > 4 * fabs(coarse[i] - fine[i]) + 1e-9 * size * (double)bow->n)
      return law_fails(t, "dc_%lld(%.17g) = %.10g, and differences of c give %.10g", (long long)i, at, dc[i], fine[i]);
  return law_holds(t);
}

static int slopes_of(struct trial *t, strait_object *object) {
  struct bow bow;
  int verdict = bow_make(t, &bow, object);
  if (verdict == LAW_HOLDS && !bow.ops->derivatives)
    return law_not_run(t, "it gives no derivatives; the host takes differences");
  for (int i = 10; i < TIMES && verdict == LAW_HOLDS; i++) /* 0 and 1 come again as k/(n-1) */
    verdict = slope_at(t, &bow, time_of(&bow, i));
  return verdict;
}

/* Every t twice, the second time in the other order, in a room that was filled otherwise. */
static int pure_of(struct trial *t, strait_object *object) {
  struct bow bow;
  int verdict = bow_make(t, &bow, object);
  if (verdict)
    return verdict;
  void *before = bytes_of(object);
  double *first = memory_alloc((size_t)TIMES * (size_t)bow.n, sizeof *first);
  if (!before || !first)
    verdict = law_not_run(t, "%s", error_text());
  for (int i = 0; first && i < TIMES && verdict == LAW_HOLDS; i++)
    memcpy(first + i * bow.n, coefficients(&bow, time_of(&bow, i)), (size_t)bow.n * sizeof(double));
  for (int i = TIMES - 1; first && i >= 0 && verdict == LAW_HOLDS; i--) {
    const double *c = coefficients(&bow, time_of(&bow, i));
    if (memcmp(first + i * bow.n, c, (size_t)bow.n * sizeof *c) != 0)
      verdict = law_fails(t, "the coefficients at t = %.17g differ between two calls", time_of(&bow, i));
    else if (c[-1] != sentinel || c[bow.n] != sentinel)
      verdict = law_fails(t, "at t = %.17g it writes outside c[0..%lld]", time_of(&bow, i), (long long)bow.n - 1);
  }
  if (verdict == LAW_HOLDS && bytes_changed(object, before))
    verdict = law_fails(t, "a call changed the instance");
  memory_free(before);
  memory_free(first);
  return verdict;
}

static int exercise(struct trial *t, strait_object *object, struct hash *hash) {
  struct bow bow;
  (void)t;
  bow = (struct bow){.object = object, .ops = object_ops(object)};
  bow.n = bow.ops->points(object);
  hash_integer(hash, bow.n);
  if (bow.n < 2 || bow.n > MOST)
    return STRAIT_OK;
  for (int i = 0; i < TIMES; i += 8) {
    hash_bytes(hash, coefficients(&bow, time_of(&bow, i)), (size_t)bow.n * sizeof(double));
    if (bow.ops->derivatives)
      hash_bytes(hash, derivatives(&bow, time_of(&bow, i)), (size_t)bow.n * sizeof(double));
  }
  return STRAIT_OK;
}

FOR_VARIANTS(points)
FOR_VARIANTS(ends)
FOR_VARIANTS(sum)
FOR_VARIANTS(all_finite)
FOR_VARIANTS(slopes)
FOR_VARIANTS(pure)

static const struct law laws[] = {
    {"points", "it has 2 to 1024 control points, the same number at every call", points},
    {"ends", "c(0) = (1, 0, .., 0) and c(1) = (0, .., 0, 1), exactly", ends},
    {"sum", "the coefficients add up to 1", sum},
    {"finite", "coefficients and derivatives are finite everywhere", all_finite},
    {"derivatives", "derivatives agree with differences", slopes},
    {"pure", "the same t gives the same coefficients, and nothing else is written", pure},
};
const struct kind_laws curve_laws = {laws, sizeof laws / sizeof *laws, NULL, exercise, touch_by_exercise};
