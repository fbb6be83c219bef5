/* mlp: a multilayer perceptron. */
#include <math.h>

#include <strait/model.h>

static const char about[] = "A multilayer perceptron, on samples of any shape:\n\n"
                            "  x -> fc1 -> relu -> fc2 -> relu -> ... -> logits\n\n"
                            "With init = he, weights are normal with deviation sqrt(2 / inputs) and biases 0 (He et "
                            "al., 2015), as in the paper's experiments with fully connected networks; with init = "
                            "torch, both are uniform in +-1/sqrt(inputs), as in PyTorch's nn.Linear.";

enum { HE, TORCH };
static const char *const inits[] = {"he", "torch", NULL};

struct mlp {
  strait_object object;
  strait_ints hidden;
  int32_t init;
};

static const strait_option options[] = {
    STRAIT_OPTION("hidden", STRAIT_OPT_INTS, STRAIT_REPEATABLE, struct mlp, hidden, "128 128", 1, 65536, NULL,
                  "widths of the hidden layers; none: a linear classifier"),
    STRAIT_CHOICE("init", struct mlp, init, "he", inits,
                  "initial weights: normal with zero biases (he), or as PyTorch's"),
};

/* Layer `number`, from 1. x: (inputs) */
static strait_node layer(const struct mlp *mlp, strait_graph *g, strait_node x, size_t number, int64_t outputs) {
  const char *name = strait_name(g, "fc%zu", number);
  int64_t inputs[STRAIT_MAX_DIMS];
  strait_shape(g, x, inputs);
  x = strait_linear(g, x, name, outputs, STRAIT_BIAS);
  if (mlp->init == HE) {
    strait_init_normal(g, strait_name(g, "%s.weight", name), sqrt(2 / (double)inputs[0]));
    strait_init_constant(g, strait_name(g, "%s.bias", name), 0);
  }
  return x;
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct mlp *mlp = self;
  x = strait_flatten(g, x);
  for (size_t i = 0; i < mlp->hidden.n; i++)
    x = strait_relu(g, layer(mlp, g, x, i + 1, mlp->hidden.v[i]));
  return layer(mlp, g, x, mlp->hidden.n + 1, strait_classes(g));
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, mlp, struct mlp, .version = "1.0", .summary = "fully connected layers with ReLU", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
