/* Whole steps, on a plain network and on curves, against the formulas written out again in double. The gradients come
 * from the program, whose own tests check them; the order of samples, t, c(t), momentum, decay and the rest are this
 * file's. */
#include "fixture.h"

#include "compute/random.h"

enum { STEPS = 25, MOST = 8, SEED_ORDER = 5, SEED_T = 6, SEED_DROPOUT = 7 };

struct reference {
  struct fixture *f;
  struct feeder *feeder;
  struct program *program;
  int points;
  double *theta[MOST], *velocity[MOST], *before[MOST]; /* velocity NULL: fixed */
  double *w;
  float *single, *gradient;
  int idle; /* steps of free points whose c was zero, and that moved by momentum alone */
};

static struct reference begin(struct fixture *f, const struct snapshot *s) {
  struct reference r = {.f = f, .points = s->points};
  struct feeding feeding = {.split = SPLIT_TRAIN, .batch = 16, .shuffle = 1, .order_seed = SEED_ORDER};
  OK(feeder_create(&r.feeder, f->data, &feeding));
  OK(feeder_start(r.feeder, 1, 0));
  OK(program_create(&r.program, f->network, f->device, 16, PROGRAM_TRAIN, f->keys.label_smoothing));
  f->device->ops->upload(f->device, program_statistics(r.program), s->statistics, s->buffers);
  size_t count = (size_t)f->count;
  for (int i = 0; i < s->points; i++) {
    r.theta[i] = memory_alloc(count, sizeof(double));
    r.before[i] = memory_alloc(count, sizeof(double));
    for (size_t j = 0; j < count; j++)
      r.theta[i][j] = r.before[i][j] = s->theta[i][j];
    if (s->velocity[i])
      r.velocity[i] = memory_alloc(count, sizeof(double));
  }
  r.w = memory_alloc(count, sizeof(double));
  r.single = memory_alloc(count, sizeof(float));
  r.gradient = memory_alloc(count, sizeof(float));
  return r;
}

static void end(struct reference *r) {
  for (int i = 0; i < r->points; i++) {
    memory_free(r->theta[i]);
    memory_free(r->before[i]);
    memory_free(r->velocity[i]);
  }
  memory_free(r->w);
  memory_free(r->single);
  memory_free(r->gradient);
  program_free(r->program);
  feeder_free(r->feeder);
}

/* The loss's gradient at w, on the next batch. */
static void gradient_at(struct reference *r, int64_t iteration) {
  struct device *d = r->f->device;
  struct batch batch;
  struct loss_sums sums;
  OK(feeder_next(r->feeder, &batch));
  if (!batch.samples) {
    OK(feeder_start(r->feeder, (iteration - 1) / feeder_batches(r->feeder) + 1, 0));
    OK(feeder_next(r->feeder, &batch));
  }
  struct run run = {.samples = batch.samples,
                    .batch_statistics = 1,
                    .update_statistics = 1,
                    .dropout = 1,
                    .iteration = iteration,
                    .seed = SEED_DROPOUT};
  for (int64_t j = 0; j < r->f->count; j++)
    r->single[j] = (float)r->w[j];
  d->ops->upload(d, program_weights(r->program), r->single, r->f->count);
  d->ops->upload(d, program_input(r->program), batch.x, batch.samples * 64);
  d->ops->upload(d, program_target(r->program), batch.target, batch.samples);
  program_forward(r->program, &run);
  program_loss(r->program, &run, &sums);
  program_backward(r->program, &run);
  d->ops->download(d, r->gradient, program_gradient(r->program), r->f->count);
}

/* Is parameter j decayed, where biases may be excluded? */
static int decayed(const struct fixture *f, int64_t j) {
  const struct layout *layout = network_weights(f->network);
  int s = 0;
  while (s + 1 < layout->segments && layout->segment[s + 1].offset <= j)
    s++;
  return !f->keys.weight_decay_exclude.n || !strstr(layout->segment[s].name, ".bias");
}

static void step(struct reference *r, int64_t iteration, double rate) {
  const struct optimiser_keys *keys = &r->f->keys;
  double c[MOST] = {1}, norm = 0, clip = 1;
  if (r->f->curve) {
    struct stream stream = stream_of(SEED_T, "t", (uint64_t)iteration);
    ((const strait_curve_ops *)object_ops(r->f->curve))->coefficients(r->f->curve, stream_double(&stream, 0), c);
  }
  for (int64_t j = 0; j < r->f->count; j++) {
    r->w[j] = 0;
    for (int i = 0; i < r->points; i++)
      r->w[j] += c[i] * r->theta[i][j];
  }
  gradient_at(r, iteration);
  for (int64_t j = 0; j < r->f->count; j++)
    norm += (double)r->gradient[j] * r->gradient[j];
  if (keys->clip_norm > 0 && sqrt(norm) > keys->clip_norm)
    clip = keys->clip_norm / sqrt(norm);
  for (int i = 0; i < r->points; i++) {
    if (!r->velocity[i])
      continue;
    r->idle += c[i] == 0 && iteration > 1;
    for (int64_t j = 0; j < r->f->count; j++) {
      double g = c[i] * (clip * r->gradient[j] + (decayed(r->f, j) ? keys->weight_decay * r->w[j] : 0));
      double v = iteration == 1 ? g : keys->momentum * r->velocity[i][j] + g;
      r->velocity[i][j] = v;
      r->theta[i][j] -= rate * (keys->nesterov ? g + keys->momentum * v : v);
    }
  }
}

/* The running statistics move by a tenth towards each batch's. */
static void compare_statistics(const struct reference *r, const struct snapshot *s) {
  float single[64];
  double wanted[64];
  ck_assert_int_le(s->buffers, 64);
  r->f->device->ops->download(r->f->device, single, program_statistics(r->program), s->buffers);
  for (int64_t i = 0; i < s->buffers; i++)
    wanted[i] = single[i];
  ck_assert(s->buffers == 0 || distance(s->statistics, wanted, s->buffers) <= 1e-4);
}

/* STEPS iterations, and the distance of each point from the reference as a share of how far it moved. A step rounds
 * weights of about .3 to 3e-8 of themselves and moves them by about 1e-3: 25 steps add up to less than 1e-4 of the way,
 * while a wrong formula is off by its whole share (the decay is .05, the momentum .9). */
static int compare(const struct wanted *wanted, void (*change)(struct optimiser_keys *keys)) {
  struct fixture f = make(wanted);
  struct snapshot *s;
  if (change)
    change(&f.keys);
  f.plan.seeds.order = SEED_ORDER;
  f.plan.seeds.t = SEED_T;
  f.plan.seeds.dropout = SEED_DROPOUT;
  struct training *training = start(&f, &s);
  struct reference r = begin(&f, s);
  OK(training_load(training, s));
  OK(training_run(training, STEPS, 0));
  OK(training_save(training, s));
  ck_assert_int_eq(s->iteration, STEPS);
  ck_assert_int_eq(s->updates, STEPS);
  for (int64_t i = 1; i <= STEPS; i++)
    step(&r, i, training_rate(training, i));
  for (int i = 0; i < s->points; i++) {
    double off = 0, way = 0;
    for (int64_t j = 0; j < f.count; j++) {
      off += (s->theta[i][j] - r.theta[i][j]) * (s->theta[i][j] - r.theta[i][j]);
      way += (r.theta[i][j] - r.before[i][j]) * (r.theta[i][j] - r.before[i][j]);
      ck_assert(r.velocity[i] || s->theta[i][j] == (float)r.before[i][j]); /* a fixed point: bit for bit */
    }
    ck_assert_msg(sqrt(off) <= 1e-4 * sqrt(way), "point %d: off by %g, moved by %g", i, sqrt(off), sqrt(way));
    ck_assert((way > 0) == (r.velocity[i] != NULL));
    if (r.velocity[i])
      ck_assert_double_le(distance(s->velocity[i], r.velocity[i], f.count), 1e-4);
  }
  compare_statistics(&r, s);
  int idle = r.idle;
  end(&r);
  training_free(training);
  snapshot_free(s);
  unmake(&f);
  return idle;
}

static void decay(struct optimiser_keys *keys) { keys->weight_decay = .05; }
static void nesterov(struct optimiser_keys *keys) {
  keys->weight_decay = .05;
  keys->nesterov = 1;
}
static void exclude(struct optimiser_keys *keys) {
  static const char *const biases = "*.bias";
  keys->weight_decay = .05;
  keys->weight_decay_exclude = (strait_strings){1, &biases};
}
static void clip(struct optimiser_keys *keys) { keys->clip_norm = .5; }
static void smooth(struct optimiser_keys *keys) { keys->label_smoothing = .2; }

/* 150 samples in batches of 16: ten an epoch, the last of 6; 25 steps end within the third. */
START_TEST(test_plain) {
  const struct wanted wanted = {.limit = 150, .iterations = 30, .guarded = 1};
  compare(&wanted, NULL);
  compare(&wanted, decay);
  compare(&wanted, nesterov);
  compare(&wanted, exclude);
  compare(&wanted, clip);
  compare(&wanted, smooth);
}
END_TEST

/* Batch norm and dropout: the masks are the iteration's, the statistics the batch's. */
START_TEST(test_norm_and_dropout) {
  struct wanted wanted = {.limit = 150, .iterations = 30, .norm = 1};
  compare(&wanted, decay);
  wanted.dropout = 1;
  compare(&wanted, decay);
  wanted.curve = "bezier";
  compare(&wanted, decay);
}
END_TEST

START_TEST(test_schedule) {
  const struct wanted wanted = {
      .limit = 150, .iterations = 30, .schedule = "triangle", .settings = "cycle-iterations=8"};
  compare(&wanted, NULL);
}
END_TEST

START_TEST(test_bezier) {
  struct wanted wanted = {.limit = 150, .iterations = 30, .curve = "bezier", .bends = "bends=1", .guarded = 1};
  compare(&wanted, decay);
  wanted.bends = "bends=4";
  compare(&wanted, decay);
  compare(&wanted, nesterov);
  compare(&wanted, exclude);
  wanted.free_ends = 1;
  compare(&wanted, decay);
}
END_TEST

/* On a chain of three bends, each bend is out of play in half of the steps and takes its momentum step all the same:
 * the reference has it so, and it must have happened. */
START_TEST(test_chain) {
  const struct wanted wanted = {.limit = 150, .iterations = 30, .curve = "polychain", .bends = "bends=3"};
  ck_assert_int_gt(compare(&wanted, decay), 10);
}
END_TEST

/* A new curve trains at once; and no bends, with fixed ends, is a training of nothing. */
START_TEST(test_other_curves) {
  struct wanted wanted = {.limit = 150, .iterations = 30, .curve = "catmull-rom", .bends = "bends=2"};
  compare(&wanted, decay);
  wanted.curve = "bezier";
  wanted.bends = "bends=0";
  compare(&wanted, decay);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("steps");
  TCase *tests = tcase_create("steps");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, test_plain);
  tcase_add_test(tests, test_norm_and_dropout);
  tcase_add_test(tests, test_schedule);
  tcase_add_test(tests, test_bezier);
  tcase_add_test(tests, test_chain);
  tcase_add_test(tests, test_other_curves);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
