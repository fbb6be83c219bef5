/* The model plugins as users get them: parameter counts and names (published: doc/ and the papers; the tests in
 * tests/golden/ compare every name and shape with PyTorch), refusals, starting weights, and the law of ReLU networks
 * that makes the trivial curve: with weights scaled by t and biases of layer i by t^i, logits scale by t^n. */
#include <config.h>

#include <stdio.h>

#include "nets.h"

#define IMAGE                                                                                                          \
  { 3, {3, 32, 32}, STRAIT_TARGET_CLASS, 10, 0 }
#define IMAGENET                                                                                                       \
  { 3, {3, 224, 224}, STRAIT_TARGET_CLASS, 1000, 0 }
#define MNIST                                                                                                          \
  { 3, {1, 28, 28}, STRAIT_TARGET_CLASS, 10, 0 }

/* settings: "depth=20 hidden=64,64" (a ',' for the blank in a list) */
static int model_try(struct net *net, struct registry **registry, const char *name, const char *settings,
                     struct signature signature) {
  char text[256], *rest = NULL;
  struct setting setting[8] = {{0}};
  size_t count = 0;
  const strait_class *cls;
  *net = (struct net){0};
  snprintf(text, sizeof text, "%s", settings);
  for (char *word = strtok_r(text, " ", &rest); word && count < 8; word = strtok_r(NULL, " ", &rest)) {
    char *value = strchr(word, '=');
    *value++ = '\0';
    for (char *comma; (comma = strchr(value, ','));)
      *comma = ' ';
    setting[count++] = (struct setting){.key = word, .value = value};
  }
  OK(registry_create(registry, NULL, builtins));
  OK(registry_class(*registry, STRAIT_MODEL, name, &cls));
  int status = object_create(&net->object, cls, NULL, 1, setting, count);
  return status < 0 ? status : network_create(&net->network, net->object, &signature);
}

static void model_free(struct net *net, struct registry *registry) {
  net_free(net);
  registry_free(registry);
}

static const struct {
  const char *model, *settings;
  struct signature signature;
  int64_t parameters, multiply_adds; /* 0: not checked */
} counts[] = {
    {"mlp", "", MNIST, 118282, 118016},
    {"mlp", "hidden=512,512", MNIST, 669706, 668672},
    {"mlp", "hidden=", MNIST, 7850, 7840},
    {"convfc", "", IMAGE, 2422634, 26200000},
    {"preresnet", "", IMAGE, 272282, 0},
    {"preresnet", "depth=110", IMAGE, 1146842, 0},
    {"preresnet", "depth=164", IMAGE, 1703258, 250000000},
    {"preresnet", "depth=158 block=basic", IMAGE, 0, 0},
    {"vgg", "", IMAGE, 15245130, 314000000},
    {"vgg", "depth=16 batch-norm=yes", IMAGE, 15253578, 314000000},
    {"vgg", "depth=19", IMAGE, 20554826, 0},
    {"vgg", "depth=19 batch-norm=yes", IMAGE, 20565834, 0},
    {"wideresnet", "", IMAGE, 36489290, 5950000000},
    {"resnet", "depth=18", IMAGENET, 11689512, 0},
    {"resnet", "depth=34", IMAGENET, 21797672, 0},
    {"resnet", "", IMAGENET, 25557032, 4100000000},
    {"resnet", "depth=101", IMAGENET, 44549160, 0},
    {"resnet", "depth=152", IMAGENET, 60192808, 0},
    {"resnet", "depth=18", IMAGE, 11173962, 556000000}, /* 3x3 stem */
    {"resnet", "depth=50 names=linear", IMAGE, 23520842, 1300000000},
    {"resnet", "depth=18 stem=imagenet", IMAGE, 11181642, 0},
    {"resnet", "depth=18 stem=cifar", IMAGENET, 11681832, 0},
    {"cifarresnet", "", IMAGE, 269722, 40810000},
    {"cifarresnet", "depth=56 names=linear", IMAGE, 853018, 125750000},
    {"cifarresnet", "depth=110", IMAGE, 1727962, 0},
    {"cifarresnet", "shortcut=B", IMAGE, 272474, 0},
};

START_TEST(parameters_are_as_many_as_published) {
  struct net net;
  struct registry *registry;
  OK(model_try(&net, &registry, counts[_i].model, counts[_i].settings, counts[_i].signature));
  int64_t count = network_weights(net.network)->count, work = network_multiply_adds(net.network);
  if (counts[_i].parameters)
    ck_assert_int_eq(count, counts[_i].parameters);
  if (counts[_i].multiply_adds) /* published to two or three figures */
    ck_assert_double_eq_tol((double)work / (double)counts[_i].multiply_adds, 1, 0.03);
  model_free(&net, registry);
}
END_TEST

/* The ends of every option's range: shapes only, so even networks that fit no memory are described. */
static const struct {
  const char *model, *settings;
} corners[] = {
    {"mlp", "hidden=65536,65536,65536"},
    {"mlp", "hidden=1,1,1,1,1,1,1,1 init=torch"},
    {"convfc", "width=0.01"},
    {"convfc", "width=64"},
    {"preresnet", "depth=8"},
    {"preresnet", "depth=11 block=bottleneck width=0.05"},
    {"preresnet", "depth=2000 width=64"},
    {"preresnet", "depth=2000 block=basic"},
    {"vgg", "width=0.01 dropout=0"},
    {"vgg", "depth=19 batch-norm=yes width=64 dropout=0.99"},
    {"wideresnet", "depth=10 width=1"},
    {"wideresnet", "depth=2002 width=128 dropout=0.99"},
    {"resnet", "depth=152 width=4096"},
    {"resnet", "depth=18 width=1"},
    {"resnet", "depth=152 stem=cifar names=linear"},
    {"resnet", "depth=18 width=1 stem=imagenet"},
    {"cifarresnet", "depth=8 width=0.05"},
    {"cifarresnet", "depth=2000 width=64 shortcut=B names=linear"},
    {"cifarresnet", "depth=14 width=0.7"},
};

START_TEST(option_corners_build) {
  struct net net;
  struct registry *registry;
  OK(model_try(&net, &registry, corners[_i].model, corners[_i].settings, (struct signature)IMAGE));
  model_free(&net, registry);
}
END_TEST

static const struct {
  const char *model, *settings, *message;
  struct signature signature;
} refusals[] = {
    {"preresnet", "depth=21", "depth = 21: with basic blocks it must be 6n+2; the nearest are 20, 26", IMAGE},
    {"preresnet", "depth=50", "depth = 50: with bottleneck blocks it must be 9n+2; the nearest are 47, 56", IMAGE},
    {"preresnet", "depth=158", "depth = 158: with bottleneck blocks it must be 9n+2; the nearest are 155, 164", IMAGE},
    {"preresnet", "depth=9 block=bottleneck", "depth = 9: with bottleneck blocks it is at least 11", IMAGE},
    {"cifarresnet", "depth=18", "depth = 18: it must be 6n+2; the nearest are 14, 20", IMAGE},
    {"cifarresnet", "", "input (12) is not an image (channels, height, width)", {1, {12}, STRAIT_TARGET_CLASS, 10, 0}},
    {"resnet", "", "input (12) is not an image (channels, height, width)", {1, {12}, STRAIT_TARGET_CLASS, 10, 0}},
    {"wideresnet", "depth=20", "depth = 20: it must be 6n+4; the nearest are 16, 22", IMAGE},
    {"vgg",
     "",
     "max_pool after \"layer_blocks.3.2\": input (512, 1, 1) is smaller than its 2x2 window",
     {3, {3, 8, 8}, STRAIT_TARGET_CLASS, 10, 0}},
    {"convfc", "", "input (12) is not an image (channels, height, width)", {1, {12}, STRAIT_TARGET_CLASS, 10, 0}},
    {"wideresnet", "", "input (12) is not an image (channels, height, width)", {1, {12}, STRAIT_TARGET_CLASS, 10, 0}},
};

START_TEST(impossible_networks_are_refused) {
  struct net net;
  struct registry *registry;
  ck_assert_int_eq(model_try(&net, &registry, refusals[_i].model, refusals[_i].settings, refusals[_i].signature),
                   STRAIT_EINVAL);
  ck_assert_msg(strstr(error_text(), refusals[_i].message) != NULL, "%s", error_text());
  model_free(&net, registry);
}
END_TEST

/* --- starting weights --- */

static const struct {
  const char *model, *settings, *name;
  double deviation; /* expected; 0: all zero */
  struct signature signature;
} starts[] = {
    {"mlp", "", "fc1.weight", 0.050508, MNIST}, /* sqrt(2/784) */
    {"mlp", "", "fc2.weight", 0.125, MNIST},    /* sqrt(2/128) */
    {"mlp", "", "fc1.bias", 0, MNIST},
    {"mlp", "init=torch", "fc1.weight", 0.0206197, MNIST}, /* 1/sqrt(3*784) */
    {"mlp", "init=torch", "fc1.bias", 0.0206197, MNIST},
    {"convfc", "", "conv_part.3.weight", 0.0353553, IMAGE}, /* sqrt(2/(25*64)) */
    {"convfc", "", "conv_part.3.bias", 0, IMAGE},
    {"convfc", "", "fc_part.0.weight", 0.0170103, IMAGE},                  /* 1/sqrt(3*1152) */
    {"preresnet", "", "layer3.1.conv1.weight", 0.0589256, IMAGE},          /* sqrt(2/(9*64)) */
    {"wideresnet", "depth=10", "layer1.0.conv2.weight", 0.0152145, IMAGE}, /* 1/sqrt(3*160*9) */
    {"wideresnet", "depth=10", "layer1.0.conv2.bias", 0.0152145, IMAGE},
    {"wideresnet", "depth=10", "layer3.0.shortcut.0.bias", 0.0322749, IMAGE}, /* 1/sqrt(3*320) */
    {"resnet", "depth=18", "conv1.weight", 0.0252538, IMAGENET},              /* sqrt(2/(49*64)) */
};

START_TEST(weights_start_as_the_papers_say) {
  struct net net;
  struct registry *registry;
  OK(model_try(&net, &registry, starts[_i].model, starts[_i].settings, starts[_i].signature));
  const struct layout *layout = network_weights(net.network);
  float *weights = malloc((size_t)layout->count * sizeof *weights);
  float *statistics = malloc((size_t)network_statistics(net.network)->count * sizeof *statistics + 1);
  int found = segments_find(&net.network->graph.weights, starts[_i].name);
  ck_assert_int_ge(found, 0);
  network_initialise(net.network, 3, weights, statistics);
  const struct segment *s = &layout->segment[found];
  double squares = 0;
  for (int64_t i = 0; i < s->count; i++)
    squares += (double)weights[s->offset + i] * weights[s->offset + i];
  /* the deviation of n numbers is known to a share of 1/sqrt(2n); five of them */
  double got = sqrt(squares / (double)s->count);
  ck_assert_double_le(fabs(got - starts[_i].deviation), starts[_i].deviation * 5 / sqrt(2 * (double)s->count));
  free(weights);
  free(statistics);
  model_free(&net, registry);
}
END_TEST

/* --- the trivial curve's law --- */

static void forward(const struct net *net, const struct data *data, double *logits, int64_t count) {
  float *got = malloc((size_t)count * sizeof *got);
  struct rig rig;
  struct run run = {.samples = data->samples};
  rig_make(&rig, net, "cpu", 2, data->samples, PROGRAM_EVALUATE, 0);
  rig_load(&rig, net, data);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, count);
  for (int64_t i = 0; i < count; i++)
    logits[i] = got[i];
  free(got);
  rig_free(&rig);
}

static const struct {
  const char *model, *settings;
  int layers;
} homogeneous[] = {{"mlp", "hidden=40,30,20", 4}, {"convfc", "width=0.25", 6}, {"vgg", "width=0.1", 16}};

START_TEST(logits_scale_by_the_power_of_the_depth) {
  struct net net;
  struct registry *registry;
  struct data data;
  double whole[40], scaled[40], t = 0.7;
  OK(model_try(&net, &registry, homogeneous[_i].model, homogeneous[_i].settings, (struct signature)IMAGE));
  const struct layout *layout = network_weights(net.network);
  data_make(&data, &net, 4, 5);
  network_initialise(net.network, 5, data.weights, data.statistics);
  int layer = 0;
  for (int i = 0; i < layout->segments; i++) /* biases that matter */
    for (int64_t k = 0; k < layout->segment[i].count && layout->segment[i].rank == 1; k++)
      data.weights[layout->segment[i].offset + k] = (float)(k % 3) * 0.1f;
  forward(&net, &data, whole, 40);
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *s = &layout->segment[i];
    layer += s->rank > 1;
    for (int64_t k = 0; k < s->count; k++)
      data.weights[s->offset + k] *= (float)(s->rank > 1 ? t : pow(t, layer));
  }
  ck_assert_int_eq(layer, homogeneous[_i].layers);
  forward(&net, &data, scaled, 40);
  double difference = 0, norm = 0;
  for (int i = 0; i < 40; i++) {
    double wanted = whole[i] * pow(t, layer);
    difference += (scaled[i] - wanted) * (scaled[i] - wanted);
    norm += wanted * wanted;
  }
  ck_assert_double_gt(norm, 0);
  ck_assert_double_le(sqrt(difference / norm), 1e-5); /* float32 through 16 layers at most */
  data_free(&data);
  model_free(&net, registry);
}
END_TEST

#define LOOP(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof table / sizeof table[0]))

int main(void) {
  Suite *suite = suite_create("models");
  TCase *tcase = tcase_create("models");
  tcase_set_timeout(tcase, 120);
  LOOP(parameters_are_as_many_as_published, counts);
  LOOP(option_corners_build, corners);
  LOOP(impossible_networks_are_refused, refusals);
  LOOP(weights_start_as_the_papers_say, starts);
  LOOP(logits_scale_by_the_power_of_the_depth, homogeneous);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
