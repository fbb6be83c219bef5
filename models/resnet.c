/* resnet: the residual network for ImageNet, and for small images. */
#include <strait/model.h>

static const char about[] =
    "The residual network for ImageNet's images (He et al., \"Deep Residual Learning for Image Recognition\", 2016): a "
    "7x7 convolution with 64 channels and stride 2, batch norm, ReLU, a 3x3 max-pool of stride 2; four stages of "
    "blocks with 64, 128, 256 and 512 channels, all but the first starting with stride 2; the average over the image, "
    "logits.\n\n"
    "A block is relu(x + F(x)), where F is two 3x3 convolutions (18 and 34 layers) or 1x1, 3x3, 1x1 with 4 times the "
    "channels at its output (from 50 layers on), with a batch norm after each and ReLU between; the stride is in the "
    "first 3x3, as in PyTorch's own. Where shapes change, x goes through a 1x1 convolution and batch norm. Names and "
    "initialisation are those of torchvision.\n\n"
    "With stem = cifar it begins with a 3x3 convolution of stride 1, batch norm and ReLU instead, and has no max-pool, "
    "as is usual for CIFAR. Checkpoints of such networks have either torchvision's names, or linear and "
    "layer2.0.shortcut.0 in place of fc and layer2.0.downsample.0 (names = linear).";

enum { STEM_AUTO, STEM_IMAGENET, STEM_CIFAR };
static const char *const stems[] = {"auto", "imagenet", "cifar", NULL};
enum { NAMES_FC, NAMES_LINEAR };
static const char *const names[] = {"fc", "linear", NULL};

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
  int32_t stem, names;
};

static const strait_option options[] = {
    STRAIT_CHOICE("depth", struct resnet, depth, "50", depths, "number of layers"),
    STRAIT_INT("width", struct resnet, width, "64", 1, 4096,
               "channels of the first stage; each next stage doubles them"),
    STRAIT_CHOICE("stem", struct resnet, stem, "auto", stems,
                  "first layers: 7x7, stride 2 and max-pool (imagenet); 3x3 (cifar); auto: cifar for images of at most "
                  "32 x 32 pixels"),
    STRAIT_CHOICE("names", struct resnet, names, "fc", names,
                  "names of the last layer and the shortcuts: fc and downsample, or linear and shortcut"),
};

/* Convolution and batch norm, convN and bnN of the block `prefix`. */
static strait_node unit(strait_graph *g, strait_node x, const char *prefix, int i, int64_t out, int64_t kernel,
                        int64_t stride) {
  x = strait_conv2d(g, x, strait_name(g, "%s.conv%d", prefix, i), out, kernel, stride, kernel / 2, STRAIT_NO_BIAS);
  return strait_batch_norm(g, x, strait_name(g, "%s.bn%d", prefix, i));
}

static strait_node block(const struct resnet *net, strait_graph *g, strait_node x, const char *prefix, int64_t channels,
                         int64_t stride) {
  const char *shortcut = net->names == NAMES_LINEAR ? "shortcut" : "downsample";
  int bottleneck = shapes[net->depth].bottleneck;
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
    x = strait_conv2d(g, x, strait_name(g, "%s.%s.0", prefix, shortcut), out, 1, stride, 0, STRAIT_NO_BIAS);
    x = strait_batch_norm(g, x, strait_name(g, "%s.%s.1", prefix, shortcut));
  }
  return strait_relu(g, strait_add(g, y, x));
}

static strait_node stem(const struct resnet *net, strait_graph *g, strait_node x) {
  int64_t dims[STRAIT_MAX_DIMS];
  strait_shape(g, x, dims);
  if (net->stem == STEM_CIFAR || (net->stem == STEM_AUTO && dims[1] <= 32 && dims[2] <= 32)) {
    x = strait_conv2d(g, x, "conv1", net->width, 3, 1, 1, STRAIT_NO_BIAS);
    return strait_relu(g, strait_batch_norm(g, x, "bn1"));
  }
  x = strait_conv2d(g, x, "conv1", net->width, 7, 2, 3, STRAIT_NO_BIAS);
  x = strait_relu(g, strait_batch_norm(g, x, "bn1"));
  return strait_max_pool(g, x, 3, 2, 1);
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct resnet *net = self;
  x = stem(net, g, x);
  for (int stage = 0; stage < 4; stage++)
    for (int i = 0; i < shapes[net->depth].blocks[stage]; i++)
      x = block(net, g, x, strait_name(g, "layer%d.%d", stage + 1, i), net->width << stage, stage && !i ? 2 : 1);
  x = strait_flatten(g, strait_global_avg_pool(g, x));
  return strait_linear(g, x, net->names == NAMES_LINEAR ? "linear" : "fc", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, resnet, struct resnet, .version = "1.1",
                .summary = "residual network for ImageNet, and for small images", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
