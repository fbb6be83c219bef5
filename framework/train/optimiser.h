/* train/optimiser.h: the optimiser keys, and their step on all control points at once: one pass over memory for each
 * run of parameters that share a weight decay. */
#ifndef TRAIN_OPTIMISER_H
#define TRAIN_OPTIMISER_H

#include "compute/device.h"
#include "network/network.h"
#include "plugin/options.h"

enum { OPTIMISER_SGD, OPTIMISER_ADAMW };

/* Keys optimiser, batch, momentum, nesterov, weight-decay, weight-decay-exclude (patterns of parameter names),
 * clip-norm, warm-up (epochs), label-smoothing, beta1, beta2, epsilon, exact (of evaluation too). */
struct optimiser_keys {
  int32_t optimiser;
  int64_t batch;
  double momentum;
  int32_t nesterov;
  double weight_decay;
  strait_strings weight_decay_exclude;
  double clip_norm, warm_up, label_smoothing;
  double beta1, beta2, epsilon;
  int32_t exact;
};
extern const struct option_table optimiser_options;

/* Keys that contradict each other: STRAIT_EINVAL. */
int optimiser_check(const struct optimiser_keys *keys);
/* Does weight decay reach the parameter of this name? 0 when a pattern of `exclude` matches it. */
int optimiser_decays(const strait_strings *exclude, const char *name);
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
