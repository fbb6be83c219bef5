/* landscape/evaluate.c: the evaluator: one program, the samples it measures, the batch-norm rule. Reaches the device by
 * the program's places only. */
#include "landscape/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "landscape/supply.h"
#include "train/optimiser.h"

#define LARGEST 9007199254740992.0      /* 2^53: every integer up to here is a double */
#define KEPT ((int64_t)1 << 30)         /* bytes of converted samples that an evaluator keeps at most */
#define ACTIVATIONS ((int64_t)32 << 20) /* bytes of activations that an automatic batch aims for: they stay cached */
enum { BATCH_MOST = 1024, BATCH_LEAST = 32 }; /* of an automatic batch */

static const char *const bn_choices[] = {"refresh", "running", "interpolate", "batch", NULL};
static const char *const tail_choices[] = {"keep", "drop", NULL};
static const strait_option table[] = {
    STRAIT_CHOICE("bn", struct evaluate_keys, bn, "refresh", bn_choices,
                  "batch-norm statistics: re-estimated at the weights (refresh), as training left them (running), "
                  "combined along a path (interpolate), of each evaluated batch (batch)"),
    STRAIT_INT("refresh.samples", struct evaluate_keys, refresh_samples, "0", 0, LARGEST,
               "number of training samples (a fixed subset) that batch-norm statistics are re-estimated on; 0: all"),
    STRAIT_BOOL("refresh.augment", struct evaluate_keys, refresh_augment, "yes",
                "augment the samples of a batch-norm refresh as in training (key augment)"),
    STRAIT_INT("eval.train-samples", struct evaluate_keys, train_samples, "0", 0, LARGEST,
               "number of training samples (a fixed subset) to measure on; 0: all"),
    STRAIT_INT("eval.test-samples", struct evaluate_keys, test_samples, "0", 0, LARGEST,
               "number of test (and validation) samples (a fixed subset) to measure on; 0: all"),
    STRAIT_INT("eval.batch", struct evaluate_keys, batch, "0", 0, 1048576,
               "samples per evaluation batch; 0: the training's batch for bn = batch, else chosen for speed"),
    STRAIT_INT(
        "eval.streams", struct evaluate_keys, streams, "1", 1, 1048576,
        "networks with state, text: number of streams that the training and the validation text are cut into, each "
        "starting without state"),
    STRAIT_INT("eval.test-streams", struct evaluate_keys, test_streams, "1", 1, 1048576, "the same for the test text"),
    STRAIT_CHOICE("eval.tail", struct evaluate_keys, tail, "keep", tail_choices,
                  "what the streams of the training and the validation text do not fill: keep (every token counts), or "
                  "drop (as in training)"),
};
const struct option_table evaluate_options = {table, sizeof table[0], sizeof table / sizeof table[0]};

struct evaluator {
  const struct network *network;
  struct device *device;
  struct evaluate_keys keys;
  double weight_decay;
  unsigned char *decays; /* for each segment of the weights: 1 if weight decay reaches it */
  int64_t statistics;    /* how many batch-norm buffers there are */
  char rule[96];         /* where the statistics come from, in words */
  int real;              /* targets are vectors, the loss is squared error */
  int64_t classes;
  int tokens;        /* each position has a class */
  int64_t positions; /* rows of the loss for each sample */
  int64_t states;    /* words of state for each sample; 0: none */
  int carries;       /* there is state, and samples follow one another */
  int64_t batch;     /* the program's */

  struct program *program;
  struct supply refresh; /* used where there are statistics */
  struct supply split[SPLITS];
  double penalty;        /* 0.5 * weight decay * |w|^2 of the weights that are loaded */
  struct loss_row *rows; /* of a batch */
  float *batch_of;       /* one batch's statistics */
  float *estimated;      /* those of a refresh */
  double *sum;           /* of statistics, weighed by samples */
};

const struct network *evaluator_network(const struct evaluator *evaluator) { return evaluator->network; }
const struct evaluate_keys *evaluator_keys(const struct evaluator *evaluator) { return &evaluator->keys; }
int64_t evaluator_samples(const struct evaluator *evaluator, int split) { return evaluator->split[split].samples; }

const char *evaluator_rule(const struct evaluator *evaluator) { return evaluator->rule; }

/* --- making --- */

static void describe_rule(struct evaluator *e, const struct data *data) {
  static const char *const words[] = {[BN_RUNNING] = "as training left it",
                                      [BN_INTERPOLATE] = "as training left it, between points combined as they are",
                                      [BN_BATCH] = "of each batch that is evaluated"};
  char some[24] = "the";
  if (!e->statistics)
    return;
  if (e->refresh.feeding.subset)
    snprintf(some, sizeof some, "%lld", (long long)e->refresh.feeding.subset);
  if (e->keys.bn != BN_REFRESH)
    snprintf(e->rule, sizeof e->rule, "%s", words[e->keys.bn]);
  else
    snprintf(e->rule, sizeof e->rule, "re-estimated on %s training samples%s", some,
             !data_augments(data)         ? ""
             : e->refresh.feeding.augment ? ", augmented"
                                          : " without their augmentation");
}

static int choose_decays(struct evaluator *e, const strait_strings *exclude) {
  const struct layout *layout = network_weights(e->network);
  e->decays = memory_alloc((size_t)layout->segments, 1);
  if (!e->decays)
    return STRAIT_ENOMEM;
  for (int i = 0; i < layout->segments; i++)
    e->decays[i] = exclude ? (unsigned char)optimiser_decays(exclude, e->keys.decay_dims, &layout->segment[i]) : 1;
  return STRAIT_OK;
}

/* The largest of 1024, 512, ... whose activations fit the cache: larger ones only move more memory. */
static int64_t automatic_batch(const struct network *network) {
  int64_t batch = BATCH_MOST, one = program_memory(network, 1, PROGRAM_EVALUATE);
  int64_t sample = program_memory(network, 2, PROGRAM_EVALUATE) - one;
  while (batch > BATCH_LEAST && batch * sample > ACTIVATIONS)
    batch /= 2;
  return batch;
}

static int64_t choose_batch(const struct evaluator *e, const struct data *data, int64_t train_batch) {
  int64_t batch = e->keys.batch, most = 1;
  if (!batch)
    batch = e->keys.bn == BN_BATCH ? train_batch : automatic_batch(e->network);
  for (int split = 0; split < SPLITS; split++)
    if (data_count(data, split) > most)
      most = data_count(data, split);
  return batch < most ? batch : most;
}

/* Of a split, side by side; 0: samples need not follow one another. */
static int64_t streams_of(const struct evaluator *e, int split) {
  if (!e->carries)
    return 0;
  return split == SPLIT_TEST ? e->keys.test_streams : e->keys.streams;
}

static int open_supplies(struct evaluator *e, const struct data *data, const struct seeds *seeds, int64_t train_batch,
                         int64_t batch) {
  int64_t room = KEPT;
  int status = STRAIT_OK;
  const uint64_t seed = seed_of(seeds, seeds->subset); /* the same for every stage, so that all stages measure alike */
  for (int split = 0; split < SPLITS && !status; split++) {
    struct feeding feeding = {.split = split,
                              .batch = batch,
                              .subset = split == SPLIT_TRAIN ? e->keys.train_samples : e->keys.test_samples,
                              .subset_seed = seed,
                              .streams = streams_of(e, split),
                              .drop = e->carries && split != SPLIT_TEST && e->keys.tail == TAIL_DROP};
    if (data_count(data, split))
      status = supply_open(&e->split[split], data, &feeding, NULL, &room);
  }
  struct feeding refresh = {.split = SPLIT_TRAIN,
                            .batch = train_batch,
                            .subset = e->keys.refresh_samples,
                            .subset_seed = seed,
                            .shuffle = 1,
                            .order_seed = seed,
                            .augment = e->keys.refresh_augment && data_augments(data),
                            .augment_seed = seed};
  struct supply *train = &e->split[SPLIT_TRAIN];
  const int64_t all = data_count(data, SPLIT_TRAIN);
  const int shared =
      !data_ordered(data) && !refresh.augment && !train->numbers && (refresh.subset == 0 || refresh.subset >= all);
  if (!status && e->statistics)
    status = supply_open(&e->refresh, data, &refresh, shared ? train : NULL, &room);
  describe_rule(e, data);
  return status;
}

static int create(struct evaluator *e, const struct data *data, const struct seeds *seeds, int64_t train_batch,
                  const strait_strings *exclude) {
  int64_t train = data_count(data, SPLIT_TRAIN);
  if (train_batch > train)
    train_batch = train;
  if (train_batch < 1)
    return error_set(STRAIT_EINVAL, "there are no training samples: limit and holdout leave none");
  int64_t batch = choose_batch(e, data, train_batch);
  int64_t most = e->statistics && train_batch > batch ? train_batch : batch;
  if (e->carries)
    batch = e->keys.streams > e->keys.test_streams ? e->keys.streams : e->keys.test_streams;
  most = batch > most ? batch : most;
  e->rows = memory_alloc((size_t)(batch * e->positions), sizeof *e->rows);
  e->batch_of = memory_alloc((size_t)e->statistics, sizeof(float));
  e->estimated = memory_alloc((size_t)e->statistics, sizeof(float));
  e->sum = memory_alloc((size_t)e->statistics, sizeof(double));
  if (!e->rows || !e->batch_of || !e->estimated || !e->sum)
    return STRAIT_ENOMEM;
  int status = choose_decays(e, exclude);
  if (!status)
    status = open_supplies(e, data, seeds, train_batch, batch);
  int use = PROGRAM_EVALUATE | (e->keys.exact ? PROGRAM_EXACT : 0);
  e->batch = most;
  return status ? status : program_create(&e->program, e->network, e->device, most, use, 0);
}

int evaluator_create(struct evaluator **evaluator, const struct network *network, const struct data *data,
                     struct device *device, const struct evaluate_keys *keys, const struct seeds *seeds,
                     int64_t train_batch, double weight_decay, const strait_strings *decay_exclude) {
  const struct signature *signature = network_signature(network);
  *evaluator = NULL;
  struct evaluator *e = *evaluator = memory_alloc(1, sizeof *e);
  if (!e)
    return STRAIT_ENOMEM;
  e->network = network;
  e->device = device;
  e->keys = *keys;
  e->weight_decay = weight_decay;
  e->statistics = network_statistics(network)->count;
  e->real = signature->target == STRAIT_TARGET_REAL;
  e->classes = signature->classes;
  e->tokens = signature->target == STRAIT_TARGET_CLASSES;
  e->positions = e->tokens ? signature->dims[0] : 1;
  e->states = network_states(network)->count;
  e->carries = e->states && data_describe(data)->order == STRAIT_ORDER_STREAMS;
  int status = create(e, data, seeds, train_batch, decay_exclude);
  if (status) {
    evaluator_free(e);
    *evaluator = NULL;
  }
  return status;
}

void evaluator_free(struct evaluator *evaluator) {
  if (!evaluator)
    return;
  program_free(evaluator->program);
  for (int split = 0; split < SPLITS; split++)
    supply_close(&evaluator->split[split]);
  supply_close(&evaluator->refresh);
  memory_free(evaluator->decays);
  memory_free(evaluator->rows);
  memory_free(evaluator->batch_of);
  memory_free(evaluator->estimated);
  memory_free(evaluator->sum);
  memory_free(evaluator);
}

/* --- one point --- */

/* 0.5 * weight decay * |w|^2 over the segments that decay. */
static double penalty(const struct evaluator *e, const float *weights) {
  const struct layout *layout = network_weights(e->network);
  double total = 0;
  if (e->weight_decay == 0)
    return 0;
  for (int i = 0; i < layout->segments; i++) {
    const float *w = weights + layout->segment[i].offset;
    double sum[4] = {0, 0, 0, 0};
    for (int64_t k = 0; e->decays[i] && k < layout->segment[i].count; k++)
      sum[k & 3] += (double)w[k] * (double)w[k];
    total += (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
  return 0.5 * e->weight_decay * total;
}

static void load_weights(struct evaluator *e, const float *weights) {
  e->device->ops->upload(e->device, program_weights(e->program), weights, network_weights(e->network)->count);
  e->penalty = penalty(e, weights);
}

static void load_statistics(struct evaluator *e, const float *statistics) {
  if (e->statistics && e->keys.bn != BN_BATCH)
    e->device->ops->upload(e->device, program_statistics(e->program), statistics, e->statistics);
}

/* carry: layers' state moves on. */
static int forward(struct evaluator *e, const struct supply *supply, const struct batch *batch, int batch_statistics,
                   int carry) {
  struct run run = {.samples = batch->samples, .batch_statistics = batch_statistics, .carry = carry};
  int status = stop_check();
  if (status)
    return status;
  e->device->ops->upload(e->device, program_input(e->program), batch->x, batch->samples * supply->words);
  program_forward(e->program, &run);
  return program_status(e->program);
}

/* Layers' state becomes 0. */
static void reset(struct evaluator *e) {
  if (e->carries)
    e->device->ops->fill(e->device, program_state(e->program), 0, e->batch * e->states);
}

/* The statistics at the weights that are loaded, into e->estimated. */
static int refresh(struct evaluator *e) {
  struct batch batch;
  int64_t seen = 0;
  for (int64_t k = 0; k < e->statistics; k++)
    e->sum[k] = 0;
  int status = e->statistics ? supply_start(&e->refresh) : STRAIT_OK;
  reset(e);
  while (!status && seen < e->refresh.samples) {
    status = supply_next(&e->refresh, &batch);
    if (!status)
      status = forward(e, &e->refresh, &batch, 1, 0);
    if (status)
      break;
    program_batch_statistics(e->program, e->batch_of);
    for (int64_t k = 0; k < e->statistics; k++)
      e->sum[k] += (double)batch.samples * (double)e->batch_of[k];
    seen += batch.samples;
  }
  for (int64_t k = 0; k < e->statistics && !status; k++)
    e->estimated[k] = (float)(e->sum[k] / (double)seen);
  return status;
}

/* Logits to the logarithms of their softmax, in place. */
static void take_logs(float *logits, int64_t classes) {
  int64_t best = 0;
  double others = 0;
  for (int64_t c = 1; c < classes; c++)
    if (logits[c] > logits[best])
      best = c;
  const double largest = (double)logits[best];
  for (int64_t c = 0; c < classes; c++)
    others += c == best ? 0 : exp((double)logits[c] - largest);
  for (int64_t c = 0; c < classes; c++) /* log1p: of the surest, what it leaves to the others */
    logits[c] = (float)((double)logits[c] - largest - log1p(others));
}

/* Adds a batch's samples to the sums, one by one, which the device has measured: to metrics' samples, nll and error.
 * logs: of this batch (with a class per position, of the whole split), or NULL. */
static void add_batch(struct evaluator *e, const struct batch *batch, struct metrics *sums, float *logs) {
  const struct run run = {.samples = batch->samples};
  const int64_t outputs = batch->samples * e->classes;
  const struct device_ops *ops = e->device->ops;
  const int64_t rows = batch->samples * e->positions;
  ops->upload(e->device, program_target(e->program), batch->target, e->real ? outputs : rows);
  program_loss_rows(e->program, &run, e->rows);
  for (int64_t i = 0; i < rows; i++) {
    if (e->rows[i].error < 0) /* it has no target */
      continue;
    if (logs && e->tokens)
      logs[sums->samples] = (float)-e->rows[i].nll;
    sums->samples++;
    sums->nll += e->rows[i].nll;
    sums->error += (double)e->rows[i].error;
  }
  if (logs && !e->tokens)
    ops->download(e->device, logs, program_output(e->program), outputs);
  for (int64_t i = 0; logs && !e->real && !e->tokens && i < batch->samples; i++)
    take_logs(logs + i * e->classes, e->classes);
}

/* Measures a split with what is loaded. */
static int measure(struct evaluator *e, int split, struct metrics *metrics, float *logs) {
  struct supply *supply = &e->split[split];
  struct batch batch;
  struct metrics sums = {0};
  int64_t seen = 0;
  if (!supply->samples)
    return error_set(STRAIT_EINVAL, "the %s split is empty%s", split_name(split),
                     split == SPLIT_VALIDATION ? "; set holdout" : "");
  int status = supply_start(supply);
  reset(e);
  while (!status && seen < supply->samples) {
    status = supply_next(supply, &batch);
    if (!status)
      status = forward(e, supply, &batch, e->keys.bn == BN_BATCH, e->carries);
    if (status)
      break;
    add_batch(e, &batch, &sums, logs && !e->tokens ? logs + seen * e->classes : logs);
    seen += batch.samples;
  }
  if (status)
    return status;
  if (!sums.samples)
    return error_set(STRAIT_EINVAL, "no sample of the %s split has a target", split_name(split));
  metrics->tokens = e->tokens;
  metrics->samples = sums.samples;
  metrics->nll = sums.nll / (double)sums.samples;
  metrics->loss = metrics->nll + e->penalty;
  metrics->error = e->real ? NAN : 100.0 * sums.error / (double)sums.samples;
  return STRAIT_OK;
}

int evaluator_point(struct evaluator *evaluator, const float *weights, const float *given, unsigned splits,
                    struct metrics metrics[SPLITS], float *used, float *const logs[SPLITS]) {
  struct evaluator *e = evaluator;
  int status = STRAIT_OK;
  load_weights(e, weights);
  if (e->statistics && e->keys.bn == BN_REFRESH) {
    status = refresh(e);
    given = e->estimated;
  }
  if (status)
    return status;
  if (e->statistics && e->keys.bn != BN_BATCH && !given)
    return error_set(STRAIT_EINVAL,
                     "bn = %s needs batch-norm statistics, and these weights have none; set bn = refresh",
                     bn_choices[e->keys.bn]);
  load_statistics(e, given);
  if (used && e->statistics && e->keys.bn != BN_BATCH)
    memcpy(used, given, (size_t)e->statistics * sizeof *used);
  for (int split = 0; split < SPLITS && !status; split++)
    if (splits >> split & 1)
      status = measure(e, split, &metrics[split], logs ? logs[split] : NULL);
  return status;
}

int evaluator_refresh(struct evaluator *evaluator, const float *weights, float *statistics) {
  load_weights(evaluator, weights);
  int status = refresh(evaluator);
  if (!status && evaluator->statistics)
    memcpy(statistics, evaluator->estimated, (size_t)evaluator->statistics * sizeof *statistics);
  return status;
}

int evaluator_measure(struct evaluator *evaluator, const float *weights, const float *statistics, int split,
                      struct metrics *metrics, float *logs) {
  load_weights(evaluator, weights);
  load_statistics(evaluator, statistics);
  return measure(evaluator, split, metrics, logs);
}

/* --- what is measured --- */

int evaluator_tokens(const struct evaluator *evaluator) { return evaluator->tokens; }

int evaluator_rows(struct evaluator *evaluator, int split, int64_t *rows) {
  struct supply *supply = &evaluator->split[split];
  struct batch batch;
  *rows = supply->samples;
  if (!evaluator->tokens || !supply->samples)
    return STRAIT_OK;
  *rows = 0;
  int status = supply_start(supply);
  for (int64_t seen = 0; !status && seen < supply->samples; seen += batch.samples) {
    status = supply_next(supply, &batch);
    const int32_t *label = batch.target;
    for (int64_t i = 0; !status && i < batch.samples * evaluator->positions; i++)
      *rows += label[i] >= 0;
  }
  return status;
}

int evaluator_labels(struct evaluator *evaluator, int split, int32_t *labels) {
  struct supply *supply = &evaluator->split[split];
  struct batch batch;
  int64_t seen = 0;
  if (evaluator->real || evaluator->tokens)
    return error_set(STRAIT_EBUG, "labels are asked of samples that have not one class each");
  int status = supply->samples ? supply_start(supply) : STRAIT_OK;
  while (!status && seen < supply->samples) {
    status = supply_next(supply, &batch);
    if (status)
      break;
    memcpy(labels + seen, batch.target, (size_t)batch.samples * sizeof *labels);
    seen += batch.samples;
  }
  return status;
}

int evaluator_subset(const struct evaluator *evaluator, int split, int64_t *numbers) {
  const struct supply *supply = &evaluator->split[split];
  for (int64_t i = 0; numbers && i < supply->samples; i++)
    numbers[i] = supply->numbers ? supply->numbers[i] : i;
  return supply->numbers != NULL;
}
