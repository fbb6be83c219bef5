/* verbs/verb_sweep.c: [sweep NAME]: the same stages under every combination of some keys' values. Makes copies of them
 * (experiment/instance.h) and gathers what their summaries say. Results: summary.json and sweep.csv. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "experiment/instance.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "stage/cost.h"
#include "stage/job.h"
#include "verbs/checks.h"
#include "verbs/means.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

#define MOST_KEYS 8
#define MOST_COMBINATIONS 4096

/* One over.KEY. */
struct axis {
  const char *name;  /* "model.hidden", "arc.curve.bends" */
  const char *stage; /* "arc", or NULL */
  const char *key;   /* "curve.bends" */
  const struct setting *setting;
  const char **values;
  size_t count;
};

struct sweep_keys {
  strait_strings stages;

  struct axis axis[MOST_KEYS]; /* over.seed is not among them */
  size_t axes;
  int64_t *seed;
  size_t seeds;
  size_t combinations; /* of the axes' values; the last axis runs fastest */
};

static const strait_option options[] = {
    STRAIT_OPTION("stages", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct sweep_keys, stages, "left arc", 0, 0, NULL,
                  "stages whose results are gathered; what they refer to runs too"),
};

/* --- over.KEY --- */

/* "arc.curve.bends" is the key curve.bends of the stage arc; any other is a key of [defaults]. */
static int find_stage(struct stage *stage, struct axis *axis) {
  struct arena *arena = stage->experiment->arena;
  size_t length = strcspn(axis->name, ".");
  axis->key = axis->name;
  if (!axis->name[length])
    return STRAIT_OK;
  char *first = arena_copy_n(arena, axis->name, length);
  if (first && experiment_stage(stage->experiment, first)) {
    axis->stage = first;
    axis->key = axis->name + length + 1;
  }
  return first ? STRAIT_OK : error_failure();
}

static int read_axis(struct stage *stage, struct setting *s) {
  struct sweep_keys *k = stage->own;
  struct arena *arena = stage->experiment->arena;
  struct axis axis = {.name = s->key + strlen("over."), .setting = s};
  char **items;
  size_t n;
  int status = *axis.name ? text_split(arena, s->value, &items, &n)
                          : error_set(STRAIT_EINVAL, "a key is missing after \"over.\"");
  if (!status)
    status = values_expand(arena, (const char *const *)items, n, &axis.values, &axis.count);
  if (!status && !axis.count)
    status = error_set(STRAIT_EINVAL, "no value");
  for (size_t i = 0; !status && i < axis.count; i++)
    for (size_t j = 0; !status && j < i; j++)
      if (strcmp(axis.values[i], axis.values[j]) == 0)
        status = error_set(STRAIT_EINVAL, "the value %s is listed twice", axis.values[i]);
  if (status)
    return status;
  if (strcmp(axis.name, "seed") == 0) {
    k->seeds = axis.count;
    return seeds_read(arena, axis.values, axis.count, &k->seed);
  }
  if (k->axes == MOST_KEYS)
    return error_set(STRAIT_EINVAL, "more than %d keys", MOST_KEYS);
  if ((status = find_stage(stage, &axis)) != STRAIT_OK)
    return status;
  k->axis[k->axes++] = axis;
  return STRAIT_OK;
}

static int read_axes(struct stage *stage) {
  static const int64_t one = 1;
  struct sweep_keys *k = stage->own;
  k->seed = arena_alloc(stage->experiment->arena, 1, sizeof one);
  if (!k->seed)
    return error_failure();
  *k->seed = one;
  k->seeds = k->combinations = 1;
  int found = 0;
  for (size_t i = 0; i < stage->settings.n; i++) {
    struct setting *s = &stage->settings.v[i];
    if (!text_starts(s->key, "over."))
      continue;
    s->used = found = 1;
    if (read_axis(stage, s))
      return stage_fault(stage, s->key);
  }
  for (size_t i = 0; i < k->axes; i++) {
    k->combinations *= k->axis[i].count;
    if (k->combinations > MOST_COMBINATIONS)
      break;
  }
  if (!found)
    error_set(STRAIT_EINVAL, "nothing to sweep over: set over.KEY = VALUE ..., as over.seed = 1..5");
  else if (k->combinations * k->seeds > MOST_COMBINATIONS)
    error_set(STRAIT_EINVAL, "more than %d combinations; shorten a list", MOST_COMBINATIONS);
  else
    return STRAIT_OK;
  return stage_fault(stage, NULL);
}

/* The value of an axis in a combination. */
static size_t value_index(const struct sweep_keys *k, size_t combination, size_t axis) {
  for (size_t i = k->axes; i-- > axis + 1;)
    combination /= k->axis[i].count;
  return combination % k->axis[axis].count;
}

static const char *value_of(const struct sweep_keys *k, size_t combination, size_t axis) {
  return k->axis[axis].values[value_index(k, combination, axis)];
}

/* --- the copies --- */

/* needs[(combination * seeds + seed) * stages + i] */
static struct stage *need(const struct stage *stage, size_t combination, size_t seed, size_t i) {
  const struct sweep_keys *k = stage->own;
  return stage->needs[(combination * k->seeds + seed) * k->stages.n + i];
}

static int add_copies(struct stage *stage, struct stage **of, size_t combination, size_t seed) {
  struct sweep_keys *k = stage->own;
  struct change *change = arena_alloc(stage->experiment->arena, k->axes, sizeof *change);
  struct changes changes = {.change = change, .count = k->axes, .seed = k->seed[seed], .run = 1};
  if (!change)
    return error_failure();
  for (size_t i = 0; i < k->axes; i++) {
    change[i] = (struct change){k->axis[i].stage, *k->axis[i].setting};
    change[i].setting.key = k->axis[i].key;
    change[i].setting.value = value_of(k, combination, i);
    change[i].setting.used = 0;
  }
  return instance_needs(stage, &changes, of, k->stages.n);
}

static int refer_sweep(struct stage *stage) {
  struct sweep_keys *k = stage->own;
  struct stage **of = arena_alloc(stage->experiment->arena, k->stages.n, sizeof *of);
  int status = of ? STRAIT_OK : error_failure();
  if (!status && stage->instance) {
    error_set(STRAIT_EINVAL, "a sweep cannot run a sweep; list all keys in one");
    return stage_fault(stage, NULL);
  }
  if (!status && k->stages.n == 0)
    status = error_set(STRAIT_EINVAL, "no stage to run");
  for (size_t i = 0; !status && i < k->stages.n; i++)
    status = stage_named(stage, k->stages.v[i], &of[i]);
  if (status)
    return stage_fault(stage, "stages");
  status = read_axes(stage);
  for (size_t c = 0; !status && c < k->combinations; c++)
    for (size_t s = 0; !status && s < k->seeds; s++)
      status = add_copies(stage, of, c, s);
  return status;
}

/* Does the axis change any of the stages? Compares its first two values, all others alike. */
static int changes_nothing(const struct stage *stage, size_t axis) {
  const struct sweep_keys *k = stage->own;
  size_t stride = 1;
  for (size_t i = k->axes; i-- > axis + 1;)
    stride *= k->axis[i].count;
  for (size_t value = 1; value < k->axis[axis].count; value++)
    for (size_t i = 0; i < k->stages.n; i++)
      if (need(stage, 0, 0, i) != need(stage, value * stride, 0, i))
        return 0;
  return k->axis[axis].count > 1;
}

static int check_sweep(struct stage *stage) {
  const struct sweep_keys *k = stage->own;
  for (size_t i = 0; i < k->axes; i++)
    if (changes_nothing(stage, i)) {
      error_set(STRAIT_EINVAL,
                "changes nothing in the stages listed; a key that sections set themselves is swept as over.STAGE.KEY");
      return stage_fault(stage, k->axis[i].setting->key);
    }
  return STRAIT_OK;
}

static int cost_sweep(const struct stage *stage, struct cost *c) {
  (void)stage;
  (void)c;
  return STRAIT_OK;
}

/* --- results --- */

static int read_figures(struct job *job, const struct stage *stage, json_t **figures) {
  char *folder = stage_folder(job->session, stage, job->arena);
  char *file = folder ? file_join(job->arena, folder, "summary.json") : NULL;
  json_t *summary = NULL;
  int status = file ? document_read(file, &summary) : error_failure();
  if (!status && !(*figures = figures_of_summary(summary)))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  json_decref(summary);
  return status;
}

/* A figure's values over the seeds that have it. */
static int put_figure(json_t *into, const char *name, json_t *const *figures, size_t seeds, double *values) {
  size_t n = 0;
  for (size_t s = 0; s < seeds; s++) {
    n += document_value(json_object_get(figures[s], name), &values[n]);
  }
  return put(into, name, figure_json(values, n));
}

/* One stage under one combination, over all seeds. */
static int put_row(struct job *job, json_t *rows, size_t combination, size_t i) {
  const struct sweep_keys *k = job->stage->own;
  json_t *values = json_object(), *figures = json_object();
  json_t **of = arena_alloc(job->arena, k->seeds, sizeof(json_t *));
  double *room = arena_alloc(job->arena, k->seeds, sizeof *room);
  json_t *row = json_pack("{s:o, s:s, s:s, s:o}", "values", values, "stage", k->stages.v[i], "verb",
                          need(job->stage, combination, 0, i)->verb->name, "figures", figures);
  int status = of && room ? STRAIT_OK : error_failure();
  if (!row || json_array_append_new(rows, row))
    return error_set(STRAIT_ENOMEM, "out of memory");
  for (size_t a = 0; !status && a < k->axes; a++)
    status = put_text(values, k->axis[a].name, value_of(k, combination, a));
  for (size_t s = 0; !status && s < k->seeds; s++)
    status = read_figures(job, need(job->stage, combination, s, i), &of[s]);
  for (void *at = status ? NULL : json_object_iter(of[0]); at && !status; at = json_object_iter_next(of[0], at))
    status = put_figure(figures, json_object_iter_key(at), of, k->seeds, room);
  for (size_t s = 0; of && s < k->seeds; s++)
    json_decref(of[s]);
  return status;
}

/* --- sweep.csv --- */

/* A field as RFC 4180 has it. */
static void add_field(struct text *text, const char *value) {
  int quoted = strpbrk(value, ",\"\n") != NULL;
  text_add(text, "%s", quoted ? "\"" : "");
  for (const char *c = value; *c; c++)
    text_add(text, "%s%c", *c == '"' ? "\"" : "", *c);
  text_add(text, "%s", quoted ? "\"" : "");
}

static void add_number(struct text *text, double value) {
  char decimal[32];
  text_add(text, ",%s", text_of_number(value, decimal));
}

static void add_csv_row(struct text *text, json_t *row) {
  json_t *values = json_object_get(row, "values"), *figures = json_object_get(row, "figures");
  for (void *f = json_object_iter(figures); f; f = json_object_iter_next(figures, f)) {
    const json_t *figure = json_object_iter_value(f);
    double min, max;
    figure_range(figure, &min, &max);
    for (void *v = json_object_iter(values); v; v = json_object_iter_next(values, v)) {
      add_field(text, json_string_value(json_object_iter_value(v)));
      text_add(text, ",");
    }
    add_field(text, json_string_value(json_object_get(row, "stage")));
    text_add(text, ",");
    add_field(text, json_object_iter_key(f));
    text_add(text, ",%lld", (long long)json_integer_value(json_object_get(figure, "n")));
    add_number(text, summary_value(figure, "mean"));
    if (json_is_null(json_object_get(figure, "se"))) /* of one seed */
      text_add(text, ",");
    else
      add_number(text, summary_value(figure, "se"));
    add_number(text, min);
    add_number(text, max);
    text_add(text, "\n");
  }
}

static int write_csv(struct job *job, const json_t *rows) {
  const struct sweep_keys *k = job->stage->own;
  struct text text = {0};
  json_t *row;
  size_t i;
  for (size_t a = 0; a < k->axes; a++) {
    add_field(&text, k->axis[a].name);
    text_add(&text, ",");
  }
  text_add(&text, "stage,figure,n,mean,se,min,max\n");
  json_array_foreach(rows, i, row) { add_csv_row(&text, row); }
  char *file = job_file(job, "sweep.csv");
  int status = text.status ? text.status : file ? file_write(file, text.data, text.length) : error_failure();
  text_free(&text);
  return status;
}

static int run_sweep(struct job *job) {
  const struct sweep_keys *k = job->stage->own;
  json_t *seeds = json_array(), *over = json_array(), *rows = json_array();
  int status = put(job->summary, "over", over);
  int also = put(job->summary, "seeds", seeds), third = put(job->summary, "rows", rows);
  status = status ? status : also ? also : third;
  for (size_t a = 0; !status && a < k->axes; a++)
    if (json_array_append_new(over, json_string(k->axis[a].name)))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  for (size_t s = 0; !status && s < k->seeds; s++)
    if (json_array_append_new(seeds, json_integer(k->seed[s])))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  for (size_t c = 0; !status && c < k->combinations; c++)
    for (size_t i = 0; !status && i < k->stages.n; i++)
      status = put_row(job, rows, c, i);
  if (!status)
    status = check_put(job->summary, "seeds", NULL, k->seeds > 1, (double)k->seeds,
                       "%zu seed%s; from 2 on there is a standard error", k->seeds, k->seeds == 1 ? "" : "s");
  return status ? status : write_csv(job, rows);
}

static void summarise_sweep(const json_t *summary, struct text *line) {
  size_t seeds = json_array_size(json_object_get(summary, "seeds"));
  text_add(line, "%zu rows over %zu seed%s", json_array_size(json_object_get(summary, "rows")), seeds,
           seeds == 1 ? "" : "s");
}

static const char *const reference_keys[] = {NULL};
const struct verb verb_sweep = {
    .name = "sweep",
    .summary = "runs stages under every combination of some keys' values",
    .help = "over.KEY = VALUE ... sets KEY in [defaults] to each value in turn (a section's own value takes "
            "precedence); over.STAGE.KEY sets it in the section of that stage. Parentheses group the words of one "
            "value; 1..5 is 1 2 3 4 5. In over.seed = 1..5, n adds 1000 (n - 1) to each stage's seed. Every "
            "combination of `stages`, with all that they refer to, "
            "becomes ordinary stages called NAME,KEY=VALUE. Seeds are averaged over: sweep.csv has one line per "
            "combination and measure: mean, standard error over seeds, number of seeds, minimum and maximum.",
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct sweep_keys),
    .reference_keys = reference_keys,
    .refer = refer_sweep,
    .check = check_sweep,
    .cost = cost_sweep,
    .run = run_sweep,
    .summarise = summarise_sweep,
    .print = print_sweep,
    .copies = 1,
    .draw = draw_sweep,
};
