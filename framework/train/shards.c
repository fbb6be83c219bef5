/* train/shards.c: a mini-batch that is cut into shards, each with a forward pass, a backward pass and batch-norm
 * statistics of its own, as data-parallel training has them; their gradients are added in one binary tree over shards.
 * A rank takes the shards of a subtree one after the other, and the communicator adds the ranks' sums in the rest of
 * the tree: the bytes depend on the number of shards alone. */
#include <config.h>

#include <math.h>

#include "base/error.h"
#include "train/training_inside.h"

/* --- the cut --- */

static int64_t first_row(const struct training *t, int64_t samples, int shard) { return samples * shard / t->shards; }
static int first_shard(const struct training *t) { return t->plan.communicator->rank * t->own_shards; }

int shards_check(struct training *t) {
  const int64_t shards = t->plan.keys->shards;
  const int ranks = t->plan.communicator->size;
  if (shards > 1 && shards % ranks)
    return error_set(STRAIT_EINVAL,
                     "shards = %lld cannot be dealt out to %d ranks; take a power of two of at most %lld",
                     (long long)shards, ranks, (long long)shards);
  t->shards = shards > 1 ? (int)shards : ranks;
  t->own_shards = t->shards / ranks;
  if (t->shards > 1 && network_states(t->plan.network)->count)
    return error_set(STRAIT_EINVAL,
                     "shards = %d: this network carries state from one mini-batch to the next, which cannot be cut; "
                     "set shards = 1",
                     t->shards);
  return STRAIT_OK;
}

int64_t shards_rows(const struct training *t, int64_t samples) { return (samples + t->shards - 1) / t->shards; }

/* --- the tree --- */

static int tree_create(struct training *t, struct tree *tree, int64_t words) {
  int status = STRAIT_OK;
  tree->words = words;
  while (1 << tree->top < t->own_shards)
    tree->top++;
  for (int i = 0; !status && i <= tree->top; i++)
    status = t->plan.device->ops->create(t->plan.device, words, &tree->waiting[i]);
  for (int i = 0; !status && i < 2; i++)
    status = t->plan.device->ops->create(t->plan.device, words, &tree->current[i]);
  return status;
}

static void tree_free(struct training *t, struct tree *tree) {
  for (int i = 0; i < TREE_LEVELS; i++)
    t->plan.device->ops->destroy(t->plan.device, tree->waiting[i]);
  for (int i = 0; i < 2; i++)
    t->plan.device->ops->destroy(t->plan.device, tree->current[i]);
}

static void swap(place *a, place *b) {
  const place c = *a;
  *a = *b;
  *b = c;
}

/* Adds the n-th vector, weighted: two sums of as many vectors become one, as a binary counter carries. */
static void tree_add(struct training *t, struct tree *tree, int n, place vector, double weight) {
  struct device *device = t->plan.device;
  static const double ones[] = {1, 1};
  int level = 0;
  if (weight != 0)
    device->ops->combine(device, tree->words, 1, &vector, &weight, tree->current[0]);
  else
    device->ops->fill(device, tree->current[0], 0, tree->words);
  for (; n & 1 << level; level++) {
    const place both[] = {tree->waiting[level], tree->current[0]};
    device->ops->combine(device, tree->words, 2, both, ones, tree->current[1]);
    swap(&tree->current[0], &tree->current[1]);
  }
  swap(&tree->waiting[level], &tree->current[0]);
}

/* The sum over all ranks, scaled, to its place. */
static int tree_finish(struct training *t, const struct tree *tree, double scale, place to) {
  const place sum = tree->waiting[tree->top];
  int status = communicator_sum(t->plan.communicator, t->plan.device, sum, tree->words, 1, t->room);
  if (!status)
    t->plan.device->ops->combine(t->plan.device, tree->words, 1, &sum, &scale, to);
  return status;
}

int shards_create(struct training *t, int64_t samples) {
  const struct device_ops *ops = t->plan.device->ops;
  const int64_t rows = shards_rows(t, samples) * t->own_shards;
  if (t->shards == 1)
    return STRAIT_OK;
  int status = ops->create(t->plan.device, rows * t->sample_words, &t->inputs);
  if (!status)
    status = ops->create(t->plan.device, rows * t->target_words, &t->targets);
  if (!status)
    status = ops->create(t->plan.device, network_statistics(t->plan.network)->count, &t->before);
  if (!status)
    status = tree_create(t, &t->gradients, network_weights(t->plan.network)->count);
  return status ? status : tree_create(t, &t->statistics, network_statistics(t->plan.network)->count);
}

void shards_free(struct training *t) {
  const struct device_ops *ops = t->plan.device->ops;
  ops->destroy(t->plan.device, t->inputs);
  ops->destroy(t->plan.device, t->targets);
  ops->destroy(t->plan.device, t->before);
  tree_free(t, &t->gradients);
  tree_free(t, &t->statistics);
}

void shards_upload(struct training *t, const struct batch *batch) {
  const int mine = first_shard(t);
  const int64_t first = first_row(t, batch->samples, mine);
  const int64_t rows = first_row(t, batch->samples, mine + t->own_shards) - first;
  const float *target = batch->target; /* or int32: as long */
  t->plan.device->ops->upload(t->plan.device, t->inputs, batch->x + first * t->sample_words, rows * t->sample_words);
  t->plan.device->ops->upload(t->plan.device, t->targets, target + first * t->target_words, rows * t->target_words);
}

/* --- one step --- */

/* Forward, loss and backward on one of this rank's shards. */
static void run_shard(struct training *t, const struct run *whole, int n, struct loss_sums *sums) {
  const struct device_ops *ops = t->plan.device->ops;
  const int shard = first_shard(t) + n;
  const int64_t origin = first_row(t, whole->samples, first_shard(t));
  const int64_t first = first_row(t, whole->samples, shard), rows = first_row(t, whole->samples, shard + 1) - first;
  struct run run = *whole;
  run.samples = rows;
  run.seed = whole->seed + ((uint64_t)shard << 32);
  *sums = (struct loss_sums){0};
  ops->copy(t->plan.device, program_statistics(t->program), t->before, t->statistics.words);
  if (!rows) /* of a short last batch */
    return;
  ops->copy(t->plan.device, program_input(t->program), place_plus(t->inputs, (first - origin) * t->sample_words),
            rows * t->sample_words);
  ops->copy(t->plan.device, program_target(t->program), place_plus(t->targets, (first - origin) * t->target_words),
            rows * t->target_words);
  program_forward(t->program, &run);
  program_loss(t->program, &run, sums);
  program_backward(t->program, &run);
}

/* The sums over all ranks' shards, in the tree. */
static int add_sums(struct training *t, struct loss_sums *one, struct loss_sums *all) {
  for (int step = 1; step < t->own_shards; step *= 2)
    for (int i = 0; i + step < t->own_shards; i += 2 * step) {
      one[i].rows += one[i + step].rows;
      one[i].errors += one[i + step].errors;
      one[i].loss += one[i + step].loss;
      one[i].nll += one[i + step].nll;
    }
  double numbers[] = {(double)one->rows, (double)one->errors, one->loss, one->nll};
  int status = communicator_add(t->plan.communicator, numbers, 4);
  *all = (struct loss_sums){(int64_t)numbers[0], (int64_t)numbers[1], numbers[2], numbers[3]};
  return status;
}

int shards_gradient(struct training *t, const struct run *run, double rate, struct loss_sums *sums) {
  struct loss_sums one[MOST_RANKS];
  t->plan.device->ops->copy(t->plan.device, t->before, program_statistics(t->program), t->statistics.words);
  for (int n = 0; n < t->own_shards; n++) {
    run_shard(t, run, n, &one[n]);
    tree_add(t, &t->gradients, n, t->update.gradient, (double)one[n].rows); /* that of a mean over its rows */
    tree_add(t, &t->statistics, n, program_statistics(t->program), 1. / t->shards);
  }
  int status = training_agree(t, program_status(t->program));
  if (!status)
    status = add_sums(t, one, sums);
  if (!status && !isfinite(sums->loss))
    return training_diverged(run->iteration, rate);
  if (!status)
    status = tree_finish(t, &t->statistics, 1, program_statistics(t->program));
  const double scale = sums->rows ? 1. / (double)sums->rows : 1; /* where no row has a target, all gradients are 0 */
  return status ? status : tree_finish(t, &t->gradients, scale, t->update.gradient);
}
