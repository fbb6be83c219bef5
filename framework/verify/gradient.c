/* verify/gradient.c: a model's gradient against central differences of its loss, on the least network that it builds.
 * Deep networks of ReLUs have a kink every hair's breadth, and the passes are float32: so it is looked at as a whole,
 * along the direction in which the loss rises fastest; a custom operation's own is looked at number by number, in
 * custom.c. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "compute/team.h"
#include "network/program.h"
#include "verify/model.h"

enum { BATCH = 6 };
#define MOST 1000000     /* weights */
#define EXERCISED 300000 /* weights of a network that the common laws run */

/* A network on a device, its weights and gradient on the host. */
struct bench {
  struct network *network;
  struct team *team;
  struct device *device;
  struct program *program;
  int64_t count;
  float *weights, *moved, *gradient;
  struct run run;
};

static void bench_free(struct bench *b) {
  memory_free(b->weights);
  memory_free(b->moved);
  memory_free(b->gradient);
  if (b->program)
    program_free(b->program);
  if (b->device)
    device_free(b->device);
  team_free(b->team);
}

/* Weights as the model starts, moved a little, so that no parameter is zero; statistics as they start. */
static int fill_weights(struct bench *b) {
  int64_t buffers = network_statistics(b->network)->count;
  float *statistics = memory_alloc((size_t)buffers, sizeof *statistics);
  if (!statistics)
    return error_failure();
  network_initialise(b->network, 1, b->weights, statistics);
  for (int64_t i = 0; i < b->count; i++)
    b->weights[i] += (float)(0.1 * (law_unit("weight", (uint64_t)i) - 0.5));
  b->device->ops->upload(b->device, program_statistics(b->program), statistics, buffers);
  memory_free(statistics);
  return STRAIT_OK;
}

static int fill_batch(struct bench *b) {
  const struct signature *s = network_signature(b->network);
  const int64_t rows = BATCH * signature_rows(s), elements = BATCH * signature_words(s);
  float *x = memory_alloc((size_t)elements, sizeof *x);
  int32_t *classes = memory_alloc((size_t)(rows + elements), sizeof *classes);
  if (!x || !classes) {
    memory_free(x);
    memory_free(classes);
    return error_failure();
  }
  for (int64_t i = 0; i < elements; i++) {
    x[i] = (float)(3 * law_unit("input", (uint64_t)i) - 1.5);
    classes[i] = (int32_t)(law_unit("input", (uint64_t)i) * (double)s->classes); /* below classes: tokens */
  }
  b->device->ops->upload(b->device, program_input(b->program), s->element == STRAIT_I32 ? (void *)classes : x,
                         elements);
  for (int64_t i = 0; i < rows; i++)
    classes[i] = (int32_t)(i % s->classes);
  b->device->ops->upload(b->device, program_target(b->program), classes, rows);
  memory_free(x);
  memory_free(classes);
  return STRAIT_OK;
}

static double loss_at(struct bench *b, const float *weights) {
  struct loss_sums sums;
  b->device->ops->upload(b->device, program_weights(b->program), weights, b->count);
  program_forward(b->program, &b->run);
  program_loss(b->program, &b->run, &sums);
  return sums.loss / (double)sums.rows;
}

static int bench_make(struct bench *b, struct network *network) {
  *b = (struct bench){.network = network, .count = network_weights(network)->count};
  b->run = (struct run){.samples = BATCH, .batch_statistics = 1, .iteration = 1, .seed = 1};
  b->weights = memory_alloc((size_t)b->count, sizeof *b->weights);
  b->moved = memory_alloc((size_t)b->count, sizeof *b->moved);
  b->gradient = memory_alloc((size_t)b->count, sizeof *b->gradient);
  if (!b->weights || !b->moved || !b->gradient || team_create(&b->team, 1) ||
      device_create(&b->device, NULL, b->team, NULL) ||
      program_create(&b->program, network, b->device, BATCH, PROGRAM_TRAIN, 0))
    return error_failure();
  int status = fill_weights(b);
  return status ? status : fill_batch(b);
}

static double backward(struct bench *b) {
  double loss = loss_at(b, b->weights);
  program_backward(b->program, &b->run);
  b->device->ops->download(b->device, b->gradient, program_gradient(b->program), b->count);
  return loss;
}

/* The loss a step h along d (a vector over the segment) in both directions, against what the gradient claims. */
struct rise {
  double is, claimed; /* of the loss, from one side to the other */
  double doubt;       /* by how much `is` may be off */
};

/* Doubt: the rounding of two float32 forward passes (40 units of it), and how much the loss bends within the step,
 * which is also the most that the kinks of units can do. What is claimed counts the steps that rounding left of h. */
static struct rise step_along(struct bench *b, const struct segment *s, const double *d, double h, double loss) {
  struct rise rise = {0};
  double side[2] = {0};
  for (int k = 0; k < 2; k++) {
    memcpy(b->moved, b->weights, (size_t)b->count * sizeof *b->moved);
    for (int64_t i = 0; i < s->count; i++) {
      float *w = &b->moved[s->offset + i], before = *w;
      *w = (float)((double)before + (k ? h : -h) * d[i]);
      rise.claimed += (k ? 1 : -1) * (double)b->gradient[s->offset + i] * ((double)*w - (double)before);
    }
    side[k] = loss_at(b, b->moved);
  }
  rise.is = side[1] - side[0];
  rise.doubt = 40 * 0x1p-24 * fmax(1, fabs(loss)) + fabs(side[0] + side[1] - 2 * loss);
  return rise;
}

/* Does the loss rise along d as the gradient claims? Steps are chosen by the rise wanted: small ones stay within where
 * the loss is straight, large ones are above rounding. A step counts when its doubt is below a fifth of its rise; one
 * that agrees to 3 % beyond its doubt is enough, for a wrong gradient is wrong over every step. reach: the size of what
 * moves; no step is longer than a tenth of it. */
static int agrees(struct bench *b, const struct segment *s, const double *d, double claimed, double reach, double loss,
                  struct rise *rise) {
  int counted = 0;
  double wanted = 2.5e-4, longest = 0.1 * reach / 64;
  for (int k = 0; k < 4; k++, wanted *= 4, longest *= 4) {
    struct rise one = step_along(b, s, d, fmin(longest, wanted / fmax(fabs(claimed), 1e-30)), loss);
    double size = fmax(fabs(one.is), fabs(one.claimed));
    if (one.doubt > 0.2 * size)
      continue;
    if (fabs(one.is - one.claimed) <= 0.03 * size + one.doubt)
      return 1;
    counted++;
    *rise = one;
  }
  return !counted;
}

/* Along the gradient of all weights at once, where the loss rises fastest and a short step shows most. */
static int check_whole(struct trial *t, struct bench *b, double loss, double *d) {
  const struct segment all = {.name = "all weights", .count = b->count};
  double norm = 0, size = 0;
  struct rise rise = {0};
  for (int64_t i = 0; i < b->count; i++) {
    if (!isfinite(b->gradient[i]))
      return law_fails(t, "the gradient of weight %lld is not finite", (long long)i);
    norm += (double)b->gradient[i] * (double)b->gradient[i];
    size += (double)b->weights[i] * (double)b->weights[i];
  }
  norm = sqrt(norm);
  for (int64_t i = 0; i < b->count && norm > 0; i++)
    d[i] = b->gradient[i] / norm;
  if (norm > 0 && !agrees(b, &all, d, norm, sqrt(size), loss, &rise))
    return law_fails(t, "along the gradient the loss rises by %.4g over a step, and the gradient says %.4g", rise.is,
                     rise.claimed);
  return law_holds(t);
}

static int check_gradient(struct trial *t, struct network *network) {
  struct bench b = {0};
  double *d = memory_alloc((size_t)network_weights(network)->count, sizeof *d);
  if (!d || bench_make(&b, network)) {
    memory_free(d);
    bench_free(&b);
    return law_not_run(t, "%s", error_text());
  }
  double loss = backward(&b);
  int verdict = program_status(b.program) < 0 ? law_fails_with_error(t, "a custom operation failed")
                : isfinite(loss)              ? check_whole(t, &b, loss, d)
                                              : law_fails(t, "the loss is %g", loss);
  bench_free(&b);
  memory_free(d);
  return verdict;
}

/* The first options that build a network small enough: those as set, else at their limits. *object: its model. */
static struct network *small_network(struct trial *t, strait_object **object, const struct variant **variant,
                                     int64_t *smallest) {
  int64_t first = -1;
  for (size_t i = 0; i < (t->corners ? t->variants : 1); i++) {
    *variant = &t->variant[i];
    *object = trial_object(t, *variant);
    struct network *network = *object ? model_least(*object, MOST, smallest) : NULL;
    if (network)
      return network;
    first = i == 0 && *object ? *smallest : first;
    object_free(*object);
    *object = NULL;
  }
  *smallest = first;
  return NULL;
}

int model_gradient(struct trial *t) {
  int64_t smallest = -1;
  strait_object *object;
  const struct variant *variant;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  struct network *network = small_network(t, &object, &variant, &smallest);
  if (!network)
    return smallest < 0
               ? law_not_run(t, "it builds for none of the data tried: %s", error_text())
               : law_not_run(t, "it has %lld weights at least; gradients are checked below %d: --set a smaller one",
                             (long long)smallest, MOST);
  int verdict = check_gradient(t, network);
  network_free(network);
  object_free(object);
  if (verdict == LAW_HOLDS || variant == &t->variant[0])
    return verdict;
  char *evidence = arena_copy(t->arena, t->evidence.data);
  return law_fails(t, "at %s: %s", variant->text, evidence ? evidence : "");
}

/* One pass, its loss and gradient hashed. */
int model_pass(struct trial *t, strait_object *object, struct hash *hash) {
  int64_t smallest;
  struct bench b;
  (void)t;
  struct network *network = model_least(object, EXERCISED, &smallest);
  if (!network)
    return error_clear(), STRAIT_OK;
  int status = bench_make(&b, network);
  if (!status) {
    double loss = backward(&b);
    hash_bytes(hash, &loss, sizeof loss);
    hash_bytes(hash, b.gradient, (size_t)b.count * sizeof *b.gradient);
  }
  bench_free(&b);
  network_free(network);
  return status;
}
