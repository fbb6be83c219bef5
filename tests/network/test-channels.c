/* tests/network/test-channels.c: groups of channels that may change places. Random permutations of all of them must
 * leave the logits as they are, with running and with batch statistics, while the weights move. How many groups a model
 * has is counted by hand from its architecture, as said beside. */
#include <config.h>

#include <stdio.h>

#include "nets.h"

#include "network/channels.h"

#define IMAGE                                                                                                          \
  { 3, {3, 32, 32}, STRAIT_TARGET_CLASS, 10, 0 }
enum { SAMPLES = 4, LOGITS = 40 };

/* --- the law --- */

static void shuffle(const struct channels *channels, int64_t **order, uint64_t seed) {
  for (int g = 0; g < channels->groups; g++) {
    const struct stream stream = stream_of(seed, "shuffle", (uint64_t)g);
    stream_permutation(&stream, order[g], channels->group[g].size);
  }
}

static void forward(const struct net *net, const struct data *data, int batch, double *logits) {
  float got[LOGITS];
  struct rig rig;
  struct run run = {.samples = SAMPLES, .batch_statistics = batch};
  rig_make(&rig, net, "cpu", 2, SAMPLES, PROGRAM_EVALUATE, 0);
  rig_load(&rig, net, data);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, LOGITS);
  for (int i = 0; i < LOGITS; i++)
    logits[i] = (double)got[i];
  rig_free(&rig);
}

static double apart(const double *a, const double *b, int64_t n) {
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < n; i++) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += a[i] * a[i];
  }
  return sqrt(difference / norm);
}

/* Float32: sums of a few thousand products in another order, through up to 20 layers: 1e-4, where a wrong permutation
 * is off by about 1. */
static void check_law(const struct net *net, const struct channels *channels, int moves) {
  const struct layout *weights = network_weights(net->network), *statistics = network_statistics(net->network);
  struct data data;
  data_make(&data, net, SAMPLES, 7);
  network_initialise(net->network, 7, data.weights, statistics->count ? data.statistics : (float[1]){0});
  struct data other;
  data_make(&other, net, SAMPLES, 7);
  for (int s = 0; s < statistics->segments; s++) /* as data_make has them: nothing special */
    memcpy(data.statistics, other.statistics, (size_t)statistics->count * sizeof(float));
  for (int s = 0; s < weights->segments; s++) /* biases and scales that matter */
    for (int64_t k = 0; weights->segment[s].rank == 1 && k < weights->segment[s].count; k++)
      data.weights[weights->segment[s].offset + k] = 1 + 0.5f * other.weights[weights->segment[s].offset + k];
  int64_t **order = channels_order(channels);
  shuffle(channels, order, 11);
  OK(channels_permute(channels, weights, channels->weights, order, data.weights, other.weights));
  OK(channels_permute(channels, statistics, channels->statistics, order, data.statistics, other.statistics));
  double distance = 0, norm = 0;
  for (int64_t i = 0; i < weights->count; i++) {
    distance += (double)(data.weights[i] - other.weights[i]) * (double)(data.weights[i] - other.weights[i]);
    norm += (double)data.weights[i] * (double)data.weights[i];
  }
  if (moves)
    ck_assert_double_gt(sqrt(distance / norm), 0.3);
  for (int batch = 0; batch < 2; batch++) {
    double before[LOGITS], after[LOGITS];
    forward(net, &data, batch, before);
    forward(net, &other, batch, after);
    ck_assert(isfinite(before[0]));
    ck_assert_double_le(apart(before, after, LOGITS), 1e-4);
  }
  memory_free(order);
  data_free(&other);
  data_free(&data);
}

/* --- models --- */

static const struct {
  const char *model, *settings;
  int groups;
} models[] = {
    {"mlp", "hidden=40,30", 2},                     /* a layer, a group */
    {"mlp", "hidden=", 0},                          /* none is hidden */
    {"convfc", "width=0.25", 5},                    /* 3 convolutions, 2 dense layers */
    {"vgg", "width=0.1", 15},                       /* 13 convolutions, 2 dense layers */
    {"vgg", "width=0.1 batch-norm=yes", 15},        /* the same */
    {"preresnet", "depth=20 block=basic", 12},      /* 9 blocks' inner channels, 3 stages' */
    {"preresnet", "depth=20 block=bottleneck", 16}, /* twice 6 blocks' inner ones, conv1's, 3 stages' */
    {"cifarresnet", "depth=20", 12},                /* 9 inner; conv1's, and those that padding adds in 2 stages */
    {"cifarresnet", "depth=14 shortcut=B", 9},      /* 6 inner, 3 stages' */
    {"wideresnet", "depth=10 width=1", 6},          /* 3 inner, 3 stages'; conv1's are the first stage's */
    {"resnet", "depth=18 width=8", 12},             /* 8 inner, 4 stages' */
    {"resnet", "depth=50 width=8", 37},             /* twice 16 inner, conv1's, 4 stages' */
};

START_TEST(models_compute_the_same) {
  char text[256], *rest = NULL;
  struct setting setting[8] = {{0}};
  size_t count = 0;
  struct net net = {0};
  struct registry *registry;
  const strait_class *cls;
  struct channels *channels;
  const struct signature signature = IMAGE;
  snprintf(text, sizeof text, "%s", models[_i].settings);
  for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    char *value = strchr(word, '=');
    *value++ = '\0';
    for (char *comma; (comma = strchr(value, ','));)
      *comma = ' ';
    setting[count++] = (struct setting){.key = word, .value = value};
  }
  OK(registry_create(&registry, NULL, builtins));
  OK(registry_class(registry, STRAIT_MODEL, models[_i].model, &cls));
  OK(object_create(&net.object, cls, NULL, 1, setting, count));
  OK(network_create(&net.network, net.object, &signature));
  OK(channels_create(&channels, net.network));
  ck_assert_int_eq(channels->groups, models[_i].groups);
  ck_assert_int_eq(channels->helds, 0);
  check_law(&net, channels, channels->groups > 0);
  channels_free(channels);
  net_free(&net);
  registry_free(registry);
}
END_TEST

/* --- graphs of all kinds --- */

/* y = max(x, c x) with one c per channel. */
static int32_t slope_forward(const void *self, const strait_block *b) {
  const int64_t channels = *(const int64_t *)self, size = channels * 4;
  for (int64_t i = 0; i < b->samples * size; i++)
    b->output[i] = b->inputs[0][i] * (b->inputs[0][i] > 0 ? 1 : b->parameters[0][i % channels]);
  return STRAIT_OK;
}
static int32_t no_backward(const void *self, const strait_block *b) {
  (void)self, (void)b;
  return STRAIT_ENOTSUP;
}
static int32_t slope_of_six(const void *self, const strait_block *b) {
  const int64_t six = 6;
  (void)self;
  return slope_forward(&six, b);
}
static strait_node slope(strait_graph *g, strait_node x, const char *name, uint32_t flags) {
  strait_operation operation = {.size = sizeof operation, .forward = slope_of_six, .backward = no_backward};
  const int64_t six = 6;
  operation.flags = flags;
  operation.rank = strait_shape(g, x, operation.dims);
  const int32_t parameter = strait_parameter(g, strait_name(g, "%s.weight", name), 1, &six);
  return strait_custom(g, name, &operation, 1, &x, 1, &parameter);
}

static strait_node head(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_flatten(g, x), "head", 10, STRAIT_BIAS);
}
static strait_node conv(strait_graph *g, strait_node x, const char *name, int64_t out) {
  return strait_conv2d(g, x, name, out, 3, 1, 1, STRAIT_BIAS);
}

static strait_node per_channel(strait_graph *g, strait_node x) {
  return head(g, slope(g, conv(g, x, "a", 6), "slope", STRAIT_PER_CHANNEL));
}
static strait_node undeclared(strait_graph *g, strait_node x) {
  return head(g, conv(g, slope(g, conv(g, x, "a", 6), "slope", 0), "b", 5));
}
static strait_node crossed(strait_graph *g, strait_node x) { /* x + conv(x) */
  x = conv(g, x, "a", 6);
  x = strait_add(g, x, conv(g, x, "b", 6));
  return head(g, conv(g, strait_relu(g, x), "c", 7));
}
static strait_node input_skip(strait_graph *g, strait_node x) {
  strait_node y = conv(g, strait_relu(g, conv(g, x, "a", 8)), "b", 3);
  return head(g, strait_add(g, x, y));
}
static strait_node output_skip(strait_graph *g, strait_node x) {
  x = strait_linear(g, strait_flatten(g, x), "a", 10, STRAIT_BIAS);
  strait_node y = strait_linear(g, strait_relu(g, x), "b", 9, STRAIT_BIAS);
  return strait_add(g, x, strait_linear(g, strait_relu(g, y), "c", 10, STRAIT_BIAS));
}
static strait_node dense_block(strait_graph *g, strait_node x) {
  strait_node parts[3] = {conv(g, x, "a", 6)};
  parts[1] = conv(g, strait_relu(g, strait_batch_norm(g, parts[0], "norm1")), "b", 4);
  strait_node both = strait_concat(g, 2, parts);
  parts[2] = conv(g, strait_relu(g, strait_batch_norm(g, both, "norm2")), "c", 5);
  return head(g, strait_concat(g, 3, parts));
}
static strait_node halves(strait_graph *g, strait_node x) { /* one half gates the other: its order must be the same */
  x = conv(g, x, "a", 12);
  strait_node y = strait_multiply(g, strait_slice_channels(g, x, 0, 6), strait_slice_channels(g, x, 6, 0));
  return head(g, strait_batch_norm(g, y, "norm"));
}
static strait_node sliced(strait_graph *g, strait_node x) { /* channels 3 to 7 are read twice, the rest once */
  x = strait_gelu(g, conv(g, x, "a", 8), STRAIT_GELU_TANH);
  const strait_node both[2] = {conv(g, strait_slice_channels(g, x, 3, 5), "b", 4), x};
  return head(g, strait_layer_norm(g, strait_concat(g, 2, both), "norm"));
}
static strait_node twice(strait_graph *g, strait_node x) { /* one channel is two of the next */
  x = conv(g, x, "a", 6);
  const strait_node both[2] = {x, strait_relu(g, x)};
  return head(g, strait_batch_norm(g, strait_concat(g, 2, both), "norm"));
}
static strait_node shared(strait_graph *g, strait_node x) { /* one layer on two branches */
  strait_node a = strait_relu(g, conv(g, x, "a", 6)), b = strait_relu(g, conv(g, x, "b", 6));
  return head(g, strait_multiply(g, conv(g, a, "c", 5), conv(g, b, "c", 5)));
}
static strait_node padded(strait_graph *g, strait_node x) {
  x = strait_relu(g, conv(g, x, "a", 4));
  return head(g, strait_add(g, strait_pad_channels(g, x, 1, 3), conv(g, conv(g, x, "b", 5), "c", 8)));
}
static strait_node normed_blocks(strait_graph *g, strait_node x) {
  x = strait_flatten(g, strait_relu(g, conv(g, x, "a", 6)));
  return strait_linear(g, strait_relu(g, strait_batch_norm(g, x, "norm")), "head", 10, STRAIT_BIAS);
}

static const struct {
  const char *name;
  build_function *build;
  int groups, helds;
  const char *layer, *why; /* of the first that is held */
} graphs[] = {
    {"per_channel", per_channel, 1, 0, NULL, NULL},
    {"undeclared", undeclared, 1, 1, "a",
     "the custom operation \"slope\" does not say that it works channel by channel"},
    {"crossed", crossed, 1, 2, "a", "on two axes of b.weight"},
    {"input_skip", input_skip, 1, 1, "b", "united with channels of the input"},
    {"output_skip", output_skip, 1, 2, "a", "united with those of the output"},
    {"dense_block", dense_block, 3, 0, NULL, NULL},
    {"halves", halves, 1, 0, NULL, NULL},
    {"sliced", sliced, 3, 0, NULL, NULL},
    {"twice", twice, 1, 0, NULL, NULL},
    {"shared", shared, 2, 0, NULL, NULL},
    {"padded", padded, 3, 0, NULL, NULL},
    {"normed_blocks", normed_blocks, 1, 0, NULL, NULL},
};

START_TEST(graphs_compute_the_same) {
  struct net net;
  struct channels *channels;
  OK(net_try(&net, graphs[_i].build, image(3, 2, 2, 10)));
  OK(channels_create(&channels, net.network));
  ck_assert_msg(channels->groups == graphs[_i].groups, "%s: %d groups", graphs[_i].name, channels->groups);
  ck_assert_msg(channels->helds == graphs[_i].helds, "%s: %d held", graphs[_i].name, channels->helds);
  if (channels->helds) {
    ck_assert_str_eq(channels->held[0].layer, graphs[_i].layer);
    ck_assert_str_eq(channels->held[0].why, graphs[_i].why);
  }
  check_law(&net, channels, 0);
  channels_free(channels);
  net_free(&net);
}
END_TEST

static strait_node odd(strait_graph *g, strait_node x) { return head(g, slope(g, conv(g, x, "a", 6), "slope", 2)); }
static strait_node narrower(strait_graph *g, strait_node x) {
  strait_operation operation = {.size = sizeof operation, .forward = slope_of_six, .backward = no_backward};
  operation.flags = STRAIT_PER_CHANNEL;
  operation.rank = strait_shape(g, x, operation.dims);
  operation.dims[0] = 2;
  return head(g, strait_custom(g, "some", &operation, 1, &x, 0, NULL));
}

START_TEST(flags_that_cannot_be_are_refused) {
  struct net net;
  ck_assert_int_eq(net_try(&net, odd, image(3, 2, 2, 10)), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "flags 0x2; this strait knows STRAIT_PER_CHANNEL") != NULL, "%s", error_text());
  net_free(&net);
  ck_assert_int_eq(net_try(&net, narrower, image(3, 2, 2, 10)), STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), "has 2 channels, and input the input has 3; leave the flag out") != NULL, "%s",
                error_text());
  net_free(&net);
}
END_TEST

#define LOOP(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof table / sizeof table[0]))

int main(void) {
  Suite *suite = suite_create("channels");
  TCase *tcase = tcase_create("channels");
  LOOP(models_compute_the_same, models);
  LOOP(graphs_compute_the_same, graphs);
  tcase_add_test(tcase, flags_that_cannot_be_are_refused);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
