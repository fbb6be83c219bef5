/* verify/slopes.c: the backward pass of a custom operation against differences of its forward pass.
 *
 * A step moves one number, or all of an array in a random direction. Each output by itself is looked at over several
 * steps: it gets a slope, and a doubt, how far that may be off: by the rounding of float32, where the step changed the
 * output at all; by kinks, which show as slopes that differ to the left and to the right, or from step to step. Then
 * the gradient is asked for at an output gradient that is made for this step: where an output's slope is sharp it has
 * the slope's sign, so that nothing cancels; where an output does not move at all it is random, as nothing may come of
 * it; where the slope is in doubt it is 0. So what is claimed has to agree to half a per cent, and a ReLU whose input
 * lies at its kink is passed over. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "verify/operation.h"

enum { STEPS = 4, DIRECTIONS = 8 };
static const double steps[STEPS] = {0x1p-5, 0x1p-7, 0x1p-9, 0x1p-11};
#define SHARP 0.004  /* the doubt of a slope that counts, relative to it */
#define AGREES 0.005 /* of the slopes' sum */
#define ULP 0x1p-24

struct slopes {
  struct trial *t;
  struct operation op;
  float *still, *side[2]; /* outputs */
  double *slope[STEPS], *spread[STEPS], *noise[STEPS];
  double *best, *doubt; /* of each output */
  int64_t outputs;
};

/* What is moved: number `only` of the array, or (-1) all of it by signs from `number`. */
struct move {
  struct floats *of;
  const struct floats *gradient;
  double base; /* in the gradient before it was added to */
  int64_t only;
  uint64_t number;
  const char *what;
  uint32_t which;
  int *told; /* set where the gradient was found to agree */
};

/* For each array, whether any move told something of its gradient. */
struct told {
  int input[OPERANDS], parameter[OPERANDS];
};

static void slopes_free(struct slopes *s) {
  operation_free(&s->op);
  memory_free(s->still);
  memory_free(s->side[0]);
  memory_free(s->side[1]);
  for (int k = 0; k < STEPS; k++) {
    memory_free(s->slope[k]);
    memory_free(s->spread[k]);
    memory_free(s->noise[k]);
  }
  memory_free(s->best);
  memory_free(s->doubt);
}

static int slopes_make(struct slopes *s, struct trial *t, const strait_object *self, const struct custom *custom,
                       int64_t samples, double reach, uint64_t number) {
  *s = (struct slopes){.t = t, .outputs = samples * custom->output};
  int status = operation_make(&s->op, self, custom, samples, reach, number);
  const size_t n = (size_t)s->outputs;
  s->still = memory_alloc(n, sizeof *s->still);
  s->side[0] = memory_alloc(n, sizeof *s->still);
  s->side[1] = memory_alloc(n, sizeof *s->still);
  s->best = memory_alloc(n, sizeof *s->best);
  s->doubt = memory_alloc(n, sizeof *s->doubt);
  int whole = s->still && s->side[0] && s->side[1] && s->best && s->doubt;
  for (int k = 0; k < STEPS; k++) {
    s->slope[k] = memory_alloc(n, sizeof(double));
    s->spread[k] = memory_alloc(n, sizeof(double));
    s->noise[k] = memory_alloc(n, sizeof(double));
    whole = whole && s->slope[k] && s->spread[k] && s->noise[k];
  }
  if (!whole || status)
    return error_failure();
  operation_prepare(&s->op, &usual);
  return STRAIT_OK;
}

static double sign_of(const struct move *m, int64_t i) {
  return law_bits("direction", m->number << 32 | (uint64_t)i) & 1 ? 1 : -1;
}

static void move_by(const struct move *m, double h) {
  if (m->only >= 0)
    m->of->data[m->only] += (float)h;
  for (int64_t i = 0; i < m->of->count && m->only < 0; i++)
    m->of->data[i] += (float)(h * sign_of(m, i));
}

/* The output where the array stands, into `to`. */
static int output_of(struct slopes *s, float *to) {
  int status = operation_forward(&s->op, 1);
  memcpy(to, s->op.output.data, (size_t)s->outputs * sizeof *to);
  return status;
}

/* Each output's slope over step k. Outputs that are not finite are in doubt. */
static int measure_step(struct slopes *s, const struct move *m, int k) {
  const double h = steps[k];
  for (int side = 0; side < 2; side++) {
    move_by(m, side ? h : -h);
    int status = output_of(s, s->side[side]);
    move_by(m, side ? -h : h);
    if (status < 0)
      return status;
  }
  for (int64_t o = 0; o < s->outputs; o++) {
    double y = (double)s->still[o], left = (y - (double)s->side[0][o]) / h, right = ((double)s->side[1][o] - y) / h;
    s->slope[k][o] = (left + right) / 2;
    s->spread[k][o] = fabs(right - left) / 2;
    s->noise[k][o] = 8 * ULP * fmax(fabs((double)s->side[0][o]), fabs((double)s->side[1][o])) / h;
  }
  return STRAIT_OK;
}

/* The step with the least doubt, for one output. */
static void choose_step(struct slopes *s, int64_t o) {
  int moved = 0;
  for (int k = 0; k < STEPS; k++)
    moved |= s->slope[k][o] != 0 || s->spread[k][o] != 0; /* also what is not finite */
  s->best[o] = 0;
  s->doubt[o] = moved ? INFINITY : ULP * fabs((double)s->still[o]) / steps[0];
  for (int k = 0; k < STEPS && moved; k++) {
    int other = k + 1 < STEPS ? k + 1 : k - 1;
    double doubt = s->spread[k][o] + 2 * fabs(s->slope[k][o] - s->slope[other][o]) + s->noise[k][o];
    if (doubt < s->doubt[o])
      s->doubt[o] = doubt, s->best[o] = s->slope[k][o];
  }
}

/* The output gradient for this step; what the slope of its loss is, and how far that may be off. 0: no output's slope
 * is sharp, and one at least moves. */
static int make_loss(struct slopes *s, const struct move *m, double *wanted, double *off) {
  int sharp = 0, moves = 0;
  *wanted = *off = 0;
  for (int64_t o = 0; o < s->outputs; o++) {
    choose_step(s, o);
    double unit = law_unit("loss", m->number << 32 | (uint64_t)o), g = 0;
    int still = s->best[o] == 0 && isfinite(s->doubt[o]);
    if (still)
      g = 2 * unit - 1;
    else if (s->doubt[o] <= SHARP * fabs(s->best[o]))
      g = (0.5 + unit) * (s->best[o] > 0 ? 1 : -1), sharp++;
    moves += !still;
    g = (double)(float)g;
    s->op.output_gradient.data[o] = (float)g;
    if (g == 0)
      continue;
    *wanted += g * s->best[o];
    *off += fabs(g) * (s->doubt[o] + AGREES * fabs(s->best[o]));
  }
  return sharp || !moves;
}

/* What backward claims. */
static int claim(struct slopes *s, const struct move *m, double *claimed) {
  operation_prepare(&s->op, &usual);
  int status = operation_forward(&s->op, 1);
  status = status < 0 ? status : operation_backward(&s->op, ASK_ALL);
  *claimed = 0;
  for (int64_t i = 0; i < m->of->count; i++)
    if (m->only < 0 || m->only == i)
      *claimed += ((double)m->gradient->data[i] - m->base) * (m->only < 0 ? sign_of(m, i) : 1);
  return status;
}

enum { AGREE, DISAGREE, DOUBTFUL };

/* Does the claim agree where the array stands? A negative status: a pass failed. */
static int compare(struct slopes *s, const struct move *m, double *claimed, double *wanted) {
  double off;
  if (output_of(s, s->still) < 0)
    return error_failure();
  for (int k = 0; k < STEPS; k++)
    if (measure_step(s, m, k) < 0)
      return error_failure();
  if (!make_loss(s, m, wanted, &off))
    return DOUBTFUL;
  if (claim(s, m, claimed) < 0)
    return error_failure();
  /* The rounding of sums in the backward pass, and of a gradient that was added to what stood there. */
  off += 16 * ULP * (fabs(*claimed) + fabs(m->base)) * (m->only < 0 ? sqrt((double)m->of->count) : 1);
  return fabs(*claimed - *wanted) <= off ? AGREE : DISAGREE;
}

/* A fault is one in three places: where the array stands, and a little beside it on either side. */
static int check_move(struct slopes *s, const struct move *m) {
  static const double beside[] = {0, 53 / 4096.0, -29 / 4096.0};
  double claimed = 0, wanted = 0, first[2] = {0};
  for (int k = 0; k < 3; k++) {
    move_by(m, beside[k]);
    int found = compare(s, m, &claimed, &wanted);
    move_by(m, -beside[k]);
    if (found < 0)
      return law_fails_with_error(s->t, s->op.custom->name);
    *m->told |= found == AGREE;
    if (found != DISAGREE)
      return law_holds(s->t);
    if (k == 0)
      first[0] = claimed, first[1] = wanted;
  }
  if (m->only < 0)
    return law_fails(s->t,
                     "backward of \"%s\": along a direction of %s %u the gradient is %.5g; differences of forward give "
                     "%.5g",
                     s->op.custom->name, m->what, m->which, first[0], first[1]);
  return law_fails(s->t,
                   "backward of \"%s\": the gradient of %s %u, number %lld, is %.5g; differences of forward give %.5g",
                   s->op.custom->name, m->what, m->which, (long long)m->only, first[0], first[1]);
}

/* All numbers of an array, or as many as the work allows; and directions through all of it. */
static int check_array(struct slopes *s, struct floats *of, const struct floats *gradient, double base,
                       const char *what, uint32_t which, int *told) {
  struct move m = {.of = of, .gradient = gradient, .base = base, .what = what, .which = which, .told = told};
  int64_t floats = operation_floats(s->op.custom, s->op.samples), most = 1000000 / (floats + 1), verdict = LAW_HOLDS;
  most = most < 24 ? 24 : most;
  for (int64_t k = 0; k < most && k < of->count && verdict == LAW_HOLDS; k++) {
    m.only = of->count <= most ? k
             : k == 0          ? 0
             : k == 1          ? of->count - 1
                               : (int64_t)(law_bits(what, m.number) % (uint64_t)of->count);
    m.number++;
    verdict = check_move(s, &m);
  }
  m.only = -1;
  for (int k = 0; k < DIRECTIONS && of->count > 1 && verdict == LAW_HOLDS; k++) {
    m.number++;
    verdict = check_move(s, &m);
  }
  return (int)verdict;
}

static int check_numbers(struct trial *t, const strait_object *self, const struct custom *custom, int64_t samples,
                         double reach, struct told *told) {
  struct slopes s;
  int verdict = slopes_make(&s, t, self, custom, samples, reach, (uint64_t)samples) ? law_not_run(t, "%s", error_text())
                                                                                    : LAW_HOLDS;
  struct operation *op = &s.op;
  law_note(t, "\"%s\", a block of %lld", custom->name, (long long)samples);
  for (uint32_t i = 0; i < custom->inputs && verdict == LAW_HOLDS; i++)
    verdict = check_array(&s, &op->inputs[i], &op->input_gradients[i], 0, "input", i, &told->input[i]);
  for (uint32_t i = 0; i < custom->parameters && verdict == LAW_HOLDS; i++)
    verdict = check_array(&s, &op->parameters[i], &op->parameter_gradients[i], (double)usual.base, "parameter", i,
                          &told->parameter[i]);
  slopes_free(&s);
  return verdict;
}

static int not_told(struct trial *t, const struct custom *custom, const char *what, uint32_t which) {
  return law_not_run(t, "\"%s\": no difference of forward over %s %u is sharp enough to compare with", custom->name,
                     what, which);
}

/* Numbers around 0, and larger ones, where some functions are others. Of several samples, and more where the operation
 * is narrow: a ReLU shows nothing where all that it gets is negative. */
int operation_check_slopes(struct trial *t, const strait_object *self, const struct custom *custom) {
  int reach = operation_reach(self, custom);
  int64_t samples = 64 / (custom->input[0] + 1);
  struct told told = {{0}, {0}};
  samples = samples >= 8 ? samples : operation_floats(custom, 8) < 100000 ? 8 : 3;
  int verdict = check_numbers(t, self, custom, samples, reach, &told);
  verdict = verdict ? verdict : check_numbers(t, self, custom, samples, 4.0 * reach, &told);
  for (uint32_t i = 0; i < custom->inputs && verdict == LAW_HOLDS; i++)
    verdict = told.input[i] ? LAW_HOLDS : not_told(t, custom, "input", i);
  for (uint32_t i = 0; i < custom->parameters && verdict == LAW_HOLDS; i++)
    verdict = told.parameter[i] ? LAW_HOLDS : not_told(t, custom, "parameter", i);
  return verdict;
}

int operation_slopes(struct trial *t) { return for_operations(t, operation_check_slopes); }
