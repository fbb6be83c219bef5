/* verify/blocks.c: that a custom operation is a pure function of a block, sample by sample: the same bytes whatever its
 * arrays held, what other blocks came before, how often it was called; each sample by itself; nothing else written. */
#include <config.h> /* MAP_ANONYMOUS */

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "verify/operation.h"

static const int64_t block_sizes[] = {1, 2, 3, 5, 8, 17, 33, 64, 128};
enum { SIZES = sizeof block_sizes / sizeof *block_sizes };
#define LARGEST 200000 /* floats of a block */

/* Forward and backward over a block. NULL, or what was wrong; a failed call has its cause recorded. */
static const char *run_block(struct operation *op, const struct held *held) {
  const char *wrong;
  operation_prepare(op, held);
  if (operation_forward(op, 1) < 0)
    return "fails";
  if ((wrong = operation_wrong(op, held, 0)))
    return wrong;
  if (operation_backward(op, ASK_ALL) < 0)
    return "fails";
  return operation_wrong(op, held, 1);
}

static int same(const struct floats *a, const struct floats *b) {
  return memcmp(a->data, b->data, (size_t)a->count * sizeof *a->data) == 0;
}

static double largest(const float *a, int64_t count) {
  double size = 0;
  for (int64_t i = 0; i < count; i++)
    size = fmax(size, fabs((double)a[i]));
  return size;
}

/* Do part of an array and what it is to be agree to a thousandth of the largest number in all of the array? Sums may be
 * rounded otherwise in another block, by far less; NaN does not agree. */
static int is_close(const float *part, const float *wanted, int64_t count, const struct floats *all) {
  const double bound = 1e-3 * largest(all->data, all->count);
  for (int64_t i = 0; i < count; i++)
    if (!(fabs((double)part[i] - (double)wanted[i]) <= bound))
      return 0;
  return 1;
}

/* Results of two runs of one block: to the byte. NULL, or what differs. */
static const char *difference(const struct operation *a, const struct operation *b) {
  if (!same(&a->output, &b->output))
    return "its output";
  for (uint32_t i = 0; i < a->custom->inputs; i++)
    if (!same(&a->input_gradients[i], &b->input_gradients[i]))
      return "the gradient of an input";
  for (uint32_t i = 0; i < a->custom->parameters; i++)
    if (!same(&a->parameter_gradients[i], &b->parameter_gradients[i]))
      return "the gradient of a parameter";
  return NULL;
}

static int fails(struct trial *t, const struct operation *op, const char *what) {
  return law_fails(t, "\"%s\", a block of %lld: it %s", op->custom->name, (long long)op->samples, what);
}

static int differs(struct trial *t, const struct operation *op, const char *what, const char *when) {
  return law_fails(t, "\"%s\", a block of %lld: %s differs %s", op->custom->name, (long long)op->samples, what, when);
}

/* --- what the arrays held --- */

static int check_held(struct trial *t, struct operation *a, struct operation *b) {
  static const struct held other = {.fill = -98765, .guard = 2000.25f, .base = 0.5f};
  static const struct held unfit = {.fill = INFINITY, .guard = -54321.5f, .base = 0.5f};
  static const struct held without = {.fill = 12345, .guard = -54321.5f, .base = 0};
  const struct held *all[] = {&other, &unfit};
  static const char *const when[] = {"with what lies around its block, or with what its arrays held before",
                                     "with what its output, workspace or gradients of inputs held before"};
  const char *what;
  for (int i = 0; i < 2; i++) {
    if ((what = run_block(b, all[i])))
      return fails(t, b, what);
    if ((what = difference(a, b)))
      return differs(t, a, what, when[i]);
  }
  if ((what = run_block(b, &without)))
    return fails(t, b, what);
  for (uint32_t i = 0; i < a->custom->parameters; i++)
    for (int64_t k = 0; k < a->custom->parameter[i]; k++) {
      double with = (double)a->parameter_gradients[i].data[k], alone = (double)b->parameter_gradients[i].data[k];
      /* a hundredth of what stood there, and the rounding of large sums */
      if (!(fabs(with - alone - (double)usual.base) <= 0.005 + 1e-4 * fmax(fabs(with), fabs(alone))))
        return fails(t, a, "does not add to the gradient of a parameter, but overwrites it or scales what was there");
    }
  return law_holds(t);
}

/* --- other samples --- */

/* One sample has other inputs: the others' outputs and gradients stay to the byte. */
static int check_coupling(struct trial *t, struct operation *a, struct operation *b) {
  int64_t changed = a->samples / 2;
  const char *what = NULL;
  if (a->samples == 1)
    return law_holds(t);
  for (uint32_t i = 0; i < a->custom->inputs; i++)
    for (int64_t k = 0; k < a->custom->input[i]; k++)
      b->inputs[i].data[changed * a->custom->input[i] + k] *= 0.5f;
  if ((what = run_block(b, &usual)))
    return fails(t, b, what);
  for (int64_t s = 0; s < a->samples && !what; s++) {
    const size_t output = (size_t)a->custom->output * sizeof(float);
    if (s == changed)
      continue;
    if (memcmp(a->output.data + s * a->custom->output, b->output.data + s * a->custom->output, output) != 0)
      what = "the output of a sample";
    for (uint32_t i = 0; i < a->custom->inputs && !what; i++)
      if (memcmp(a->input_gradients[i].data + s * a->custom->input[i],
                 b->input_gradients[i].data + s * a->custom->input[i],
                 (size_t)a->custom->input[i] * sizeof(float)) != 0)
        what = "the gradient of a sample's input";
  }
  for (uint32_t i = 0; i < a->custom->inputs; i++)
    memcpy(b->inputs[i].data, a->inputs[i].data, (size_t)a->inputs[i].count * sizeof(float));
  return what ? differs(t, a, what, "when another sample of the block is changed") : law_holds(t);
}

/* A sample in a block of its own. */
static int check_alone(struct trial *t, const struct operation *a, struct operation *one, int64_t sample) {
  const struct custom *c = a->custom;
  const char *what;
  for (uint32_t i = 0; i < c->inputs; i++)
    memcpy(one->inputs[i].data, a->inputs[i].data + sample * c->input[i], (size_t)c->input[i] * sizeof(float));
  memcpy(one->output_gradient.data, a->output_gradient.data + sample * c->output, (size_t)c->output * sizeof(float));
  if ((what = run_block(one, &usual)))
    return fails(t, one, what);
  if (!is_close(one->output.data, a->output.data + sample * c->output, c->output, &a->output))
    return differs(t, a, "the output of a sample", "when the sample is alone");
  for (uint32_t i = 0; i < c->inputs; i++)
    if (!is_close(one->input_gradients[i].data, a->input_gradients[i].data + sample * c->input[i], c->input[i],
                  &a->input_gradients[i]))
      return differs(t, a, "the gradient of an input", "when the sample is alone");
  return law_holds(t);
}

/* Each sample alone (of large blocks some), and the sum of their gradients of parameters. */
static int check_samples(struct trial *t, const struct operation *a, double *sums, int64_t parameters) {
  struct operation one;
  int verdict = operation_make(&one, a->self, a->custom, 1, 1, 0) ? law_not_run(t, "%s", error_text()) : LAW_HOLDS;
  for (int64_t s = 0; s < a->samples && verdict == LAW_HOLDS; s++) {
    verdict = check_alone(t, a, &one, s);
    double *sum = sums;
    for (uint32_t i = 0; i < a->custom->parameters; sum += 2 * a->custom->parameter[i++])
      for (int64_t k = 0; k < a->custom->parameter[i]; k++) {
        double part = (double)one.parameter_gradients[i].data[k] - (double)usual.base;
        sum[2 * k] += part;
        sum[2 * k + 1] += fabs(part); /* whose rounding is in it */
      }
  }
  double *sum = sums;
  for (uint32_t i = 0; i < a->custom->parameters && parameters; sum += 2 * a->custom->parameter[i++])
    for (int64_t k = 0; k < a->custom->parameter[i] && verdict == LAW_HOLDS; k++)
      if (!(fabs((double)a->parameter_gradients[i].data[k] - (double)usual.base - sum[2 * k]) <=
            1e-3 * sum[2 * k + 1] + 1e-5))
        verdict = differs(t, a, "the gradient of a parameter", "from the sum over its samples, each alone");
  operation_free(&one);
  return verdict;
}

static int check_sum(struct trial *t, const struct operation *a) {
  int64_t parameters = 0;
  for (uint32_t i = 0; i < a->custom->parameters; i++)
    parameters += a->custom->parameter[i];
  double *sums = memory_alloc((size_t)parameters * 2, sizeof *sums);
  int verdict = sums ? check_samples(t, a, sums, parameters) : law_not_run(t, "%s", error_text());
  memory_free(sums);
  return verdict;
}

/* --- other calls --- */

/* Static variables after one block, and after another: what changes is shared by all threads. */
static const char *differences_of_statics(struct trial *t, struct operation *b, struct operation *other) {
  struct statics before;
  if (run_block(other, &usual) || run_block(b, &usual))
    return "fails";
  size_t changed = trial_statics(t, b->self, &before) || run_block(other, &usual) ? 0 : statics_changed(&before);
  statics_free(&before);
  return changed ? "changes static variables, or memory of its instance, which several threads share" : NULL;
}

/* Again and again; and with another block's forward pass between this one's passes. */
static int check_calls(struct trial *t, const struct operation *a, struct operation *b, struct operation *other) {
  int64_t calls = 1000000 / operation_floats(a->custom, a->samples);
  const char *what;
  calls = calls < 20 ? 20 : calls > 1500 ? 1500 : calls;
  for (int64_t i = 0; i < calls; i++) {
    operation_prepare(b, &usual);
    if (operation_forward(b, 1) < 0 || operation_backward(b, ASK_ALL) < 0)
      return law_fails_with_error(t, a->custom->name);
    if ((what = difference(a, b)))
      return differs(t, a, what, "from call to call");
  }
  if ((what = differences_of_statics(t, b, other)))
    return fails(t, a, what);
  operation_prepare(b, &usual);
  operation_prepare(other, &usual);
  if (operation_forward(b, 1) < 0 || operation_forward(other, 1) < 0 || operation_forward(other, 0) < 0 ||
      operation_backward(b, ASK_ALL) < 0)
    return law_fails_with_error(t, a->custom->name);
  return (what = difference(a, b)) ? differs(t, a, what, "when another block is calculated between its passes")
                                   : law_holds(t);
}

/* Where nobody asks for an input's gradient its pointer is NULL; the others are as before. */
static int check_asked(struct trial *t, const struct operation *a, struct operation *b) {
  for (int asked = 0; asked < 1 << (a->custom->inputs < 3 ? a->custom->inputs : 3); asked++) {
    law_note(t, "backward of \"%s\", where some gradients of inputs are not asked for", a->custom->name);
    operation_prepare(b, &usual);
    if (operation_forward(b, 1) < 0 || operation_backward(b, asked) < 0)
      return law_fails_with_error(t, "backward, where some gradients of inputs are not asked for");
    for (uint32_t i = 0; i < a->custom->inputs; i++)
      if ((unsigned)asked >> i & 1 && !same(&a->input_gradients[i], &b->input_gradients[i]))
        return differs(t, a, "the gradient of an input", "when that of another is not asked for");
    for (uint32_t i = 0; i < a->custom->parameters; i++)
      if (!same(&a->parameter_gradients[i], &b->parameter_gradients[i]))
        return differs(t, a, "the gradient of a parameter", "when that of an input is not asked for");
  }
  return law_holds(t);
}

/* Outside of training only the forward pass is called. */
static int check_evaluation(struct trial *t, struct operation *b, struct operation *other) {
  const char *what;
  for (int i = 0; i < 2; i++) {
    struct operation *op = i ? other : b;
    operation_prepare(op, &usual);
    if (operation_forward(op, 0) < 0)
      return law_fails_with_error(t, op->custom->name);
    if ((what = operation_wrong(op, &usual, 0)))
      return fails(t, op, what);
  }
  float *first = memory_alloc((size_t)b->output.count, sizeof *first);
  if (!first)
    return law_not_run(t, "%s", error_text());
  memcpy(first, b->output.data, (size_t)b->output.count * sizeof *first);
  operation_forward(b, 0);
  int kept = memcmp(first, b->output.data, (size_t)b->output.count * sizeof *first) == 0;
  memory_free(first);
  return kept ? law_holds(t) : differs(t, b, "its output", "from call to call, outside of training");
}

/* --- one block --- */

static int check_first(struct trial *t, struct operation *a) {
  const char *what = run_block(a, &usual);
  if (what && strcmp(what, "fails") == 0)
    return law_fails_with_error(t, a->custom->name);
  if (what)
    return fails(t, a, what);
  for (int64_t i = 0; i < a->output.count; i++)
    if (!isfinite(a->output.data[i]))
      return fails(t, a, "writes an output that is not finite");
  return law_holds(t);
}

static int check_block(struct trial *t, const strait_object *self, const struct custom *custom, int64_t samples,
                       double reach) {
  struct operation a, b, other;
  int status = operation_make(&a, self, custom, samples, reach, 1);
  status = operation_make(&b, self, custom, samples, reach, 1) || status;
  status = operation_make(&other, self, custom, samples, reach, 2) || status;
  law_note(t, "\"%s\", a block of %lld", custom->name, (long long)samples);
  int verdict = status ? law_not_run(t, "%s", error_text()) : check_first(t, &a);
  verdict = verdict ? verdict : check_held(t, &a, &b);
  verdict = verdict ? verdict : check_coupling(t, &a, &b);
  verdict = verdict ? verdict : check_sum(t, &a);
  verdict = verdict ? verdict : check_calls(t, &a, &b, &other);
  verdict = verdict ? verdict : check_asked(t, &a, &b);
  verdict = verdict ? verdict : check_evaluation(t, &b, &other);
  operation_free(&a);
  operation_free(&b);
  operation_free(&other);
  return verdict;
}

/* --- fences --- */

/* Memory that ends, to 64 bytes, where a page begins that nobody may touch. */
struct fenced {
  char *map;
  size_t bytes;
  float *data;
};

static int fenced_make(struct fenced *f, const float *from, int64_t count) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), need = ((size_t)count * sizeof *from + 63) & ~(size_t)63;
  const size_t room = (need + page - 1) / page * page;
  f->bytes = room + 2 * page;
  f->map = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (f->map == MAP_FAILED)
    return f->map = NULL, error_errno(STRAIT_ENOMEM, "no memory for a fenced array");
  f->data = (float *)(void *)(f->map + page + room - need);
  if (from)
    memcpy(f->data, from, (size_t)count * sizeof *from);
  mprotect(f->map, page, PROT_NONE);
  mprotect(f->map + page + room, page, PROT_NONE);
  return STRAIT_OK;
}

static void fenced_free(struct fenced *f, int count) {
  for (int i = 0; i < count; i++)
    if (f[i].map)
      munmap(f[i].map, f[i].bytes);
}

/* What is lent may be read alone. */
static void fenced_lend(const struct fenced *f) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  mprotect(f->map + page, f->bytes - 2 * page, PROT_READ);
}

/* Both passes between fences: whatever reads or writes outside ends the process, which is the finding. */
static int check_fenced(struct trial *t, const strait_object *self, const struct custom *c, int64_t samples,
                        double reach) {
  struct operation op;
  struct fenced all[4 * OPERANDS + 3] = {{0}};
  int n = 0, status = operation_make(&op, self, c, samples, reach, 1);
  for (uint32_t i = 0; i < c->inputs && !status; i++) {
    status = fenced_make(&all[n], op.inputs[i].data, op.inputs[i].count);
    op.input_at[i] = all[n].data;
    status ? (void)0 : fenced_lend(&all[n]);
    n++;
    status = status ? status : fenced_make(&all[n], NULL, op.inputs[i].count);
    op.input_gradients[i].data = all[n++].data;
  }
  for (uint32_t i = 0; i < c->parameters && !status; i++) {
    status = fenced_make(&all[n], op.parameters[i].data, op.parameters[i].count);
    op.parameter_at[i] = all[n].data;
    status ? (void)0 : fenced_lend(&all[n]);
    n++;
    status = status ? status : fenced_make(&all[n], NULL, op.parameters[i].count);
    op.parameter_gradient_at[i] = all[n++].data;
  }
  status = status ? status : fenced_make(&all[n], NULL, op.output.count);
  op.output.data = all[n++].data;
  status = status ? status : fenced_make(&all[n], NULL, op.workspace.count);
  op.block.workspace = all[n++].data;
  status = status ? status : fenced_make(&all[n], op.output_gradient.data, op.output_gradient.count);
  op.output_gradient.data = all[n].data;
  status ? (void)0 : fenced_lend(&all[n]);
  n++;
  law_note(t, "\"%s\", a block of %lld whose inputs cannot be written to, with no memory around its arrays", c->name,
           (long long)samples);
  int failed = !status && (operation_forward(&op, 1) < 0 || operation_backward(&op, ASK_ALL) < 0);
  fenced_free(all, n);
  operation_free(&op);
  return status ? law_not_run(t, "%s", error_text()) : failed ? law_fails_with_error(t, c->name) : law_holds(t);
}

static int check_operation(struct trial *t, const strait_object *self, const struct custom *custom) {
  int verdict = LAW_HOLDS, reach = operation_reach(self, custom);
  for (int i = 0; i < SIZES && verdict == LAW_HOLDS; i++)
    if (i < 3 || operation_floats(custom, block_sizes[i]) <= LARGEST)
      verdict = check_block(t, self, custom, block_sizes[i], i % 2 ? reach : 4.0 * reach);
  verdict = verdict ? verdict : check_fenced(t, self, custom, 1, reach);
  return verdict ? verdict : check_fenced(t, self, custom, 5, reach);
}

int operation_blocks(struct trial *t) { return for_operations(t, check_operation); }

/* --- several threads --- */

enum { PARTS = 8, PASSES = 4, SAMPLES = 8 };

struct crowd {
  struct operation op[1 + THREADS][PARTS];
};

static int answer_part(void *context, int64_t part, int worker, struct hash *hash) {
  struct operation *op = &((struct crowd *)context)->op[worker][part];
  int status = STRAIT_OK;
  for (int i = 0; i < PASSES && status >= 0; i++) {
    operation_prepare(op, &usual);
    status = operation_forward(op, 1);
    status = status < 0 ? status : operation_backward(op, ASK_ALL);
    hash_bytes(hash, op->output.data, (size_t)op->output.count * sizeof(float));
    for (uint32_t k = 0; k < op->custom->inputs; k++)
      hash_bytes(hash, op->input_gradients[k].data, (size_t)op->input_gradients[k].count * sizeof(float));
    for (uint32_t k = 0; k < op->custom->parameters; k++)
      hash_bytes(hash, op->parameter_gradients[k].data, (size_t)op->parameter_gradients[k].count * sizeof(float));
  }
  return status;
}

/* Different blocks on several threads, as in every training. */
static int check_threads(struct trial *t, const strait_object *self, const struct custom *custom) {
  struct crowd *crowd = memory_alloc(1, sizeof *crowd);
  const struct parts parts = {crowd, answer_part, PARTS};
  int status = crowd ? STRAIT_OK : error_failure();
  for (int i = 0; i < (1 + THREADS) * PARTS && !status; i++)
    status = operation_make(&crowd->op[i / PARTS][i % PARTS], self, custom, SAMPLES, 1, (uint64_t)(i % PARTS));
  int verdict = status ? law_not_run(t, "%s", error_text()) : law_threads(t, &parts);
  for (int i = 0; i < (1 + THREADS) * PARTS && crowd; i++)
    operation_free(&crowd->op[i / PARTS][i % PARTS]);
  memory_free(crowd);
  return verdict;
}

int operation_threads(struct trial *t) { return for_operations(t, check_threads); }
