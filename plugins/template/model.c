/* @name@: a residual network of fully connected layers, a working start for a model of your own.
 *
 *   x -> ReLU(W x + b), then `blocks` times x -> x + W2 ReLU(W1 x + b1) + b2, then the logits
 *
 * strait-plugin(7) explains, strait/model.h has the contract. This file is C and C++20 alike. */
#include <strait/model.h>

struct @ident@_model {
  strait_object object; /* first, always */
  int64_t hidden, blocks;
};

static const strait_option options[] = {
    STRAIT_INT("hidden", struct @ident@_model, hidden, "32", 1, 100000, "units of each layer"),
    STRAIT_INT("blocks", struct @ident@_model, blocks, "2", 0, 1000, "residual blocks"),
};

/* The names become those of the weights: blocks.0.fc1.weight, ... as PyTorch would call them. */
static strait_node block(strait_graph *g, strait_node x, int64_t hidden, int i) {
  strait_node y = strait_linear(g, x, strait_name(g, "blocks.%d.fc1", i), hidden, STRAIT_BIAS);
  y = strait_linear(g, strait_relu(g, y), strait_name(g, "blocks.%d.fc2", i), hidden, STRAIT_BIAS);
  return strait_add(g, x, y);
}

/* Nothing is checked here: a failed call returns a node that later calls pass on, and the host looks once at the end. */
static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct @ident@_model *net = (const struct @ident@_model *)self;
  x = strait_linear(g, strait_flatten(g, x), "in", net->hidden, STRAIT_BIAS);
  x = strait_relu(g, x);
  for (int i = 0; i < net->blocks; i++)
    x = block(g, x, net->hidden, i);
  return strait_linear(g, x, "out", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER_AS(model, @ident@, "@name@", struct @ident@_model,
                   .version = "1.0", .summary = "a residual network of fully connected layers",
                   .ops = &ops, STRAIT_WITH_OPTIONS(options))
