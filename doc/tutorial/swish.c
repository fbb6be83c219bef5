/* swish: one hidden layer with an activation of its own, y = x s(b x), s(z) =
 * 1 / (1 + exp(-z)), b learned. */
#include <math.h>

#include <strait/model.h>

struct swish {
  strait_object object;
  int64_t hidden;
};

static const strait_option options[] = {
    STRAIT_INT("hidden", struct swish, hidden, "32", 1, 100000,
               "units of the hidden layer"),
};

static float sigmoid(float z) { return 1 / (1 + expf(-z)); }

static int32_t forward(const void *self, const strait_block *block) {
  int64_t count = block->samples * ((const struct swish *)self)->hidden;
  float b = block->parameters[0][0];
  const float *x = block->inputs[0]; /* (samples, hidden) */
  for (int64_t i = 0; i < count; i++)
    block->output[i] = x[i] * sigmoid(b * x[i]);
  return STRAIT_OK;
}

/* dy/dx = s + b x s (1-s) and dy/db = x^2 s (1-s), with s = s(b x). */
static int32_t backward(const void *self, const strait_block *block) {
  int64_t count = block->samples * ((const struct swish *)self)->hidden;
  float b = block->parameters[0][0];
  const float *x = block->inputs[0], *dy = block->output_gradient;
  double sum = 0;
  for (int64_t i = 0; i < count; i++) {
    float s = sigmoid(b * x[i]), slope = x[i] * s * (1 - s);
    if (block->input_gradients[0]) /* nobody may ask for it */
      block->input_gradients[0][i] = dy[i] * (s + b * slope);
    sum += (double)(dy[i] * x[i] * slope);
  }
  block->parameter_gradients[0][0] +=
      (float)sum; /* += : dx is overwritten, dw is added to */
  return STRAIT_OK;
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct swish *net = self;
  static const int64_t one[] = {1};
  x = strait_linear(g, strait_flatten(g, x), "fc1", net->hidden, STRAIT_BIAS);
  int32_t slope = strait_parameter(g, "act.b", 1, one);
  strait_init_constant(g, "act.b", 1);
  strait_operation operation = {.size = sizeof operation,
                                .rank = 1,
                                .dims = {net->hidden},
                                .forward = forward,
                                .backward = backward};
  x = strait_custom(g, "act", &operation, 1, &x, 1, &slope);
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, swish, struct swish, .version = "1.0",
                .summary = "a hidden layer with a learned Swish", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
