/* Programs: mode flags, batch-norm statistics, the same bytes for any number of threads and in either use, memory as
 * predicted and as planned, failures. */
#include <malloc.h>
#include <stdio.h>

#include "leaky.h"
#include "nets.h"

static strait_node unit(strait_graph *g, strait_node x, const char *name, int64_t channels, int64_t stride) {
  x = strait_relu(g, strait_batch_norm(g, x, strait_name(g, "%s.bn", name)));
  return strait_conv2d(g, x, strait_name(g, "%s.conv", name), channels, 3, stride, 1, STRAIT_NO_BIAS);
}

/* Some of everything. */
static strait_node mixed(strait_graph *g, strait_node x) {
  x = strait_relu(g, strait_conv2d(g, x, "conv1", 8, 3, 1, 1, STRAIT_BIAS));
  x = strait_add(g, unit(g, unit(g, x, "a", 8, 1), "b", 8, 1), x);
  strait_node y = unit(g, unit(g, x, "c", 12, 2), "d", 12, 1);
  x = strait_add(g, y, strait_conv2d(g, x, "down", 12, 1, 2, 0, STRAIT_NO_BIAS));
  x = strait_dropout(g, strait_max_pool(g, strait_relu(g, x), 3, 2, 1), 0.25);
  x = strait_relu(g, strait_linear(g, strait_flatten(g, x), "fc1", 33, STRAIT_BIAS));
  return strait_linear(g, strait_batch_norm(g, x, "bn"), "fc2", strait_classes(g), STRAIT_BIAS);
}

static strait_node plain(strait_graph *g, strait_node x) {
  x = strait_batch_norm_with(g, strait_conv2d(g, x, "conv", 3, 3, 1, 1, STRAIT_BIAS), "bn", 0.3, 1e-5);
  x = strait_batch_norm_with(g, strait_relu(g, x), "bn", 0.3, 1e-5); /* shared: its statistics move twice */
  return strait_linear(g, strait_flatten(g, x), "fc", strait_classes(g), STRAIT_BIAS);
}

/* Everything that a step gives, to compare bytes. */
struct outcome {
  float logits[37 * 5], statistics[138], batch[138], probabilities[37 * 5];
  float *gradient;
  struct loss_sums sums;
};

static void step(struct rig *rig, const struct net *net, const struct data *data, const struct run *run, int use,
                 struct outcome *o) {
  int64_t outputs = data->samples * network_signature(net->network)->classes;
  ck_assert_int_le(network_statistics(net->network)->count, 138);
  memset(o, 0, sizeof *o);
  rig_load(rig, net, data);
  program_forward(rig->program, run);
  program_loss(rig->program, run, &o->sums);
  rig_get(rig, program_output(rig->program), o->logits, outputs);
  program_probabilities(rig->program, run, o->probabilities);
  rig_get(rig, program_statistics(rig->program), o->statistics, network_statistics(net->network)->count);
  if (run->batch_statistics)
    program_batch_statistics(rig->program, o->batch);
  if (use != PROGRAM_TRAIN)
    return;
  program_backward(rig->program, run);
  o->gradient = calloc((size_t)network_weights(net->network)->count, sizeof *o->gradient);
  rig_get(rig, program_gradient(rig->program), o->gradient, network_weights(net->network)->count);
}

static void expect_same(const struct net *net, const struct outcome *a, const struct outcome *b) {
  ck_assert_mem_eq(a->logits, b->logits, sizeof a->logits);
  ck_assert_mem_eq(a->probabilities, b->probabilities, sizeof a->probabilities);
  ck_assert_mem_eq(a->statistics, b->statistics, sizeof a->statistics);
  ck_assert_mem_eq(a->batch, b->batch, sizeof a->batch);
  ck_assert(a->sums.loss == b->sums.loss && a->sums.nll == b->sums.nll && a->sums.errors == b->sums.errors);
  if (a->gradient && b->gradient)
    ck_assert_mem_eq(a->gradient, b->gradient, (size_t)network_weights(net->network)->count * sizeof *a->gradient);
}

#define MIXED image(3, 12, 12, 5)
static const struct run training = {
    .samples = 37, .batch_statistics = 1, .update_statistics = 1, .dropout = 1, .iteration = 9, .seed = 4};

/* Convolutions with channels enough for Winograd's algorithm. */
static strait_node wide(strait_graph *g, strait_node x) {
  x = strait_conv2d(g, x, "conv1", 16, 3, 1, 1, STRAIT_BIAS);
  x = strait_add(g, strait_conv2d(g, strait_relu(g, x), "conv2", 16, 3, 1, 1, STRAIT_BIAS), x);
  x = strait_relu(g, strait_conv2d(g, x, "conv3", 20, 3, 1, 0, STRAIT_NO_BIAS));
  return strait_linear(g, strait_flatten(g, strait_max_pool(g, x, 2, 2, 0)), "fc", strait_classes(g), STRAIT_BIAS);
}

/* Fast convolutions give the same bytes for any number of threads, in a program of another size, and in evaluation; and
 * differ from direct ones by a rounding larger than theirs: 1e-5 is some hundred times float32's. */
START_TEST(fast_convolutions_are_as_reproducible) {
  struct net net;
  struct data data;
  struct outcome direct, fast, other;
  struct run run = {.samples = 11};
  OK(net_try(&net, wide, MIXED));
  data_make(&data, &net, 11, 5);
  for (int i = 0; i < 4; i++) {
    struct rig rig;
    int use = (i == 2 ? PROGRAM_EVALUATE : PROGRAM_TRAIN) | (i < 3 ? 0 : PROGRAM_EXACT);
    struct outcome *o = i == 0 ? &fast : i == 3 ? &direct : &other;
    rig_make(&rig, &net, i == 1 ? "guarded" : "cpu", 1 + i, i == 1 ? 37 : 11, use, 0);
    step(&rig, &net, &data, &run, use & PROGRAM_TRAIN, o);
    if (i == 1 || i == 2)
      expect_same(&net, &fast, o);
    if (i == 1 || i == 2)
      free(other.gradient);
    rig_free(&rig);
  }
  int64_t count = network_weights(net.network)->count;
  double *wanted = malloc((size_t)count * sizeof *wanted);
  for (int64_t i = 0; i < count; i++)
    wanted[i] = direct.gradient[i];
  ck_assert_double_lt(relative(fast.gradient, wanted, count), 1e-5);
  ck_assert_mem_ne(fast.gradient, direct.gradient, (size_t)count * sizeof *fast.gradient);
  free(wanted);
  free(fast.gradient);
  free(direct.gradient);
  data_free(&data);
  net_free(&net);
}
END_TEST

START_TEST(any_number_of_threads_gives_the_same_bytes) {
  struct net net;
  struct data data;
  struct outcome first, other;
  OK(net_try(&net, mixed, MIXED));
  data_make(&data, &net, 37, 5);
  for (int threads = 1; threads <= 3; threads++) {
    struct rig rig;
    rig_make(&rig, &net, "cpu", threads, 37, PROGRAM_TRAIN, 0.1);
    step(&rig, &net, &data, &training, PROGRAM_TRAIN, threads == 1 ? &first : &other);
    if (threads > 1) {
      expect_same(&net, &first, &other);
      free(other.gradient);
    }
    step(&rig, &net, &data, &training, PROGRAM_TRAIN, &other); /* nothing is left over from the first step */
    expect_same(&net, &first, &other);
    free(other.gradient);
    rig_free(&rig);
  }
  free(first.gradient);
  data_free(&data);
  net_free(&net);
}
END_TEST

/* A short batch is computed as by a program of its size. */
START_TEST(short_batches_give_the_same_bytes) {
  struct net net;
  struct data data;
  struct outcome small, large;
  struct run run = training;
  struct rig rig;
  run.samples = 11;
  OK(net_try(&net, mixed, MIXED));
  data_make(&data, &net, 11, 5);
  rig_make(&rig, &net, "cpu", 2, 11, PROGRAM_TRAIN, 0);
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &small);
  rig_free(&rig);
  rig_make(&rig, &net, "cpu", 2, 37, PROGRAM_TRAIN, 0);
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &large);
  rig_free(&rig);
  expect_same(&net, &small, &large);
  free(small.gradient);
  free(large.gradient);
  data_free(&data);
  net_free(&net);
}
END_TEST

/* The two uses differ in memory and in place, never in arithmetic: the same bytes with either kind of statistics. */
START_TEST(evaluation_equals_training_forward) {
  struct net net;
  struct data data;
  OK(net_try(&net, mixed, MIXED));
  data_make(&data, &net, 37, 5);
  for (int batch = 0; batch < 2; batch++) {
    struct run run = {.samples = 37, .batch_statistics = batch};
    struct outcome o[2];
    for (int use = PROGRAM_EVALUATE; use <= PROGRAM_TRAIN; use++) {
      struct rig rig;
      rig_make(&rig, &net, "guarded", 2, 37, use, 0);
      step(&rig, &net, &data, &run, use, &o[use]);
      rig_free(&rig);
    }
    expect_same(&net, &o[0], &o[1]);
    free(o[1].gradient);
  }
  data_free(&data);
  net_free(&net);
}
END_TEST

START_TEST(dropout_follows_its_flag_and_streams) {
  struct net net;
  struct data data;
  struct outcome off, on, again, later;
  struct run run = training;
  struct rig rig;
  OK(net_try(&net, mixed, MIXED));
  data_make(&data, &net, 37, 5);
  rig_make(&rig, &net, "cpu", 1, 37, PROGRAM_TRAIN, 0);
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &on);
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &again);
  run.iteration++;
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &later);
  run.dropout = 0;
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &off);
  expect_same(&net, &on, &again);
  ck_assert_mem_ne(on.logits, later.logits, sizeof on.logits);
  ck_assert_mem_ne(on.logits, off.logits, sizeof on.logits);
  free(off.gradient);
  free(on.gradient);
  free(again.gradient);
  free(later.gradient);
  rig_free(&rig);
  data_free(&data);
  net_free(&net);
}
END_TEST

/* The reference gives the batch's means and unbiased variances of the last use of "bn"; those of both uses follow from
 * a network that stops after the first. */
static strait_node first_half(strait_graph *g, strait_node x) {
  x = strait_batch_norm_with(g, strait_conv2d(g, x, "conv", 3, 3, 1, 1, STRAIT_BIAS), "bn", 0.3, 1e-5);
  return strait_linear(g, strait_flatten(g, x), "fc", strait_classes(g), STRAIT_BIAS);
}

static void reference_statistics(build_function *build, const struct data *data, double statistics[6]) {
  struct net net;
  double weights[400];
  OK(net_try(&net, build, image(2, 4, 4, 3)));
  struct reference r = {&net, data, 1, NULL};
  ck_assert_int_le(network_weights(net.network)->count, 400);
  for (int64_t i = 0; i < network_weights(net.network)->count; i++)
    weights[i] = data->weights[i];
  reference_loss(&r, weights, NULL, statistics);
  net_free(&net);
}

START_TEST(batch_norm_statistics_move) {
  struct net net;
  struct data data;
  struct rig rig;
  struct outcome o;
  double first[6], second[6];
  struct run run = {.samples = 7, .batch_statistics = 1, .update_statistics = 1};
  OK(net_try(&net, plain, image(2, 4, 4, 3)));
  data_make(&data, &net, 7, 5);
  reference_statistics(first_half, &data, first);
  reference_statistics(plain, &data, second);
  rig_make(&rig, &net, "guarded", 1, 9, PROGRAM_TRAIN, 0);
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &o);
  for (int i = 0; i < 6; i++) { /* float32: 1e-5 leaves room for sums over 112 values */
    double moved = 0.7 * (0.7 * data.statistics[i] + 0.3 * first[i]) + 0.3 * second[i];
    ck_assert_double_eq_tol(o.statistics[i], moved, 1e-5 * (1 + fabs(moved)));
    ck_assert_double_eq_tol(o.batch[i], (first[i] + second[i]) / 2, 1e-5 * (1 + fabs(first[i] + second[i])));
  }
  free(o.gradient);
  run.update_statistics = 0;
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &o);
  ck_assert_mem_eq(o.statistics, data.statistics, 6 * sizeof o.statistics[0]);
  free(o.gradient);
  run.batch_statistics = 0;
  step(&rig, &net, &data, &run, PROGRAM_TRAIN, &o);
  ck_assert_mem_eq(o.statistics, data.statistics, 6 * sizeof o.statistics[0]);
  free(o.gradient);
  rig_free(&rig);
  data_free(&data);
  net_free(&net);
}
END_TEST

START_TEST(probabilities_are_the_softmax_of_the_logits) {
  struct net net;
  struct data data;
  struct rig rig;
  struct outcome o;
  float logits[37 * 5];
  struct run run = {.samples = 37};
  OK(net_try(&net, mixed, MIXED));
  data_make(&data, &net, 37, 5);
  rig_make(&rig, &net, "guarded", 1, 37, PROGRAM_EVALUATE, 0);
  step(&rig, &net, &data, &run, PROGRAM_EVALUATE, &o);
  rig_get(&rig, program_output(rig.program), logits, 37 * 5);
  ck_assert_mem_eq(logits, o.logits, sizeof logits);
  for (int row = 0; row < 37; row++) {
    double sum = 0;
    for (int i = 0; i < 5; i++)
      sum += exp(logits[5 * row + i]);
    for (int i = 0; i < 5; i++) /* float32's rounding of a number below one */
      ck_assert_double_eq_tol(o.probabilities[5 * row + i], exp(logits[5 * row + i]) / sum, 1e-6);
  }
  rig_free(&rig);
  data_free(&data);
  net_free(&net);
}
END_TEST

/* --- state --- */

static strait_node carrying(strait_graph *g, strait_node x) {
  x = leaky(g, strait_linear(g, x, "fc1", 3, STRAIT_BIAS), "a", 0);
  return strait_linear(g, leaky(g, x, "b", 1), "fc2", strait_classes(g), STRAIT_BIAS);
}

static double loss_of(struct rig *rig, const struct run *run) {
  struct loss_sums sums;
  program_forward(rig->program, run);
  program_loss(rig->program, run, &sums);
  return sums.loss / (double)sums.rows;
}

/* Three steps against y = x + s / 2, s' = y, by hand; a step without carry leaves the state; a gradient with the state
 * as it is, against differences: the squared error is a parabola in each weight, of which central differences are
 * exact. */
START_TEST(state_is_carried) {
  const struct signature signature = {1, {2}, STRAIT_TARGET_REAL, 2, 0};
  struct device_ops table;
  struct net net;
  struct data data;
  struct rig rig;
  struct run run = {.samples = 4, .carry = 1};
  float state[2][12], got[8], gradient[17], weights[17];
  double a[12] = {0}, b[12] = {0};
  OK(net_try(&net, carrying, signature));
  ck_assert_int_eq(network_weights(net.network)->count, 17);
  ck_assert_int_eq(network_states(net.network)->count, 6);
  ck_assert_str_eq(network_states(net.network)->segment[1].name, "b.state");
  data_make(&data, &net, 4, 5);
  OK(team_create(&rig.team, 1));
  OK(device_create(&rig.device, "guarded", rig.team, NULL));
  ck_assert_int_eq(program_create(&rig.program, net.network, rig.device, 4, PROGRAM_TRAIN, 0), STRAIT_ENOTSUP);
  ck_assert_ptr_nonnull(strstr(error_text(), "the device guarded has no layer leaky"));
  leaky_add(rig.device, &table);
  OK(program_create(&rig.program, net.network, rig.device, 4, PROGRAM_TRAIN, 0));
  rig_load(&rig, &net, &data);
  const float *w = data.weights;
  for (int step = 0; step < 4; step++) {
    run.samples = step == 2 ? 3 : 4; /* the fourth's stays */
    run.carry = step < 3;
    program_forward(rig.program, &run);
    rig_get(&rig, program_output(rig.program), got, 2 * run.samples);
    for (int i = 0; i < 2 * run.samples; i++) {
      double y[3], sum = w[15 + i % 2];
      for (int k = 0; k < 3; k++) {
        const int at = i / 2 * 3 + k;
        const double x = w[2 * k] * data.x[i / 2 * 2] + w[2 * k + 1] * data.x[i / 2 * 2 + 1] + w[6 + k];
        y[k] = x + a[at] / 2 + b[at] / 2;
        sum += w[9 + i % 2 * 3 + k] * y[k];
        if (i % 2 && run.carry)
          a[at] = x + a[at] / 2, b[at] = round(4096 * y[k]) / 4096;
      }
      ck_assert_double_eq_tol(got[i], sum, 1e-3); /* a 4096th more or less where a half is rounded */
    }
  }
  rig_get(&rig, program_state(rig.program), state[0], 12);
  rig_get(&rig, place_plus(program_state(rig.program), 12), state[1], 12);
  for (int i = 0; i < 12; i++) {
    ck_assert_double_eq_tol(state[0][i], a[i], 1e-5);
    ck_assert_double_eq_tol(((const int32_t *)(const void *)state[1])[i] / 4096., b[i], 1e-3);
  }
  loss_of(&rig, &run);
  program_backward(rig.program, &run);
  rig_get(&rig, program_gradient(rig.program), gradient, 17);
  memcpy(weights, data.weights, sizeof weights);
  for (int i = 0; i < 17; i++) {
    double loss[2];
    for (int side = 0; side < 2; side++) {
      weights[i] = data.weights[i] + (side ? 0.25f : -0.25f);
      rig.device->ops->upload(rig.device, program_weights(rig.program), weights, 17);
      loss[side] = loss_of(&rig, &run);
    }
    weights[i] = data.weights[i];
    ck_assert_double_eq_tol(gradient[i], (loss[1] - loss[0]) / 0.5, 1e-5);
  }
  rig.device->ops = leaky_inner;
  rig_free(&rig);
  data_free(&data);
  net_free(&net);
}
END_TEST

/* --- memory --- */

static const struct device_ops *real_ops;
static int64_t words_created;
static int creates, destroys, fail_at;

static int counting_create(struct device *d, int64_t words, place *at) {
  if (++creates == fail_at)
    return error_set(STRAIT_ENOMEM, "out of memory: on purpose");
  words_created += words;
  return real_ops->create(d, words, at);
}

static void counting_destroy(struct device *d, place at) {
  destroys++;
  real_ops->destroy(d, at);
}

static strait_node chain(strait_graph *g, strait_node x) {
  for (int i = 0; i < 20; i++)
    x = strait_relu(g, strait_conv2d(g, x, strait_name(g, "conv%d", i), 4, 3, 1, 1, STRAIT_BIAS));
  return strait_linear(g, strait_flatten(g, strait_global_avg_pool(g, x)), "fc", strait_classes(g), STRAIT_BIAS);
}

static void check_memory(build_function *build, int use, int64_t batch) {
  struct net net;
  struct rig rig;
  struct device_ops counting;
  OK(net_try(&net, build, MIXED));
  OK(team_create(&rig.team, 1));
  OK(device_create(&rig.device, NULL, rig.team, NULL));
  real_ops = rig.device->ops;
  counting = *real_ops;
  counting.create = counting_create;
  counting.destroy = counting_destroy;
  rig.device->ops = &counting;
  words_created = creates = destroys = fail_at = 0;
  OK(program_create(&rig.program, net.network, rig.device, batch, use, 0));
  ck_assert_int_eq(program_memory(net.network, batch, use), 4 * words_created);
  program_free(rig.program);
  ck_assert_int_eq(creates, destroys);
  for (fail_at = 1; fail_at <= 5; fail_at++) {
    creates = destroys = 0;
    ck_assert_int_eq(program_create(&rig.program, net.network, rig.device, batch, use, 0), STRAIT_ENOMEM);
    ck_assert_ptr_null(rig.program);
    ck_assert_int_eq(destroys, fail_at - 1);
  }
  rig.device->ops = real_ops;
  rig.program = NULL;
  rig_free(&rig);
  net_free(&net);
}

START_TEST(memory_is_predicted) {
  for (int use = PROGRAM_EVALUATE; use <= PROGRAM_TRAIN; use++)
    for (int64_t batch = 1; batch < 40; batch += 18) {
      check_memory(mixed, use, batch);
      check_memory(plain, use, batch);
    }
}
END_TEST

/* 20 layers of 4 x 12 x 12 floats a sample. Evaluation needs two activations at a time; training keeps all 20 and two
 * gradients. The rest (weights, input, pooled images, alignment) is below one activation more. */
START_TEST(memory_is_reused) {
  struct net net;
  const int64_t activation = 32 * 4 * 12 * 12 * 4;
  OK(net_try(&net, chain, MIXED));
  int64_t fixed = 4 * (2 * network_weights(net.network)->count + 32 * 3 * 12 * 12);
  ck_assert_int_lt(program_memory(net.network, 32, PROGRAM_EVALUATE), fixed + 3 * activation);
  ck_assert_int_lt(program_memory(net.network, 32, PROGRAM_TRAIN), fixed + 23 * activation);
  ck_assert_int_ge(program_memory(net.network, 32, PROGRAM_TRAIN), 22 * activation);
  net_free(&net);
}
END_TEST

START_TEST(steps_allocate_nothing) {
  struct net net;
  struct data data;
  struct rig rig;
  struct loss_sums sums;
  OK(net_try(&net, mixed, MIXED));
  data_make(&data, &net, 37, 5);
  rig_make(&rig, &net, "cpu", 1, 37, PROGRAM_TRAIN, 0);
  rig_load(&rig, &net, &data);
  for (int i = 0; i < 3; i++) {
    struct mallinfo2 before = mallinfo2();
    program_forward(rig.program, &training);
    program_loss(rig.program, &training, &sums);
    program_backward(rig.program, &training);
    struct mallinfo2 after = mallinfo2();
    if (i) { /* OpenBLAS may allocate at its first product */
      ck_assert_uint_eq(before.uordblks, after.uordblks);
      ck_assert_uint_eq(before.hblkhd, after.hblkhd);
    }
  }
  rig_free(&rig);
  data_free(&data);
  net_free(&net);
}
END_TEST

/* --- failures --- */

static int32_t forward_fails(const void *self, const strait_block *block) {
  (void)block;
  return strait_fail(self, STRAIT_EINVAL, "cannot do this");
}

static strait_node failing(strait_graph *g, strait_node x) {
  strait_operation op = {
      .size = sizeof op, .rank = 1, .dims = {3}, .forward = forward_fails, .backward = forward_fails};
  return strait_custom(g, "mine", &op, 1, &x, 0, NULL);
}

START_TEST(failures_of_custom_operations_are_sticky) {
  struct net net;
  struct data data;
  struct rig rig;
  struct run run = {.samples = 4};
  OK(net_try(&net, failing, vector(4, 3)));
  data_make(&data, &net, 4, 5);
  rig_make(&rig, &net, "guarded", 2, 4, PROGRAM_EVALUATE, 0);
  rig_load(&rig, &net, &data);
  ck_assert_int_eq(program_status(rig.program), STRAIT_OK);
  program_forward(rig.program, &run);
  ck_assert_int_eq(program_status(rig.program), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "cannot do this") != NULL, "%s", error_text());
  rig_free(&rig);
  data_free(&data);
  net_free(&net);
}
END_TEST

START_TEST(empty_batches_are_refused) {
  struct net net;
  struct rig rig;
  OK(net_try(&net, plain, MIXED));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  struct program *program;
  ck_assert_int_eq(program_create(&program, net.network, rig.device, 0, PROGRAM_TRAIN, 0), STRAIT_EINVAL);
  ck_assert_ptr_null(program);
  rig_free(&rig);
  net_free(&net);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("program");
  TCase *tcase = tcase_create("program");
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, state_is_carried);
  tcase_add_test(tcase, any_number_of_threads_gives_the_same_bytes);
  tcase_add_test(tcase, fast_convolutions_are_as_reproducible);
  tcase_add_test(tcase, short_batches_give_the_same_bytes);
  tcase_add_test(tcase, evaluation_equals_training_forward);
  tcase_add_test(tcase, dropout_follows_its_flag_and_streams);
  tcase_add_test(tcase, batch_norm_statistics_move);
  tcase_add_test(tcase, probabilities_are_the_softmax_of_the_logits);
  tcase_add_test(tcase, memory_is_predicted);
  tcase_add_test(tcase, memory_is_reused);
  tcase_add_test(tcase, steps_allocate_nothing);
  tcase_add_test(tcase, failures_of_custom_operations_are_sticky);
  tcase_add_test(tcase, empty_batches_are_refused);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
