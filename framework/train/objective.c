/* train/objective.c: see objective.h. Arithmetic on a few numbers; touches no weights. */
#include "train/objective.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "compute/random.h"
#include "plugin/registry.h"

const char *const objective_choices[] = {"mean", "length", "worst", NULL};
const struct objective_keys objective_plain = {OBJECTIVE_MEAN, 1, 1, 0};

int objective_check(const struct objective_keys *keys, const strait_object *curve) {
  const strait_curve_ops *ops = object_ops(curve);
  if (keys->objective != OBJECTIVE_MEAN && keys->draws < 2)
    return error_set(STRAIT_EINVAL, "objective = %s weighs several t of a batch against each other; set draws = 4, say",
                     objective_choices[keys->objective]);
  if (keys->objective == OBJECTIVE_LENGTH && !ops->derivatives)
    return error_set(STRAIT_ENOTSUP, "objective = length needs the curve's derivatives, which %s does not give",
                     curve->name);
  if (keys->draws > 1 && ops->points(curve) + keys->draws > MAX_POINTS)
    return error_set(STRAIT_EINVAL, "%lld control points and draws = %lld are more than %d together",
                     (long long)ops->points(curve), (long long)keys->draws, MAX_POINTS);
  return STRAIT_OK;
}

double objective_t(const struct objective_keys *keys, uint64_t seed, int64_t iteration, int64_t draw) {
  const int64_t n = keys->strata, number = (iteration - 1) * keys->draws + draw;
  struct stream stream = stream_of(seed, "t", (uint64_t)iteration);
  double t = stream_double(&stream, (uint64_t)draw);
  if (n < 2)
    return t;
  int64_t order[OBJECTIVE_STRATA];
  stream = stream_of(seed, "strata", (uint64_t)(number / n));
  stream_permutation(&stream, order, n);
  return ((double)order[number % n] + t) / (double)n;
}

static double weigh_mean(int64_t draws, struct objective_sample *s) {
  double sum = 0;
  for (int64_t k = 0; k < draws; k++) {
    s[k].share = 1 / (double)draws;
    sum += s[k].loss;
  }
  return sum / (double)draws;
}

/* R = sum s L / S, S = sum s. dR/ds_k = (L_k - R) / S, and ds_k/dtheta_i = dc_i w'(t_k) / s_k, w' = sum_j dc_j theta_j.
 */
static double weigh_length(int64_t draws, int points, struct objective_sample *s, double *pull) {
  double all = 0, mean = 0;
  for (int64_t k = 0; k < draws; k++)
    all += s[k].speed;
  if (!(all > 0)) /* all control points are one */
    return weigh_mean(draws, s);
  for (int64_t k = 0; k < draws; k++) {
    s[k].share = s[k].speed / all;
    mean += s[k].share * s[k].loss;
  }
  for (int64_t k = 0; k < draws; k++)
    for (int i = 0; i < points && s[k].speed > 0; i++)
      for (int j = 0; j < points; j++)
        pull[i * points + j] += (s[k].loss - mean) / (all * s[k].speed) * s[k].dc[i] * s[k].dc[j];
  return mean;
}

static double weigh_worst(int64_t draws, double sharpness, struct objective_sample *s) {
  double most = s[0].loss, sum = 0;
  for (int64_t k = 1; k < draws; k++)
    most = fmax(most, s[k].loss);
  for (int64_t k = 0; k < draws; k++)
    sum += s[k].share = exp(sharpness * (s[k].loss - most));
  for (int64_t k = 0; k < draws; k++)
    s[k].share /= sum;
  return most + log(sum / (double)draws) / sharpness;
}

double objective_weigh(const struct objective_keys *keys, int points, struct objective_sample *samples, double *pull) {
  memset(pull, 0, (size_t)points * (size_t)points * sizeof *pull);
  switch (keys->objective) {
  case OBJECTIVE_LENGTH:
    return weigh_length(keys->draws, points, samples, pull);
  case OBJECTIVE_WORST:
    return weigh_worst(keys->draws, keys->sharpness, samples);
  default:
    return weigh_mean(keys->draws, samples);
  }
}
