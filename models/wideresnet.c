/* wideresnet: the wide residual network. */
#include <math.h>

#include <strait/model.h>

static const char about[] =
    "WRN-depth-width for small images (Zagoruyko and Komodakis, \"Wide Residual Networks\", 2016), as the authors of "
    "mode connectivity use it: a 3x3 convolution with 16 channels; three stages of n = (depth - 4) / 6 blocks with 16, "
    "32 and 64 times width channels, the second and third starting with stride 2; batch norm (momentum .9), ReLU, the "
    "average over the image, logits.\n\n"
    "A block adds its input to BN-ReLU-conv3x3, dropout, BN-ReLU-conv3x3, with the stride in the second; where shapes "
    "change, the input goes through a 1x1 convolution first. Convolutions have biases, and all start as in PyTorch: "
    "uniform in +-1/sqrt(fan_in).";

struct wideresnet {
  strait_object object;
  int64_t depth, width;
  double dropout;
};

static const strait_option options[] = {
    STRAIT_INT("depth", struct wideresnet, depth, "28", 10, 2002, "number of layers, 6n+4"),
    STRAIT_INT("width", struct wideresnet, width, "10", 1, 128, "multiple of 16, 32, 64 channels"),
    STRAIT_FLOAT("dropout", struct wideresnet, dropout, "0", 0, 0.99, "probability of dropout within the blocks"),
};

static int32_t init(void *self) {
  const struct wideresnet *net = self;
  long long depth = net->depth, below = depth - (depth - 4) % 6;
  if (depth != below)
    return strait_fail(self, STRAIT_EINVAL, "depth = %lld: it must be 6n+4; the nearest are %lld, %lld", depth, below,
                       below + 6);
  return STRAIT_OK;
}

static strait_node conv(strait_graph *g, strait_node x, const char *name, int64_t out, int64_t kernel, int64_t stride) {
  int64_t in[STRAIT_MAX_DIMS];
  strait_shape(g, x, in);
  double bound = 1 / sqrt((double)(in[0] * kernel * kernel));
  x = strait_conv2d(g, x, name, out, kernel, stride, kernel / 2, STRAIT_BIAS);
  strait_init_uniform(g, strait_name(g, "%s.weight", name), bound);
  strait_init_uniform(g, strait_name(g, "%s.bias", name), bound);
  return x;
}

static strait_node block(const struct wideresnet *net, strait_graph *g, strait_node x, const char *prefix, int64_t out,
                         int64_t stride) {
  int64_t in[STRAIT_MAX_DIMS];
  strait_shape(g, x, in);
  strait_node y = strait_relu(g, strait_batch_norm(g, x, strait_name(g, "%s.bn1", prefix)));
  y = strait_dropout(g, conv(g, y, strait_name(g, "%s.conv1", prefix), out, 3, 1), net->dropout);
  y = strait_relu(g, strait_batch_norm(g, y, strait_name(g, "%s.bn2", prefix)));
  y = conv(g, y, strait_name(g, "%s.conv2", prefix), out, 3, stride);
  if (stride != 1 || in[0] != out)
    x = conv(g, x, strait_name(g, "%s.shortcut.0", prefix), out, 1, stride);
  return strait_add(g, y, x);
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct wideresnet *net = self;
  int n = (int)(net->depth - 4) / 6;
  x = conv(g, x, "conv1", 16, 3, 1);
  for (int stage = 0; stage < 3; stage++)
    for (int i = 0; i < n; i++)
      x = block(net, g, x, strait_name(g, "layer%d.%d", stage + 1, i), (16 << stage) * net->width, stage && !i ? 2 : 1);
  x = strait_relu(g, strait_batch_norm_with(g, x, "bn1", 0.9, 1e-5));
  x = strait_flatten(g, strait_global_avg_pool(g, x));
  return strait_linear(g, x, "linear", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, wideresnet, struct wideresnet, .version = "1.0",
                .summary = "wide residual network, for small images", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                .init = init, .description = about)
