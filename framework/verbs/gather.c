/* verbs/gather.c: from a stage's starts and paths to what an ensembler keeps: loads them, runs the ensembler, tells the
 * watcher and the log of its course. */
#include "landscape/path.h"
#include "verbs/gather.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "stage/plugins.h"
#include "stage/spent.h"
#include "stage/weights.h"
#include "train/training.h"
#include "verbs/course.h"

void ensemble_stage_free(struct ensemble_stage *g, const struct ensemble_keys *k) {
  ensemble_free(g->ensemble);
  for (size_t i = 0; g->snapshots && i < k->start.n; i++)
    snapshot_free(g->snapshots[i]);
  for (size_t i = 0; g->loaded && i < k->path.n; i++)
    route_unload(&g->loaded[i]);
  memory_free(g->snapshots);
  memory_free(g->start);
  memory_free(g->loaded);
  memory_free(g->path);
  object_free(g->schedule);
  object_free(g->ensembler);
  evaluator_free(g->tracer);
  memory_free(g->origin);
}

/* The starts' and paths' weights, or zeros. */
static int load_inputs(struct ensemble_stage *g, const struct session *session, const struct stage *stage,
                       struct arena *arena) {
  const struct ensemble_keys *k = stage->own;
  const struct network *network = stage->material->network;
  int adam = stage->optimiser.optimiser == OPTIMISER_ADAMW, status = STRAIT_OK;
  g->snapshots = memory_alloc(k->start.n, sizeof *g->snapshots);
  g->start = memory_alloc(k->start.n, sizeof *g->start);
  g->loaded = memory_alloc(k->path.n, sizeof *g->loaded);
  g->path = memory_alloc(k->path.n, sizeof *g->path);
  if (!g->snapshots || !g->start || !g->loaded || !g->path)
    return error_failure();
  for (size_t i = 0; !status && i < k->start.n; i++) {
    status = snapshot_create(&g->snapshots[i], network, 1, 0, adam);
    if (!status)
      status = snapshot_carry(g->snapshots[i], network, training_lanes(&stage->optimiser, stage->material->data));
    if (!status && session)
      status = reference_load_state(session, k->starts[i], network, g->snapshots[i]);
    g->start[i] = (struct start){g->snapshots[i], reference_spent(k->starts[i])};
  }
  const float **nowhere = arena_alloc(arena, 2, sizeof *nowhere);
  if (!nowhere)
    return error_failure();
  if (!session && k->path.n)
    nowhere[0] = nowhere[1] = arena_alloc(arena, (size_t)network_weights(network)->count, sizeof **nowhere);
  for (size_t i = 0; !status && i < k->path.n; i++) {
    if (session)
      status = route_load(session, stage->routes[i], network, &g->loaded[i]);
    g->path[i] = session ? g->loaded[i].path
                         : (struct path){.name = stage->routes[i]->text,
                                         .points = 2,
                                         .theta = nowhere,
                                         .count = network_weights(network)->count};
  }
  return status;
}

int ensemble_stage_create(struct ensemble_stage *g, const struct session *session, const struct stage *stage,
                          struct arena *arena) {
  const struct ensemble_keys *k = stage->own;
  int status = stage_object(stage, STRAIT_ENSEMBLER, 0, &g->ensembler);
  if (!status)
    status = stage_object(stage, STRAIT_SCHEDULE, 0, &g->schedule);
  if (!status)
    status = load_inputs(g, session, stage, arena);
  struct ensemble_plan plan = {.ensembler = g->ensembler,
                               .network = stage->material->network,
                               .data = stage->material->data,
                               .device = session ? session->device : NULL,
                               .schedule = g->schedule,
                               .keys = &stage->optimiser,
                               .seeds = stage->seeds,
                               .start = g->start,
                               .starts = (int64_t)k->start.n,
                               .path = g->path,
                               .paths = (int64_t)k->path.n,
                               .budget = k->budget * stage_epoch(stage),
                               .made = g->job ? g->job->metadata : NULL,
                               .made_pairs = g->job ? JOB_METADATA : 0,
                               .folder = g->job ? job_file(g->job, STATES) : NULL,
                               .checkpoint_every = 60 * k->checkpoint_every,
                               .checkpoint_limit = k->checkpoint_limit,
                               .on_divergence = k->on_divergence};
  if (!status && g->job && !plan.folder)
    status = error_failure();
  return status ? status : ensemble_create(&g->ensemble, &plan);
}

/* --- running it --- */

/* What the watcher counts: iterations over all sources; of paths, points. */
static int64_t total_steps(const struct ensemble *ensemble, int64_t sources) {
  int64_t sum = 0;
  for (int64_t i = 0; i < sources; i++) {
    const strait_source *s = ensemble_source(ensemble, i);
    sum += s->type == STRAIT_SOURCE_TRAINING ? s->iterations : s->points;
  }
  return sum;
}

/* How far the weights are from where their source began. NaN: there was no memory. */
static double distance(struct ensemble_stage *g, const struct ensemble_news *news, const float *w) {
  const int64_t count = network_weights(g->job->stage->material->network)->count;
  if (!g->origin) {
    g->origin = memory_alloc((size_t)count, sizeof *g->origin);
    g->origin_of = -1;
  }
  if (g->origin && g->origin_of != news->source && ensemble_origin(g->ensemble, news->source, g->origin) == STRAIT_OK)
    g->origin_of = news->source;
  if (!g->origin || g->origin_of != news->source) {
    error_clear(); /* the course is told, not a result */
    return NAN;
  }
  return weights_distance(w, g->origin, count);
}

/* The error on the test data, of validation where there is none. NaN: not asked for. */
static double trace(struct ensemble_stage *g, const struct ensemble_news *news) {
  const struct ensemble_keys *k = g->job->stage->own;
  struct metrics m = {.error = NAN};
  if (!k->trace || !news->here)
    return NAN;
  int status = g->tracer ? STRAIT_OK : job_evaluator(g->job, &g->tracer);
  int split = !status && evaluator_samples(g->tracer, SPLIT_TEST) ? SPLIT_TEST : SPLIT_VALIDATION;
  if (!status && evaluator_samples(g->tracer, split))
    status = evaluator_measure(g->tracer, news->here, news->statistics, split, &m, NULL);
  if (status) {
    log_message(STRAIT_LOG_WARNING, "trace: %s", error_text());
    error_clear();
  }
  return m.error;
}

static void log_course(struct ensemble_stage *g, const struct ensemble_news *news, double loss) {
  const float *w = news->weights ? news->weights : news->here;
  job_log(g->job,
          json_pack("{s:s, s:I, s:I, s:f, s:o, s:I, s:o, s:o}", "event", news->weights ? "moment" : "epoch", "source",
                    (json_int_t)news->source, "iteration", (json_int_t)news->step.iteration, "rate", news->rate, "loss",
                    document_measure(loss), "members", (json_int_t)news->members, "distance",
                    document_number(distance(g, news, w)), "test_error", document_number(trace(g, news))));
}

static void watch_progress(void *context, const struct ensemble_news *news) {
  struct ensemble_stage *g = context;
  int64_t before = total_steps(g->ensemble, news->source);
  int tells = news->weights || news->here;
  char note[96];
  double loss = news->sums.loss / (news->sums.rows > 0 ? (double)news->sums.rows : 1);
  snprintf(note, sizeof note, "source %lld/%lld  %lld member%s  loss %.4g", (long long)news->source + 1,
           (long long)news->sources, (long long)news->members, news->members == 1 ? "" : "s", loss);
  job_tick(g->job, before + news->step.iteration, note, tells);
  if (tells)
    log_course(g, news, loss);
}

static int watch_halved(void *context, int64_t source, const struct halving *halving) {
  struct ensemble_stage *g = context;
  return job_halved(g->job, halving, source);
}

/* Those of its trainings. */
static int write_rates(struct ensemble_stage *g) {
  const int64_t sources = ensemble_sources(g->ensemble);
  struct rates_of *rates = memory_alloc((size_t)sources, sizeof *rates);
  int64_t count = 0;
  if (!rates)
    return error_failure();
  for (int64_t i = 0; i < sources; i++) {
    const strait_source *s = ensemble_source(g->ensemble, i);
    if (s->type == STRAIT_SOURCE_TRAINING)
      rates[count++] = (struct rates_of){i, 0, s->iterations, s->iterations};
  }
  int status = rates_write(g->job, g->schedule, rates, count);
  memory_free(rates);
  return status;
}

int ensemble_stage_run(struct ensemble_stage *g) {
  const struct ensemble_watch watch = {.context = g, .progress = watch_progress, .halved = watch_halved};
  job_begin(g->job, "gathering members", 0, total_steps(g->ensemble, ensemble_sources(g->ensemble)), "step");
  int status = ensemble_run(g->ensemble, &watch);
  job_end(g->job);
  return status ? status : write_rates(g);
}
