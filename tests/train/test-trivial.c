/* The trivial curve (Garipov et al., 2018, section 3.2): W_i(t) = t W_i, b_i(t) = t^i b_i. A ReLU network of n layers
 * is then homogeneous: its logits at t are t^n times those at 1, for t > 0. An exact test of path and engine together.
 */
#include "fixture.h"

enum { LAYERS = 4, SAMPLES = 50 };

/* The control points: 0 nothing, 1 the weights and the first biases, i the biases of layer i. */
static void make_points(const struct network *network, float *theta[LAYERS + 1]) {
  const struct layout *layout = network_weights(network);
  float *weights = memory_alloc((size_t)layout->count, sizeof *weights), none;
  network_initialise(network, 3, weights, &none); /* nn.Linear's start: biases that are not zero */
  for (int s = 0; s < layout->segments; s++) {
    const struct segment *segment = &layout->segment[s];
    int point = strstr(segment->name, ".bias") ? s / 2 + 1 : 1; /* weight and bias of layer 1, of layer 2, ... */
    memcpy(theta[point] + segment->offset, weights + segment->offset, (size_t)segment->count * sizeof(float));
  }
  memory_free(weights);
}

static void logits_at(const struct fixture *f, struct program *program, const place *theta, double t, float *logits) {
  double c[LAYERS + 1];
  struct run run = {.samples = SAMPLES};
  ((const strait_curve_ops *)object_ops(f->curve))->coefficients(f->curve, t, c);
  f->device->ops->combine(f->device, f->count, LAYERS + 1, theta, c, program_weights(program));
  program_forward(program, &run);
  f->device->ops->download(f->device, logits, program_output(program), SAMPLES * 10);
}

/* Rounding: a few hundred terms a sum through four layers, each 6e-8 relative: about 1e-6. The bound is the issue's. */
START_TEST(test_homogeneous) {
  const struct wanted wanted = {.hidden = "40 30 20", .curve = "trivial", .bends = "layers=4", .guarded = 1};
  struct fixture f = make(&wanted);
  const struct device_ops *ops = f.device->ops;
  struct feeding feeding = {.split = SPLIT_TEST, .batch = SAMPLES};
  struct feeder *feeder;
  struct program *program;
  struct batch batch;
  float *theta[LAYERS + 1], logits[SAMPLES * 10];
  double scaled[SAMPLES * 10], whole[SAMPLES * 10];
  place at[LAYERS + 1];
  for (int i = 0; i <= LAYERS; i++)
    theta[i] = memory_alloc((size_t)f.count, sizeof(float));
  make_points(f.network, theta);
  for (int i = 0; i <= LAYERS; i++) {
    OK(ops->create(f.device, f.count, &at[i]));
    ops->upload(f.device, at[i], theta[i], f.count);
    memory_free(theta[i]);
  }
  OK(program_create(&program, f.network, f.device, SAMPLES, PROGRAM_EVALUATE, 0));
  OK(feeder_create(&feeder, f.data, &feeding));
  OK(feeder_start(feeder, 1, 0));
  OK(feeder_next(feeder, &batch));
  ops->upload(f.device, program_input(program), batch.x, SAMPLES * 64);

  logits_at(&f, program, at, 1, logits);
  for (int i = 0; i < SAMPLES * 10; i++)
    whole[i] = logits[i];
  for (double t = .05; t < 1; t += .05) {
    for (int i = 0; i < SAMPLES * 10; i++)
      scaled[i] = pow(t, LAYERS) * whole[i];
    logits_at(&f, program, at, t, logits);
    double off = distance(logits, scaled, SAMPLES * 10);
    ck_assert_msg(off <= 1e-4, "t = %g: off by %g", t, off);
  }
  logits_at(&f, program, at, 0, logits); /* all weights zero */
  for (int i = 0; i < SAMPLES * 10; i++)
    ck_assert(logits[i] == 0);
  feeder_free(feeder);
  program_free(program);
  for (int i = 0; i <= LAYERS; i++)
    ops->destroy(f.device, at[i]);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("trivial");
  TCase *tests = tcase_create("trivial");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, test_homogeneous);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
