/* verbs/verb_compare.c: [compare NAME]: trainings and ensembles at equal cost, over several seeds and budgets. Runs
 * nothing itself: it makes copies of the stages (experiment/instance.h), then measures their networks on one set of
 * samples, those of several runs pooled. Results: summary.json. */
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "base/text.h"
#include "experiment/instance.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "stage/cost.h"
#include "stage/plugins.h"
#include "stage/splits.h"
#include "stage/weights.h"
#include "verbs/compare.h"
#include "verbs/means.h"
#include "verbs/predict.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

static const strait_option options[] = {
    STRAIT_OPTION("of", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct compare_keys, of, "fge sse single", 0, 0, NULL,
                  "train and ensemble stages to compare"),
    STRAIT_STRINGS("seeds", struct compare_keys, seeds, "1",
                   "seeds, as 1 2 3 or 1..3; n adds 1000 (n - 1) to each stage's seed"),
    STRAIT_INTS("budgets", struct compare_keys, budgets, "1", 1, 100,
                "budgets, in multiples of the stage's cost; n pools the members of n independent runs"),
    STRAIT_STRING("single", struct compare_keys, single, NULL,
                  "baseline: the stage of `of`, at the smallest budget, that differences are paired with, seed by seed "
                  "(default: the last train stage)"),
    STRAIT_OPTION("splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct compare_keys, splits, NULL, 0, 0, NULL,
                  "splits to measure on: train, validation, test (default: all but train, and but validation if "
                  "something is fitted to it)"),
};

/* --- which stages --- */

#define ONE REFERENCE_BIT(REFERENCE_FINAL)       /* one network */
#define SEVERAL REFERENCE_BIT(REFERENCE_MEMBERS) /* several, measured together */

static int answers(const struct stage *stage, unsigned forms) { return (stage->verb->answers & forms) != 0; }

static int not_to_compare(const struct stage *stage, const struct stage *of) {
  const char *wanted = verbs_answering(stage->experiment->verbs, ONE | SEVERAL, stage->experiment->arena);
  return wanted ? error_set(STRAIT_EINVAL, "\"%s\" is a %s stage; compare needs %s", of->name, of->verb->name, wanted)
                : error_failure();
}

static int take_of(struct stage *stage, struct stage **of) {
  struct compare_keys *k = stage->own;
  k->against = k->of.n;
  for (size_t i = 0; i < k->of.n; i++) {
    int status = stage_named(stage, k->of.v[i], &of[i]);
    if (status)
      return status;
    if (!answers(of[i], ONE | SEVERAL))
      return not_to_compare(stage, of[i]);
    for (size_t j = 0; j < i; j++)
      if (of[i] == of[j])
        return error_set(STRAIT_EINVAL, "\"%s\" is listed twice", k->of.v[i]);
    if (k->single ? strcmp(k->single, k->of.v[i]) == 0 : answers(of[i], ONE))
      k->against = i;
  }
  return k->of.n ? STRAIT_OK : error_set(STRAIT_EINVAL, "no stage to compare");
}

static int take_numbers(struct stage *stage) {
  struct compare_keys *k = stage->own;
  struct arena *arena = stage->experiment->arena;
  const char **values;
  int status = values_expand(arena, k->seeds.v, k->seeds.n, &values, &k->seed_count);
  if (!status)
    status = seeds_read(arena, values, k->seed_count, &k->seed);
  if (!status && !k->seed_count)
    status = error_set(STRAIT_EINVAL, "no seed");
  return status;
}

static int take_budgets(struct stage *stage) {
  struct compare_keys *k = stage->own;
  for (size_t i = 0; i < k->budgets.n; i++) {
    k->runs = k->budgets.v[i] > k->runs ? k->budgets.v[i] : k->runs;
    for (size_t j = 0; j < i; j++)
      if (k->budgets.v[i] == k->budgets.v[j])
        return error_set(STRAIT_EINVAL, "the budget %lld is listed twice", (long long)k->budgets.v[i]);
  }
  return k->runs ? STRAIT_OK : error_set(STRAIT_EINVAL, "no budget");
}

/* needs[(seed * runs + run) * of + i] */
static int make_copies(struct stage *stage, struct stage **of) {
  struct compare_keys *k = stage->own;
  int status = STRAIT_OK;
  for (size_t s = 0; s < k->seed_count; s++)
    for (int64_t run = 1; !status && run <= k->runs; run++) {
      struct changes changes = {.seed = k->seed[s], .run = run};
      status = instance_needs(stage, &changes, of, k->of.n);
    }
  return status;
}

static int refer_compare(struct stage *stage) {
  struct compare_keys *k = stage->own;
  struct stage **of = arena_alloc(stage->experiment->arena, k->of.n, sizeof *of);
  if (!of)
    return error_failure();
  if (stage->instance) {
    error_set(STRAIT_EINVAL, "a sweep cannot run a compare stage; compare takes seeds itself");
    return stage_fault(stage, NULL);
  }
  if (take_of(stage, of))
    return stage_fault(stage, "of");
  if (take_numbers(stage))
    return stage_fault(stage, "seeds");
  if (take_budgets(stage))
    return stage_fault(stage, "budgets");
  if (k->single && k->against == k->of.n) {
    error_set(STRAIT_EINVAL, "\"%s\" is not in `of`", k->single);
    return stage_fault(stage, "single");
  }
  return make_copies(stage, of);
}

static int check_compare(struct stage *stage) {
  const struct compare_keys *k = stage->own;
  for (size_t i = 0; i < stage->need_count; i++) {
    if (stage->needs[i]->material->network != stage->material->network)
      return error_set(STRAIT_EINVAL, "\"%s\" and \"%s\" have other models or data of another shape; compare one model",
                       stage->needs[i]->name, stage->needs[0]->name);
    if (predict_check(stage, predict_keys_of(stage->needs[i])))
      return error_wrap("%s", stage->needs[i]->name);
  }
  return stage_check_splits(stage, &k->splits);
}

static int cost_compare(const struct stage *stage, struct cost *c) {
  for (size_t i = 0; i < stage->need_count; i++) {
    struct cost theirs = {0};
    int status = stage_cost(stage->needs[i], &theirs);
    if (status)
      return status;
    c->evaluated += theirs.evaluated;
  }
  c->vectors = 3; /* a network, and its file being read twice */
  return STRAIT_OK;
}

/* --- measuring --- */

/* All networks of a stage, as weights. */
static struct reference networks_of(struct stage *stage) {
  return (struct reference){.type = answers(stage, SEVERAL) ? REFERENCE_MEMBERS : REFERENCE_FINAL,
                            .text = stage->name,
                            .name = stage->name,
                            .stage = stage};
}

/* Predictions of the members of runs 0 .. runs-1, one behind the other; upto[run]: how many after it. */
static int predict_runs(struct comparison *c, size_t seed, size_t i, struct predictions *p, int64_t *upto) {
  struct job *job = c->job;
  const struct compare_keys *k = job->stage->own;
  int64_t all = 0, n, at = 0;
  int status = STRAIT_OK;
  for (int64_t run = 0; !status && run < k->runs; run++) {
    struct reference r = networks_of(compare_need(job->stage, seed, run, i));
    status = reference_count(job->session, &r, &n);
    upto[run] = all += n;
  }
  if (!status)
    status =
        predict_begin(p, job, c->splits, all, PREDICT_COMBINED, predict_keys_of(compare_need(job->stage, seed, 0, i)));
  for (int64_t run = 0; !status && run < k->runs; run++) {
    struct reference r = networks_of(compare_need(job->stage, seed, run, i));
    for (int64_t first = at; !status && at < upto[run]; at++) {
      json_t *unused = NULL;
      status = stop_check();
      if (!status)
        status = reference_load(job->session, &r, at - first, job->stage->material->network, c->w, c->b);
      if (!status)
        status = predict_member(p, at, c->w, c->b, answers(r.stage, SEVERAL), &unused);
      json_decref(unused);
    }
  }
  return status ? status : predict_temper(p);
}

/* One stage at one seed, for every budget. */
static int measure_compare(struct comparison *c, size_t seed, size_t i) {
  const struct stage *stage = c->job->stage, *first = compare_need(stage, seed, 0, i);
  const struct compare_keys *k = stage->own;
  struct predictions p = {0};
  strait_object *ensembler = NULL;
  int64_t *upto = arena_alloc(c->job->arena, (size_t)k->runs, sizeof *upto);
  int status = upto ? predict_runs(c, seed, i, &p, upto) : error_failure();
  if (!status && first->choice[STRAIT_ENSEMBLER].cls)
    status = stage_object(first, STRAIT_ENSEMBLER, 0, &ensembler);
  for (size_t b = 0; !status && b < k->budgets.n; b++) {
    size_t at = (seed * k->of.n + i) * k->budgets.n + b;
    c->members[at] = p.members = upto[k->budgets.v[b] - 1];
    status = predict_choose(&p);
    if (!status)
      status = predict_combined(&p, ensembler, &c->metrics[at]);
  }
  object_free(ensembler);
  predict_free(&p);
  return status;
}

/* --- what the runner calls --- */

static int run_compare(struct job *job) {
  const struct compare_keys *k = job->stage->own;
  const struct network *network = job->stage->material->network;
  struct comparison c = {.job = job};
  size_t cells = k->seed_count * k->of.n;
  c.metrics = arena_alloc(job->arena, cells * k->budgets.n, sizeof(json_t *));
  c.members = arena_alloc(job->arena, cells * k->budgets.n, sizeof *c.members);
  c.w = memory_alloc((size_t)network_weights(network)->count, sizeof *c.w);
  c.b = memory_alloc((size_t)network_statistics(network)->count, sizeof *c.b);
  int status = c.metrics && c.members && c.w && c.b ? job_splits(job, &k->splits, &c.splits) : error_failure();
  c.fitted = 1u << SPLIT_TRAIN;
  for (size_t i = 0; i < job->stage->need_count; i++)
    if (predict_fits(predict_keys_of(job->stage->needs[i])))
      c.fitted |= 1u << SPLIT_VALIDATION;
  if (!k->splits.n)
    c.splits &= ~c.fitted;
  job_begin(job, "measuring", 0, (int64_t)cells, "stage");
  for (size_t cell = 0; !status && cell < cells; cell++) {
    status = measure_compare(&c, cell / k->of.n, cell % k->of.n);
    job_tick(job, (int64_t)cell + 1, NULL, 0);
  }
  job_end(job);
  if (!status)
    status = compare_put(&c);
  for (size_t i = 0; c.metrics && i < cells * k->budgets.n; i++)
    json_decref(c.metrics[i]);
  memory_free(c.b);
  memory_free(c.w);
  return status;
}

static void summarise_compare(const json_t *summary, struct text *line) {
  const json_t *rows = json_object_get(summary, "rows");
  size_t seeds = json_array_size(json_object_get(summary, "seeds"));
  text_add(line, "%zu rows over %zu seed%s", json_array_size(rows), seeds, seeds == 1 ? "" : "s");
}

static const char *const reference_keys[] = {NULL};
const struct verb verb_compare = {
    .name = "compare",
    .summary = "compares trainings and ensembles over seeds and budgets",
    .help = "Runs the stages of `of`, and all that they refer to, once per seed and per run of the largest budget, as "
            "ordinary stages called NAME,seed=2 and NAME,seed=2,run=2, and measures them on "
            "the same samples. A row has the mean over seeds, its standard error (n seeds), the cost, and the "
            "paired difference from `single`. Budget n pools the members of n independent runs, so a train stage "
            "becomes n independent networks.",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct compare_keys),
    .reference_keys = reference_keys,
    .refer = refer_compare,
    .check = check_compare,
    .cost = cost_compare,
    .run = run_compare,
    .summarise = summarise_compare,
    .print = print_compare,
    .copies = 1,
    .draw = draw_compare,
};
