/* train/training.c: the loop: a batch from the feeder, forward, loss and backward by the program, the optimiser's pass.
 * Device memory is reached by places only; after training_create nothing is allocated. */
#include <config.h>

#include "train/training_inside.h"

#include <math.h>
#include <time.h>

#include "base/error.h"
#include "base/stop.h"

int64_t training_epoch_iterations(const struct training *training) { return training->epoch_iterations; }
int64_t training_iteration(const struct training *training) { return training->iteration; }
int64_t training_halvings(const struct training *training) { return training->halvings; }
void training_progress(const struct training *training, struct loss_sums *sums) { *sums = training->sums; }

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double training_waited(const struct training *training) {
  const double passed = seconds() - training->begun;
  return training->waited > 0 && passed > training->waited ? training->waited / passed : 0;
}

static strait_step step_at(const struct training *training, int64_t iteration) {
  return (strait_step){sizeof(strait_step), 0, iteration, training->epoch_iterations, training->plan.iterations};
}

double training_rate_of(const strait_object *schedule, const struct optimiser_keys *keys, const strait_step *step) {
  const strait_schedule_ops *ops = object_ops(schedule);
  return ops->rate(schedule, step) * optimiser_warmth(keys, step->iteration, step->epoch_iterations);
}

double training_rate(const struct training *training, int64_t iteration) {
  strait_step step = step_at(training, iteration);
  return ldexp(training_rate_of(training->plan.schedule, training->plan.keys, &step), -(int)training->halvings);
}

int64_t training_next_collect(const struct training *training) {
  if (training->schedule->collect)
    for (int64_t i = training->iteration + 1; i <= training->plan.iterations; i++) {
      strait_step step = step_at(training, i);
      if (training->schedule->collect(training->plan.schedule, &step))
        return i;
    }
  return 0;
}

/* How much of each control point is in the weights of an iteration: at a t of its own on a curve. */
static void coefficients(const struct training *training, int64_t iteration, double *c) {
  if (!training->curve) {
    c[0] = 1;
    return;
  }
  const uint64_t seed = seed_of(&training->plan.seeds, training->plan.seeds.t);
  training->curve->coefficients(training->plan.curve, objective_t(&training->plan.objective, seed, iteration, 0), c);
}

/* --- making --- */

static int prepare_points(struct training *t) {
  const strait_object *curve = t->plan.curve;
  int64_t points = 1;
  if (curve) {
    t->curve = object_ops(curve);
    points = t->curve->points(curve);
    if (points > MAX_POINTS || points < 2)
      return error_set(STRAIT_EINVAL, "curve %s has %lld control points; a training takes 2 to %d", curve->name,
                       (long long)points, MAX_POINTS);
  }
  t->update.points = (int)points;
  if (!t->plan.objective.draws)
    t->plan.objective = objective_plain;
  return t->curve ? objective_check(&t->plan.objective, t->plan.curve) : STRAIT_OK;
}

static int is_free(const struct training *t, int point) {
  return !t->curve || t->plan.free_ends || (point > 0 && point < t->update.points - 1);
}

/* Device memory of the control points and their moments. A plain training's weights are the program's own. */
static int create_points(struct training *t) {
  const struct device_ops *ops = t->plan.device->ops;
  int64_t count = network_weights(t->plan.network)->count;
  int adam = t->plan.keys->optimiser == OPTIMISER_ADAMW, status = STRAIT_OK;
  t->update.w = program_weights(t->program);
  t->update.gradient = program_gradient(t->program);
  t->update.gradient_scale = optimiser_loss_scale(t->plan.keys, network_signature(t->plan.network));
  if (!t->curve)
    t->update.theta[0] = t->update.w;
  for (int i = 0; i < t->update.points && !status; i++) {
    if (t->curve)
      status = ops->create(t->plan.device, count, &t->update.theta[i]);
    if (!status && is_free(t, i))
      status = ops->create(t->plan.device, count, &t->update.velocity[i]);
    if (!status && is_free(t, i) && adam)
      status = ops->create(t->plan.device, count, &t->update.square[i]);
  }
  return status;
}

/* Of the program, on this rank. */
static int64_t state_words(const struct training *t) {
  const int size = t->plan.communicator->size;
  return (t->lanes + size - 1) / size * network_states(t->plan.network)->count;
}

static int create_program(struct training *t, int64_t samples) {
  t->lanes = samples;
  const int use = PROGRAM_TRAIN | (t->plan.keys->exact ? PROGRAM_EXACT : 0);
  int status = program_create(&t->program, t->plan.network, t->plan.device, shards_rows(t, samples), use,
                              t->plan.keys->label_smoothing);
  return status ? status : shards_create(t, samples);
}

/* Puts a batch on the device; how many samples it has. */
static int64_t upload(struct training *t, const struct batch *batch) {
  const struct device_ops *ops = t->plan.device->ops;
  if (t->shards > 1)
    return shards_upload(t, batch), batch->samples;
  ops->upload(t->plan.device, program_input(t->program), batch->x, batch->samples * t->sample_words);
  ops->upload(t->plan.device, program_target(t->program), batch->target, batch->samples * t->target_words);
  return batch->samples;
}

int64_t training_lanes(const struct optimiser_keys *keys, const struct data *data) {
  const int64_t samples = data_count(data, SPLIT_TRAIN);
  return samples < keys->batch ? samples : keys->batch;
}

static int create_feeder(struct training *t) {
  struct feeding feeding = {
      .split = SPLIT_TRAIN,
      .batch = training_lanes(t->plan.keys, t->plan.data),
      .shuffle = 1,
      .order_seed = seed_of(&t->plan.seeds, t->plan.seeds.order),
      .augment = 1,
      .augment_seed = seed_of(&t->plan.seeds, t->plan.seeds.augment),
  };
  if (feeding.batch < 1)
    return error_set(STRAIT_EINVAL, "there are no training samples: limit and holdout leave none");
  if (feeder_create(&t->feeder, t->plan.data, &feeding))
    return error_failure();
  t->epoch_iterations = feeder_batches(t->feeder);
  return create_program(t, feeding.batch);
}

static int create_source(struct training *t) {
  const struct batch *batch = t->plan.batch;
  if (!batch)
    return create_feeder(t);
  t->epoch_iterations = t->plan.iterations;
  int status = create_program(t, batch->samples);
  if (!status)
    t->samples = upload(t, batch);
  t->plan.batch = NULL;
  return status;
}

static void prepare_sizes(struct training *t) {
  const struct signature *signature = network_signature(t->plan.network);
  t->sample_words = signature_words(signature);
  t->target_words = signature_targets(signature);
  t->carries = network_states(t->plan.network)->count &&
               (!t->plan.data || data_describe(t->plan.data)->order == STRAIT_ORDER_STREAMS);
}

static int check_schedule(struct training *t) {
  t->schedule = object_ops(t->plan.schedule);
  strait_step step = step_at(t, 0);
  if (t->plan.iterations < 1)
    return error_set(STRAIT_EINVAL, "a training of %lld iterations", (long long)t->plan.iterations);
  return t->schedule->check ? t->schedule->check(t->plan.schedule, &step) : STRAIT_OK;
}

static int create_room(struct training *t) {
  const int64_t weights = network_weights(t->plan.network)->count, buffers = network_statistics(t->plan.network)->count;
  t->room = memory_alloc((size_t)communicator_room(t->plan.communicator, weights > buffers ? weights : buffers),
                         sizeof *t->room);
  return t->room ? STRAIT_OK : error_failure();
}

int training_create(struct training **training, const struct training_plan *plan) {
  struct training *t = *training = memory_alloc(1, sizeof *t);
  if (!t)
    return STRAIT_ENOMEM;
  t->plan = *plan;
  if (!t->plan.communicator)
    t->plan.communicator = &communicator_alone;
  prepare_sizes(t);
  int status = shards_check(t);
  if (!status)
    status = prepare_points(t);
  if (!status)
    status = optimiser_create(&t->optimiser, plan->keys, network_weights(plan->network));
  if (!status)
    status = create_source(t);
  if (!status)
    status = check_schedule(t);
  if (!status)
    status = create_points(t);
  if (!status && t->plan.objective.draws > 1)
    status = several_create(t);
  if (!status)
    status = create_room(t);
  if (status) {
    training_free(t);
    *training = NULL;
  }
  return status;
}

void training_free(struct training *training) {
  if (!training)
    return;
  struct device *device = training->plan.device;
  for (int i = 0; i < training->update.points; i++) {
    if (training->curve)
      device->ops->destroy(device, training->update.theta[i]);
    device->ops->destroy(device, training->update.velocity[i]);
    device->ops->destroy(device, training->update.square[i]);
  }
  several_free(training);
  shards_free(training);
  optimiser_free(training->optimiser);
  program_free(training->program);
  feeder_free(training->feeder);
  memory_free(training->room);
  memory_free(training);
}

/* --- the state, in and out --- */

int training_snapshot(const struct training *training, struct snapshot **snapshot) {
  int status = snapshot_create(snapshot, training->plan.network, training->update.points, !is_free(training, 0),
                               training->plan.keys->optimiser == OPTIMISER_ADAMW);
  return status ? status : snapshot_carry(*snapshot, training->plan.network, training->lanes);
}

/* Is the snapshot one of this training: points, length, which points move, the optimiser? */
static int fits(const struct training *t, const struct snapshot *s) {
  int adam = t->plan.keys->optimiser == OPTIMISER_ADAMW;
  if (s->points != t->update.points || s->count != network_weights(t->plan.network)->count ||
      s->buffers != network_statistics(t->plan.network)->count ||
      snapshot_carried(s) != t->lanes * network_states(t->plan.network)->count || adam != (s->square != NULL))
    return 0;
  for (int i = 0; i < s->points; i++)
    if (is_free(t, i) != (s->velocity[i] != NULL))
      return 0;
  return 1;
}

int training_load(struct training *training, const struct snapshot *snapshot) {
  struct training *t = training;
  const struct device_ops *ops = t->plan.device->ops;
  if (!fits(t, snapshot))
    return error_set(STRAIT_EINVAL,
                     "the state to start from is of another training: its control points, the fixed ones "
                     "of them, or its optimiser differ");
  if (snapshot->iteration > t->plan.iterations)
    return error_set(STRAIT_EINVAL, "the state to start from is at iteration %lld, past the end, %lld",
                     (long long)snapshot->iteration, (long long)t->plan.iterations);
  for (int i = 0; i < snapshot->points; i++) {
    ops->upload(t->plan.device, t->update.theta[i], snapshot->theta[i], snapshot->count);
    if (snapshot->velocity[i])
      ops->upload(t->plan.device, t->update.velocity[i], snapshot->velocity[i], snapshot->count);
    if (snapshot->square && snapshot->square[i])
      ops->upload(t->plan.device, t->update.square[i], snapshot->square[i], snapshot->count);
  }
  if (snapshot->buffers)
    ops->upload(t->plan.device, program_statistics(t->program), snapshot->statistics, snapshot->buffers);
  if (snapshot->state)
    ops->upload(t->plan.device, program_state(t->program), snapshot->state, snapshot_carried(snapshot));
  t->iteration = snapshot->iteration;
  t->updates = snapshot->updates;
  t->halvings = snapshot->halvings;
  t->fed = 0;
  t->sums = (struct loss_sums){0};
  coefficients(t, t->iteration + 1, t->update.next);
  if (t->curve)
    ops->combine(t->plan.device, snapshot->count, t->update.points, t->update.theta, t->update.next, t->update.w);
  t->loaded = 1;
  return device_status(t->plan.device);
}

int training_save(struct training *training, struct snapshot *snapshot) {
  struct training *t = training;
  const struct device_ops *ops = t->plan.device->ops;
  if (!t->loaded || !fits(t, snapshot))
    return error_set(STRAIT_EBUG, "a snapshot is asked of a training that it does not fit");
  for (int i = 0; i < snapshot->points; i++)
    if (!isfinite(ops->dot(t->plan.device, snapshot->count, t->update.theta[i], t->update.theta[i])))
      return error_set(STRAIT_EDIVERGE, "iteration %lld: a weight is no longer finite; lower the rate (it was %g)",
                       (long long)t->iteration, t->iteration ? training_rate(t, t->iteration) : 0);
  for (int i = 0; i < snapshot->points; i++) {
    ops->download(t->plan.device, snapshot->theta[i], t->update.theta[i], snapshot->count);
    if (snapshot->velocity[i])
      ops->download(t->plan.device, snapshot->velocity[i], t->update.velocity[i], snapshot->count);
    if (snapshot->square && snapshot->square[i])
      ops->download(t->plan.device, snapshot->square[i], t->update.square[i], snapshot->count);
  }
  if (snapshot->buffers)
    ops->download(t->plan.device, snapshot->statistics, program_statistics(t->program), snapshot->buffers);
  if (snapshot->state)
    ops->download(t->plan.device, snapshot->state, program_state(t->program), snapshot_carried(snapshot));
  snapshot->iteration = t->iteration;
  snapshot->updates = t->updates;
  snapshot->halvings = t->halvings;
  return device_status(t->plan.device);
}

/* --- the loop --- */

/* Puts the next iteration's batch on the device. After an epoch's last batch the feeder continues with the next epoch,
 * so that it reads ahead while this step computes. */
static int feed(struct training *t, int64_t *samples) {
  int64_t first = t->iteration % t->epoch_iterations, epoch = t->iteration / t->epoch_iterations + 1;
  struct batch batch;
  *samples = t->samples;
  if (!t->feeder) /* it is there since training_create */
    return STRAIT_OK;
  int restarted = t->fed != t->iteration + 1;
  const double begun = seconds();
  if (restarted || first == 0)
    t->begun = begun, t->waited = 0;
  t->fed = 0;
  if (restarted && feeder_start(t->feeder, epoch, first))
    return error_failure();
  if (feeder_next(t->feeder, &batch))
    return error_failure();
  t->waited += seconds() - begun;
  if (batch.samples < 1)
    return error_set(STRAIT_EBUG, "epoch %lld ended before its batch %lld", (long long)epoch, (long long)first + 1);
  *samples = upload(t, &batch);
  if (first + 1 == t->epoch_iterations && t->iteration + 1 < t->plan.iterations &&
      feeder_start(t->feeder, epoch + 1, 0))
    return error_failure();
  t->fed = t->iteration + 2;
  return STRAIT_OK;
}

static void add_sums(struct training *t, const struct loss_sums *sums) {
  if (t->iteration % t->epoch_iterations == 0)
    t->sums = (struct loss_sums){0};
  t->sums.rows += sums->rows;
  t->sums.errors += sums->errors;
  t->sums.loss += sums->loss;
  t->sums.nll += sums->nll;
}

int training_gradient(struct training *t, const struct run *run, double rate, struct loss_sums *sums) {
  *sums = (struct loss_sums){0};
  if (t->shards > 1)
    return shards_gradient(t, run, rate, sums);
  program_forward(t->program, run);
  program_loss(t->program, run, sums);
  int status = program_status(t->program);
  if (status)
    return status;
  if (!isfinite(sums->loss))
    return training_diverged(run->iteration, rate);
  program_backward(t->program, run);
  return program_status(t->program);
}

/* The gradient at the weights that are there, and the optimiser's pass. */
static int step_once(struct training *t, struct run *run, double rate, struct loss_sums *sums) {
  if (training_gradient(t, run, rate, sums))
    return error_failure();
  for (int i = 0; i < t->update.points; i++)
    t->update.coefficient[i] = t->update.next[i];
  coefficients(t, run->iteration + 1, t->update.next);
  optimiser_step(t->optimiser, t->plan.device, &t->update, rate, t->updates);
  return STRAIT_OK;
}

int training_diverged(int64_t iteration, double rate) {
  return error_set(STRAIT_EDIVERGE,
                   "iteration %lld: the loss is no longer finite at the rate %g; lower the rate or set clip-norm",
                   (long long)iteration, rate);
}

static int step(struct training *t) {
  int64_t iteration = t->iteration + 1;
  double rate = training_rate(t, iteration);
  if (!isfinite(rate) || rate < 0)
    return error_set(STRAIT_EINVAL, "schedule %s: the rate of iteration %lld is %g", t->plan.schedule->name,
                     (long long)iteration, rate);
  struct run run = {.batch_statistics = 1,
                    .update_statistics = 1,
                    .dropout = 1,
                    .carry = t->carries,
                    .iteration = iteration,
                    .seed = seed_of(&t->plan.seeds, t->plan.seeds.dropout)};
  struct loss_sums sums = {0};
  if (training_agree(t, feed(t, &run.samples)))
    return error_failure();
  if (t->carries && t->iteration % t->epoch_iterations == 0)
    t->plan.device->ops->fill(t->plan.device, program_state(t->program), 0, state_words(t));
  if (t->plan.objective.draws > 1 ? several_step(t, &run, rate, &sums) : step_once(t, &run, rate, &sums))
    return error_failure();
  add_sums(t, &sums);
  t->iteration++;
  t->updates++;
  return STRAIT_OK;
}

int training_run(struct training *training, int64_t until, double deadline) {
  struct training *t = training;
  if (!t->loaded || until > t->plan.iterations)
    return error_set(STRAIT_EBUG, "a training is run without a state, or beyond its horizon");
  while (t->iteration < until) {
    const int ends = training_any(t, stop_requested() || (deadline > 0 && seconds() >= deadline));
    if (ends)
      return ends < 0 ? ends : STRAIT_OK;
    if (step(t))
      return error_failure();
  }
  return STRAIT_OK;
}

/* --- agreement --- */

int training_any(const struct training *training, int wish) {
  double wishes = wish != 0;
  int status = communicator_add(training->plan.communicator, &wishes, 1);
  return status ? status : wishes > 0;
}

int training_agree(const struct training *training, int status) {
  int any = training_any(training, status != STRAIT_OK);
  if (status || !any)
    return status;
  return any < 0 ? any : error_set(STRAIT_EIO, "another process of this training failed");
}

int training_stop_check(const struct training *training) {
  const int any = training_any(training, stop_requested());
  if (any <= 0)
    return any;
  return stop_requested() ? stop_check() : error_set(STRAIT_ESTOP, "another process of this training was stopped");
}
