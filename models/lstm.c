/* lstm: a language model of an embedding, LSTM layers and a linear layer. */
#include <strait/model.h>

static const char about[] =
    "A language model over tokens (Zaremba et al., 2014): an embedding, LSTM layers and a linear layer to the logits "
    "of the next token at each position. Dropout is applied to the embedding's output and to that of each layer, "
    "never to what is carried from position to position.\n\n"
    "The defaults are the small network on Penn Treebank of TensorFlow's tutorial; hidden = 650, init = 0.05, "
    "dropout = 0.5 is the medium one, hidden = 1500, init = 0.04, dropout = 0.65 the large one. Every weight starts "
    "uniform in +-init; bias_hh starts at 0, as the tutorial has one bias where PyTorch has two. With init = 0 all "
    "start as PyTorch's do. Names are those of PyTorch's word language model: encoder, rnn, decoder.";

struct lstm {
  strait_object object;
  int64_t layers, hidden, embedding;
  double dropout, init;
  int32_t tied;
};

static const strait_option options[] = {
    STRAIT_INT("layers", struct lstm, layers, "2", 1, 64, "LSTM layers"),
    STRAIT_INT("hidden", struct lstm, hidden, "200", 1, 65536, "units of each layer"),
    STRAIT_INT("embedding", struct lstm, embedding, "0", 0, 65536, "width of the embedding; 0: as hidden"),
    STRAIT_FLOAT("dropout", struct lstm, dropout, "0", 0, 0.99, "probability of dropout"),
    STRAIT_FLOAT("init", struct lstm, init, "0.1", 0, 10, "initial weights are uniform in +-init; 0: as PyTorch's"),
    STRAIT_BOOL("tied", struct lstm, tied, "no", "share the embedding with the last layer, which has no bias then"),
};

static void start(const struct lstm *lstm, strait_graph *g, const char *name, double bound) {
  if (lstm->init > 0)
    strait_init_uniform(g, name, bound);
}

static strait_node layer(const struct lstm *lstm, strait_graph *g, strait_node x, int number) {
  x = strait_lstm(g, x, "rnn", number, lstm->hidden);
  start(lstm, g, strait_name(g, "rnn.weight_ih_l%d", number), lstm->init);
  start(lstm, g, strait_name(g, "rnn.weight_hh_l%d", number), lstm->init);
  start(lstm, g, strait_name(g, "rnn.bias_ih_l%d", number), lstm->init);
  start(lstm, g, strait_name(g, "rnn.bias_hh_l%d", number), 0);
  return strait_dropout(g, x, lstm->dropout);
}

/* x: (positions), of tokens */
static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct lstm *lstm = self;
  const int64_t width = lstm->embedding ? lstm->embedding : lstm->hidden, tokens = strait_classes(g);
  if (lstm->tied && width != lstm->hidden)
    return strait_refuse(g, "tied = yes needs an embedding as wide as hidden, %lld, not %lld", (long long)lstm->hidden,
                         (long long)width);
  x = strait_dropout(g, strait_embedding(g, x, "encoder", tokens, width), lstm->dropout);
  start(lstm, g, "encoder.weight", lstm->init);
  for (int i = 0; i < lstm->layers; i++)
    x = layer(lstm, g, x, i);
  if (lstm->tied)
    return strait_linear(g, x, "encoder", tokens, STRAIT_NO_BIAS);
  x = strait_linear(g, x, "decoder", tokens, STRAIT_BIAS);
  start(lstm, g, "decoder.weight", lstm->init);
  start(lstm, g, "decoder.bias", lstm->init);
  return x;
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, lstm, struct lstm, .version = "1.0", .summary = "an LSTM language model", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
