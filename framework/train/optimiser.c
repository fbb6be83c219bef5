/* train/optimiser.c: the optimiser keys, and the records of the update pass that they come to. */
#include "train/optimiser.h"

#include <math.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

static const char *const optimisers[] = {"sgd", "adamw", NULL};
static const char *const losses[] = {"mean", "sum-over-steps", NULL};
static const strait_option table[] = {
    STRAIT_CHOICE("optimiser", struct optimiser_keys, optimiser, "sgd", optimisers, "optimisation algorithm"),
    STRAIT_INT("batch", struct optimiser_keys, batch, "128", 1, 1e9,
               "samples per mini-batch; a shorter last batch is kept"),
    STRAIT_INT(
        "shards", struct optimiser_keys, shards, "1", 1, 64,
        "equal parts of each mini-batch, with batch-norm statistics of their own: 1, 2, 4, ... 64; a large batch "
        "then takes the memory of one part"),
    STRAIT_FLOAT("momentum", struct optimiser_keys, momentum, "0.9", 0, 1, "sgd: momentum coefficient"),
    STRAIT_BOOL("nesterov", struct optimiser_keys, nesterov, "no", "sgd: Nesterov momentum, as in PyTorch"),
    STRAIT_FLOAT("weight-decay", struct optimiser_keys, weight_decay, "1e-4", 0, 1000,
                 "coefficient wd of the regulariser wd/2 |w|^2 (adamw: of decoupled weight decay)"),
    STRAIT_OPTION("weight-decay-exclude", STRAIT_OPT_STRINGS, STRAIT_REPEATABLE, struct optimiser_keys,
                  weight_decay_exclude, NULL, 0, 0, NULL,
                  "patterns of parameter names without weight decay, as *.bias bn*"),
    STRAIT_INT("weight-decay-dims", struct optimiser_keys, weight_decay_dims, "1", 1, 6,
               "number of dimensions from which on parameters have weight decay; 2: matrices and larger, but no biases "
               "and no scales"),
    STRAIT_FLOAT("clip-norm", struct optimiser_keys, clip_norm, "0", 0, 1e30,
                 "maximum gradient norm; larger gradients are scaled down (0: off)"),
    STRAIT_FLOAT("warm-up", struct optimiser_keys, warm_up, "0", 0, 1e6, "epochs over which the rate rises from zero"),
    STRAIT_FLOAT("label-smoothing", struct optimiser_keys, label_smoothing, "0", 0, 1,
                 "fraction of the target spread evenly over all classes"),
    STRAIT_CHOICE("loss", struct optimiser_keys, loss, "mean", losses,
                  "text: the loss that is trained, and whose gradient clip-norm limits: the mean over all tokens of a "
                  "batch, or the sum over the steps of a sample of the mean over the batch"),
    STRAIT_FLOAT("beta1", struct optimiser_keys, beta1, "0.9", 0, 0.9999999, "adamw: decay rate of the first moment"),
    STRAIT_FLOAT("beta2", struct optimiser_keys, beta2, "0.999", 0, 0.9999999,
                 "adamw: decay rate of the second moment"),
    STRAIT_FLOAT("epsilon", struct optimiser_keys, epsilon, "1e-8", 1e-16, 1, "adamw: term added to the denominator"),
    STRAIT_BOOL("exact", struct optimiser_keys, exact, "no",
                "use direct convolution only, never Winograd's algorithm, which is faster and rounds differently"),
};
const struct option_table optimiser_options = {table, sizeof *table, sizeof table / sizeof *table};

/* Parameters first..first+count that share a weight decay. */
struct range {
  int64_t first, count;
  double weight_decay;
};
struct optimiser {
  const struct optimiser_keys *keys;
  int64_t count; /* P */
  int ranges;
  struct range *range;
};

int optimiser_check(const struct optimiser_keys *keys) {
  if (keys->nesterov && keys->optimiser != OPTIMISER_SGD)
    return error_set(STRAIT_EINVAL, "nesterov = yes goes with optimiser = sgd only");
  if (keys->nesterov && keys->momentum == 0)
    return error_set(STRAIT_EINVAL, "nesterov = yes needs a momentum above 0");
  if (keys->shards & (keys->shards - 1))
    return error_set(STRAIT_EINVAL, "shards = %lld is no power of two: take 1, 2, 4, 8, 16, 32 or 64",
                     (long long)keys->shards);
  if (keys->shards > keys->batch)
    return error_set(STRAIT_EINVAL, "shards = %lld: a batch of %lld cannot be cut into so many parts",
                     (long long)keys->shards, (long long)keys->batch);
  return STRAIT_OK;
}

int optimiser_decays(const strait_strings *exclude, int64_t dims, const struct segment *segment) {
  for (size_t i = 0; i < exclude->n; i++)
    if (text_matches(exclude->v[i], segment->name))
      return 0;
  return segment->rank >= dims;
}

double optimiser_loss_scale(const struct optimiser_keys *keys, const struct signature *signature) {
  return keys->loss == LOSS_SUM_OVER_STEPS ? (double)signature_rows(signature) : 1;
}

double optimiser_warmth(const struct optimiser_keys *keys, int64_t iteration, int64_t epoch_iterations) {
  double iterations = keys->warm_up * (double)epoch_iterations;
  return (double)iteration < iterations ? (double)iteration / iterations : 1;
}

/* One pattern that matches nothing is most likely a slip; but [defaults] may serve several models, so it is no error.
 */
static void report_idle_patterns(const strait_strings *exclude, const struct layout *layout) {
  for (size_t i = 0; i < exclude->n; i++) {
    int matches = 0;
    for (int s = 0; s < layout->segments && !matches; s++)
      matches = text_matches(exclude->v[i], layout->segment[s].name);
    if (!matches)
      log_message(STRAIT_LOG_WARNING, "weight-decay-exclude: no parameter matches \"%s\"", exclude->v[i]);
  }
}

int optimiser_create(struct optimiser **optimiser, const struct optimiser_keys *keys, const struct layout *layout) {
  *optimiser = NULL;
  if (optimiser_check(keys))
    return error_failure();
  struct optimiser *o = memory_alloc(1, sizeof *o);
  if (!o || !(o->range = memory_alloc((size_t)layout->segments, sizeof *o->range))) {
    optimiser_free(o);
    return STRAIT_ENOMEM;
  }
  o->keys = keys;
  o->count = layout->count;
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *s = &layout->segment[i];
    double decay = optimiser_decays(&keys->weight_decay_exclude, keys->weight_decay_dims, s) ? keys->weight_decay : 0;
    struct range *last = o->ranges ? &o->range[o->ranges - 1] : NULL;
    if (last && last->weight_decay == decay && last->first + last->count == s->offset)
      last->count += s->count;
    else
      o->range[o->ranges++] = (struct range){s->offset, s->count, decay};
  }
  report_idle_patterns(&keys->weight_decay_exclude, layout);
  *optimiser = o;
  return STRAIT_OK;
}

void optimiser_free(struct optimiser *optimiser) {
  if (optimiser)
    memory_free(optimiser->range);
  memory_free(optimiser);
}

/* What shortens the gradient to clip_norm, as torch.nn.utils.clip_grad_norm_ computes it. */
static double clip(const struct optimiser *o, struct device *device, const struct update_op *op) {
  if (o->keys->clip_norm == 0)
    return 1;
  double norm = sqrt(device->ops->dot(device, o->count, op->gradient, op->gradient)) * op->gradient_scale;
  return fmin(1, o->keys->clip_norm / (norm + 1e-6));
}

void optimiser_step(struct optimiser *optimiser, struct device *device, struct update_op *op, double rate,
                    int64_t updates) {
  const struct optimiser_keys *keys = optimiser->keys;
  double scale = op->gradient_scale;
  op->gradient_scale *= clip(optimiser, device, op);
  op->rate = rate;
  op->momentum = keys->momentum;
  op->nesterov = keys->nesterov;
  op->first = updates == 0;
  op->adam = keys->optimiser == OPTIMISER_ADAMW;
  op->step = updates + 1;
  op->beta1 = keys->beta1;
  op->beta2 = keys->beta2;
  op->epsilon = keys->epsilon;
  for (int i = 0; i < optimiser->ranges; i++) {
    op->offset = optimiser->range[i].first;
    op->count = optimiser->range[i].count;
    op->weight_decay = optimiser->range[i].weight_decay;
    device->ops->update(device, op);
  }
  op->gradient_scale = scale;
}

double optimiser_penalty(const struct optimiser *optimiser, struct device *device, place weights) {
  double sum = 0;
  for (int i = 0; i < optimiser->ranges; i++) {
    const struct range *r = &optimiser->range[i];
    const place at = place_plus(weights, r->first);
    if (r->weight_decay != 0)
      sum += r->weight_decay * device->ops->dot(device, r->count, at, at);
  }
  return 0.5 * sum;
}
