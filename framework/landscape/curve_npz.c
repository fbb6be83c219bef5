/* landscape/curve_npz.c: a scan as curve.npz and back.
 *
 * The reference code's names, T the grid's points, XX tr (train) or te (test), M loss, nll or err:
 *   ts (T)      t                           dl (T)          |w(t_i) - w(t_{i-1})|, 0 first
 *   XX_M (T)    the measure at each t       XX_M_min, _max  over the grid
 *   XX_M_avg    plain mean of the grid      XX_M_int        trapezoid over arc length / length
 *   XX_acc (T)  100 - err
 * Ours beside them, with va (validation) as a third XX:
 *   XX_M_mean   trapezoid over t            XX_M_t_min, _t_max      where the extremes lie
 *   XX_M_barrier_mean, _barrier_line, _barrier_end                  see scan.h
 *   XX_M_t_line where barrier_line lies     XX_samples              samples measured
 *   XX_numbers  those samples' numbers in the split, where a subset was measured
 *   XX_M_grid_max      the maximum of the grid alone
 *   XX_disagree_start, XX_disagree_end (T)   samples, in per cent, on which w(t) and that end predict different classes
 *   XX_pair_nll, XX_pair_err (T)             of the ensemble {w(0), w(t)}
 *   XX_temperature, XX_calibrated_nll (T)    of w(t), off the training split; quality.h's calibrate
 *   refined_ts (R), refined_XX_M (R)         points between those of the grid, near maxima; of what stands above, they
 *                                            enter min, max, t_min, t_max and the barriers only
 *   arc norm from_start from_end (T)        length chord length_ratio
 *   done (T)    1 where measured; where it is 0 the measures are NaN, and so is what follows from them
 */
#include "landscape/scan.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "landscape/contents.h"

static void add_statistics(struct contents *contents, const struct scan *scan, int split, int measure) {
  struct statistics s;
  scan_statistics(scan, split, measure, &s);
  const struct {
    const char *name;
    double value;
  } scalar[] = {{"min", s.min},
                {"max", s.max},
                {"avg", s.average},
                {"int", s.integral},
                {"mean", s.mean},
                {"t_min", s.t_min},
                {"t_max", s.t_max},
                {"barrier_mean", s.barrier_mean},
                {"barrier_line", s.barrier_line},
                {"barrier_end", s.barrier_end},
                {"t_line", s.t_line},
                {"grid_max", s.grid_max}};
  for (size_t k = 0; k < sizeof scalar / sizeof scalar[0]; k++)
    contents_scalar(contents, scalar[k].value, "%s_%s_%s", split_prefix[split], measure_suffix[measure],
                    scalar[k].name);
}

static void add_split(struct contents *contents, const struct scan *scan, int split) {
  const char *prefix = split_prefix[split];
  double *accuracy = arena_alloc(contents->arena, (size_t)scan->points, sizeof *accuracy);
  if (!accuracy) {
    contents->status = STRAIT_ENOMEM;
    return;
  }
  for (int measure = 0; measure < MEASURES; measure++) {
    contents_row(contents, scan->value[split][measure], scan->points, "%s_%s", prefix, measure_suffix[measure]);
    add_statistics(contents, scan, split, measure);
  }
  for (int64_t i = 0; i < scan->points; i++)
    accuracy[i] = 100 - scan->value[split][MEASURE_ERROR][i];
  contents_row(contents, accuracy, scan->points, "%s_acc", prefix);
  struct array samples = {.type = STRAIT_I64, .data = &scan->samples[split]};
  contents_add(contents, samples, "%s_samples", prefix);
  if (scan->numbers[split])
    contents_add(contents, array_i64("", scan->numbers[split], scan->samples[split]), "%s_numbers", prefix);
}

/* One number of each refined point; measure -1: t. */
static void add_refined(struct contents *contents, const struct scan *scan, int split, int measure) {
  const size_t count = scan->refined_count;
  double *row = arena_alloc(contents->arena, count, sizeof *row);
  if (!row) {
    contents->status = STRAIT_ENOMEM;
    return;
  }
  for (size_t i = 0; i < count; i++)
    row[i] = measure < 0 ? scan->refined[i].t : scan->refined[i].value[split][measure];
  if (measure < 0)
    contents_row(contents, row, (int64_t)count, "refined_ts");
  else
    contents_row(contents, row, (int64_t)count, "refined_%s_%s", split_prefix[split], measure_suffix[measure]);
}

static void add_beside(struct contents *contents, const struct scan *scan, int split) {
  for (int beside = 0; beside < BESIDES; beside++)
    if (scan->beside[split][beside])
      contents_row(contents, scan->beside[split][beside], scan->points, "%s_%s", split_prefix[split],
                   beside_suffix[beside]);
  for (int measure = 0; measure < MEASURES; measure++)
    add_refined(contents, scan, split, measure);
}

int scan_write(const struct scan *scan, const char *file) {
  struct contents contents;
  if (contents_begin(&contents))
    return error_failure();
  contents_row(&contents, scan->t, scan->points, "ts");
  contents_row(&contents, scan->step, scan->points, "dl");
  for (int split = 0; split < SPLITS; split++)
    if (scan->splits >> split & 1) {
      add_split(&contents, scan, split);
      add_beside(&contents, scan, split);
    }
  add_refined(&contents, scan, 0, -1);
  contents_row(&contents, scan->arc, scan->points, "arc");
  contents_row(&contents, scan->norm, scan->points, "norm");
  contents_row(&contents, scan->from_start, scan->points, "from_start");
  contents_row(&contents, scan->from_end, scan->points, "from_end");
  contents_scalar(&contents, scan->length, "length");
  contents_scalar(&contents, scan->chord, "chord");
  contents_scalar(&contents, scan->chord > 0 ? scan->length / scan->chord : NAN, "length_ratio");
  struct array done = {.type = STRAIT_U8, .rank = 1, .dims = {scan->points}, .data = scan->done};
  contents_add(&contents, done, "done");
  return contents_write(&contents, file, scan->made, scan->made_pairs);
}

/* Points between the grid's. */
static int take_refined(struct scan *scan, const struct arrays *arrays, const char *file) {
  const struct array *list = arrays_find(arrays, "refined_ts");
  const int64_t count = list && list->rank == 1 ? list->dims[0] : -1;
  const double *t = arrays_row(arrays, STRAIT_F64, count, "refined_ts"), *row[SPLITS][MEASURES] = {{0}};
  for (int split = 0; split < SPLITS; split++)
    for (int measure = 0; measure < MEASURES && scan->splits >> split & 1; measure++) {
      row[split][measure] =
          arrays_row(arrays, STRAIT_F64, count, "refined_%s_%s", split_prefix[split], measure_suffix[measure]);
      if (!t || !row[split][measure])
        return error_set(STRAIT_EFORMAT, "%s lacks its refined points; remove it", file);
    }
  for (int64_t i = 0; i < count; i++) {
    struct refined point = {.t = t[i]};
    for (int split = 0; split < SPLITS; split++)
      for (int measure = 0; measure < MEASURES; measure++)
        point.value[split][measure] = row[split][measure] ? row[split][measure][i] : NAN;
    if (scan_add_refined(scan, &point))
      return error_failure();
  }
  return STRAIT_OK;
}

/* The rows of one split in the file, in the order of scan->value and scan->beside; NULL where the scan has none. */
enum { ROWS = MEASURES + BESIDES };
static int find_rows(const struct scan *scan, int split, const struct arrays *arrays, const char *file,
                     const double *rows[ROWS], double *into[ROWS]) {
  for (int k = 0; k < ROWS; k++) {
    const char *suffix = k < MEASURES ? measure_suffix[k] : beside_suffix[k - MEASURES];
    into[k] = k < MEASURES ? scan->value[split][k] : scan->beside[split][k - MEASURES];
    rows[k] = into[k] ? arrays_row(arrays, STRAIT_F64, scan->points, "%s_%s", split_prefix[split], suffix) : NULL;
    if (into[k] && !rows[k])
      return error_set(STRAIT_EFORMAT, "%s has no %s_%s: it is a scan of other splits; remove it", file,
                       split_prefix[split], suffix);
  }
  return STRAIT_OK;
}

static int take(struct scan *scan, const struct arrays *arrays, const char *file) {
  const unsigned char *done = arrays_row(arrays, STRAIT_U8, scan->points, "done");
  const double *t = arrays_row(arrays, STRAIT_F64, scan->points, "ts"), *rows[SPLITS][ROWS];
  double *into[SPLITS][ROWS];
  if (!done || !t || memcmp(t, scan->t, (size_t)scan->points * sizeof *t))
    return error_set(STRAIT_EFORMAT, "%s is a scan of another grid; remove it", file);
  for (int split = 0; split < SPLITS; split++)
    if (find_rows(scan, split, arrays, file, rows[split], into[split]))
      return error_failure();
  if (take_refined(scan, arrays, file))
    return error_failure();
  for (int64_t i = 0; i < scan->points; i++)
    for (int k = 0; k < SPLITS * ROWS && done[i]; k++)
      if (into[k / ROWS][k % ROWS])
        into[k / ROWS][k % ROWS][i] = rows[k / ROWS][k % ROWS][i];
  for (int64_t i = 0; i < scan->points; i++)
    scan->done[i] = scan->done[i] || done[i];
  return STRAIT_OK;
}

int scan_read(struct scan *scan, const char *file) {
  struct arrays *arrays;
  if (npz_read_ours(&arrays, file))
    return error_failure();
  int status = arrays_check_made(arrays, scan->made, scan->made_pairs);
  status = status ? error_wrap("%s", file) : take(scan, arrays, file);
  arrays_free(arrays);
  return status;
}
