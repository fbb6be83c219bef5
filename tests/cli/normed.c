/* normed: a model for the tests: one hidden layer with batch norm and dropout, so that running statistics and every
 * random stream take part. */
#include <strait/model.h>

struct normed {
  strait_object object;
  int64_t hidden;
};

static const strait_option options[] = {
    STRAIT_INT("hidden", struct normed, hidden, "12", 1, 10000, "units of the hidden layer"),
};

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct normed *normed = self;
  x = strait_flatten(g, x);
  x = strait_linear(g, x, "fc1", normed->hidden, STRAIT_BIAS);
  x = strait_relu(g, strait_batch_norm(g, x, "bn1"));
  x = strait_dropout(g, x, .1);
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, normed, struct normed, .version = "1.0", .summary = "batch norm and dropout, for tests",
                .ops = &ops, STRAIT_WITH_OPTIONS(options))
