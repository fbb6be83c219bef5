/* train/optimiser.h: the optimiser keys, and their step on all control points at once: one pass over memory for each
 * run of parameters that share a weight decay. */
#ifndef TRAIN_OPTIMISER_H
#define TRAIN_OPTIMISER_H

#include "compute/device.h"
#include "network/network.h"
#include "plugin/options.h"

enum { OPTIMISER_SGD, OPTIMISER_ADAMW };
enum { LOSS_MEAN, LOSS_SUM_OVER_STEPS };

/* Keys optimiser, batch, shards, momentum, nesterov, weight-decay, weight-decay-exclude (patterns of parameter names),
 * weight-decay-dims, clip-norm, warm-up (epochs), label-smoothing, loss, beta1, beta2, epsilon, exact (of evaluation
 * too). */
struct optimiser_keys {
  int32_t optimiser;
  int64_t batch, shards;
  double momentum;
  int32_t nesterov;
  double weight_decay;
  strait_strings weight_decay_exclude;
  double clip_norm, warm_up, label_smoothing;
  double beta1, beta2, epsilon;
  int32_t exact;
  int32_t loss;              /* LOSS_...: of samples with a class per position */
  int64_t weight_decay_dims; /* parameters of fewer dimensions do not decay */
};
extern const struct option_table optimiser_options;

/* Keys that contradict each other: STRAIT_EINVAL. */
int optimiser_check(const struct optimiser_keys *keys);
/* Does weight decay reach a parameter of this name and rank? 0 when a pattern of `exclude` matches the name, or it has
 * fewer than `dims` dimensions. */
int optimiser_decays(const strait_strings *exclude, int64_t dims, const struct segment *segment);
/* How many times the gradient of the mean over all positions is the loss's. */
double optimiser_loss_scale(const struct optimiser_keys *keys, const struct signature *signature);
/* The share of the rate at an iteration from 1: rises linearly over the first warm_up epochs to 1, and stays. */
double optimiser_warmth(const struct optimiser_keys *keys, int64_t iteration, int64_t epoch_iterations);

struct optimiser;
/* keys and layout must outlive it. */
int optimiser_create(struct optimiser **optimiser, const struct optimiser_keys *keys, const struct layout *layout);
void optimiser_free(struct optimiser *optimiser); /* NULL is nothing */
/* One step (see update_op): the caller fills `op` once with the points' places, w and gradient, and for each step with
 * the coefficients, next and a gradient_scale; this adds rate, step (updates before this one) and the rest of the keys,
 * clips the gradient's norm, and applies it to all parameters. Nothing is allocated. */
void optimiser_step(struct optimiser *optimiser, struct device *device, struct update_op *op, double rate,
                    int64_t updates);

/* The regulariser at the weights: 0.5 * weight decay * |w|^2, over the parameters that decay. */
double optimiser_penalty(const struct optimiser *optimiser, struct device *device, place weights);

#endif
