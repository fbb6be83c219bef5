/* convfc: three convolutions and three fully connected layers. */
#include <math.h>

#include <strait/model.h>

static const char about[] =
    "The \"3conv3fc\" of Garipov et al. (2018): 5x5 convolutions with 32, 64 and 128 channels, each followed by ReLU "
    "and a 3x3 max-pool of stride 2; then 1000, ReLU, 1000, ReLU, logits.\n\n"
    "Names and initialisation are those of the authors' ConvFC. width multiplies channels and layers alike.";

struct convfc {
  strait_object object;
  double width;
};

static const strait_option options[] = {
    STRAIT_FLOAT("width", struct convfc, width, "1", 0.01, 64, "factor for the numbers of channels and units"),
};

static int64_t scaled(const struct convfc *convfc, int64_t channels) {
  return (int64_t)fmax(1, round(convfc->width * (double)channels));
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  static const int64_t channels[] = {32, 64, 128};
  static const int64_t widths[] = {1000, 1000};
  /* The numbers in the names are places in PyTorch's nn.Sequential, where ReLU and pooling count too. */
  for (int i = 0; i < 3; i++) {
    const char *name = strait_name(g, "conv_part.%d", 3 * i);
    x = strait_conv2d(g, x, name, scaled(self, channels[i]), 5, 1, 2, STRAIT_BIAS);
    x = strait_max_pool(g, strait_relu(g, x), 3, 2, 0); /* (channels, 32, 32) -> 15 -> 7 -> 3 */
  }
  x = strait_flatten(g, x);
  for (int i = 0; i < 2; i++)
    x = strait_relu(g, strait_linear(g, x, strait_name(g, "fc_part.%d", 2 * i), scaled(self, widths[i]), STRAIT_BIAS));
  return strait_linear(g, x, "fc_part.4", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, convfc, struct convfc, .version = "1.0",
                .summary = "three convolutions and three fully connected layers", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
