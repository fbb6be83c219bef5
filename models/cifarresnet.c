/* cifarresnet: the residual network of 16, 32 and 64 channels for small images. */
#include <math.h>

#include <strait/model.h>

static const char about[] =
    "The residual network for CIFAR-10 (He et al., \"Deep Residual Learning for Image Recognition\", 2016, section "
    "4.2): a 3x3 convolution with 16 channels, batch norm, ReLU; three stages of n blocks with 16, 32 and 64 "
    "channels, the second and third starting with stride 2; the average over the image, logits. It has 6n+2 layers: "
    "20, 32, 44, 56, 110.\n\n"
    "A block is relu(x + F(x)), where F is a 3x3 convolution, batch norm, ReLU, a 3x3 convolution and batch norm. "
    "Where "
    "shapes change, shortcut A takes every second pixel of x and puts as many channels of zeros on either side as are "
    "missing; it has no parameters. Shortcut B is a 1x1 convolution and batch norm.\n\n"
    "names: what checkpoints call the last layer and the shortcuts of B. With \"fc\": fc and layer2.0.downsample.0, as "
    "torchvision has them; with \"linear\": linear and layer2.0.shortcut.0.";

enum { SHORTCUT_A, SHORTCUT_B };
static const char *const shortcuts[] = {"A", "B", NULL};
enum { NAMES_FC, NAMES_LINEAR };
static const char *const names[] = {"fc", "linear", NULL};

struct cifarresnet {
  strait_object object;
  int64_t depth;
  int32_t shortcut, names;
  double width;
};

static const strait_option options[] = {
    STRAIT_INT("depth", struct cifarresnet, depth, "20", 8, 2000, "number of layers, 6n+2"),
    STRAIT_CHOICE(
        "shortcut", struct cifarresnet, shortcut, "A", shortcuts,
        "shortcuts where shapes change: zeros for new channels (A), or a 1x1 convolution with batch norm (B)"),
    STRAIT_FLOAT("width", struct cifarresnet, width, "1", 0.05, 64, "factor for the number of channels"),
    STRAIT_CHOICE("names", struct cifarresnet, names, "fc", names,
                  "names of the last layer and of B's shortcuts: fc and downsample, or linear and shortcut"),
};

static int32_t init(void *self) {
  const struct cifarresnet *net = self;
  long long depth = net->depth, below = depth - (depth - 2) % 6;
  if (depth != below)
    return strait_fail(self, STRAIT_EINVAL, "depth = %lld: it must be 6n+2; the nearest are %lld, %lld", depth, below,
                       below + 6);
  return STRAIT_OK;
}

static int64_t scaled(const struct cifarresnet *net, int64_t channels) {
  return (int64_t)fmax(1, round(net->width * (double)channels));
}

/* Convolution and batch norm, convN and bnN of the block `prefix`. */
static strait_node unit(strait_graph *g, strait_node x, const char *prefix, int i, int64_t out, int64_t stride) {
  x = strait_conv2d(g, x, strait_name(g, "%s.conv%d", prefix, i), out, 3, stride, 1, STRAIT_NO_BIAS);
  return strait_batch_norm(g, x, strait_name(g, "%s.bn%d", prefix, i));
}

/* x as the sum with a block's output needs it. */
static strait_node shortcut(const struct cifarresnet *net, strait_graph *g, strait_node x, const char *prefix,
                            int64_t out, int64_t stride) {
  const char *name = net->names == NAMES_LINEAR ? "shortcut" : "downsample";
  int64_t dims[STRAIT_MAX_DIMS];
  strait_shape(g, x, dims);
  if (stride == 1 && dims[0] == out)
    return x;
  if (net->shortcut == SHORTCUT_A) {
    int64_t missing = out - dims[0];
    return strait_pad_channels(g, strait_slice_image(g, x, 0, 0, 0, 0, stride), missing / 2, missing - missing / 2);
  }
  x = strait_conv2d(g, x, strait_name(g, "%s.%s.0", prefix, name), out, 1, stride, 0, STRAIT_NO_BIAS);
  return strait_batch_norm(g, x, strait_name(g, "%s.%s.1", prefix, name));
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct cifarresnet *net = self;
  x = strait_conv2d(g, x, "conv1", scaled(net, 16), 3, 1, 1, STRAIT_NO_BIAS);
  x = strait_relu(g, strait_batch_norm(g, x, "bn1"));
  for (int stage = 0; stage < 3; stage++)
    for (int i = 0; i < (net->depth - 2) / 6; i++) {
      const char *prefix = strait_name(g, "layer%d.%d", stage + 1, i);
      int64_t out = scaled(net, 16 << stage), stride = stage && !i ? 2 : 1;
      strait_node y = strait_relu(g, unit(g, x, prefix, 1, out, stride));
      y = unit(g, y, prefix, 2, out, 1);
      x = strait_relu(g, strait_add(g, y, shortcut(net, g, x, prefix, out, stride)));
    }
  x = strait_flatten(g, strait_global_avg_pool(g, x));
  return strait_linear(g, x, net->names == NAMES_LINEAR ? "linear" : "fc", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, cifarresnet, struct cifarresnet, .version = "1.0",
                .summary = "residual network of 16 to 64 channels, for small images", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .init = init, .description = about)
