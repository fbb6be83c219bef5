/* train/several.c: a step of a curve's training that takes several t on one batch, and weighs them by an objective
 * (objective.h). The gradients at all t are kept until the weights are known, so that no network runs twice. */
#include <config.h>

#include <math.h>

#include "base/error.h"
#include "train/training_inside.h"

int several_create(struct training *t) {
  const struct device_ops *ops = t->plan.device->ops;
  const int64_t count = network_weights(t->plan.network)->count;
  int status = STRAIT_OK;
  if (!t->curve)
    return error_set(STRAIT_EBUG, "several t are asked of a plain training");
  for (int64_t k = 0; !status && k < t->plan.objective.draws; k++)
    status = ops->create(t->plan.device, count, &t->at[k]);
  for (int i = 0; !status && i < t->update.points; i++)
    if (place_is(t->update.velocity[i])) {
      status = ops->create(t->plan.device, count, &t->descent[i]);
      if (!status)
        status = ops->create(t->plan.device, count, &t->decaying[i]);
    }
  return status;
}

void several_free(struct training *t) {
  struct device *device = t->plan.device;
  for (int k = 0; k < OBJECTIVE_DRAWS; k++)
    device->ops->destroy(device, t->at[k]);
  for (int i = 0; i < t->update.points; i++) {
    device->ops->destroy(device, t->descent[i]);
    device->ops->destroy(device, t->decaying[i]);
  }
}

/* Loss and gradient at one t, the gradient kept. */
static int sample(struct training *t, struct run *run, int64_t draw, double rate, struct objective_sample *s,
                  struct loss_sums *sums) {
  struct device *device = t->plan.device;
  const struct device_ops *ops = device->ops;
  const int64_t count = network_weights(t->plan.network)->count;
  const uint64_t seed = seed_of(&t->plan.seeds, t->plan.seeds.t);
  const double at = objective_t(&t->plan.objective, seed, run->iteration, draw);
  struct loss_sums one;
  t->curve->coefficients(t->plan.curve, at, s->c);
  if (t->plan.objective.objective == OBJECTIVE_LENGTH) {
    t->curve->derivatives(t->plan.curve, at, s->dc);
    ops->combine(device, count, t->update.points, t->update.theta, s->dc, t->at[draw]);
    s->speed = sqrt(ops->dot(device, count, t->at[draw], t->at[draw]));
  }
  ops->combine(device, count, t->update.points, t->update.theta, s->c, t->update.w);
  if (training_gradient(t, run, rate, &one))
    return error_failure();
  s->loss = (one.rows ? one.loss / (double)one.rows : 0) + optimiser_penalty(t->optimiser, device, t->update.w);
  ops->copy(device, t->at[draw], t->update.gradient, count);
  sums->rows += one.rows;
  sums->errors += one.errors;
  sums->loss += one.loss;
  sums->nll += one.nll;
  return STRAIT_OK;
}

/* Before any point moves: descent_i = sum_k share_k c_i(t_k) g_k + sum_j pull_ij theta_j, and what decays with it,
 * sum_k share_k c_i(t_k) w(t_k). */
static void prepare(struct training *t, int point, const struct objective_sample *s, const double *pull) {
  struct device *device = t->plan.device;
  const int64_t count = network_weights(t->plan.network)->count, draws = t->plan.objective.draws;
  const int points = t->update.points;
  place from[MAX_POINTS];
  double c[MAX_POINTS], decaying[MAX_POINTS] = {0};
  for (int64_t k = 0; k < draws; k++) {
    from[k] = t->at[k];
    c[k] = s[k].share * s[k].c[point];
    for (int j = 0; j < points; j++)
      decaying[j] += c[k] * s[k].c[j];
  }
  for (int j = 0; j < points; j++) {
    from[draws + j] = t->update.theta[j];
    c[draws + j] = pull[point * points + j];
  }
  device->ops->combine(device, count, (int)draws + points, from, c, t->descent[point]);
  device->ops->combine(device, count, points, t->update.theta, decaying, t->decaying[point]);
}

/* One point's step is that of a plain training whose gradient and decay are these. */
static void move(struct training *t, int point, double rate) {
  struct update_op one = t->update;
  one.points = 1;
  one.theta[0] = t->update.theta[point];
  one.velocity[0] = t->update.velocity[point];
  one.square[0] = t->update.square[point];
  one.coefficient[0] = 1;
  one.next[0] = 0;
  one.w = t->decaying[point];
  one.gradient = t->descent[point];
  optimiser_step(t->optimiser, t->plan.device, &one, rate, t->updates);
}

int several_step(struct training *training, struct run *run, double rate, struct loss_sums *sums) {
  struct training *t = training;
  struct objective_sample samples[OBJECTIVE_DRAWS];
  double pull[MAX_POINTS * MAX_POINTS];
  for (int64_t k = 0; k < t->plan.objective.draws; k++) {
    run->carry = t->carries && k == t->plan.objective.draws - 1; /* once a batch */
    if (sample(t, run, k, rate, &samples[k], sums))
      return error_failure();
  }
  objective_weigh(&t->plan.objective, t->update.points, samples, pull);
  for (int i = 0; i < t->update.points; i++)
    if (place_is(t->update.velocity[i]))
      prepare(t, i, samples, pull);
  for (int i = 0; i < t->update.points; i++)
    if (place_is(t->update.velocity[i]))
      move(t, i, rate);
  return STRAIT_OK;
}
