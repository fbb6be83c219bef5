/* verbs/verb_align.c: [align NAME]: puts the units of one network into the order of another's, and measures the line
 * between the two before and after. Results: final.safetensors, before.npz and after.npz. */
#include <math.h>
#include <string.h>

#include "align/match.h"
#include "base/error.h"
#include "base/extreme.h"
#include "base/text.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "report/networks.h"
#include "report/results.h"
#include "stage/cost.h"
#include "stage/spent.h"
#include "stage/splits.h"
#include "stage/weights.h"
#include "train/checkpoint.h"
#include "verbs/checks.h"
#include "verbs/line.h"
#include "verbs/scan_results.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

enum { METHOD_WEIGHTS, METHOD_ACTIVATIONS };
static const char *const methods[] = {"weights", "activations", NULL};
#define BATCH 100 /* samples at a time, of activations */
#define LEVELS 2  /* halvings next to the maxima of a line, as a scan's */

struct align_keys {
  strait_strings of;
  int32_t method;
  int64_t restarts;
  int64_t samples;
  int64_t points;
  strait_strings splits;
  struct reference *pair[2]; /* what `of` names */
};

static const strait_option options[] = {
    STRAIT_OPTION("of", STRAIT_OPT_STRINGS, STRAIT_REQUIRED, struct align_keys, of, "left right", 0, 0, NULL,
                  "two networks: the second is permuted to match the first"),
    STRAIT_CHOICE("method", struct align_keys, method, "weights", methods,
                  "match units by their weights, or by their activations on training samples"),
    STRAIT_INT("restarts", struct align_keys, restarts, "4", 0, 10000,
               "random starts of method = weights, beside the identity and one that goes from the input on; the best "
               "result is kept"),
    STRAIT_INT("samples", struct align_keys, samples, "10000", 0, 1000000000,
               "training samples (a fixed subset) of method = activations; 0: all"),
    STRAIT_INT("points", struct align_keys, points, "25", 0, 100000,
               "points of the line to measure, before and after; 0: measure no line"),
    STRAIT_OPTION("splits", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct align_keys, splits, NULL, 0, 0, NULL,
                  "splits to measure on: train, validation, test (default: all there are)"),
};

static int refer_align(struct stage *stage) {
  struct align_keys *k = stage->own;
  int status = STRAIT_OK;
  if (k->of.n != 2) {
    error_set(STRAIT_EINVAL, "align takes two networks, not %zu: the second is permuted to match the first", k->of.n);
    return stage_fault(stage, "of");
  }
  for (int i = 0; !status && i < 2; i++) {
    status = stage_refer(stage, "of", k->of.v[i], &k->pair[i]);
    if (!status && k->pair[i]->type == REFERENCE_MEMBERS) {
      error_set(STRAIT_EINVAL, "'%s' is several networks; %s[0] names one", k->pair[i]->text, k->pair[i]->name);
      status = stage_fault(stage, "of");
    }
  }
  if (!status && strcmp(k->pair[0]->text, k->pair[1]->text) == 0) {
    error_set(STRAIT_EINVAL, "both are the same network; name two");
    status = stage_fault(stage, "of");
  }
  return status;
}

static int check_align(struct stage *stage) {
  const struct align_keys *k = stage->own;
  struct channels *channels = NULL;
  int status = stage_check_splits(stage, &k->splits);
  if (!status && k->points == 1)
    return error_set(STRAIT_EINVAL, "points = 1: a line is measured at 2 points at least; 0 measures none");
  if (!status)
    status = channels_create(&channels, stage->material->network);
  if (!status && !channels->groups)
    status = error_set(STRAIT_EINVAL, "model %s has no hidden units that could change places%s%s%s%s",
                       network_model(stage->material->network), channels->helds ? "; \"" : "",
                       channels->helds ? channels->held[0].layer : "", channels->helds ? "\" is held: " : "",
                       channels->helds ? channels->held[0].why : "");
  channels_free(channels);
  stage->inherited = reference_spent(k->pair[1]);
  return status;
}

static int64_t samples_of(const struct stage *stage) {
  const struct align_keys *k = stage->own;
  const int64_t all = data_count(stage->material->data, SPLIT_TRAIN);
  return k->samples && k->samples < all ? k->samples : all;
}

static int cost_align(const struct stage *stage, struct cost *c) {
  const struct align_keys *k = stage->own;
  int64_t loading = 0;
  int status = cost_of_loading(stage, &loading);
  c->evaluated = 2 * (k->points ? k->points + 4 : 0) * cost_of_measuring(stage, &k->splits);
  if (k->method == METHOD_ACTIVATIONS)
    c->evaluated += 2 * samples_of(stage);
  c->vectors = 6 + loading; /* both, the permuted one, the units of a group, and a point of the line */
  c->kept = cost_of_weights(stage, 0);
  c->disk = c->kept + 2 * k->points * 64 * (int64_t)sizeof(double);
  return status;
}

/* --- the work --- */

struct aligning {
  struct job *job;
  const struct network *network;
  struct channels *channels;
  struct evaluator *evaluator;
  float *w[3], *b[3]; /* weights and statistics: the first, the second, the second permuted */
  struct matching m;
};

static void aligning_free(struct aligning *a) {
  for (int i = 0; i < 3; i++) {
    memory_free(a->w[i]);
    memory_free(a->b[i]);
  }
  memory_free(a->m.order);
  evaluator_free(a->evaluator);
  channels_free(a->channels);
}

static int load_pair(struct aligning *a) {
  const struct align_keys *k = a->job->stage->own;
  int status = STRAIT_OK;
  for (int i = 0; !status && i < 3; i++) {
    a->w[i] = memory_alloc((size_t)network_weights(a->network)->count, sizeof(float));
    a->b[i] = memory_alloc((size_t)network_statistics(a->network)->count, sizeof(float));
    status = a->w[i] && a->b[i] ? STRAIT_OK : error_failure();
    if (!status && i < 2)
      status = reference_load(a->job->session, k->pair[i], 0, a->network, a->w[i], a->b[i]);
  }
  return status;
}

static int tick(void *context, int64_t done) {
  job_tick(context, done, NULL, 0);
  return STRAIT_OK;
}

/* By activations: batch-norm statistics by the rule that everything is measured by; those of training, where that is
 * the rule. */
static int match_by_activations(struct aligning *a) {
  const struct stage *stage = a->job->stage;
  const int64_t samples = samples_of(stage);
  const struct feeding feeding = {.split = SPLIT_TRAIN,
                                  .batch = samples < BATCH ? samples : BATCH,
                                  .subset = samples,
                                  .subset_seed = seed_of(&stage->seeds, stage->seeds.subset)};
  const int kept = stage->evaluation.bn == BN_RUNNING || stage->evaluation.bn == BN_INTERPOLATE;
  float *statistics[2] = {0};
  int status = STRAIT_OK;
  for (int i = 0; !status && i < 2; i++) {
    statistics[i] = memory_alloc((size_t)network_statistics(a->network)->count, sizeof(float));
    status = statistics[i] ? STRAIT_OK : error_failure();
    if (!status && !kept)
      status = evaluator_refresh(a->evaluator, a->w[i], statistics[i]);
  }
  a->m.a_statistics = kept ? a->b[0] : statistics[0];
  a->m.b_statistics = kept ? a->b[1] : statistics[1];
  job_begin(a->job, "matching", 0, (samples + BATCH - 1) / BATCH, "batch");
  if (!status)
    status = match_activations(&a->m, stage->material->data, &feeding);
  job_end(a->job);
  memory_free(statistics[0]);
  memory_free(statistics[1]);
  return status;
}

static int match(struct aligning *a) {
  const struct align_keys *k = a->job->stage->own;
  a->m = (struct matching){.network = a->network,
                           .channels = a->channels,
                           .device = a->job->session->device,
                           .a = a->w[0],
                           .b = a->w[1],
                           .tick = tick,
                           .context = a->job};
  if (k->method == METHOD_ACTIVATIONS)
    return match_by_activations(a);
  job_begin(a->job, "matching", 0, 0, "group");
  int status = match_weights(&a->m, k->restarts, (uint64_t)a->job->stage->seeds.seed);
  job_end(a->job);
  return status;
}

static int permute(struct aligning *a) {
  int status =
      channels_permute(a->channels, network_weights(a->network), a->channels->weights, a->m.order, a->w[1], a->w[2]);
  if (!status)
    status = channels_permute(a->channels, network_statistics(a->network), a->channels->statistics, a->m.order, a->b[1],
                              a->b[2]);
  char *file = status ? NULL : job_file(a->job, "final.safetensors");
  if (status)
    return status;
  return file ? checkpoint_write_weights(file, a->network, a->w[2], a->b[2], a->job->metadata, JOB_METADATA)
              : error_failure();
}

/* --- results --- */

static int put_held(struct aligning *a) {
  json_t *list = json_array();
  int status = put(a->job->summary, "held", list);
  for (int i = 0; !status && i < a->channels->helds; i++) {
    const struct channel_held *held = &a->channels->held[i];
    if (json_array_append_new(list,
                              json_pack("{s:s, s:I, s:I, s:s}", "layer", held->layer, "units",
                                        (json_int_t)held->channels, "of", (json_int_t)held->of, "why", held->why)))
      status = error_set(STRAIT_ENOMEM, "out of memory");
  }
  return status;
}

static int put_matching(struct aligning *a) {
  const struct align_keys *k = a->job->stage->own;
  const struct matching *m = &a->m;
  const int64_t count = network_weights(a->network)->count;
  json_t *summary = a->job->summary;
  int64_t units = 0, moved = 0;
  for (int g = 0; g < a->channels->groups; g++)
    for (int64_t i = 0; i < a->channels->group[g].size; i++, units++)
      moved += m->order[g][i] != i;
  int status = put(summary, "of", json_pack("[s, s]", k->pair[0]->text, k->pair[1]->text));
  if (!status)
    status = put_text(summary, "method", methods[k->method]);
  if (!status)
    status = put_integer(summary, "spent", a->job->stage->inherited);
  if (!status)
    status = put(summary, "similarity",
                 json_pack("{s:o, s:o}", "before", document_measure(m->before), "after", document_measure(m->after)));
  if (!status)
    status = put_integer(summary, "starts", m->starts);
  if (!status)
    status = put_integer(summary, "agreed", m->agreed);
  if (!status)
    status = put_integer(summary, "groups", a->channels->groups);
  if (!status)
    status = put_integer(summary, "units", units);
  if (!status)
    status = put_integer(summary, "moved", moved);
  if (!status)
    status = put(summary, "distance",
                 json_pack("{s:o, s:o}", "before", document_measure(weights_distance(a->w[0], a->w[1], count)), "after",
                           document_measure(weights_distance(a->w[0], a->w[2], count))));
  return status ? status : put_held(a);
}

static int put_line(struct aligning *a, json_t *lines, int after, unsigned splits) {
  const struct align_keys *k = a->job->stage->own;
  const int end = after ? 2 : 1;
  struct line line = {.name = after ? "after" : "before",
                      .text = arena_format(a->job->arena, "line(%s,%s)", k->pair[0]->text,
                                           after ? a->job->stage->name : k->pair[1]->text),
                      .theta = {a->w[0], a->w[end]},
                      .statistics = {a->b[0], a->b[end]},
                      .points = k->points,
                      .levels = LEVELS,
                      .splits = splits};
  struct scan *scan = NULL;
  json_t *one = json_object();
  int status = put(lines, line.name, one);
  if (status || !line.text)
    return error_failure();
  status = line_measure(a->job, a->evaluator, &line, &scan);
  if (!status)
    status = scan_put_splits(one, scan);
  scan_free(scan);
  return status ? error_wrap("%s", line.text) : STRAIT_OK;
}

static double barrier(const json_t *lines, const char *which, const char *split, const char *measure) {
  const json_t *one = json_object_get(json_object_get(lines, which), split);
  return summary_value(json_object_get(one, measure), "barrier_mean");
}

static int check_results(struct aligning *a, const json_t *lines, unsigned splits) {
  const struct matching *m = &a->m;
  json_t *summary = a->job->summary;
  int status = STRAIT_OK;
  if (m->starts > 1)
    status =
        check_put(summary, "starts", NULL, m->agreed > 1, (double)m->agreed,
                  "%lld of %lld starts ended at the best similarity; one alone may not be the best there is: raise "
                  "restarts",
                  (long long)m->agreed, (long long)m->starts);
  const char *split = splits & 1u << SPLIT_TRAIN ? "train" : splits & 1u << SPLIT_TEST ? "test" : "validation";
  const double before = barrier(lines, "before", split, "error"), after = barrier(lines, "after", split, "error");
  if (!status && lines && !isnan(after))
    status =
        check_put(summary, "connected", NULL, after <= LINE_CONNECTED, after,
                  "on the line to the aligned network the %s error rises to %.2f points above the mean of the ends "
                  "(%.2f before); up to %d counts as connected",
                  split, after, before, LINE_CONNECTED);
  return status;
}

static int measure_lines(struct aligning *a) {
  const struct align_keys *k = a->job->stage->own;
  json_t *lines = NULL;
  unsigned splits = 0;
  int status = job_splits(a->job, &k->splits, &splits);
  if (!status && k->points)
    status = put(a->job->summary, "lines", lines = json_object());
  for (int after = 0; !status && lines && after < 2; after++)
    status = put_line(a, lines, after, splits);
  if (!status && lines)
    status = checks_of_refresh(a->job);
  return status ? status : check_results(a, lines, splits);
}

static int run_align(struct job *job) {
  struct aligning a = {.job = job, .network = job->stage->material->network};
  int status = channels_create(&a.channels, a.network);
  if (!status)
    status = load_pair(&a);
  if (!status)
    status = job_evaluator(job, &a.evaluator);
  if (!status)
    status = match(&a);
  if (!status)
    status = permute(&a);
  if (!status)
    status = put_matching(&a);
  if (!status)
    status = measure_lines(&a);
  aligning_free(&a);
  return status;
}

/* --- shown --- */

static void summarise_align(const json_t *summary, struct text *line) {
  const json_t *distance = json_object_get(summary, "distance"), *lines = json_object_get(summary, "lines");
  text_add(line, "%.0f of %.0f units moved, distance %.4g, before %.4g", summary_value(summary, "moved"),
           summary_value(summary, "units"), summary_value(distance, "after"), summary_value(distance, "before"));
  for (int split = 0; split < SPLITS; split++)
    if (json_object_get(json_object_get(lines, "after"), split_name(split)))
      text_add(line, "; barrier in %s nll %.4g, before %.4g", split_name(split),
               barrier(lines, "after", split_name(split), "nll"), barrier(lines, "before", split_name(split), "nll"));
}

static const struct headline headlines[] = {
    {"distance.after", "distance", 3, NULL, NULL},
    {"lines.before.train.nll.barrier_mean", "barrier before", 4, NULL, NULL},
    {"lines.after.train.nll.barrier_mean", "barrier after", 4, "barrier", "barrier in train nll after matching"},
    {"lines.before.test.error.barrier_mean", "test err before", 2, NULL, NULL},
    {"lines.after.test.error.barrier_mean", "test err after", 2, "error", "barrier in test error after matching"},
    {0},
};

static const char *const reference_keys[] = {"of", NULL};
const struct verb verb_align = {
    .name = "align",
    .summary = "permutes the units of one network to match another's",
    .help =
        "Hidden units of a network can change places without changing what it computes. This finds the order of the "
        "second network's units in which it is most like the first, and leaves the permuted network, NAME, to all "
        "verbs. Which channels may be permuted, and which together, follows from the graph of any model; those that "
        "may not are named. The line between the two networks is measured before and after: a barrier that goes away "
        "was one of order alone. Results: STAGE/final.safetensors, before.npz, after.npz.",
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_EVALUATION,
    .answers = REFERENCE_BIT(REFERENCE_FINAL),
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct align_keys),
    .reference_keys = reference_keys,
    .refer = refer_align,
    .check = check_align,
    .cost = cost_align,
    .run = run_align,
    .summarise = summarise_align,
    .print = print_align,
    .headlines = headlines,
    .files = "before.npz and after.npz have the values along the lines",
};
