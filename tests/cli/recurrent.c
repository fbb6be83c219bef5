/* recurrent: a model of text for the tests: an embedding, an LSTM that carries its state, and a linear layer. */
#include <strait/model.h>

struct recurrent {
  strait_object object;
  int64_t units;
  double dropout;
};

static const strait_option options[] = {
    STRAIT_INT("units", struct recurrent, units, "8", 1, 10000, "units of the LSTM"),
    STRAIT_FLOAT("dropout", struct recurrent, dropout, "0.1", 0, 0.9, "dropout before the last layer"),
};

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct recurrent *recurrent = self;
  x = strait_embedding(g, x, "encoder", strait_classes(g), recurrent->units);
  x = strait_lstm(g, x, "rnn", 0, recurrent->units);
  x = strait_dropout(g, x, recurrent->dropout);
  return strait_linear(g, x, "decoder", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, recurrent, struct recurrent, .version = "1.0", .summary = "an LSTM, for tests", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
