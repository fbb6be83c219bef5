/* vgg: VGG-16 and VGG-19. */
#include <math.h>

#include <strait/model.h>

static const char about[] =
    "VGG-16 and VGG-19 for small images (Simonyan and Zisserman, 2015), as the authors of mode connectivity use them: "
    "3x3 convolutions with padding 1 and ReLU in five groups of 64, 128, 256, 512 and 512 channels (2, 2, 3, 3, 3 of "
    "them in VGG-16; 2, 2, 4, 4, 4 in VGG-19), with a 2x2 max-pool after each group; then dropout, 512, ReLU, dropout, "
    "512, ReLU, logits.\n\n"
    "With batch-norm = yes a batch norm follows each convolution. (The authors' own VGG16BN drops half of its layers; "
    "this has all of them.) Names are the authors'.";

static const char *const depths[] = {"16", "19", NULL};

struct vgg {
  strait_object object;
  int32_t depth; /* index in depths */
  int32_t batch_norm;
  double width, dropout;
};

static const strait_option options[] = {
    STRAIT_CHOICE("depth", struct vgg, depth, "16", depths, "number of layers with weights"),
    STRAIT_BOOL("batch-norm", struct vgg, batch_norm, "no", "add batch norm after each convolution"),
    STRAIT_FLOAT("width", struct vgg, width, "1", 0.01, 64, "factor for the numbers of channels and units"),
    STRAIT_FLOAT("dropout", struct vgg, dropout, "0.5", 0, 0.99, "probability of dropout in the classifier"),
};

static int64_t scaled(const struct vgg *vgg, int64_t channels) {
  return (int64_t)fmax(1, round(vgg->width * (double)channels));
}

/* Group `number`, from 0: x (channels, height, width) -> (channels, height / 2, width / 2) */
static strait_node group(const struct vgg *vgg, strait_graph *g, strait_node x, int number, int layers,
                         int64_t channels) {
  int place = 0; /* in the group's list, as the names count: convolutions and batch norms */
  for (int i = 0; i < layers; i++) {
    x = strait_conv2d(g, x, strait_name(g, "layer_blocks.%d.%d", number, place++), channels, 3, 1, 1, STRAIT_BIAS);
    if (vgg->batch_norm)
      x = strait_batch_norm(g, x, strait_name(g, "layer_blocks.%d.%d", number, place++));
    x = strait_relu(g, x);
  }
  return strait_max_pool(g, x, 2, 2, 0);
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  static const int64_t channels[] = {64, 128, 256, 512, 512};
  static const int layers[][5] = {{2, 2, 3, 3, 3}, {2, 2, 4, 4, 4}};
  const struct vgg *vgg = self;
  for (int i = 0; i < 5; i++)
    x = group(vgg, g, x, i, layers[vgg->depth][i], scaled(vgg, channels[i]));
  x = strait_dropout(g, strait_flatten(g, x), vgg->dropout);
  x = strait_relu(g, strait_linear(g, x, "classifier.1", scaled(vgg, 512), STRAIT_BIAS));
  x = strait_dropout(g, x, vgg->dropout);
  x = strait_relu(g, strait_linear(g, x, "classifier.4", scaled(vgg, 512), STRAIT_BIAS));
  return strait_linear(g, x, "classifier.6", strait_classes(g), STRAIT_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, vgg, struct vgg, .version = "1.0", .summary = "VGG-16 and VGG-19, for small images", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
