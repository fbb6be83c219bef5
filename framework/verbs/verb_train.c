/* verbs/verb_train.c: [train NAME]: trains one network. Keeps the moments that references name, every keep-th epoch,
 * and while it runs the newest two; resumes from the newest, and replays missing moments of a finished training. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/stop.h"
#include "base/text.h"
#include "experiment/refer.h"
#include "experiment/stages.h"
#include "experiment/verb.h"
#include "report/networks.h"
#include "report/results.h"
#include "stage/cost.h"
#include "stage/job.h"
#include "stage/plugins.h"
#include "stage/spent.h"
#include "stage/weights.h"
#include "verbs/course.h"
#include "verbs/predict.h"
#include "verbs/shown.h"
#include "verbs/verbs.h"

struct train_keys {
  int64_t epochs, stop;
  const char *start;
  int32_t restart;
  int64_t keep;
  int32_t trace;
  double checkpoint_every, checkpoint_limit;
  int32_t on_divergence;
  struct reference *reference; /* of start; NULL: fresh weights */
};

static const strait_option options[] = {
    STRAIT_INT("epochs", struct train_keys, epochs, "30", 1, 1000000, "length of the schedule, in epochs"),
    STRAIT_INT("stop", struct train_keys, stop, "0", 0, 1000000,
               "epoch after which training ends; 0: at the end of the schedule"),
    STRAIT_STRING(
        "start", struct train_keys, start, NULL,
        "weights to start from; a moment of a training (a@8) brings its momentum and its place in the schedule"),
    STRAIT_BOOL("restart", struct train_keys, restart, "no", "reset momentum and schedule at the start's weights"),
    STRAIT_INT("keep", struct train_keys, keep, "0", 0, 1000000,
               "keep every n-th epoch; 0: only those that other stages name"),
    STRAIT_BOOL("trace", struct train_keys, trace, "no", TRACE_HELP),
    STRAIT_FLOAT("checkpoint-every", struct train_keys, checkpoint_every, "10", 0.001, 1e6,
                 "minutes between checkpoints inside an epoch"),
    STRAIT_FLOAT("checkpoint-limit", struct train_keys, checkpoint_limit, "0", 0, 1e9, CHECKPOINT_LIMIT_HELP),
    STRAIT_CHOICE("on-divergence", struct train_keys, on_divergence, "stop", divergence_choices, DIVERGENCE_HELP),
};

static const struct train_keys *keys_of(const struct stage *stage) { return stage->own; }

static int refer_train(struct stage *stage) {
  struct train_keys *k = stage->own;
  if (!k->start)
    return STRAIT_OK;
  int status = stage_refer(stage, "start", k->start, &k->reference);
  if (!status && k->reference->type == REFERENCE_MEMBERS) {
    error_set(STRAIT_EINVAL, "a training starts from one network; %s[0] names one", k->reference->name);
    return stage_fault(stage, "start");
  }
  return status;
}

/* --- before it runs --- */

static int check_start(const struct stage *stage) {
  const struct reference *start = stage->start;
  if (!stage->first)
    return STRAIT_OK;
  if (start->stage->optimiser.optimiser != stage->optimiser.optimiser)
    return error_set(STRAIT_EINVAL,
                     "start = %s has the momentum of another optimiser; set restart = yes, or use the same optimiser",
                     start->text);
  if (stage_epoch(start->stage) != stage_epoch(stage))
    return error_set(STRAIT_EINVAL,
                     "start = %s comes from a training with %lld iterations per epoch, but this one has %lld; set "
                     "restart = yes, or use the same batch and data",
                     start->text, (long long)stage_epoch(start->stage), (long long)stage_epoch(stage));
  if (stage->first >= stage->end)
    return error_set(STRAIT_EINVAL,
                     "start = %s is iteration %lld, but this training ends after %lld; raise epochs, or set "
                     "restart = yes",
                     start->text, (long long)stage->first, (long long)stage->end);
  return STRAIT_OK;
}

static int check_train(struct stage *stage) {
  const struct train_keys *k = keys_of(stage);
  if (k->stop > k->epochs)
    return error_set(STRAIT_EINVAL, "stop = %lld is beyond epochs = %lld, the schedule's end", (long long)k->stop,
                     (long long)k->epochs);
  stage->start = k->reference;
  stage->first = k->reference && !k->restart ? reference_iteration(k->reference) : 0;
  stage->end = (k->stop ? k->stop : k->epochs) * stage_epoch(stage);
  stage->inherited = k->reference ? reference_spent(k->reference) - stage->first : 0;
  stage->iterations = stage->end - stage->first;
  int status = check_start(stage);
  return status ? status : schedule_check(stage, stage_epoch(stage), k->epochs * stage_epoch(stage));
}

static int cost_train(const struct stage *stage, struct cost *c) {
  const struct train_keys *k = keys_of(stage);
  const int64_t kept = (int64_t)stage->wanted_count + (k->keep ? k->epochs / k->keep : 0);
  c->trained = cost_of_training(stage);
  c->evaluated = cost_of_measuring(stage, NULL);
  if (k->trace)
    c->evaluated += course_trace_cost(stage, stage->iterations / stage_epoch(stage));
  c->vectors = cost_of_points(stage, 1, 1);
  c->kept = (kept + 1) * cost_of_weights(stage, 1);
  c->disk = c->kept + cost_of_checkpoints(cost_of_weights(stage, 1), k->checkpoint_limit);
  return STRAIT_OK;
}

/* --- the training --- */

struct task {
  struct job *job;
  struct moments moments;
  strait_object *schedule;
  struct trainer trainer;
  struct evaluator *tracer; /* with trace = yes */
  int64_t first, end, epoch;
  const int64_t *settled; /* in a replay: the moments to keep whose files are there, for others to build on */
  size_t settled_count;
};

static void task_free(struct task *t) {
  evaluator_free(t->tracer);
  snapshot_free(t->trainer.snapshot);
  training_free(t->trainer.training);
  object_free(t->schedule);
}

/* Is this moment a result, to be kept? */
static int is_kept(const struct task *t, int64_t iteration) {
  const struct stage *stage = t->job->stage;
  int64_t keep = keys_of(stage)->keep;
  for (size_t i = 0; i < stage->wanted_count; i++)
    if (stage->wanted[i] == iteration)
      return 1;
  return iteration == t->end || (keep && iteration % (keep * t->epoch) == 0);
}

static int wants(const void *context, const struct moment *moment) { return is_kept(context, moment->iteration); }

/* Removes all moments that are not results, but for the newest `spare` of those up to now, and the epoch's beginning.
 */
static int prune(struct task *t, size_t spare) {
  const struct train_keys *k = keys_of(t->job->stage);
  const int64_t now = t->trainer.snapshot->iteration;
  const struct rotation rotation = {.now = {.iteration = now},
                                    .begun = spare ? now / t->epoch * t->epoch : -1,
                                    .begun_stays = k->on_divergence == DIVERGENCE_HALVE,
                                    .spare = spare,
                                    .limit = k->checkpoint_limit,
                                    .wanted = wants,
                                    .context = t};
  return moments_rotate(&t->moments, &rotation);
}

static int is_settled(const struct task *t, int64_t iteration) {
  for (size_t i = 0; t->settled && i < t->settled_count; i++)
    if (t->settled[i] == iteration)
      return 1;
  return 0;
}

static int keep(void *context, const struct snapshot *snapshot, unsigned why) {
  struct task *t = context;
  int status = is_settled(t, snapshot->iteration) ? STRAIT_OK : moment_save(&t->moments, snapshot);
  if (!status && why & KEEP_EPOCH && keys_of(t->job->stage)->trace && !t->settled)
    status = course_trace(t->job, &t->tracer, snapshot, NULL);
  return status ? status : prune(t, 2);
}

static int forget(void *context, int64_t after) {
  const struct task *t = context;
  return t->settled ? STRAIT_OK : moments_forget(&t->moments, (struct moment){.iteration = after});
}

/* The weights before the first iteration. */
static int load_start(struct task *t, struct snapshot *snapshot) {
  const struct stage *stage = t->job->stage;
  const struct train_keys *k = keys_of(stage);
  const struct network *network = stage->material->network;
  snapshot_clear(snapshot);
  if (!k->reference) {
    network_initialise(network, seed_of(&stage->seeds, stage->seeds.init), snapshot->theta[0], snapshot->statistics);
    return STRAIT_OK;
  }
  if (!k->restart)
    return reference_load_state(t->job->session, k->reference, network, snapshot);
  return reference_load(t->job->session, k->reference, 0, network, snapshot->theta[0], snapshot->statistics);
}

static int load_train(void *context, struct snapshot *snapshot, int64_t latest) {
  struct task *t = context;
  int loaded, status = moments_load_snapshot(&t->moments, latest, snapshot, &loaded);
  return status || loaded ? status : load_start(t, snapshot);
}

static int64_t next_moment(const struct task *t, int64_t now, int64_t until) {
  const struct stage *stage = t->job->stage;
  int64_t next = (now / t->epoch + 1) * t->epoch;
  for (size_t i = 0; i < stage->wanted_count; i++)
    if (stage->wanted[i] > now && stage->wanted[i] < next)
      next = stage->wanted[i];
  return next < until ? next : until;
}

static int64_t next_wanted(void *context, int64_t now) { return next_moment(context, now, INT64_MAX); }

static void tick(void *context) {
  struct task *t = context;
  job_tick(t->job, training_iteration(t->trainer.training) - t->first, NULL, 0);
}

static int end_epoch(void *context) {
  struct task *t = context;
  return job_epoch(t->job, t->trainer.training, t->end / t->epoch, -t->first);
}

static int halved(void *context, const struct halving *halving) {
  struct task *t = context;
  return job_halved(t->job, halving, -1);
}

static const struct trainer_calls calls = {.load = load_train,
                                           .keep = keep,
                                           .forget = forget,
                                           .next = next_wanted,
                                           .tick = tick,
                                           .epoch = end_epoch,
                                           .halved = halved};

static int task_create(struct task *t, struct job *job) {
  const struct stage *stage = job->stage;
  const struct train_keys *k = keys_of(stage);
  *t = (struct task){.job = job, .first = stage->first, .end = stage->end, .epoch = stage_epoch(stage)};
  t->moments = job_moments(job, t->end);
  t->trainer = (struct trainer){
      .calls = &calls, .context = t, .every = 60 * k->checkpoint_every, .on_divergence = k->on_divergence};
  int status = stage_object(stage, STRAIT_SCHEDULE, 0, &t->schedule);
  if (status)
    return status;
  struct training_plan plan = {.network = stage->material->network,
                               .data = stage->material->data,
                               .device = job->session->device,
                               .schedule = t->schedule,
                               .keys = &stage->optimiser,
                               .seeds = stage->seeds,
                               .iterations = k->epochs * t->epoch};
  status = training_create(&t->trainer.training, &plan);
  return status ? status : training_snapshot(t->trainer.training, &t->trainer.snapshot);
}

/* From the newest moment that is not after `latest`, or the start, to iteration `until`. */
static int train(struct task *t, int64_t latest, int64_t until) {
  int status = trainer_load(&t->trainer, latest);
  if (status)
    return status;
  job_begin(t->job, "training", training_iteration(t->trainer.training) - t->first, until - t->first, "step");
  status = trainer_run(&t->trainer, until);
  job_end(t->job);
  if (status == STRAIT_EDIVERGE)
    return moments_diverged(&t->moments);
  return status ? status : stop_check();
}

/* --- what the runner calls --- */

static int measure_train(struct task *t) {
  struct job *job = t->job;
  struct predictions p = {0};
  json_t *metrics = NULL;
  unsigned splits;
  strait_strings all = {0};
  int status = job_splits(job, &all, &splits);
  if (!status)
    status = predict_begin(&p, job, splits, 1, PREDICT_ALONE, NULL);
  job_begin(job, "measuring", 0, 1, "point");
  if (!status)
    status = predict_member(&p, 0, t->trainer.snapshot->theta[0], t->trainer.snapshot->statistics, 0, &metrics);
  job_end(job);
  if (!status)
    status = predict_check_calibrated(&p);
  predict_free(&p);
  const struct network *network = job->stage->material->network;
  if (!status)
    status = put_text(job->summary, "model", network_model(network));
  if (!status)
    status = put_integer(job->summary, "parameters", network_weights(network)->count);
  if (!status)
    status = put_integer(job->summary, "epochs", t->end / t->epoch);
  if (!status)
    status = put_integer(job->summary, "iterations", t->end - t->first);
  if (!status)
    status = put_halvings(job, training_halvings(t->trainer.training));
  if (!status)
    status = put_integer(job->summary, "epoch_iterations", t->epoch);
  if (!status)
    status = put_integer(job->summary, "spent", t->end + job->stage->inherited);
  if (status)
    json_decref(metrics);
  return status ? status : put(job->summary, "metrics", metrics);
}

/* Are a moment's files there? */
static int look_for(struct task *t, int64_t at, int *there) {
  char *weights = moment_file(&t->moments, (struct moment){.iteration = at}, ".safetensors");
  char *state = moment_file(&t->moments, (struct moment){.iteration = at}, MOMENT_STATE);
  *there = weights && state && file_exists(weights) && file_exists(state);
  return weights && state ? STRAIT_OK : error_failure();
}

/* The first moment to keep whose files are not there; 0: none is missing. Where `settled` has room for all of a
 * training's moments, those to keep that are there are listed in it. */
static int first_missing(struct task *t, int64_t *missing, int64_t *settled) {
  int there, status = STRAIT_OK;
  *missing = 0;
  t->settled = settled;
  t->settled_count = 0;
  for (int64_t at = t->first; !status && at < t->end && (settled || !*missing);) {
    at = next_moment(t, at, t->end);
    if (!is_kept(t, at))
      continue;
    status = look_for(t, at, &there);
    if (!there && !*missing)
      *missing = at;
    if (there && settled)
      settled[t->settled_count++] = at;
  }
  return status;
}

/* Trains again up to each moment that is to be kept and is not there, from the nearest before it. */
static int make_missing(struct task *t) {
  const struct stage *stage = t->job->stage;
  int64_t missing = 0, *settled;
  settled = arena_alloc(t->job->arena, (size_t)(t->end / t->epoch + 1) + stage->wanted_count, sizeof *settled);
  int status = settled ? first_missing(t, &missing, settled) : error_failure();
  while (!status && missing) {
    /* To the epoch's end: a divergence later in it may have changed what was at this moment. */
    status = train(t, missing - 1, (missing + t->epoch - 1) / t->epoch * t->epoch);
    if (!status)
      status = first_missing(t, &missing, settled);
  }
  return status ? status : prune(t, 0);
}

static int run_train(struct job *job) {
  struct task t;
  int status = task_create(&t, job);
  if (!status)
    status = moments_sweep(&t.moments);
  if (!status)
    status = train(&t, t.end, t.end);
  const struct rates_of rates = {0, t.first, t.end, keys_of(job->stage)->epochs * t.epoch};
  if (!status)
    status = rates_write(job, t.schedule, &rates, 1);
  if (!status)
    status = measure_train(&t);
  if (!status) /* what was named only after an interrupted training had passed it */
    status = make_missing(&t);
  task_free(&t);
  return status;
}

static int replay_train(struct job *job) {
  struct task t;
  int status = task_create(&t, job);
  if (!status)
    status = moments_sweep(&t.moments);
  if (!status)
    status = make_missing(&t);
  task_free(&t);
  return status;
}

static int lacks_train(struct job *job, int *lacking) {
  struct task t = {.job = job, .first = job->stage->first, .end = job->stage->end, .epoch = stage_epoch(job->stage)};
  t.moments = job_moments(job, t.end);
  int64_t missing;
  int status = first_missing(&t, &missing, NULL);
  *lacking = missing > 0;
  return status;
}

static void summarise_train(const json_t *summary, struct text *line) {
  summary_metrics(json_object_get(summary, "metrics"), line);
}

static void networks_train(const struct shown *shown, struct table *table) {
  table_add(table, "%s", results_text(shown->stage, "name"));
  networks_cells(table, 1, results_value(shown->summary, "spent") / results_value(shown->summary, "epoch_iterations"),
                 json_object_get(shown->summary, "metrics"));
}

static const struct headline headlines[] = {
    {"metrics.train.nll", "train nll", 4, NULL, NULL},
    {"metrics.test.nll", "test nll", 4, NULL, NULL},
    {"metrics.test.error", "test err %", 2, "test-error", "test error, %"},
    {0},
};

static const char *const reference_keys[] = {"start", NULL};
const struct verb verb_train = {
    .name = "train",
    .summary = "trains one network",
    .help = "Trains one network by the schedule for `epochs` epochs, or until `stop`. Starts from fresh weights "
            "(seed.init), or from `start`. Its weights are named NAME (final), NAME@8 (after epoch 8), NAME@i500 "
            "(after iteration 500) and NAME@0 (initial); what other stages name is kept.",
    .measured_apart = 1,
    .takes = TAKES_DATA | TAKES_SEEDS | TAKES_OPTIMISER | TAKES_EVALUATION,
    .kinds = KIND_BIT(STRAIT_SCHEDULE),
    .answers = REFERENCE_BIT(REFERENCE_FINAL) | REFERENCE_BIT(REFERENCE_EPOCH) | REFERENCE_BIT(REFERENCE_ITERATION),
    .fresh = 1,
    .options = {options, sizeof *options, sizeof options / sizeof *options},
    .own_size = sizeof(struct train_keys),
    .reference_keys = reference_keys,
    .refer = refer_train,
    .check = check_train,
    .cost = cost_train,
    .run = run_train,
    .lacks = lacks_train,
    .replay = replay_train,
    .summarise = summarise_train,
    .draw = draw_training,
    .networks = networks_train,
    .headlines = headlines,
};
