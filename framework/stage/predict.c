/* stage/predict.c: several networks' predictions, measured one by one and combined. */
#include "stage/predict.h"

#include "base/error.h"
#include "ensemble/members.h"

int predict_begin(struct predictions *p, struct job *job, unsigned splits, int64_t members, int combined) {
  const strait_split *split = data_describe(job->stage->material->data);
  *p = (struct predictions){.job = job, .splits = splits, .members = members, .classes = split->classes};
  int status = job_evaluator(job, &p->evaluator);
  for (int s = 0; !status && s < SPLITS; s++) {
    if (!(splits & 1u << s))
      continue;
    p->rows[s] = evaluator_samples(p->evaluator, s);
    if (!combined || split->target != STRAIT_TARGET_CLASS)
      continue;
    if (p->rows[s] > INT64_MAX / 8 / p->classes / members)
      return error_set(STRAIT_ENOMEM, "%lld predictions do not fit in memory", (long long)p->rows[s]);
    p->probabilities[s] = memory_alloc((size_t)(members * p->rows[s] * p->classes), sizeof(float));
    if (!p->probabilities[s])
      status = error_status();
  }
  return status;
}

void predict_free(struct predictions *p) {
  for (int s = 0; s < SPLITS; s++)
    memory_free(p->probabilities[s]);
  evaluator_free(p->evaluator);
}

static float *member_rows(const struct predictions *p, int split, int64_t i) {
  return p->probabilities[split] ? p->probabilities[split] + i * p->rows[split] * p->classes : NULL;
}

int predict_member(struct predictions *p, int64_t i, const float *weights, const float *statistics, int as_is,
                   json_t **metrics) {
  struct metrics measured[SPLITS] = {{0}};
  float *probabilities[SPLITS];
  int status = STRAIT_OK;
  for (int s = 0; s < SPLITS; s++)
    probabilities[s] = member_rows(p, s, i);
  if (!as_is)
    status = evaluator_point(p->evaluator, weights, statistics, p->splits, measured, NULL, probabilities);
  for (int s = 0; as_is && !status && s < SPLITS; s++)
    if (p->splits & 1u << s)
      status = evaluator_measure(p->evaluator, weights, statistics, s, &measured[s], probabilities[s]);
  *metrics = status ? NULL : metrics_json(measured, p->splits);
  return status || *metrics ? status : error_set(STRAIT_ENOMEM, "out of memory");
}

static double mean_disagreement(const struct predictions *p, int split) {
  double sum = 0;
  int64_t pairs = 0;
  for (int64_t i = 0; i < p->members; i++)
    for (int64_t j = 0; j < i; j++, pairs++)
      sum += disagreement(p->rows[split], p->classes, member_rows(p, split, i), member_rows(p, split, j));
  return pairs ? 100 * sum / (double)pairs : 0;
}

static int combine_split(const struct predictions *p, const strait_object *ensembler, int split, json_t *into) {
  int64_t rows = p->rows[split];
  struct metrics m = {0};
  float *combined = memory_alloc((size_t)(rows * p->classes), sizeof *combined);
  int32_t *labels = memory_alloc((size_t)rows, sizeof *labels);
  int status = combined && labels ? evaluator_labels(p->evaluator, split, labels) : error_status();
  if (!status)
    status = combine_members(ensembler, p->members, rows, p->classes, p->probabilities[split], combined);
  if (!status) {
    judge(rows, p->classes, combined, labels, &m);
    json_t *one = json_pack("{s:I, s:o, s:o}", "samples", (json_int_t)rows, "nll", document_number(m.nll), "error",
                            document_number(m.error));
    if (one && p->members > 1)
      status = put_number(one, "disagreement", mean_disagreement(p, split));
    if (status)
      json_decref(one);
    else
      status = put(into, split_name(split), one);
  }
  memory_free(labels);
  memory_free(combined);
  return status;
}

int predict_combined(struct predictions *p, const strait_object *ensembler, json_t **metrics) {
  json_t *all = json_object();
  int status = all ? STRAIT_OK : error_set(STRAIT_ENOMEM, "out of memory");
  for (int s = 0; !status && s < SPLITS; s++)
    if (p->probabilities[s])
      status = combine_split(p, ensembler, s, all);
  if (status)
    json_decref(all);
  *metrics = status ? NULL : all;
  return status;
}
