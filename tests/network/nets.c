/* tests/network/nets.c: see nets.h. */
#include "nets.h"

/* --- networks --- */

struct probe {
  strait_object object;
  build_function *build;
};

static strait_node build_probe(const void *self, strait_graph *g, strait_node x) {
  return ((const struct probe *)self)->build(g, x);
}

static const strait_model_ops probe_ops = {.size = sizeof probe_ops, .build = build_probe};
static const strait_class probe_class = {
    STRAIT_CLASS_BARE(STRAIT_MODEL, "probe", "1.0", "a network of a test", struct probe, &probe_ops), STRAIT_NO_PRESETS,
    NULL, NULL};

int net_try(struct net *net, build_function *build, struct signature signature) {
  *net = (struct net){0};
  OK(object_create(&net->object, &probe_class, "probe", 1, NULL, 0));
  ((struct probe *)(void *)net->object)->build = build;
  return network_create(&net->network, net->object, &signature);
}

void net_free(struct net *net) {
  network_free(net->network);
  object_free(net->object);
}

/* --- data --- */

static float *random_floats(uint64_t seed, const char *purpose, int64_t count) {
  struct stream stream = stream_of(seed, purpose, 0);
  float *x = malloc((size_t)count * sizeof *x + 1);
  ck_assert_ptr_nonnull(x);
  stream_normals(&stream, x, count);
  return x;
}

static int64_t target_rows(const struct net *net) {
  const struct node *output = &net->network->graph.nodes[net->network->output];
  return output->shape.rank == 2 ? output->shape.dims[0] : 1;
}

/* Weights near 0.5 of a normal, scales of batch norms too, so that nothing is special; variances above zero. */
void data_make(struct data *data, const struct net *net, int64_t samples, uint64_t seed) {
  const struct signature *signature = network_signature(net->network);
  const struct layout *weights = network_weights(net->network), *statistics = network_statistics(net->network);
  int64_t input = net->network->graph.nodes[0].size, rows = samples * target_rows(net);
  struct stream labels = stream_of(seed, "labels", 0), tokens = stream_of(seed, "tokens", 0);
  *data = (struct data){.samples = samples};
  data->weights = random_floats(seed, "weights", weights->count);
  for (int64_t i = 0; i < weights->count; i++)
    data->weights[i] *= 0.5f;
  data->statistics = random_floats(seed, "statistics", statistics->count);
  for (int i = 0; i < statistics->segments; i++)
    for (int64_t k = 0; k < statistics->segment[i].count && statistics->segment[i].init_value == 1; k++) {
      float *variance = data->statistics + statistics->segment[i].offset + k;
      *variance = 0.5f + fabsf(*variance);
    }
  data->x = random_floats(seed, "x", samples * input);
  for (int64_t i = 0; signature->element == STRAIT_I32 && i < samples * input; i++) /* tokens, of as many classes */
    data->x[i] = (float)stream_below(&tokens, (uint64_t)i, (uint64_t)signature->classes);
  if (signature->target == STRAIT_TARGET_REAL) {
    data->target = random_floats(seed, "target", rows * signature->classes);
  } else {
    int32_t *target = malloc((size_t)rows * sizeof *target);
    for (int64_t i = 0; i < rows; i++)
      target[i] = (int32_t)stream_below(&labels, (uint64_t)i, (uint64_t)signature->classes);
    data->target = target;
  }
}

void data_free(struct data *data) {
  free(data->weights);
  free(data->statistics);
  free(data->x);
  free(data->target);
}

/* --- a program --- */

void rig_make(struct rig *rig, const struct net *net, const char *device, int threads, int64_t batch, int use,
              double smoothing) {
  OK(team_create(&rig->team, threads));
  OK(device_create(&rig->device, device, rig->team, NULL));
  OK(program_create(&rig->program, net->network, rig->device, batch, use, smoothing));
}

void rig_free(struct rig *rig) {
  program_free(rig->program);
  device_free(rig->device);
  team_free(rig->team);
}

/* (channels, positions) to (positions, channels), for images; other shapes are the same on both sides. */
static void to_nhwc(float *to, const float *from, const struct signature *signature, int64_t samples) {
  int64_t channels = signature->rank == 3 ? signature->dims[0] : 1, positions = 1;
  for (uint32_t i = signature->rank == 3; i < signature->rank; i++)
    positions *= signature->dims[i];
  for (int64_t n = 0; n < samples; n++)
    for (int64_t c = 0; c < channels; c++)
      for (int64_t p = 0; p < positions; p++)
        to[(n * positions + p) * channels + c] = from[(n * channels + c) * positions + p];
}

void rig_load(struct rig *rig, const struct net *net, const struct data *data) {
  const struct signature *signature = network_signature(net->network);
  const struct device_ops *ops = rig->device->ops;
  int64_t input = net->network->graph.nodes[0].size;
  int64_t targets = data->samples * (signature->target == STRAIT_TARGET_REAL ? signature->classes : target_rows(net));
  float *x = malloc((size_t)(data->samples * input) * sizeof *x);
  ck_assert_ptr_nonnull(x);
  to_nhwc(x, data->x, signature, data->samples);
  for (int64_t i = 0; signature->element == STRAIT_I32 && i < data->samples * input; i++) {
    const int32_t token = (int32_t)data->x[i];
    memcpy(x + i, &token, sizeof token);
  }
  ops->upload(rig->device, program_input(rig->program), x, data->samples * input);
  ops->upload(rig->device, program_weights(rig->program), data->weights, network_weights(net->network)->count);
  ops->upload(rig->device, program_statistics(rig->program), data->statistics, network_statistics(net->network)->count);
  ops->upload(rig->device, program_target(rig->program), data->target, targets);
  free(x);
}

void rig_get(struct rig *rig, place from, float *to, int64_t words) {
  rig->device->ops->download(rig->device, to, from, words);
}

double relative(const float *a, const double *b, int64_t n) {
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < n; i++) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  if (!isfinite(difference))
    return INFINITY;
  return difference > 0 ? sqrt(difference) / (sqrt(norm) + 1e-12) : 0;
}
