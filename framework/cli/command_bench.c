/* cli/command_bench.c: `strait bench`: how fast this machine trains and evaluates a network, and what it could do at
 * most. */
#include <config.h>

#include "cli/answer.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/bench.h"
#include "cli/bench_tune.h"
#include "cli/shape.h"
#include "compute/device.h"
#include "compute/gemm.h"
#include "compute/peak.h"
#include "report/table.h"
#include "store/document.h"

/* --- the command line --- */

enum { ONLY_ALL, ONLY_EVALUATE, ONLY_TRAIN, ONLY_CURVE };
static const char *const only_choices[] = {"all", "evaluate", "train", "curve", NULL};
static const char *const clock_choices[] = {"wall", "cpu", NULL};
static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID};

struct bench_keys {
  const char *input;
  int64_t classes, batch, repeat;
  double seconds;
  const char *curve;
  int32_t only, clock, exact, peak, tune;
};
static const strait_option table_of_keys[] = {
    STRAIT_STRING("input", struct bench_keys, input, "3x32x32",
                  "shape of a sample: CHANNELSxHEIGHTxWIDTH, or FEATURES"),
    STRAIT_INT("classes", struct bench_keys, classes, "10", 2, 1e6, "number of classes"),
    STRAIT_INT("batch", struct bench_keys, batch, "128", 1, 1e6, "samples per step"),
    STRAIT_STRING("curve", struct bench_keys, curve, "bezier", "curve to train; none: no curve training"),
    STRAIT_CHOICE("only", struct bench_keys, only, "all", only_choices, "measure only one of the three"),
    STRAIT_INT("repeat", struct bench_keys, repeat, "5", 1, 1e4, "number of measurements; their median is printed"),
    STRAIT_FLOAT("seconds", struct bench_keys, seconds, "0.5", 0, 3600,
                 "duration of one measurement (at least one step)"),
    STRAIT_CHOICE("clock", struct bench_keys, clock, "wall", clock_choices,
                  "wall time or CPU time; CPU time is steadier on a busy machine (one thread only)"),
    STRAIT_BOOL("exact", struct bench_keys, exact, "no", "use direct convolution only, as the key exact does"),
    STRAIT_BOOL("peak", struct bench_keys, peak, "no", "measure the machine's limits instead of a model"),
    STRAIT_BOOL("tune", struct bench_keys, tune, "no", "measure convolutions by shape instead of a model"),
};
static const struct option_table bench_options = {table_of_keys, sizeof *table_of_keys,
                                                  sizeof table_of_keys / sizeof *table_of_keys};

/* The --set of one kind of plugin, as settings. */
static int settings_of(const struct arguments *a, const char *prefix, struct setting **settings, size_t *count) {
  *count = 0;
  *settings = arena_alloc(a->arena, a->set_count, sizeof **settings);
  for (size_t i = 0; *settings && i < a->set_count; i++) {
    const char *equals = strchr(a->sets[i], '=');
    if (!equals || (!text_starts(a->sets[i], "model.") && !text_starts(a->sets[i], "curve.")))
      return error_set(STRAIT_EINVAL, "--set %s: here it is model.OPTION=VALUE or curve.OPTION=VALUE", a->sets[i]);
    if (!text_starts(a->sets[i], prefix))
      continue;
    char *key = arena_copy_n(a->arena, a->sets[i], (size_t)(equals - a->sets[i]));
    if (!key)
      return error_failure();
    (*settings)[(*count)++] = (struct setting){.key = key, .value = equals + 1};
  }
  return *settings ? STRAIT_OK : error_failure();
}

static int make_object(const struct arguments *a, struct registry *registry, uint32_t kind, const char *name,
                       strait_object **object) {
  const strait_class *cls;
  struct setting *settings;
  size_t count;
  int status = settings_of(a, kind == STRAIT_MODEL ? "model." : "curve.", &settings, &count);
  if (!status)
    status = registry_class(registry, kind, name, &cls);
  return status ? status : object_create(object, cls, name, 1, settings, count);
}

static int read_plan(const struct arguments *a, const struct bench_keys *keys, struct bench_plan *plan) {
  const int no_curve = strcmp(keys->curve, "none") == 0;
  *plan = (struct bench_plan){.signature = {.target = STRAIT_TARGET_CLASS, .classes = keys->classes},
                              .batch = keys->batch,
                              .repeats = keys->repeat,
                              .seconds = keys->seconds,
                              .clock = clocks[keys->clock],
                              .exact = keys->exact};
  if (keys->only == ONLY_CURVE && no_curve)
    return error_set(STRAIT_EINVAL, "--only curve goes with a curve, not with --curve none");
  if (keys->only == ONLY_ALL || keys->only == ONLY_EVALUATE)
    plan->phases |= 1 << BENCH_EVALUATE;
  if (keys->only == ONLY_ALL || keys->only == ONLY_TRAIN)
    plan->phases |= 1 << BENCH_TRAIN;
  if ((keys->only == ONLY_ALL || keys->only == ONLY_CURVE) && !no_curve)
    plan->phases |= 1 << BENCH_CURVE;
  return shape_read(a->arena, keys->input, &plan->signature);
}

/* --- a model --- */

static const char *const phase_names[BENCH_PHASES] = {"evaluate", "train", "curve"};
static const int phase_order[BENCH_PHASES] = {BENCH_TRAIN, BENCH_CURVE, BENCH_EVALUATE};

/* What no operation's clock saw. */
static double rest_of(const struct bench_phase *p) {
  double rest = p->total;
  for (size_t i = 0; i < p->operator_count; i++)
    rest -= p->operators[i].seconds;
  return rest;
}

/* A step's share of a sum over all repeats. */
static double per_step(const struct bench_phase *p, const struct bench_plan *plan, double sum) {
  return sum / (double)(p->steps * plan->repeats);
}
static double gflops(const struct bench_phase *p, const struct bench_plan *plan) {
  return 2e-9 * p->multiply_adds * p->median / (double)plan->batch;
}

static json_t *operator_json(const struct bench_phase *p, const struct bench_plan *plan, const struct timing *t) {
  const double seconds = t->seconds > 0 ? t->seconds : 1;
  json_t *row = json_pack("{s:s, s:o, s:o, s:o}", "name", t->name, "share", document_number(t->seconds / p->total),
                          "calls", document_number(per_step(p, plan, (double)t->calls)), "seconds",
                          document_number(per_step(p, plan, t->seconds)));
  if (row && t->multiply_adds > 0)
    json_object_set_new(row, "gflops", document_number(2e-9 * t->multiply_adds / seconds));
  if (row && t->bytes > 0)
    json_object_set_new(row, "gbytes", document_number(1e-9 * t->bytes / seconds));
  return row;
}

static json_t *phase_json(const struct bench_phase *p, const struct bench_plan *plan) {
  json_t *operators = json_array();
  for (size_t i = 0; i < p->operator_count; i++)
    if (p->operators[i].calls)
      json_array_append_new(operators, operator_json(p, plan, &p->operators[i]));
  const struct timing rest = {.name = "other", .seconds = rest_of(p)};
  json_array_append_new(operators, operator_json(p, plan, &rest));
  return json_pack("{s:I, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o}", "steps", (json_int_t)p->steps, "images_per_second",
                   "median", document_number(p->median), "min", document_number(p->least), "max",
                   document_number(p->most), "step_seconds", document_number((double)plan->batch / p->median), "gflops",
                   document_number(gflops(p, plan)), "peak_bytes",
                   p->peak_bytes < 0 ? json_null() : json_integer((json_int_t)p->peak_bytes), "operators", operators);
}

static json_t *result_json(const struct arguments *a, const struct bench_keys *keys, const struct bench_plan *plan,
                           const struct bench_result *r) {
  json_t *settings = json_array();
  for (size_t i = 0; i < a->set_count; i++)
    json_array_append_new(settings, json_string(a->sets[i]));
  json_t *all =
      json_pack("{s:s, s:o, s:s, s:I, s:I, s:i, s:s, s:s, s:I, s:I, s:I, s:s}", "model", a->operands[0], "set",
                settings, "input", keys->input, "classes", (json_int_t)keys->classes, "batch", (json_int_t)keys->batch,
                "threads", team_threads(plan->team), "kernels", r->kernels, "clock", clock_choices[keys->clock],
                "repeat", (json_int_t)keys->repeat, "parameters", (json_int_t)r->parameters, "multiply_adds",
                (json_int_t)r->multiply_adds, "data", "synthetic, on the device: reading is not measured");
  for (int i = 0; all && i < BENCH_PHASES; i++)
    if (plan->phases >> phase_order[i] & 1)
      json_object_set_new(all, phase_names[phase_order[i]], phase_json(&r->phase[phase_order[i]], plan));
  return all;
}

static void add_operator(struct table *table, const struct bench_phase *p, const struct bench_plan *plan,
                         const struct timing *t) {
  table_add(table, "%s", t->name);
  table_add(table, "%.1f %%", 100 * t->seconds / p->total);
  table_add(table, "%.3f", 1e3 * per_step(p, plan, t->seconds));
  if (t->calls)
    table_add(table, "%.0f", per_step(p, plan, (double)t->calls));
  else
    table_add(table, "%s", "");
  if (t->multiply_adds > 0 && t->seconds > 0)
    table_add(table, "%.1f", 2e-9 * t->multiply_adds / t->seconds);
  else
    table_add(table, "%s", "");
  if (t->bytes > 0 && t->seconds > 0)
    table_add(table, "%.1f", 1e-9 * t->bytes / t->seconds);
  table_end_row(table);
}

static int print_operators(const struct bench_phase *p, const struct bench_plan *plan, const char *name) {
  static const char *const heads[] = {"share", "ms/step", "calls", "GFLOP/s", "GB/s"};
  const struct timing rest = {.name = "other", .seconds = rest_of(p)};
  struct table *table = table_create("lrrrrr");
  if (!table)
    return error_failure();
  table_add(table, "%s", name);
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  table_rule(table);
  for (size_t i = 0; i < p->operator_count; i++)
    if (p->operators[i].calls)
      add_operator(table, p, plan, &p->operators[i]);
  add_operator(table, p, plan, &rest);
  puts("");
  int status = table_print(table, stdout, 0);
  table_free(table);
  return status;
}

static int print_phases(const struct bench_plan *plan, const struct bench_result *r) {
  static const char *const heads[] = {"", "images/s", "min", "max", "ms/step", "GFLOP/s", "peak MiB"};
  struct table *table = table_create("lrrrrrr");
  if (!table)
    return error_failure();
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  table_rule(table);
  for (int i = 0; i < BENCH_PHASES; i++) {
    const struct bench_phase *p = &r->phase[phase_order[i]];
    if (!p->steps)
      continue;
    table_add(table, "%s", phase_names[phase_order[i]]);
    table_add(table, "%.1f", p->median);
    table_add(table, "%.1f", p->least);
    table_add(table, "%.1f", p->most);
    table_add(table, "%.2f", 1e3 * (double)plan->batch / p->median);
    table_add(table, "%.1f", gflops(p, plan));
    if (p->peak_bytes >= 0)
      table_add(table, "%.0f", (double)p->peak_bytes / 1048576);
    table_end_row(table);
  }
  int status = table_print(table, stdout, 0);
  table_free(table);
  return status;
}

static int print_result(const struct arguments *a, const struct bench_keys *keys, const struct bench_plan *plan,
                        const struct bench_result *r) {
  printf("%s", a->operands[0]);
  for (size_t i = 0; i < a->set_count; i++)
    printf(" %s", a->sets[i]);
  printf(": %lld parameters, %.4g M multiply-adds an image of %s\nbatch %lld, %d thread%s, kernels %s, clock %s;\n"
         "made-up data, whose reading is not measured\n\n",
         (long long)r->parameters, 1e-6 * (double)r->multiply_adds, keys->input, (long long)keys->batch,
         team_threads(plan->team), team_threads(plan->team) == 1 ? "" : "s", r->kernels, clock_choices[keys->clock]);
  int status = print_phases(plan, r);
  for (int i = 0; i < BENCH_PHASES && !status; i++)
    if (r->phase[phase_order[i]].steps)
      status = print_operators(&r->phase[phase_order[i]], plan, phase_names[phase_order[i]]);
  return status;
}

static int bench_model(const struct arguments *a, const struct bench_keys *keys, struct team *team) {
  struct registry *registry = NULL;
  struct bench_plan plan;
  struct bench_result result = {0};
  strait_object *model = NULL, *curve = NULL;
  int status = read_plan(a, keys, &plan);
  if (!status)
    status = arguments_registry(a, &registry);
  if (!status)
    status = make_object(a, registry, STRAIT_MODEL, a->operands[0], &model);
  if (!status && (plan.phases >> BENCH_CURVE & 1))
    status = make_object(a, registry, STRAIT_CURVE, keys->curve, &curve);
  plan.model = model;
  plan.curve = curve;
  plan.team = team;
  if (!status)
    status = bench_run(&plan, &result);
  if (!status)
    status = a->json ? answer_json(result_json(a, keys, &plan, &result)) : print_result(a, keys, &plan, &result);
  bench_free(&result);
  object_free(curve);
  object_free(model);
  if (registry)
    registry_free(registry);
  return status;
}

/* --- the machine --- */

static json_t *peak_json(const struct peak *peak) {
  return json_pack("{s:o, s:o}", "one", document_number(peak->one), "all", document_number(peak->all));
}

static int bench_peak(const struct arguments *a, struct team *team) {
  struct peaks p;
  int status = peaks_measure(&p, team, NULL);
  if (status)
    return status;
  if (a->json)
    return answer_json(json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:o}", "kernels", p.kernels, "openblas",
                                 gemm_library(), "threads", team_threads(team), "tile_gflops", peak_json(&p.tile),
                                 "product_gflops", peak_json(&p.product), "copy_gbytes", peak_json(&p.copy),
                                 "triad_gbytes", peak_json(&p.triad)));
  const struct {
    const char *name, *unit;
    const struct peak *peak;
  } rows[] = {{"product on register tiles, in the caches", "GFLOP/s", &p.tile},
              {"OpenBLAS, a large product", "GFLOP/s", &p.product},
              {"memory, copy", "GB/s", &p.copy},
              {"memory, triad", "GB/s", &p.triad}};
  struct table *table = table_create("lrrl");
  if (!table)
    return error_failure();
  table_add(table, "kernels %s", p.kernels);
  table_add(table, "1 thread");
  table_add(table, "all %d", team_threads(team));
  table_rule(table);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    table_add(table, "%s", rows[i].name);
    table_add(table, "%.1f", rows[i].peak->one);
    table_add(table, "%.1f", rows[i].peak->all);
    table_add(table, "%s", rows[i].unit);
  }
  status = table_print(table, stdout, 0);
  printf("\nOpenBLAS is %s\n", gemm_library());
  table_free(table);
  return status;
}

static int bench(const struct arguments *a) {
  struct bench_keys keys;
  struct team *team = NULL;
  int threads = 1;
  int status = arguments_options(a, &bench_options, &keys);
  if (!status && keys.peak + keys.tune + (int)a->operand_count != 1)
    status = error_set(STRAIT_EINVAL, "give either a model or --peak or --tune; see strait bench --help");
  if (!status)
    status = team_count(a->threads, &threads);
  if (!status)
    status = team_create(&team, threads);
  if (!status)
    status = keys.peak   ? bench_peak(a, team)
             : keys.tune ? bench_tune(a->json, (int)keys.repeat, keys.seconds, team)
                         : bench_model(a, &keys, team);
  team_free(team);
  return status;
}

const struct command command_bench = {
    .name = "bench",
    .operands = "[MODEL]",
    .summary = "measure how fast a network trains",
    .help = "Measures how many images a second a model trains, trains along a curve (by default a Bezier curve\n"
            "with one bend) and evaluates, with its initial weights and made-up data in memory, so reading data\n"
            "is not measured. GFLOP/s count a multiply and an add for each product of direct convolution, three\n"
            "times as many for a training step as for a forward pass, whatever the program actually does; GB/s\n"
            "count each operand once. Peak memory is resident memory less what was resident before the model was\n"
            "built. With --peak instead of a model: the limits of this machine. With --tune: the timings behind\n"
            "the choice between direct and Winograd convolution. The choice is fixed in the source; nothing\n"
            "measured here or in a run changes it.",
    .flags = FLAG_SET | FLAG_THREADS | FLAG_PLUGINS | FLAG_JSON,
    .set_help = "set an option: model.OPTION=VALUE or curve.OPTION=VALUE; may be repeated",
    .options = &bench_options,
    .least = 0,
    .most = 1,
    .run = bench,
};
