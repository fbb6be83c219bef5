/* verify/operation.c: room for a block of a custom operation, the calls, and which operations are tried. */
#include "verify/operation.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "verify/model.h"

enum { GUARD = 64 };
#define LARGEST 50000 /* floats of a sample; and where SMALL ones were tried already: */
enum { SMALL = 2, LARGE = 5000 };

const struct held usual = {.fill = 12345, .guard = -54321.5f, .base = 0.5f};

/* --- room --- */

/* lent: a copy is kept, to see whether it was written to. */
static int floats_make(struct floats *f, int64_t count, int lent) {
  f->count = count;
  f->room = memory_alloc((size_t)count + 2 * GUARD, sizeof *f->room);
  f->copy = lent ? memory_alloc((size_t)count + 2 * GUARD, sizeof *f->copy) : NULL;
  if (!f->room || (lent && !f->copy))
    return error_failure();
  f->data = f->room + GUARD;
  return STRAIT_OK;
}

static void floats_free(struct floats *f) {
  memory_free(f->room);
  memory_free(f->copy);
}

static void floats_fill(struct floats *f, float value) {
  for (int64_t i = 0; i < f->count; i++)
    f->data[i] = value;
}

static void floats_guard(struct floats *f, float guard) {
  for (int i = 0; i < GUARD; i++)
    f->room[i] = f->data[f->count + i] = guard;
  if (f->copy)
    memcpy(f->copy, f->room, ((size_t)f->count + 2 * GUARD) * sizeof *f->room);
}

static int floats_guarded(const struct floats *f, float guard) {
  for (int i = 0; i < GUARD; i++)
    if (f->room[i] != guard || f->data[f->count + i] != guard)
      return 0;
  return 1;
}

static int floats_kept(const struct floats *f) {
  return memcmp(f->copy, f->room, ((size_t)f->count + 2 * GUARD) * sizeof *f->room) == 0;
}

static int floats_hold(const struct floats *f, float value) {
  for (int64_t i = 0; i < f->count; i++)
    if (f->data[i] == value)
      return 1;
  return 0;
}

static float on_grid(double x) { return (float)(floor(x * 4096) / 4096); }

/* Between -reach and reach; reach < 0: between -reach and a sixteenth of it. */
static double made_up(double reach, double unit) {
  return reach < 0 ? -reach * (1 + 15 * unit) / 16 : reach * (2 * unit - 1);
}

static void fill_inputs(struct operation *op, double reach, uint64_t number) {
  const struct custom *custom = op->custom;
  for (uint32_t i = 0; i < custom->inputs; i++)
    for (int64_t k = 0; k < op->inputs[i].count; k++)
      op->inputs[i].data[k] =
          on_grid(made_up(reach, law_unit("custom.input", number << 32 | (uint64_t)(k * OPERANDS + i))));
  for (int64_t k = 0; k < op->output_gradient.count; k++)
    op->output_gradient.data[k] = (float)(2 * law_unit("custom.output", number << 32 | (uint64_t)k) - 1);
}

/* Parameters do not depend on the number: blocks of one batch share them. */
static void fill_parameters(struct operation *op) {
  for (uint32_t i = 0; i < op->custom->parameters; i++) {
    double middle = fabs(op->custom->middle[i]) < 100 ? op->custom->middle[i] : 0;
    for (int64_t k = 0; k < op->parameters[i].count; k++)
      op->parameters[i].data[k] = on_grid(middle + law_unit("custom.parameter", (uint64_t)(k * OPERANDS + i)) - 0.5);
  }
}

int operation_make(struct operation *op, const strait_object *self, const struct custom *custom, int64_t samples,
                   double reach, uint64_t number) {
  int status = STRAIT_OK;
  *op = (struct operation){.self = self, .custom = custom, .samples = samples};
  for (uint32_t i = 0; i < custom->inputs && !status; i++) {
    status = floats_make(&op->inputs[i], samples * custom->input[i], 1);
    status = status ? status : floats_make(&op->input_gradients[i], samples * custom->input[i], 0);
    op->input_at[i] = op->inputs[i].data;
  }
  for (uint32_t i = 0; i < custom->parameters && !status; i++) {
    status = floats_make(&op->parameters[i], custom->parameter[i], 1);
    status = status ? status : floats_make(&op->parameter_gradients[i], custom->parameter[i], 0);
    op->parameter_at[i] = op->parameters[i].data;
    op->parameter_gradient_at[i] = op->parameter_gradients[i].data;
  }
  status = status ? status : floats_make(&op->workspace, samples * custom->operation->workspace, 0);
  status = status ? status : floats_make(&op->output, samples * custom->output, 0);
  status = status ? status : floats_make(&op->output_gradient, samples * custom->output, 1);
  op->block = (strait_block){.size = sizeof op->block,
                             .samples = samples,
                             .input_count = custom->inputs,
                             .parameter_count = custom->parameters,
                             .inputs = op->input_at,
                             .parameters = op->parameter_at,
                             .workspace = op->workspace.data,
                             .context = custom->operation->context};
  if (status)
    return status;
  fill_inputs(op, reach, number);
  fill_parameters(op);
  return STRAIT_OK;
}

void operation_free(struct operation *op) {
  for (int i = 0; i < OPERANDS; i++) {
    floats_free(&op->inputs[i]);
    floats_free(&op->parameters[i]);
    floats_free(&op->input_gradients[i]);
    floats_free(&op->parameter_gradients[i]);
  }
  floats_free(&op->workspace);
  floats_free(&op->output);
  floats_free(&op->output_gradient);
}

int64_t operation_floats(const struct custom *custom, int64_t samples) {
  int64_t sample = custom->output + custom->operation->workspace, all = 0;
  for (uint32_t i = 0; i < custom->inputs; i++)
    sample += custom->input[i];
  for (uint32_t i = 0; i < custom->parameters; i++)
    all += custom->parameter[i];
  return samples * sample + all;
}

/* --- calls --- */

void operation_prepare(struct operation *op, const struct held *held) {
  for (uint32_t i = 0; i < op->custom->inputs; i++) {
    floats_guard(&op->inputs[i], held->guard);
    floats_guard(&op->input_gradients[i], held->guard);
    floats_fill(&op->input_gradients[i], held->fill);
  }
  for (uint32_t i = 0; i < op->custom->parameters; i++) {
    floats_guard(&op->parameters[i], held->guard);
    floats_guard(&op->parameter_gradients[i], held->guard);
    floats_fill(&op->parameter_gradients[i], held->base);
  }
  floats_guard(&op->workspace, held->guard);
  floats_guard(&op->output, held->guard);
  floats_guard(&op->output_gradient, held->guard);
  floats_fill(&op->workspace, held->fill);
  floats_fill(&op->output, held->fill);
}

int operation_forward(struct operation *op, int training) {
  op->block.training = (uint32_t)training;
  op->block.output = op->output.data;
  op->block.output_gradient = NULL;
  op->block.input_gradients = NULL;
  op->block.parameter_gradients = NULL;
  error_clear();
  return op->custom->operation->forward(op->self, &op->block);
}

int operation_backward(struct operation *op, int asked) {
  for (uint32_t i = 0; i < op->custom->inputs; i++)
    op->input_gradient_at[i] = (unsigned)asked >> i & 1 ? op->input_gradients[i].data : NULL;
  op->block.output = NULL;
  op->block.output_gradient = op->output_gradient.data;
  op->block.input_gradients = op->input_gradient_at;
  op->block.parameter_gradients = op->parameter_gradient_at;
  error_clear();
  return op->custom->operation->backward(op->self, &op->block);
}

const char *operation_wrong(const struct operation *op, const struct held *held, int backward) {
  for (uint32_t i = 0; i < op->custom->inputs; i++) {
    if (!floats_kept(&op->inputs[i]))
      return "writes to an input, or around it";
    if (!floats_guarded(&op->input_gradients[i], held->guard))
      return "writes around the gradient of an input";
    if (backward && floats_hold(&op->input_gradients[i], held->fill))
      return "does not write all of the gradient of an input";
  }
  for (uint32_t i = 0; i < op->custom->parameters; i++) {
    if (!floats_kept(&op->parameters[i]))
      return "writes to a parameter, or around it";
    if (!floats_guarded(&op->parameter_gradients[i], held->guard))
      return "writes around the gradient of a parameter";
  }
  if (!floats_kept(&op->output_gradient))
    return "writes to the output's gradient, or around it";
  if (!floats_guarded(&op->output, held->guard))
    return "writes around its output";
  if (!floats_guarded(&op->workspace, held->guard))
    return "writes around its workspace";
  return !backward && floats_hold(&op->output, held->fill) ? "does not write all of its output" : NULL;
}

/* Some operations are for positive numbers alone, as behind a ReLU. */
int operation_reach(const strait_object *self, const struct custom *custom) {
  struct operation op;
  int finite = 1, status = operation_make(&op, self, custom, 4, 1, 0);
  operation_prepare(&op, &usual);
  status = status ? status : operation_forward(&op, 1);
  for (int64_t i = 0; i < op.output.count && status >= 0; i++)
    finite &= isfinite(op.output.data[i]) != 0;
  operation_free(&op);
  return finite ? 1 : -1;
}

/* --- which operations --- */

enum { TRIED = 10 }; /* operations of different sizes, at most */

struct tried {
  struct custom custom[TRIED];
  int count, met; /* met: also those that were too large, or too many */
};

static int is_new(const struct tried *tried, const struct custom *c) {
  for (int i = 0; i < tried->count; i++) {
    const struct custom *was = &tried->custom[i];
    if (strcmp(was->name, c->name) == 0 && was->output == c->output && was->inputs == c->inputs &&
        was->parameters == c->parameters && was->operation->workspace == c->operation->workspace &&
        memcmp(was->input, c->input, sizeof c->input) == 0 &&
        memcmp(was->parameter, c->parameter, sizeof c->parameter) == 0)
      return 0;
  }
  return 1;
}

/* Those of one network that were not met yet. */
static int try_network(struct trial *t, const strait_object *object, const struct network *network, struct tried *tried,
                       operation_check *check) {
  struct custom custom;
  int verdict = LAW_HOLDS;
  for (int i = 0; verdict == LAW_HOLDS && network_custom(network, i, &custom); i++) {
    tried->met++;
    if (tried->count == TRIED || operation_floats(&custom, 1) > (tried->count < SMALL ? LARGEST : LARGE) ||
        custom.inputs > OPERANDS || custom.parameters > OPERANDS || !is_new(tried, &custom))
      continue;
    tried->custom[tried->count] = custom;
    tried->custom[tried->count].name = arena_copy(t->arena, custom.name);
    strait_operation *kept = arena_alloc(t->arena, 1, sizeof *kept);
    if (!kept || !tried->custom[tried->count].name)
      return law_not_run(t, "%s", error_text());
    *kept = *custom.operation;
    tried->custom[tried->count++].operation = kept;
    verdict = check(t, object, &custom);
  }
  return verdict;
}

/* The options as set with all kinds of data; others with the first that has operations, or with one that has none. */
static int try_variant(struct trial *t, const struct variant *variant, struct tried *tried, operation_check *check) {
  int verdict = LAW_HOLDS, enough = 0;
  strait_object *object = trial_object(t, variant);
  for (int i = 0; object && i < model_data_count && verdict == LAW_HOLDS && tried->count < TRIED && !enough; i++) {
    struct network *network, *beside = NULL; /* what this one needs may not be another's */
    struct custom custom;
    enough = network_create(&network, object, &model_data[i]) == STRAIT_OK && variant != &t->variant[0];
    if (network && network_custom(network, 0, &custom)) {
      network_create(&beside, object, &model_data[(i + 1) % model_data_count]);
      verdict = try_network(t, object, network, tried, check);
    }
    network_free(beside);
    network_free(network);
  }
  object_free(object);
  if (verdict != LAW_FAILS || variant == &t->variant[0])
    return verdict;
  char *evidence = arena_copy(t->arena, t->evidence.data);
  return law_fails(t, "at %s: %s", variant->text, evidence ? evidence : "");
}

int for_operations(struct trial *t, operation_check *check) {
  struct tried tried = {.count = 0};
  int verdict = LAW_HOLDS;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  if (t->no_operations)
    return law_void(t, "it has no custom operations");
  for (size_t i = 0; i < (t->corners ? t->variants : 1) && verdict == LAW_HOLDS; i++)
    verdict = try_variant(t, &t->variant[i], &tried, check);
  error_clear();
  if (verdict != LAW_HOLDS || tried.count)
    return verdict;
  t->no_operations = !tried.met;
  return tried.met
             ? law_not_run(t, "its operations have more than %d floats per sample; --set a smaller model", LARGEST)
             : law_void(t, "it has no custom operations");
}
