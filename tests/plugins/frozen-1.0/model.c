/* A model of interface 1.0 that calls each function of the graph builder. */
#include <strait/model.h>

struct frozen {
  strait_object object;
  int64_t width;
};

static const strait_option options[] = {STRAIT_INT("width", struct frozen, width, "4", 1, 99, "channels")};

/* y = scale x, a scale a channel; x: (samples, height, width, channels) */
static int32_t scale_forward(const void *self, const strait_block *block) {
  int64_t channels = *(const int64_t *)block->context, positions = 4;
  (void)self;
  for (int64_t i = 0; i < block->samples * positions * channels; i++)
    block->output[i] = block->parameters[0][i % channels] * block->inputs[0][i];
  return STRAIT_OK;
}
static int32_t scale_backward(const void *self, const strait_block *block) {
  int64_t channels = *(const int64_t *)block->context, positions = 4;
  (void)self;
  for (int64_t i = 0; i < block->samples * positions * channels; i++) {
    block->parameter_gradients[0][i % channels] += block->output_gradient[i] * block->inputs[0][i];
    if (block->input_gradients[0])
      block->input_gradients[0][i] = block->output_gradient[i] * block->parameters[0][i % channels];
  }
  return STRAIT_OK;
}

static strait_node scale(const struct frozen *self, strait_graph *g, strait_node x) {
  strait_operation operation = {sizeof operation, 0, {0}, 0, scale_forward, scale_backward, &self->width};
  operation.rank = strait_shape(g, x, operation.dims);
  int32_t parameter = strait_parameter(g, strait_name(g, "scale%d.weight", 1), 1, &self->width);
  strait_init_constant(g, "scale1.weight", 2);
  return strait_custom(g, "scale1", &operation, 1, &x, 1, &parameter);
}

/* input: (1, 4, 4) */
static strait_node build(const void *object, strait_graph *g, strait_node input) {
  const struct frozen *self = object;
  strait_window window = {sizeof window, 0, {1, 3}, {1, 1}, {0, 1}};
  if (self->width == 99)
    return strait_refuse(g, "width %d is too much", 99);
  strait_node x = strait_conv2d(g, input, "conv1", self->width, 3, 1, 1, STRAIT_BIAS);
  strait_init_normal(g, "conv1.weight", 0.1);
  x = strait_relu(g, strait_batch_norm(g, x, "bn1"));
  strait_node y = strait_conv2d_window(g, x, "conv2", self->width, &window, STRAIT_NO_BIAS);
  x = strait_add(g, x, strait_batch_norm_with(g, y, "bn2", 0.9, 1e-3));
  x = strait_max_pool(g, x, 2, 2, 0);
  x = scale(self, g, x);
  strait_node pooled = strait_flatten(g, strait_avg_pool(g, x, 2, 2, 0));
  strait_node mean = strait_flatten(g, strait_global_avg_pool(g, x));
  x = strait_dropout(g, strait_add(g, pooled, mean), 0.25);
  x = strait_linear(g, x, "fc", strait_classes(g), STRAIT_BIAS);
  strait_init_uniform(g, "fc.bias", 0.5);
  return x;
}

static const strait_model_ops ops = {sizeof ops, 0, build};
static const strait_class frozen = {
    STRAIT_CLASS(STRAIT_MODEL, "frozen", "1.0", "frozen in 1.0", struct frozen, options, &ops), STRAIT_NO_PRESETS, NULL,
    NULL};
STRAIT_PLUGIN(model, frozen, frozen)
