/* gated: one hidden layer of gated units, y = a * s(b) with (a, b) the halves of x and s(b) = 1 / (1 + exp(-b))
 * (Dauphin et al., 2017, "gated linear units"). */
#include <math.h>
#include <strait/model.h>

struct gated {
  strait_object object;
  int64_t hidden;
};

static const strait_option options[] = {
    STRAIT_INT("hidden", struct gated, hidden, "32", 1, 100000, "gated units"),
};

static float gate(float b) { return 1 / (1 + expf(-b)); }

static int32_t forward(const void *self, const strait_block *block) {
  int64_t n = ((const struct gated *)self)->hidden;
  for (int64_t k = 0; k < block->samples; k++) {
    const float *a = block->inputs[0] + 2 * n * k, *b = a + n; /* (samples, 2 n) */
    for (int64_t i = 0; i < n; i++)
      block->output[n * k + i] = a[i] * gate(b[i]);
  }
  return STRAIT_OK;
}

static int32_t backward(const void *self, const strait_block *block) {
  int64_t n = ((const struct gated *)self)->hidden;
  for (int64_t k = 0; k < block->samples && block->input_gradients[0]; k++) {
    const float *a = block->inputs[0] + 2 * n * k, *b = a + n, *dy = block->output_gradient + n * k;
    float *da = block->input_gradients[0] + 2 * n * k, *db = da + n;
    for (int64_t i = 0; i < n; i++) {
      float s = gate(b[i]);
      da[i] = dy[i] * s;
      db[i] = dy[i] * a[i] * s * (1 - s);
    }
  }
  return STRAIT_OK;
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  int64_t n = ((const struct gated *)self)->hidden;
  strait_operation unit = {.size = sizeof unit, .rank = 1, .dims = {n}, .forward = forward, .backward = backward};
  x = strait_linear(g, strait_flatten(g, x), "fc1", 2 * n, STRAIT_BIAS);
  x = strait_custom(g, "gate", &unit, 1, &x, 0, NULL);
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, gated, struct gated, .version = "1.0", .summary = "a hidden layer of gated units", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
