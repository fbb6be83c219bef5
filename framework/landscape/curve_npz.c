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
 *   arc norm from_start from_end (T)        length chord length_ratio
 *   done (T)    1 where measured; where it is 0 the measures are NaN, and so is what follows from them
 */
#include "landscape/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/arrays.h"

static const char *const split_prefix[SPLITS] = {[SPLIT_TRAIN] = "tr", [SPLIT_VALIDATION] = "va", [SPLIT_TEST] = "te"};
static const char *const measure_suffix[MEASURES] = {
    [MEASURE_LOSS] = "loss", [MEASURE_NLL] = "nll", [MEASURE_ERROR] = "err"};

enum { MOST = 160 }; /* arrays in a file */
struct contents {
  struct arena *arena;
  struct array array[MOST];
  size_t count;
  int status;
};

static void add(struct contents *contents, struct array array, const char *name) {
  if (!name || contents->count == MOST) {
    contents->status = name ? error_set(STRAIT_EBUG, "curve.npz has no room for %s", name) : STRAIT_ENOMEM;
    return;
  }
  array.name = name;
  contents->array[contents->count++] = array;
}

static void add_row(struct contents *contents, const char *name, const double *row, int64_t count) {
  add(contents, array_f64(name, row, count), name);
}

static void add_scalar(struct contents *contents, const char *name, double value) {
  double *copy = arena_alloc(contents->arena, 1, sizeof *copy);
  struct array array = {.type = STRAIT_F64, .data = copy};
  if (copy)
    *copy = value;
  else
    contents->status = STRAIT_ENOMEM;
  add(contents, array, name);
}

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
                {"t_line", s.t_line}};
  for (size_t k = 0; k < sizeof scalar / sizeof scalar[0]; k++)
    add_scalar(contents,
               arena_format(contents->arena, "%s_%s_%s", split_prefix[split], measure_suffix[measure], scalar[k].name),
               scalar[k].value);
}

static void add_split(struct contents *contents, const struct scan *scan, int split) {
  struct arena *arena = contents->arena;
  double *accuracy = arena_alloc(arena, (size_t)scan->points, sizeof *accuracy);
  if (!accuracy) {
    contents->status = STRAIT_ENOMEM;
    return;
  }
  for (int measure = 0; measure < MEASURES; measure++) {
    add_row(contents, arena_format(arena, "%s_%s", split_prefix[split], measure_suffix[measure]),
            scan->value[split][measure], scan->points);
    add_statistics(contents, scan, split, measure);
  }
  for (int64_t i = 0; i < scan->points; i++)
    accuracy[i] = 100 - scan->value[split][MEASURE_ERROR][i];
  add_row(contents, arena_format(arena, "%s_acc", split_prefix[split]), accuracy, scan->points);
  struct array samples = {.type = STRAIT_I64, .data = &scan->samples[split]};
  add(contents, samples, arena_format(arena, "%s_samples", split_prefix[split]));
  if (scan->numbers[split]) {
    const char *name = arena_format(arena, "%s_numbers", split_prefix[split]);
    add(contents, array_i64(name, scan->numbers[split], scan->samples[split]), name);
  }
}

int scan_write(const struct scan *scan, const char *file) {
  struct contents contents = {.arena = arena_create()};
  if (!contents.arena)
    return STRAIT_ENOMEM;
  add_row(&contents, "ts", scan->t, scan->points);
  add_row(&contents, "dl", scan->step, scan->points);
  for (int split = 0; split < SPLITS; split++)
    if (scan->splits >> split & 1)
      add_split(&contents, scan, split);
  add_row(&contents, "arc", scan->arc, scan->points);
  add_row(&contents, "norm", scan->norm, scan->points);
  add_row(&contents, "from_start", scan->from_start, scan->points);
  add_row(&contents, "from_end", scan->from_end, scan->points);
  add_scalar(&contents, "length", scan->length);
  add_scalar(&contents, "chord", scan->chord);
  add_scalar(&contents, "length_ratio", scan->chord > 0 ? scan->length / scan->chord : NAN);
  struct array done = {.type = STRAIT_U8, .rank = 1, .dims = {scan->points}, .data = scan->done};
  add(&contents, done, "done");
  int status = contents.status ? contents.status : npz_write(file, contents.array, contents.count);
  arena_free(contents.arena);
  return status;
}

/* The array of this name, if it is `count` elements of this type. */
static const void *find(const struct arrays *arrays, const char *name, uint32_t type, int64_t count) {
  const struct array *array = arrays_find(arrays, name);
  return array && array->type == type && array->rank == 1 && array->dims[0] == count ? array->data : NULL;
}

static int take(struct scan *scan, const struct arrays *arrays, const char *file) {
  const unsigned char *done = find(arrays, "done", STRAIT_U8, scan->points);
  const double *t = find(arrays, "ts", STRAIT_F64, scan->points), *row[SPLITS][MEASURES] = {{0}};
  char name[16];
  if (!done || !t || memcmp(t, scan->t, (size_t)scan->points * sizeof *t))
    return error_set(STRAIT_EFORMAT, "%s is a scan of another grid; remove it", file);
  for (int split = 0; split < SPLITS; split++)
    for (int measure = 0; measure < MEASURES && scan->splits >> split & 1; measure++) {
      snprintf(name, sizeof name, "%s_%s", split_prefix[split], measure_suffix[measure]);
      row[split][measure] = find(arrays, name, STRAIT_F64, scan->points);
      if (!row[split][measure])
        return error_set(STRAIT_EFORMAT, "%s has no %s: it is a scan of other splits; remove it", file, name);
    }
  for (int64_t i = 0; i < scan->points; i++)
    for (int split = 0; split < SPLITS && done[i]; split++)
      for (int measure = 0; measure < MEASURES && scan->splits >> split & 1; measure++)
        scan->value[split][measure][i] = row[split][measure][i];
  for (int64_t i = 0; i < scan->points; i++)
    scan->done[i] = scan->done[i] || done[i];
  return STRAIT_OK;
}

int scan_read(struct scan *scan, const char *file) {
  struct arrays *arrays;
  if (npz_read(&arrays, file))
    return error_status();
  int status = take(scan, arrays, file);
  arrays_free(arrays);
  return status;
}
