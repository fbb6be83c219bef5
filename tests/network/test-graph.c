/* The graph builder: shapes, messages, sharing, layouts, starting weights, counts. Expected shapes are worked out by
 * hand from the definitions (PyTorch's for windows). */
#include <stdio.h>

#include "nets.h"

/* --- shapes --- */

static void expect_shape(strait_graph *g, strait_node x, uint32_t rank, int64_t a, int64_t b, int64_t c) {
  const int64_t wanted[] = {a, b, c};
  int64_t dims[STRAIT_MAX_DIMS];
  ck_assert_uint_eq(strait_shape(g, x, dims), rank);
  for (uint32_t i = 0; i < rank; i++)
    ck_assert_int_eq(dims[i], wanted[i]);
}

/* x: (3, 32, 30) */
static strait_node shapes(strait_graph *g, strait_node x) {
  strait_window ceil = {sizeof ceil, 1, {3, 3}, {2, 2}, {0, 0}}, padded = {sizeof padded, 1, {2, 2}, {2, 2}, {1, 1}};
  strait_window wide = {sizeof wide, 0, {1, 7}, {0, 3}, {0, 3}};
  expect_shape(g, x, 3, 3, 32, 30);
  ck_assert_int_eq(strait_classes(g), 10);
  expect_shape(g, strait_conv2d(g, x, "a", 8, 5, 1, 2, STRAIT_BIAS), 3, 8, 32, 30);
  expect_shape(g, strait_conv2d(g, x, "b", 8, 3, 2, 1, STRAIT_BIAS), 3, 8, 16, 15);
  expect_shape(g, strait_conv2d_window(g, x, "c", 4, &wide, STRAIT_BIAS), 3, 4, 32, 10);
  strait_node pooled = strait_max_pool(g, x, 3, 2, 0);
  expect_shape(g, pooled, 3, 3, 15, 14);
  expect_shape(g, g->ops->max_pool(g, x, &ceil), 3, 3, 16, 15);   /* (32-3)/2 rounded up, + 1; (30-3)/2 up, + 1 */
  expect_shape(g, g->ops->max_pool(g, x, &padded), 3, 3, 17, 16); /* no window begins in the right padding */
  expect_shape(g, strait_max_pool(g, pooled, 3, 0, 0), 3, 3, 5, 4);
  expect_shape(g, strait_avg_pool(g, x, 8, 8, 0), 3, 3, 4, 3);
  expect_shape(g, strait_global_avg_pool(g, pooled), 3, 3, 1, 1);
  expect_shape(g, strait_batch_norm(g, pooled, "d"), 3, 3, 15, 14);
  expect_shape(g, strait_dropout(g, strait_relu(g, strait_add(g, x, x)), 0.5), 3, 3, 32, 30);
  x = strait_flatten(g, pooled);
  expect_shape(g, x, 1, 3 * 15 * 14, 0, 0);
  return strait_linear(g, x, "fc", strait_classes(g), STRAIT_BIAS);
}

START_TEST(shapes_follow_the_definitions) {
  struct net net;
  OK(net_try(&net, shapes, image(3, 32, 30, 10)));
  net_free(&net);
}
END_TEST

/* --- messages --- */

static strait_node end(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_flatten(g, x), "end", strait_classes(g), STRAIT_BIAS);
}
static strait_node small(strait_graph *g, strait_node x) {
  return end(g, strait_conv2d(g, x, "layer2.0.conv1", 8, 5, 1, 0, STRAIT_BIAS));
}
static strait_node small_pool(strait_graph *g, strait_node x) {
  return end(g, strait_max_pool(g, strait_conv2d(g, x, "conv", 8, 1, 1, 0, STRAIT_BIAS), 7, 7, 0));
}
static strait_node mismatch(strait_graph *g, strait_node x) {
  strait_node b = strait_relu(g, strait_conv2d(g, x, "b", 5, 3, 2, 1, STRAIT_BIAS));
  return end(g, strait_add(g, strait_conv2d(g, x, "a", 5, 1, 1, 0, STRAIT_BIAS), b));
}
static strait_node flat_conv(strait_graph *g, strait_node x) {
  return end(g, strait_conv2d(g, strait_flatten(g, x), "conv", 8, 1, 1, 0, STRAIT_BIAS));
}
static strait_node image_linear(strait_graph *g, strait_node x) { return strait_linear(g, x, "fc", 3, STRAIT_BIAS); }
static strait_node no_outputs(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_flatten(g, x), "fc", 0, STRAIT_BIAS);
}
static strait_node no_kernel(strait_graph *g, strait_node x) {
  return end(g, strait_conv2d(g, x, "conv", 8, 0, 1, 0, STRAIT_BIAS));
}
static strait_node much_padding(strait_graph *g, strait_node x) { return end(g, strait_max_pool(g, x, 2, 2, 2)); }
static strait_node hanging_average(strait_graph *g, strait_node x) {
  strait_window w = {sizeof w, 1, {3, 3}, {2, 2}, {0, 0}};
  return end(g, g->ops->avg_pool(g, x, &w));
}
static strait_node bad_dropout(strait_graph *g, strait_node x) { return end(g, strait_dropout(g, x, 1)); }
static strait_node bad_momentum(strait_graph *g, strait_node x) {
  return end(g, strait_batch_norm_with(g, x, "bn", 0, 1e-5));
}
static strait_node reshaped(strait_graph *g, strait_node x) {
  x = strait_linear(g, strait_flatten(g, x), "fc", 7, STRAIT_BIAS);
  return strait_linear(g, x, "fc", 7, STRAIT_BIAS);
}
static strait_node wrong_output(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_flatten(g, x), "fc", 4, STRAIT_BIAS);
}
static strait_node image_output(strait_graph *g, strait_node x) {
  return strait_global_avg_pool(g, strait_conv2d(g, x, "conv", strait_classes(g), 1, 1, 0, STRAIT_BIAS));
}
static strait_node no_name(strait_graph *g, strait_node x) {
  return end(g, strait_conv2d(g, x, "", 8, 1, 1, 0, STRAIT_BIAS));
}
static strait_node no_node(strait_graph *g, strait_node x) { return end(g, strait_add(g, x, 57)); }
static strait_node not_returned(strait_graph *g, strait_node x) { return (void)g, x + 5; }
static strait_node unknown_init(strait_graph *g, strait_node x) {
  strait_init_constant(g, "end.weigth", 0);
  return end(g, x);
}
static strait_node bad_init(strait_graph *g, strait_node x) {
  x = end(g, x);
  strait_init_normal(g, "end.weight", -1);
  return x;
}
static strait_node huge(strait_graph *g, strait_node x) {
  x = strait_linear(g, strait_flatten(g, x), "fc1", (int64_t)1 << 39, STRAIT_BIAS);
  return strait_linear(g, x, "fc2", (int64_t)1 << 39, STRAIT_BIAS);
}
static strait_node huge_image(strait_graph *g, strait_node x) {
  return end(g, strait_conv2d(g, x, "conv", 8, 1, 1, (int64_t)1 << 39, STRAIT_BIAS));
}
static strait_node unknown_layer(strait_graph *g, strait_node x) {
  return end(g, strait_layer_of(
                    g, &(strait_layer){.size = sizeof(strait_layer), .kind = "gruel", .input_count = 1, .inputs = &x}));
}
static strait_node built_otherwise(strait_graph *g, strait_node x) {
  return end(g,
             strait_layer_of(
                 g, &(strait_layer){.size = sizeof(strait_layer), .kind = "conv2d", .input_count = 1, .inputs = &x}));
}
/* The first failure is the one that is told; later calls pass it on, and shapes are 1. */
static strait_node sticky(strait_graph *g, strait_node x) {
  int64_t dims[STRAIT_MAX_DIMS], one[] = {1};
  x = strait_refuse(g, "depth %d is not 6n+2", 21);
  ck_assert_uint_eq(strait_shape(g, x, dims), 0);
  for (int i = 0; i < STRAIT_MAX_DIMS; i++)
    ck_assert_int_eq(dims[i], 1);
  ck_assert_int_lt(strait_parameter(g, "p", 1, one), 0);
  strait_init_constant(g, "p", 1);
  strait_refuse(g, "another");
  x = strait_add(g, strait_relu(g, x), strait_conv2d(g, x, "conv", -1, -1, -1, -1, 0));
  return end(g, strait_global_avg_pool(g, x));
}

static const struct {
  build_function *build;
  const char *message;
} refusals[] = {
    {small, "node \"layer2.0.conv1\" (conv2d): input (3, 4, 4) is smaller than its 5x5 kernel"},
    {small_pool, "max_pool after \"conv\": input (8, 4, 4) is smaller than its 7x7 window"},
    {mismatch, "add of \"a\" (5, 4, 4) and relu after \"b\" (5, 2, 2): the shapes must be equal"},
    {flat_conv, "node \"conv\" (conv2d): input (48) is not an image (channels, height, width)"},
    {image_linear, "node \"fc\" (linear): input (3, 4, 4) has more than two dimensions: flatten it first"},
    {no_outputs, "node \"fc\" (linear): 0 outputs; there must be at least 1"},
    {no_kernel, "node \"conv\" (conv2d): kernel 0x0, stride 1x1, padding 0x0; kernel and stride must be at least 1, "
                "padding at least 0"},
    {much_padding, "max_pool of the input: padding 2 is more than half of the kernel 2"},
    {hanging_average,
     "avg_pool of the input: input (3, 4, 4) leaves its last window hanging over the end; averages have "
     "none such: use ceil = 0"},
    {bad_dropout, "dropout of the input: probability 1; it must be at least 0 and below 1"},
    {bad_momentum, "node \"bn\" (batch_norm): momentum 0, epsilon 1e-05; both must be above 0 and at most 1"},
    {reshaped, "node \"fc\" (linear): parameter \"fc.weight\" is (7, 7) here and (7, 48) where it was used first"},
    {wrong_output, "node \"fc\" (linear) is the output and has the shape (4); the data wants (3)"},
    {image_output, "avg_pool after \"conv\" is the output and has the shape (3, 1, 1); the data wants (3)"},
    {no_name, "conv2d after \"input\": the layer has no name"},
    {no_node, "add without a name: 57 is not a node of this graph"},
    {not_returned, "build returned 5, which is not a node of its graph"},
    {unknown_init, "no parameter \"end.weigth\" to initialise: declare it first"},
    {bad_init, "parameter \"end.weight\": cannot start as kind 2 with -1; a deviation or bound is finite and not "
               "negative"},
    {huge, "node \"fc1\" (linear): parameter \"fc1.weight\" (549755813888, 48): more than 2^40 numbers in one network"},
    {huge_image, "node \"conv\" (conv2d): output (8, 1099511627780, 1099511627780) has more than 2^40 numbers"},
    {unknown_layer, "no layer \"gruel\""},
    {built_otherwise, "no layer \"conv2d\"; did you mean \"concat\"?"},
    {sticky, "depth 21 is not 6n+2"},
};

START_TEST(refusals_name_the_node_and_the_shapes) {
  struct net net;
  char wanted[512];
  snprintf(wanted, sizeof wanted, "model probe: %s", refusals[_i].message);
  ck_assert_int_eq(net_try(&net, refusals[_i].build, image(3, 4, 4, 3)), STRAIT_EINVAL);
  ck_assert_ptr_null(net.network);
  ck_assert_str_eq(error_text(), wanted);
  net_free(&net);
}
END_TEST

START_TEST(signatures_are_checked) {
  struct net net;
  ck_assert_int_eq(net_try(&net, end, image(3, 0, 4, 3)), STRAIT_EINVAL); /* the data's images vary in size */
  net_free(&net);
  ck_assert_int_eq(net_try(&net, end, image(3, 4, 4, 0)), STRAIT_EINVAL);
  net_free(&net);
  ck_assert_int_eq(net_try(&net, end, image((int64_t)1 << 20, (int64_t)1 << 20, 4, 3)), STRAIT_EINVAL);
  net_free(&net);
}
END_TEST

/* --- custom operations --- */

static int32_t compute(const void *self, const strait_block *block) { return (void)self, (void)block, STRAIT_OK; }

static strait_operation operation;
static uint32_t input_count;

static strait_node custom(strait_graph *g, strait_node x) {
  strait_node inputs[9] = {x, x, x, x, x, x, x, x, x};
  return strait_custom(g, "mine", &operation, input_count, inputs, 0, NULL);
}

static void expect_custom(const char *message) {
  struct net net;
  int status = net_try(&net, custom, vector(4, 3));
  if (message)
    ck_assert_msg(status < 0 && strstr(error_text(), message), "%s", error_text());
  else
    ck_assert_msg(status == STRAIT_OK, "%s", error_text());
  net_free(&net);
}

START_TEST(custom_operations_are_checked) {
  const strait_operation good = {.size = sizeof good, .rank = 1, .dims = {3}, .forward = compute, .backward = compute};
  operation = good;
  input_count = 1;
  expect_custom(NULL);
  operation.size = offsetof(strait_operation, context); /* of an older plugin */
  expect_custom(NULL);
  operation = good;
  operation.backward = NULL;
  expect_custom("node \"mine\" (custom): it needs forward and backward");
  operation = good;
  operation.dims[0] = 0;
  expect_custom("node \"mine\" (custom): output (0): every dimension must be at least 1");
  operation.rank = 7;
  expect_custom("node \"mine\" (custom): its output has 7 dimensions; 1 to 6 are possible");
  operation = good;
  operation.workspace = -1;
  expect_custom("workspace");
  operation = good;
  input_count = 0;
  expect_custom("0 inputs");
  input_count = 9;
  expect_custom("9 inputs");
}
END_TEST

/* --- layouts --- */

static strait_node layers(strait_graph *g, strait_node x) {
  int64_t dims[] = {2, 3, 4};
  x = strait_conv2d(g, x, "conv", 8, 3, 1, 1, STRAIT_BIAS);
  x = strait_batch_norm(g, x, "bn");
  strait_parameter(g, "extra", 3, dims);
  x = strait_relu(g, strait_linear(g, strait_flatten(g, x), "fc1", 20, STRAIT_NO_BIAS));
  x = strait_linear(g, x, "fc2", 20, STRAIT_BIAS);
  x = strait_linear(g, x, "fc2", 20, STRAIT_BIAS);
  x = strait_linear(g, x, "fc3", strait_classes(g), STRAIT_BIAS);
  strait_init_constant(g, "fc3.bias", 0.25);
  strait_init_uniform(g, "fc3.weight", 2);
  strait_init_normal(g, "extra", 0.5);
  return x;
}

static const struct {
  const char *name;
  uint32_t rank;
  int64_t dims[4], count;
} wanted[] = {
    {"conv.weight", 4, {8, 2, 3, 3}, 144},
    {"conv.bias", 1, {8}, 8},
    {"bn.weight", 1, {8}, 8},
    {"bn.bias", 1, {8}, 8},
    {"extra", 3, {2, 3, 4}, 24},
    {"fc1.weight", 2, {20, 160}, 3200},
    {"fc2.weight", 2, {20, 20}, 400},
    {"fc2.bias", 1, {20}, 20},
    {"fc3.weight", 2, {3, 20}, 60},
    {"fc3.bias", 1, {3}, 3},
};
#define WANTED ((int)(sizeof wanted / sizeof wanted[0]))

START_TEST(layouts_list_first_uses_in_order) {
  struct net net;
  OK(net_try(&net, layers, image(2, 5, 4, 3)));
  const struct layout *weights = network_weights(net.network), *statistics = network_statistics(net.network);
  int64_t offset = 0;
  ck_assert_int_eq(weights->segments, WANTED);
  for (int i = 0; i < WANTED; i++) {
    const struct segment *s = &weights->segment[i];
    ck_assert_str_eq(s->name, wanted[i].name);
    ck_assert_uint_eq(s->rank, wanted[i].rank);
    ck_assert_mem_eq(s->dims, wanted[i].dims, s->rank * sizeof s->dims[0]);
    ck_assert_int_eq(s->count, wanted[i].count);
    ck_assert_int_eq(s->offset, offset);
    offset += s->count;
  }
  ck_assert_int_eq(weights->count, offset);
  ck_assert_int_eq(statistics->segments, 2);
  ck_assert_int_eq(statistics->count, 16);
  ck_assert_str_eq(statistics->segment[0].name, "bn.running_mean");
  ck_assert_str_eq(statistics->segment[1].name, "bn.running_var");
  /* conv: 20 positions of 144; fc1: 3200; fc2, used twice: 400; fc3: 60 */
  ck_assert_int_eq(network_multiply_adds(net.network), 20 * 144 + 3200 + 2 * 400 + 60);
  ck_assert_str_eq(network_model(net.network), "probe");
  net_free(&net);
}
END_TEST

static void moments(const float *x, int64_t n, double *mean, double *deviation, double *largest) {
  double sum = 0, squares = 0;
  *largest = 0;
  for (int64_t i = 0; i < n; i++) {
    sum += x[i];
    squares += (double)x[i] * x[i];
    *largest = fmax(*largest, fabs(x[i]));
  }
  *mean = sum / (double)n;
  *deviation = sqrt(squares / (double)n - *mean * *mean);
}

/* Means within 5 standard errors, deviations within 5 % for 3200 numbers (their own standard error is below 1.3 %). */
START_TEST(starting_weights_have_their_distributions) {
  struct net net;
  double mean, deviation, largest;
  OK(net_try(&net, layers, image(2, 5, 4, 3)));
  const struct layout *layout = network_weights(net.network);
  float *w = malloc((size_t)layout->count * sizeof *w), *again = malloc((size_t)layout->count * sizeof *w);
  float statistics[16];
  network_initialise(net.network, 1, w, statistics);
  for (int i = 0; i < 16; i++)
    ck_assert_float_eq(statistics[i], i < 8 ? 0 : 1);
  const struct segment *s = layout->segment;
  moments(w + s[5].offset, s[5].count, &mean, &deviation, &largest); /* uniform in 1/sqrt(160) */
  ck_assert_double_lt(fabs(mean), 5 * deviation / sqrt(3200));
  ck_assert_double_eq_tol(deviation, 1 / sqrt(160 * 3), 0.05 / sqrt(160 * 3));
  ck_assert_double_le(largest, 1 / sqrt(160) * (1 + 1e-6));
  moments(w + s[0].offset, s[0].count, &mean, &deviation, &largest);      /* normal, sqrt(2 / (9 * 8)) */
  ck_assert_double_eq_tol(deviation, sqrt(2. / 72), 0.3 * sqrt(2. / 72)); /* of 144: 5 standard errors */
  moments(w + s[8].offset, s[8].count, &mean, &deviation, &largest);      /* uniform in +-2, 60 numbers */
  ck_assert_double_le(largest, 2);
  ck_assert_double_gt(largest, 1.5); /* missed with probability .75^60 */
  for (int64_t i = 0; i < 8; i++) {
    ck_assert_float_eq(w[s[1].offset + i], 0);
    ck_assert_float_eq(w[s[2].offset + i], 1);
    ck_assert_float_eq(w[s[3].offset + i], 0);
  }
  ck_assert_float_eq(w[s[9].offset + 2], 0.25f);
  network_initialise(net.network, 1, again, statistics);
  ck_assert_mem_eq(w, again, (size_t)layout->count * sizeof *w);
  network_initialise(net.network, 2, again, statistics);
  ck_assert_mem_ne(w, again, (size_t)layout->count * sizeof *w);
  ck_assert_float_ne(w[s[6].offset], w[s[5].offset] * sqrtf(8)); /* not one stream twice */
  free(w);
  free(again);
  net_free(&net);
}
END_TEST

static struct segment segments_a[] = {{"a", 2, {2, 3}, 0, 6, 0, 0, STRAIT_F32}, {"b", 1, {2}, 6, 2, 0, 0, STRAIT_F32}};
static struct segment segments_b[] = {{"a", 2, {2, 3}, 0, 6, 0, 0, STRAIT_F32}, {"c", 1, {2}, 6, 2, 0, 0, STRAIT_F32}};
static struct segment segments_c[] = {{"a", 2, {3, 2}, 0, 6, 0, 0, STRAIT_F32}, {"b", 1, {2}, 6, 2, 0, 0, STRAIT_F32}};

START_TEST(layouts_are_compared) {
  const struct layout a = {8, 2, segments_a}, b = {8, 2, segments_b}, c = {8, 2, segments_c}, one = {6, 1, segments_a};
  ck_assert_int_eq(layout_match(&a, &a, "left"), STRAIT_OK);
  ck_assert_int_eq(layout_match(&a, &b, "left"), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "left: tensor 2 is \"c\" where the network has \"b\"");
  ck_assert_int_eq(layout_match(&a, &c, "left"), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "left: \"a\" is (3, 2) where the network has (2, 3)");
  ck_assert_int_eq(layout_match(&a, &one, "left"), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "left: \"b\" is missing");
  ck_assert_int_eq(layout_match(&one, &a, "left"), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "left: \"b\" is not of this network");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("graph");
  TCase *tcase = tcase_create("graph");
  tcase_add_test(tcase, shapes_follow_the_definitions);
  tcase_add_loop_test(tcase, refusals_name_the_node_and_the_shapes, 0, (int)(sizeof refusals / sizeof refusals[0]));
  tcase_add_test(tcase, signatures_are_checked);
  tcase_add_test(tcase, custom_operations_are_checked);
  tcase_add_test(tcase, layouts_list_first_uses_in_order);
  tcase_add_test(tcase, starting_weights_have_their_distributions);
  tcase_add_test(tcase, layouts_are_compared);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
