/* preresnet: the residual network with pre-activation. */
#include <math.h>

#include <strait/model.h>

static const char about[] =
    "The residual network with pre-activation for small images (He et al., \"Identity Mappings in Deep Residual "
    "Networks\", 2016), as the authors of mode connectivity use it: a 3x3 convolution with 16 channels; three stages "
    "of n blocks with 16, 32 and 64 channels, the second and third starting with stride 2; batch norm, ReLU, the "
    "average over the image (8x8 for 32x32 inputs), logits.\n\n"
    "A block adds its input to BN-ReLU-conv3x3 twice (basic, depth 6n+2), or to BN-ReLU-conv 1x1, 3x3, 1x1 with 4 "
    "times the channels at its output (bottleneck, depth 9n+2). Where shapes change, the input goes through a 1x1 "
    "convolution first.";

enum { AUTO, BASIC, BOTTLENECK };
static const char *const blocks[] = {"auto", "basic", "bottleneck", NULL};

struct preresnet {
  strait_object object;
  int64_t depth;
  int32_t block;
  double width;
};

static const strait_option options[] = {
    STRAIT_INT("depth", struct preresnet, depth, "20", 8, 2000,
               "number of layers: 6n+2 with basic blocks, 9n+2 with bottlenecks"),
    STRAIT_CHOICE("block", struct preresnet, block, "auto", blocks,
                  "kind of block; auto: basic below depth 44, bottleneck from there"),
    STRAIT_FLOAT("width", struct preresnet, width, "1", 0.05, 64, "factor for the number of channels"),
};

static int is_bottleneck(const struct preresnet *net) {
  return net->block == AUTO ? net->depth >= 44 : net->block == BOTTLENECK;
}

static int32_t init(void *self) {
  const struct preresnet *net = self;
  long long layers = is_bottleneck(net) ? 9 : 6, depth = net->depth, below = depth - (depth - 2) % layers;
  if (depth < layers + 2)
    return strait_fail(self, STRAIT_EINVAL, "depth = %lld: with %s blocks it is at least %lld", depth,
                       is_bottleneck(net) ? "bottleneck" : "basic", layers + 2);
  if (depth != below)
    return strait_fail(self, STRAIT_EINVAL,
                       "depth = %lld: with %s blocks it must be %lldn+2; the nearest are %lld, %lld", depth,
                       is_bottleneck(net) ? "bottleneck" : "basic", layers, below, below + layers);
  return STRAIT_OK;
}

static int64_t scaled(const struct preresnet *net, int64_t channels) {
  return (int64_t)fmax(1, round(net->width * (double)channels));
}

/* Batch norm, ReLU, convolution: number `i` of the block `prefix`. */
static strait_node unit(strait_graph *g, strait_node x, const char *prefix, int i, int64_t channels, int64_t kernel,
                        int64_t stride) {
  x = strait_relu(g, strait_batch_norm(g, x, strait_name(g, "%s.bn%d", prefix, i)));
  return strait_conv2d(g, x, strait_name(g, "%s.conv%d", prefix, i), channels, kernel, stride, kernel / 2,
                       STRAIT_NO_BIAS);
}

static strait_node block(strait_graph *g, strait_node x, const char *prefix, int bottleneck, int64_t channels,
                         int64_t stride) {
  int64_t out = bottleneck ? 4 * channels : channels, dims[STRAIT_MAX_DIMS];
  strait_node y = x;
  if (bottleneck) {
    y = unit(g, y, prefix, 1, channels, 1, 1);
    y = unit(g, y, prefix, 2, channels, 3, stride);
    y = unit(g, y, prefix, 3, out, 1, 1);
  } else {
    y = unit(g, y, prefix, 1, channels, 3, stride);
    y = unit(g, y, prefix, 2, channels, 3, 1);
  }
  strait_shape(g, x, dims);
  if (stride != 1 || dims[0] != out)
    x = strait_conv2d(g, x, strait_name(g, "%s.downsample.0", prefix), out, 1, stride, 0, STRAIT_NO_BIAS);
  return strait_add(g, y, x);
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct preresnet *net = self;
  int bottleneck = is_bottleneck(net), n = (int)(net->depth - 2) / (bottleneck ? 9 : 6);
  x = strait_conv2d(g, x, "conv1", scaled(net, 16), 3, 1, 1, STRAIT_NO_BIAS);
  for (int stage = 0; stage < 3; stage++)
    for (int i = 0; i < n; i++)
      x = block(g, x, strait_name(g, "layer%d.%d", stage + 1, i), bottleneck, scaled(net, 16 << stage),
                stage && !i ? 2 : 1);
  x = strait_relu(g, strait_batch_norm(g, x, "bn"));
  x = strait_flatten(g, strait_global_avg_pool(g, x));
  return strait_linear(g, x, "fc", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, preresnet, struct preresnet, .version = "1.0",
                .summary = "residual network with pre-activation, for small images", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .init = init, .description = about)
