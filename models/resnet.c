/* resnet: the residual network for ImageNet. */
#include <strait/model.h>

static const char about[] =
    "The residual network for ImageNet's images (He et al., \"Deep Residual Learning for Image Recognition\", 2016): a "
    "7x7 convolution with 64 channels and stride 2, batch norm, ReLU, a 3x3 max-pool of stride 2; four stages of "
    "blocks with 64, 128, 256 and 512 channels, all but the first starting with stride 2; the average over the image, "
    "logits.\n\n"
    "A block is relu(x + F(x)), where F is two 3x3 convolutions (18 and 34 layers) or 1x1, 3x3, 1x1 with 4 times the "
    "channels at its output (from 50 layers on), with a batch norm after each and ReLU between; the stride is in the "
    "first 3x3, as in PyTorch's own. Where shapes change, x goes through a 1x1 convolution and batch norm. Names and "
    "initialisation are those of torchvision.";

static const char *const depths[] = {"18", "34", "50", "101", "152", NULL};
static const struct {
  int bottleneck, blocks[4];
} shapes[] = {
    {0, {2, 2, 2, 2}}, {0, {3, 4, 6, 3}}, {1, {3, 4, 6, 3}}, {1, {3, 4, 23, 3}}, {1, {3, 8, 36, 3}},
};

struct resnet {
  strait_object object;
  int32_t depth; /* index in depths */
  int64_t width;
};

static const strait_option options[] = {
    STRAIT_CHOICE("depth", struct resnet, depth, "50", depths, "layers"),
    STRAIT_INT("width", struct resnet, width, "64", 1, 4096,
               "channels of the first stage; each next stage doubles them"),
};

/* Convolution and batch norm, convN and bnN of the block `prefix`. */
static strait_node unit(strait_graph *g, strait_node x, const char *prefix, int i, int64_t out, int64_t kernel,
                        int64_t stride) {
  x = strait_conv2d(g, x, strait_name(g, "%s.conv%d", prefix, i), out, kernel, stride, kernel / 2, STRAIT_NO_BIAS);
  return strait_batch_norm(g, x, strait_name(g, "%s.bn%d", prefix, i));
}

static strait_node block(strait_graph *g, strait_node x, const char *prefix, int bottleneck, int64_t channels,
                         int64_t stride) {
  int64_t out = bottleneck ? 4 * channels : channels, dims[STRAIT_MAX_DIMS];
  strait_node y;
  if (bottleneck) {
    y = strait_relu(g, unit(g, x, prefix, 1, channels, 1, 1));
    y = strait_relu(g, unit(g, y, prefix, 2, channels, 3, stride));
    y = unit(g, y, prefix, 3, out, 1, 1);
  } else {
    y = strait_relu(g, unit(g, x, prefix, 1, channels, 3, stride));
    y = unit(g, y, prefix, 2, out, 3, 1);
  }
  strait_shape(g, x, dims);
  if (stride != 1 || dims[0] != out) {
    x = strait_conv2d(g, x, strait_name(g, "%s.downsample.0", prefix), out, 1, stride, 0, STRAIT_NO_BIAS);
    x = strait_batch_norm(g, x, strait_name(g, "%s.downsample.1", prefix));
  }
  return strait_relu(g, strait_add(g, y, x));
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct resnet *net = self;
  x = strait_conv2d(g, x, "conv1", net->width, 7, 2, 3, STRAIT_NO_BIAS);
  x = strait_relu(g, strait_batch_norm(g, x, "bn1"));
  x = strait_max_pool(g, x, 3, 2, 1);
  for (int stage = 0; stage < 4; stage++)
    for (int i = 0; i < shapes[net->depth].blocks[stage]; i++)
      x = block(g, x, strait_name(g, "layer%d.%d", stage + 1, i), shapes[net->depth].bottleneck, net->width << stage,
                stage && !i ? 2 : 1);
  x = strait_flatten(g, strait_global_avg_pool(g, x));
  return strait_linear(g, x, "fc", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, resnet, struct resnet, .version = "1.0", .summary = "residual network for ImageNet", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
