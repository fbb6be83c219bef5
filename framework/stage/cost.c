/* stage/cost.c: counts samples, vectors and bytes. Runs nothing. */
#include "stage/cost.h"

#include <string.h>

#include "experiment/verb.h"
#include "network/program.h"
#include "stage/plugins.h"
#include "stage/session.h"
#include "stage/spent.h"

#define KEPT ((int64_t)1 << 30) /* an evaluator keeps at most this much converted (landscape/evaluate.c) */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t some(int64_t wanted, int64_t all) { return wanted > 0 ? least(wanted, all) : all; }

static int64_t split_samples(const struct stage *stage, int split) {
  const int64_t wanted = split == SPLIT_TRAIN ? stage->evaluation.train_samples : stage->evaluation.test_samples;
  return some(wanted, data_count(stage->material->data, split));
}

static int named(const strait_strings *splits, int split) {
  for (size_t i = 0; splits && i < splits->n; i++)
    if (strcmp(splits->v[i], split_name(split)) == 0)
      return 1;
  return !splits || splits->n == 0;
}

int64_t cost_of_measuring(const struct stage *stage, const strait_strings *splits) {
  int64_t samples = 0;
  if (network_statistics(stage->material->network)->count && stage->evaluation.bn == BN_REFRESH)
    samples = some(stage->evaluation.refresh_samples, data_count(stage->material->data, SPLIT_TRAIN));
  for (int split = 0; split < SPLITS; split++)
    if (named(splits, split))
      samples += split_samples(stage, split);
  return samples;
}

int64_t cost_of_training(const struct stage *stage) {
  const int64_t epoch = stage_epoch(stage), count = data_count(stage->material->data, SPLIT_TRAIN);
  return stage->iterations / epoch * count + least(stage->iterations % epoch * stage->optimiser.batch, count);
}

int64_t cost_of_weights(const struct stage *stage, int moments) {
  const int64_t weights = network_weights(stage->material->network)->count;
  const int64_t statistics = network_statistics(stage->material->network)->count;
  const int64_t state = weights * (stage->optimiser.optimiser == OPTIMISER_ADAMW ? 2 : 1) + statistics;
  return (int64_t)sizeof(float) * (weights + statistics + (moments ? state : 0));
}

int64_t cost_of_points(const struct stage *stage, int points, int free_points) {
  const int64_t states = (int64_t)free_points * (stage->optimiser.optimiser == OPTIMISER_ADAMW ? 2 : 1);
  return 2 * (points + states) + (points > 1 && states < 2 ? 2 : states);
}

#define READING 2 /* a file's vector as it is there, and as numbers */

int cost_of_path(const struct route *route, int64_t *vectors) {
  int points = 0;
  for (size_t i = 0; i < route->count; i++)
    points += (int)reference_members(route->parts[i]);
  int status = route->stage ? curve_points(route->stage, &points) : STRAIT_OK;
  *vectors = points + READING;
  return status;
}

/* Beside its result: a curve's or path's points; the mean's next network, and the sum in double where it is weighted.
 */
static int vectors_of(const struct reference *r, int64_t *vectors) {
  int64_t most = 0;
  int points = 0, status = STRAIT_OK;
  for (size_t i = 0; !status && i < r->count; i++) {
    int64_t part;
    status = vectors_of(r->parts[i], &part);
    most = part > most ? part : most;
  }
  if (!status && r->type == REFERENCE_POINT)
    status = curve_points(r->stage, &points);
  for (size_t i = 0; r->type == REFERENCE_ALONG && i < r->count; i++)
    points += (int)reference_members(r->parts[i]);
  *vectors = most + points + (r->type == REFERENCE_MEAN ? (r->shares ? 3 : 1) : 0);
  return status;
}

int cost_of_loading(const struct stage *stage, int64_t *vectors) {
  *vectors = READING;
  for (size_t i = 0; i < stage->reference_count; i++) {
    int64_t own;
    int status = vectors_of(stage->references[i], &own);
    if (status)
      return status;
    *vectors = own + READING > *vectors ? own + READING : *vectors;
  }
  return STRAIT_OK;
}

/* The newest two, the epoch's beginning, and the one that is being written. */
int64_t cost_of_checkpoints(int64_t moment, double limit) {
  const double fit = limit > 0 ? 1e6 * limit / (double)moment : 3;
  return moment * (1 + (fit < 1 ? 1 : fit > 3 ? 3 : (int64_t)fit));
}

int stage_cost(const struct stage *stage, struct cost *cost) {
  *cost = (struct cost){0};
  int status = stage->verb->cost(stage, cost);
  cost->kept = cost->kept ? cost->kept : cost->disk;
  return status;
}

static int64_t data_bytes(const struct stage *stage) {
  const strait_split *s = data_describe(stage->material->data);
  const int64_t words = signature_words(network_signature(stage->material->network));
  const int64_t elements = (s->element == STRAIT_U8 ? 1 : 4) * words;
  int64_t samples = 0, floats = 0;
  for (int split = 0; split < SPLITS; split++) {
    samples += data_count(stage->material->data, split);
    floats += split_samples(stage, split);
  }
  return samples * elements + least(KEPT, floats * (s->element == STRAIT_U8 ? 4 : 1) * elements);
}

/* What a training in shards has beside a program for one of them: the batch, and sums of gradients at each level of the
 * tree, with two more. */
static int64_t shards_bytes(const struct stage *stage) {
  const int64_t words = signature_words(network_signature(stage->material->network));
  int64_t vectors = 3;
  for (int64_t n = stage->optimiser.shards; n > 1; n /= 2)
    vectors++;
  return (int64_t)sizeof(float) *
         (stage->optimiser.batch * words + vectors * network_weights(stage->material->network)->count);
}

int64_t cost_memory(const struct stage *stage, const struct cost *cost) {
  const struct network *network = stage->material->network;
  const int use = cost->trained ? PROGRAM_TRAIN : PROGRAM_EVALUATE;
  const int64_t shards = cost->trained && stage->optimiser.shards > 1 ? stage->optimiser.shards : 1;
  return program_memory(network, (stage->optimiser.batch + shards - 1) / shards, use) +
         (shards > 1 ? shards_bytes(stage) : 0) +
         cost->vectors * (int64_t)sizeof(float) * network_weights(network)->count + data_bytes(stage);
}
