/* Random graphs: every way that values and gradients may share memory, in training and in evaluation, against the
 * reference. Each graph joins a few images of one shape by random nodes, so that many have several readers. */
#include "nets.h"

enum { GRAPHS = 100, NODES = 14 };

static uint64_t graph_seed;

/* One more node from random earlier ones. */
static strait_node grow(strait_graph *g, const struct stream *stream, strait_node *pool, int count) {
  uint64_t at = 10 * (uint64_t)count;
  strait_node a = pool[stream_below(stream, at, (uint64_t)count)];
  strait_node b = pool[count - 1 - (int)stream_below(stream, at + 1, count < 4 ? (uint64_t)count : 4)];
  const char *name = strait_name(g, "n%d", count - (int)stream_below(stream, at + 2, 10) / 9); /* now and then shared */
  switch (stream_below(stream, at + 3, 10)) {
  case 0:
    return strait_conv2d(g, b, name, 3, 3, 1, 1, STRAIT_BIAS);
  case 1:
    return strait_relu(g, strait_conv2d(g, a, name, 3, 3, 1, 1, STRAIT_NO_BIAS));
  case 2:
    return strait_relu(g, strait_batch_norm(g, b, strait_name(g, "bn%d", count)));
  case 3:
    return strait_batch_norm(g, b, strait_name(g, "bn%d", count));
  case 4:
    return strait_max_pool(g, b, 3, 1, 1);
  case 5:
    return strait_relu(g, b);
  default:
    return strait_add(g, a, b);
  }
}

static strait_node random_graph(strait_graph *g, strait_node x) {
  struct stream stream = stream_of(graph_seed, "graph", 0);
  strait_node pool[NODES + 1] = {strait_conv2d(g, x, "first", 3, 1, 1, 0, STRAIT_BIAS)};
  int count = 1;
  while (count < NODES) {
    pool[count] = grow(g, &stream, pool, count);
    count++;
  }
  x = strait_add(g, pool[count - 1], pool[count - 2]);
  return strait_linear(g, strait_flatten(g, x), "fc", strait_classes(g), STRAIT_BIAS);
}

/* Activations grow by sums of sums; batch norm over 12 rows divides by small deviations: up to a few hundred roundings
 * of 6e-8 each, magnified. A wrong sharing of memory gives errors of order one. */
#define TOLERANCE 1e-3

static void check_logits(struct rig *rig, const struct reference *r, const double *weights, const struct run *run) {
  float got[6];
  double logits[6];
  reference_loss(r, weights, logits, NULL);
  rig_load(rig, r->net, r->data);
  program_forward(rig->program, run);
  rig_get(rig, program_output(rig->program), got, 6);
  double error = relative(got, logits, 6);
  ck_assert_msg(error < TOLERANCE, "graph %d: logits differ by %g", (int)graph_seed, error);
}

static void check_gradient(struct rig *rig, const struct reference *r, const struct run *run) {
  int64_t count = network_weights(r->net->network)->count;
  double *gradient = calloc((size_t)count, sizeof *gradient);
  float *got = calloc((size_t)count, sizeof *got);
  struct loss_sums sums;
  reference_gradient(r, gradient);
  program_loss(rig->program, run, &sums);
  program_backward(rig->program, run);
  rig_get(rig, program_gradient(rig->program), got, count);
  double error = relative(got, gradient, count);
  ck_assert_msg(error < TOLERANCE, "graph %d: the gradient differs by %g", (int)graph_seed, error);
  free(gradient);
  free(got);
}

START_TEST(memory_is_never_shared_wrongly) {
  struct net net;
  struct data data;
  graph_seed = (uint64_t)_i;
  OK(net_try(&net, random_graph, image(2, 3, 2, 3)));
  data_make(&data, &net, 2, graph_seed);
  int64_t count = network_weights(net.network)->count;
  double *weights = calloc((size_t)count, sizeof *weights);
  for (int64_t i = 0; i < count; i++)
    weights[i] = data.weights[i];
  for (int use = PROGRAM_EVALUATE; use <= PROGRAM_TRAIN; use++)
    for (int batch = 0; batch < 2; batch++) {
      struct reference r = {&net, &data, batch, NULL};
      struct run run = {.samples = 2, .batch_statistics = batch};
      struct rig rig;
      rig_make(&rig, &net, "cpu", 1, 2, use, 0);
      check_logits(&rig, &r, weights, &run);
      if (use == PROGRAM_TRAIN)
        check_gradient(&rig, &r, &run);
      rig_free(&rig);
    }
  free(weights);
  data_free(&data);
  net_free(&net);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("random graphs");
  TCase *tcase = tcase_create("random graphs");
  tcase_set_timeout(tcase, 300);
  tcase_add_loop_test(tcase, memory_is_never_shared_wrongly, 0, GRAPHS);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
