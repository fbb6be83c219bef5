/* landscape/mixture.c: see mixture.h. Weights are made on the host, one mixture at a time. */
#include "landscape/mixture.h"

#include "base/error.h"
#include "landscape/path.h"
#include "landscape/repair.h"

void mixture_end(struct mixture *mixture) {
  for (int i = 0; mixture->own && i < mixture->points; i++)
    memory_free(mixture->own[i]);
  memory_free(mixture->own);
  memory_free(mixture->at);
  memory_free(mixture->weights);
  memory_free(mixture->combined);
  *mixture = (struct mixture){0};
}

/* bn = interpolate at a point without statistics: they are re-estimated there. */
static int complete(struct mixture *m) {
  for (int i = 0; i < m->points; i++) {
    if (m->at[i])
      continue;
    m->own[i] = memory_alloc((size_t)m->buffers, sizeof(float));
    if (!m->own[i])
      return STRAIT_ENOMEM;
    if (evaluator_refresh(m->evaluator, m->theta[i], m->own[i]))
      return error_failure();
    m->at[i] = m->own[i];
  }
  return STRAIT_OK;
}

int mixture_begin(struct mixture *mixture, const char *name, int points, const float *const *theta,
                  const float *const *statistics, struct evaluator *evaluator) {
  const struct network *network = evaluator_network(evaluator);
  struct mixture *m = mixture;
  *m = (struct mixture){.name = name, .evaluator = evaluator, .points = points, .theta = theta};
  m->count = network_weights(network)->count;
  m->buffers = network_statistics(network)->count;
  m->weights = memory_alloc((size_t)m->count, sizeof *m->weights);
  m->combined = memory_alloc((size_t)m->buffers, sizeof *m->combined);
  m->own = memory_alloc((size_t)points, sizeof *m->own);
  m->at = memory_alloc((size_t)points, sizeof *m->at);
  if (!m->weights || !m->combined || !m->own || !m->at)
    return STRAIT_ENOMEM;
  for (int i = 0; i < points; i++)
    m->at[i] = statistics ? statistics[i] : NULL;
  return m->buffers && evaluator_keys(evaluator)->bn == BN_INTERPOLATE ? complete(m) : STRAIT_OK;
}

/* A combination with negative coefficients may leave a variance below 0. */
static void clip_variances(const struct mixture *m) {
  const struct layout *layout = network_statistics(evaluator_network(m->evaluator));
  for (int s = 0; s < layout->segments; s++)
    for (int64_t k = 0; text_ends(layout->segment[s].name, "running_var") && k < layout->segment[s].count; k++)
      if (m->combined[layout->segment[s].offset + k] < 0)
        m->combined[layout->segment[s].offset + k] = 0;
}

/* The statistics that the rule gives; NULL where it needs none. */
static int statistics_of(const struct mixture *m, const double *c, const float **statistics) {
  int nearest = 0;
  *statistics = NULL;
  switch (m->buffers ? evaluator_keys(m->evaluator)->bn : BN_REFRESH) {
  case BN_INTERPOLATE:
    combine_points(m->points, c, m->at, m->buffers, m->combined);
    clip_variances(m);
    *statistics = m->combined;
    return STRAIT_OK;
  case BN_RUNNING:
    for (int i = 1; i < m->points; i++)
      if (c[i] > c[nearest])
        nearest = i;
    *statistics = m->at[nearest];
    if (!*statistics)
      return error_set(STRAIT_EINVAL,
                       "bn = running, but control point %d of %s has no batch-norm statistics; set bn = refresh",
                       nearest, m->name);
    return STRAIT_OK;
  default:
    return STRAIT_OK;
  }
}

int mixture_measure(struct mixture *mixture, const double *c, unsigned splits, struct metrics metrics[SPLITS],
                    float *const logs[SPLITS]) {
  const float *statistics;
  int status = statistics_of(mixture, c, &statistics);
  if (status)
    return status;
  combine_points(mixture->points, c, mixture->theta, mixture->count, mixture->weights);
  if (mixture->repair && (status = repair_weights(mixture->repair, c, mixture->weights)))
    return status;
  return evaluator_point(mixture->evaluator, mixture->weights, statistics, splits, metrics, NULL, logs);
}
