/* verify/custom.c: a model's custom operation by itself (strait_operation): called on blocks of made-up numbers, as the
 * host would, and its backward pass compared with differences of its forward pass. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "verify/model.h"

enum { SAMPLES = 3, SLOTS = 8, ENTRIES = 24, GUARD = 16 };
#define BASE 0.5f /* in a parameter's gradient before it is added to */

/* An operation with room for one block. */
struct bout {
  struct trial *t;
  const strait_object *self;
  const struct custom *custom;
  strait_block block;
  float *inputs[SLOTS], *parameters[SLOTS], *input_gradients[SLOTS], *parameter_gradients[SLOTS];
  float *workspace, *output, *weights; /* weights: what the outputs count in the loss, sum weights * output */
};

static float *numbers(int64_t count, const char *purpose, int which) {
  float *all = memory_alloc((size_t)count + GUARD, sizeof *all);
  for (int64_t i = 0; all && purpose && i < count; i++)
    all[i] = (float)(2 * law_unit(purpose, (uint64_t)(i * SLOTS + which)) - 1);
  return all;
}

static void bout_free(struct bout *b) {
  for (int i = 0; i < SLOTS; i++) {
    memory_free(b->inputs[i]);
    memory_free(b->parameters[i]);
    memory_free(b->input_gradients[i]);
    memory_free(b->parameter_gradients[i]);
  }
  memory_free(b->workspace);
  memory_free(b->output);
  memory_free(b->weights);
}

static int bout_make(struct bout *b, struct trial *t, const strait_object *self, const struct custom *custom) {
  int whole = 1;
  *b = (struct bout){.t = t, .self = self, .custom = custom};
  for (uint32_t i = 0; i < custom->inputs; i++) {
    whole &= (b->inputs[i] = numbers(SAMPLES * custom->input[i], "custom.input", (int)i)) != NULL;
    whole &= (b->input_gradients[i] = numbers(SAMPLES * custom->input[i], NULL, 0)) != NULL;
  }
  for (uint32_t i = 0; i < custom->parameters; i++) {
    whole &= (b->parameters[i] = numbers(custom->parameter[i], "custom.parameter", (int)i)) != NULL;
    whole &= (b->parameter_gradients[i] = numbers(custom->parameter[i], NULL, 0)) != NULL;
  }
  whole &= (b->workspace = numbers(SAMPLES * custom->operation->workspace, NULL, 0)) != NULL;
  whole &= (b->output = numbers(SAMPLES * custom->output, NULL, 0)) != NULL;
  whole &= (b->weights = numbers(SAMPLES * custom->output, "custom.output", 0)) != NULL;
  b->block = (strait_block){.size = sizeof b->block,
                            .training = 1,
                            .samples = SAMPLES,
                            .input_count = custom->inputs,
                            .parameter_count = custom->parameters,
                            .inputs = (const float *const *)b->inputs,
                            .parameters = (const float *const *)b->parameters,
                            .workspace = b->workspace,
                            .context = custom->operation->context};
  return whole ? STRAIT_OK : error_failure();
}

/* sum weights * output, and the size of that sum's terms, whose rounding is in it. */
static int forward(struct bout *b, double *loss, double *size) {
  const int64_t count = SAMPLES * b->custom->output;
  for (int64_t i = 0; i < count; i++)
    b->output[i] = NAN; /* what is not written shows */
  b->block.output = b->output;
  b->block.output_gradient = NULL;
  b->block.input_gradients = NULL;
  b->block.parameter_gradients = NULL;
  int status = b->custom->operation->forward(b->self, &b->block);
  *loss = *size = 0;
  for (int64_t i = 0; i < count; i++) {
    *loss += (double)b->weights[i] * (double)b->output[i];
    *size += fabs((double)b->weights[i] * (double)b->output[i]);
  }
  return status;
}

/* Gradients of inputs are overwritten, those of parameters added to: what was there before shows if not. */
static int backward(struct bout *b) {
  for (uint32_t i = 0; i < b->custom->inputs; i++)
    for (int64_t k = 0; k < SAMPLES * b->custom->input[i]; k++)
      b->input_gradients[i][k] = 12345;
  for (uint32_t i = 0; i < b->custom->parameters; i++)
    for (int64_t k = 0; k < b->custom->parameter[i]; k++)
      b->parameter_gradients[i][k] = BASE;
  b->block.output = NULL;
  b->block.output_gradient = b->weights;
  b->block.input_gradients = b->input_gradients;
  b->block.parameter_gradients = b->parameter_gradients;
  return b->custom->operation->backward(b->self, &b->block);
}

/* Is `claimed` the slope of the loss as *x moves? A step of several has to agree to 1 %, beyond the rounding of float32
 * sums over it (16 units of their terms): short steps show rounding, long ones bends and kinks. */
static int agrees(struct bout *b, float *x, double claimed, double *found) {
  static const double steps[] = {4e-3, 1.6e-2, 1e-3, 6.4e-2, 0.25};
  const float before = *x;
  double best = INFINITY;
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    double loss[2], size[2], to[2];
    for (int side = 0; side < 2; side++) {
      *x = (float)((double)before + (side ? steps[k] : -steps[k]));
      to[side] = (double)*x;
      forward(b, &loss[side], &size[side]);
    }
    *x = before;
    double width = to[1] - to[0], slope = (loss[1] - loss[0]) / width, off = fabs(slope - claimed);
    if (off <= 0.01 * fmax(fabs(slope), fabs(claimed)) + 16 * 0x1p-24 * fmax(1, size[0] + size[1]) / width)
      return 1;
    if (off < best)
      best = off, *found = slope;
  }
  return 0;
}

/* Some entries of one array: the first, the last, and others. */
static int check_array(struct bout *b, float *x, const float *claimed, double base, int64_t count, const char *what,
                       uint32_t which) {
  for (int64_t k = 0; k < ENTRIES && k < count; k++) {
    int64_t i = count <= ENTRIES ? k
                : k == 0         ? 0
                : k == 1         ? count - 1
                                 : (int64_t)(law_unit(what, (uint64_t)k) * (double)count);
    double slope = (double)claimed[i] - base, found = 0;
    if (!agrees(b, &x[i], slope, &found))
      return law_fails(
          b->t, "backward of \"%s\": the gradient of %s %u, number %lld, is %.5g; differences of forward give %.5g",
          b->custom->name, what, which, (long long)i, slope, found);
  }
  return law_holds(b->t);
}

static int check_all(struct bout *b) {
  double loss, size;
  struct trial *t = b->t;
  error_clear();
  law_note(t, "forward of \"%s\"", b->custom->name);
  if (forward(b, &loss, &size) < 0)
    return law_fails_with_error(t, "forward");
  if (!isfinite(loss))
    return law_fails(t, "forward of \"%s\" does not write all of its output, or writes what is not finite",
                     b->custom->name);
  law_note(t, "backward of \"%s\"", b->custom->name);
  if (backward(b) < 0)
    return law_fails_with_error(t, "backward");
  int verdict = LAW_HOLDS;
  for (uint32_t i = 0; i < b->custom->inputs && verdict == LAW_HOLDS; i++)
    verdict = check_array(b, b->inputs[i], b->input_gradients[i], 0, SAMPLES * b->custom->input[i], "input", i);
  for (uint32_t i = 0; i < b->custom->parameters && verdict == LAW_HOLDS; i++)
    verdict = check_array(b, b->parameters[i], b->parameter_gradients[i], (double)BASE, b->custom->parameter[i],
                          "parameter", i);
  return verdict;
}

/* Where nobody asks for an input's gradient its pointer is NULL. */
static int check_unasked(struct bout *b) {
  float *kept[SLOTS];
  double loss, size;
  law_note(b->t, "backward of \"%s\" with no input's gradient asked for", b->custom->name);
  memcpy(kept, b->input_gradients, sizeof kept);
  forward(b, &loss, &size);
  b->block.output = NULL;
  b->block.output_gradient = b->weights;
  memset(b->input_gradients, 0, sizeof b->input_gradients);
  b->block.input_gradients = b->input_gradients;
  b->block.parameter_gradients = b->parameter_gradients;
  int status = b->custom->operation->backward(b->self, &b->block);
  memcpy(b->input_gradients, kept, sizeof kept);
  return status < 0 ? law_fails_with_error(b->t, "backward, where no gradient of an input is asked for")
                    : law_holds(b->t);
}

int model_custom(struct trial *t, const strait_object *object, const struct custom *custom) {
  struct bout b;
  if (custom->inputs > SLOTS || custom->parameters > SLOTS)
    return law_not_run(t, "\"%s\" has more operands than are tried", custom->name);
  int verdict = bout_make(&b, t, object, custom) ? law_not_run(t, "%s", error_text()) : check_all(&b);
  verdict = verdict ? verdict : check_unasked(&b);
  bout_free(&b);
  return verdict;
}
