/* landscape/plane_npz.c: a plane as plane.npz and back.
 *
 * The reference code's names, G the points of a side, T those of the curve, N those it has to bend with, XX tr (train)
 * or te (test), M loss, nll, err or acc:
 *   ts (T)                      t of curve_coordinates
 *   bend_coordinates (N, 2)     the path's control points in the plane; without a path w1, w3, w2
 *   curve_coordinates (T, 2)    the path in the plane
 *   alphas, betas (G)           x / |u|, y / |v|
 *   grid (G, G, 2)              x and y of grid point (i, j), which lies at alphas[i], betas[j]
 *   XX_M (G, G)                 the measures there
 * Ours beside them, with va (validation) as a third XX:
 *   corner_coordinates (3, 2)   w1, w2, w3
 *   corner_XX_M (3)             the measures there
 *   bend_distance (N), curve_distance (T)    how far from the plane they are
 *   width, height, share        |u|; |v|; where w3 lies: x = share * width, y = height
 *   XX_samples                  samples measured
 *   done (3 + G*G)              1 where measured: the corners, then the grid; elsewhere the measures are NaN
 */
#include <string.h>

#include "base/error.h"
#include "landscape/contents.h"
#include "landscape/plane.h"

static void add_square(struct contents *contents, const struct plane *p, const double *values, const char *prefix,
                       const char *suffix) {
  contents_table(contents, values + PLANE_CORNERS, p->grid, p->grid, "%s_%s", prefix, suffix);
  contents_row(contents, values, PLANE_CORNERS, "corner_%s_%s", prefix, suffix);
}

static void add_split(struct contents *contents, const struct plane *p, int split) {
  const double *error = p->value[split][MEASURE_ERROR];
  double *accuracy = arena_alloc(contents->arena, (size_t)p->sites, sizeof *accuracy);
  struct array samples = {.type = STRAIT_I64, .data = &p->samples[split]};
  if (!accuracy) {
    contents->status = STRAIT_ENOMEM;
    return;
  }
  for (int64_t i = 0; i < p->sites; i++)
    accuracy[i] = 100 - error[i];
  for (int measure = 0; measure < MEASURES; measure++)
    add_square(contents, p, p->value[split][measure], split_prefix[split], measure_suffix[measure]);
  add_square(contents, p, accuracy, split_prefix[split], "acc");
  contents_add(contents, samples, "%s_samples", split_prefix[split]);
}

static void add_frame(struct contents *contents, const struct plane *p) {
  double *grid = arena_alloc(contents->arena, (size_t)(2 * p->grid * p->grid), sizeof *grid);
  double *corner = arena_alloc(contents->arena, 2 * PLANE_CORNERS, sizeof *corner);
  if (!grid || !corner) {
    contents->status = STRAIT_ENOMEM;
    return;
  }
  for (int64_t i = 0; i < p->grid; i++)
    for (int64_t j = 0; j < p->grid; j++) {
      grid[2 * (i * p->grid + j)] = p->alpha[i] * p->width;
      grid[2 * (i * p->grid + j) + 1] = p->beta[j] * p->height;
    }
  corner[2] = p->width;
  corner[4] = p->share * p->width;
  corner[5] = p->height;
  struct array cube = {.type = STRAIT_F64, .rank = 3, .dims = {p->grid, p->grid, 2}, .data = grid};
  contents_row(contents, p->alpha, p->grid, "alphas");
  contents_row(contents, p->beta, p->grid, "betas");
  contents_add(contents, cube, "grid");
  contents_table(contents, corner, PLANE_CORNERS, 2, "corner_coordinates");
  contents_scalar(contents, p->width, "width");
  contents_scalar(contents, p->height, "height");
  contents_scalar(contents, p->share, "share");
}

int plane_write(const struct plane *plane, const char *file) {
  const struct plane *p = plane;
  struct contents contents;
  if (contents_begin(&contents))
    return error_failure();
  contents_row(&contents, p->t, p->curve_points, "ts");
  contents_table(&contents, p->bend, p->bends, 2, "bend_coordinates");
  contents_table(&contents, p->curve, p->curve_points, 2, "curve_coordinates");
  contents_row(&contents, p->bend_off, p->bends, "bend_distance");
  contents_row(&contents, p->curve_off, p->curve_points, "curve_distance");
  add_frame(&contents, p);
  for (int split = 0; split < SPLITS; split++)
    if (p->splits >> split & 1)
      add_split(&contents, p, split);
  struct array done = {.type = STRAIT_U8, .rank = 1, .dims = {p->sites}, .data = p->done};
  contents_add(&contents, done, "done");
  return contents_write(&contents, file, p->made, p->made_pairs);
}

static int same(const double *a, const double *b, int64_t count) {
  return a && memcmp(a, b, (size_t)count * sizeof *a) == 0;
}

static int take(struct plane *p, const struct arrays *arrays, const char *file) {
  const int64_t square = p->grid * p->grid;
  const unsigned char *done = arrays_row(arrays, STRAIT_U8, p->sites, "done");
  if (!done || !same(arrays_row(arrays, STRAIT_F64, p->grid, "alphas"), p->alpha, p->grid) ||
      !same(arrays_row(arrays, STRAIT_F64, p->grid, "betas"), p->beta, p->grid) ||
      !same(arrays_row(arrays, STRAIT_F64, 1, "width"), &p->width, 1) ||
      !same(arrays_row(arrays, STRAIT_F64, 1, "height"), &p->height, 1))
    return error_set(STRAIT_EFORMAT, "%s is of another plane or grid; remove it", file);
  for (int split = 0; split < SPLITS; split++)
    for (int measure = 0; measure < MEASURES && p->splits >> split & 1; measure++) {
      const char *prefix = split_prefix[split], *suffix = measure_suffix[measure];
      const double *whole = arrays_row(arrays, STRAIT_F64, square, "%s_%s", prefix, suffix);
      const double *corner = arrays_row(arrays, STRAIT_F64, PLANE_CORNERS, "corner_%s_%s", prefix, suffix);
      if (!whole || !corner)
        return error_set(STRAIT_EFORMAT, "%s has no %s_%s: it is of other splits; remove it", file, prefix, suffix);
      for (int64_t i = 0; i < p->sites; i++)
        if (done[i])
          p->value[split][measure][i] = i < PLANE_CORNERS ? corner[i] : whole[i - PLANE_CORNERS];
    }
  for (int64_t i = 0; i < p->sites; i++)
    p->done[i] = p->done[i] || done[i];
  return STRAIT_OK;
}

int plane_read(struct plane *plane, const char *file) {
  struct arrays *arrays;
  if (npz_read_ours(&arrays, file))
    return error_failure();
  int status = arrays_check_made(arrays, plane->made, plane->made_pairs);
  status = status ? error_wrap("%s", file) : take(plane, arrays, file);
  arrays_free(arrays);
  return status;
}
