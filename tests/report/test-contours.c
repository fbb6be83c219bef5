/* tests/report/test-contours.c: contours against what they are of. The innermost contour round a node of the grid must
 * be of the band that the node's own value has: a count of levels, which knows nothing of lines. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "report/contours.h"

enum { WIDTH = 37, HEIGHT = 29 };
static const double levels[] = {-.6, -.2, .15, .5, .8};
enum { LEVELS = sizeof levels / sizeof *levels };

/* Is the point inside the closed line? A ray to the right crosses it an odd number of times. */
static int inside(const struct contour *c, double x, double y) {
  int odd = 0;
  for (size_t k = 0; k < c->count; k++) {
    const size_t n = (k + 1) % c->count;
    if ((c->y[k] > y) != (c->y[n] > y) && x < c->x[k] + (y - c->y[k]) * (c->x[n] - c->x[k]) / (c->y[n] - c->y[k]))
      odd = !odd;
  }
  return odd;
}

/* The band that is painted at a point: of the last contour that has it inside. */
static int painted(const struct contours *all, double x, double y) {
  int band = 0;
  for (size_t i = 0; i < all->count; i++)
    band = inside(&all->contour[i], x, y) ? all->contour[i].band : band;
  return band;
}

static void check_field(double (*field)(double x, double y), int least) {
  struct arena *arena = arena_create();
  struct contours all;
  double value[WIDTH * HEIGHT];
  int looked = 0, bands[LEVELS + 1] = {0}, seen = 0;
  for (int i = 0; i < WIDTH; i++)
    for (int j = 0; j < HEIGHT; j++)
      value[i * HEIGHT + j] = field(i, j);
  ck_assert_int_eq(contours_find(&all, arena, value, WIDTH, HEIGHT, levels, LEVELS), STRAIT_OK);
  for (size_t i = 1; i < all.count; i++)
    ck_assert_double_ge(all.contour[i - 1].area, all.contour[i].area);
  for (int i = 1; i < WIDTH - 1; i++) /* nodes on the border lie on the lines along it */
    for (int j = 1; j < HEIGHT - 1; j++) {
      int band = 0, near = 0;
      for (int k = 0; k < LEVELS; k++) {
        band += value[i * HEIGHT + j] >= levels[k];
        near |= fabs(value[i * HEIGHT + j] - levels[k]) < .02; /* lines lie 0.03 cells off at most, of slope below .6 */
      }
      if (near || isnan(value[i * HEIGHT + j]))
        continue;
      looked++;
      bands[band] = 1;
      ck_assert_msg(painted(&all, i, j) == band, "at (%d, %d), %g: band %d, not %d", i, j, value[i * HEIGHT + j],
                    painted(&all, i, j), band);
    }
  for (int k = 0; k <= LEVELS; k++)
    seen += bands[k];
  ck_assert_int_ge(looked, WIDTH * HEIGHT / 2);
  ck_assert_int_ge(seen, least);
  contours_free(&all);
  arena_free(arena);
}

static double waves(double x, double y) { return sin(.55 * x) * cos(.43 * y); } /* hills, hollows and saddles */
static double slope(double x, double y) { return (x + y) / 30 - 1; }
static double flat(double x, double y) { return 0 * (x + y); } /* one contour for each level below, round all */
static double ring(double x, double y) { return .9 - .15 * fabs(hypot(x - 18, y - 14) - 8); } /* a hollow in a hill */
static double torn(double x, double y) { return x > 10 && x < 14 && y > 5 && y < 9 ? (double)NAN : waves(x, y); }

START_TEST(test_bands) {
  check_field(waves, 6);
  check_field(slope, 5);
  check_field(flat, 1);
  check_field(ring, 5);
}
END_TEST

/* Nodes that are known keep their band beside those that are not, but for their neighbours: the line between is theirs.
 */
START_TEST(test_unknown) {
  struct arena *arena = arena_create();
  struct contours all;
  double value[WIDTH * HEIGHT];
  for (int i = 0; i < WIDTH; i++)
    for (int j = 0; j < HEIGHT; j++)
      value[i * HEIGHT + j] = torn(i, j);
  ck_assert_int_eq(contours_find(&all, arena, value, WIDTH, HEIGHT, levels, LEVELS), STRAIT_OK);
  for (size_t i = 0; i < all.count; i++)
    for (size_t k = 0; k < all.contour[i].count; k++)
      ck_assert(isfinite(all.contour[i].x[k]) && isfinite(all.contour[i].y[k]));
  ck_assert_int_eq(painted(&all, 30, 20), 2 + (waves(30, 20) >= .15) + (waves(30, 20) >= .5) + (waves(30, 20) >= .8) -
                                              (waves(30, 20) < -.2) - (waves(30, 20) < -.6));
  contours_free(&all);
  arena_free(arena);
}
END_TEST

/* A cone over a level: the area of a circle, by the many-sided figure that the grid makes of it (below 1 % here). */
static double cone(double x, double y) { return 1 - hypot(x - 18, y - 14) / 12; }

START_TEST(test_area) {
  struct arena *arena = arena_create();
  struct contours all;
  double value[WIDTH * HEIGHT];
  const double level = .15, radius = 12 * (1 - level);
  for (int i = 0; i < WIDTH; i++)
    for (int j = 0; j < HEIGHT; j++)
      value[i * HEIGHT + j] = cone(i, j);
  ck_assert_int_eq(contours_find(&all, arena, value, WIDTH, HEIGHT, &level, 1), STRAIT_OK);
  ck_assert_uint_eq(all.count, 1);
  ck_assert_int_eq(all.contour[0].band, 1);
  ck_assert_double_eq_tol(all.contour[0].area / (3.14159265358979 * radius * radius), 1, .01);
  for (size_t k = 0; k < all.contour[0].count; k++)
    ck_assert_double_eq_tol(hypot(all.contour[0].x[k] - 18, all.contour[0].y[k] - 14), radius, .05);
  contours_free(&all);
  arena_free(arena);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("contours");
  TCase *cases = tcase_create("contours");
  tcase_add_test(cases, test_bands);
  tcase_add_test(cases, test_unknown);
  tcase_add_test(cases, test_area);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
