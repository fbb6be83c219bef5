/* tinyres: a residual network for small images: a convolution, stages of
 * blocks that halve the image and double the channels, the mean over the
 * image, logits. */
#include <strait/model.h>

struct tinyres {
  strait_object object;
  int64_t channels, stages, blocks;
};

static const strait_option options[] = {
    STRAIT_INT("channels", struct tinyres, channels, "8", 1, 1024,
               "channels of the first stage"),
    STRAIT_INT("stages", struct tinyres, stages, "2", 1, 6,
               "stages; each but the first halves the image"),
    STRAIT_INT("blocks", struct tinyres, blocks, "1", 1, 100,
               "residual blocks a stage"),
};

/* Convolution and batch norm; both are named under `prefix`, as PyTorch
 * would. */
static strait_node unit(strait_graph *g, strait_node x, const char *prefix,
                        int i, int64_t out, int64_t stride) {
  x = strait_conv2d(g, x, strait_name(g, "%s.conv%d", prefix, i), out, 3,
                    stride, 1, STRAIT_NO_BIAS);
  return strait_batch_norm(g, x, strait_name(g, "%s.bn%d", prefix, i));
}

static strait_node block(strait_graph *g, strait_node x, const char *prefix,
                         int64_t out, int64_t stride) {
  strait_node y = strait_relu(g, unit(g, x, prefix, 1, out, stride));
  y = unit(g, y, prefix, 2, out, 1);
  if (stride != 1) /* the shapes differ: a 1x1 convolution brings x to y's */
    x = strait_conv2d(g, x, strait_name(g, "%s.shortcut", prefix), out, 1,
                      stride, 0, STRAIT_NO_BIAS);
  return strait_relu(g, strait_add(g, x, y));
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct tinyres *net = self;
  int64_t dims[STRAIT_MAX_DIMS], channels = net->channels;
  if (strait_shape(g, x, dims) != 3)
    return strait_refuse(g,
                         "tinyres takes images: (channels, height, width)");
  x = strait_relu(g, unit(g, x, "stem", 1, channels, 1));
  for (int stage = 0; stage < net->stages; stage++) {
    for (int i = 0; i < net->blocks; i++)
      x = block(g, x, strait_name(g, "layer%d.%d", stage + 1, i), channels,
                stage && !i ? 2 : 1);
    channels *= 2;
  }
  x = strait_flatten(g, strait_global_avg_pool(g, x));
  return strait_linear(g, x, "fc", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, tinyres, struct tinyres, .version = "1.0",
                .summary = "small residual network", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
