/* vit: a vision transformer. */
#include <math.h>

#include <strait/model.h>

static const char about[] =
    "A vision transformer (Dosovitskiy et al., 2021), as timm has it: square patches through one linear map, a class "
    "token, learned positions, layers of attention and MLP with layer norm (epsilon 1e-6) before each, and the exact "
    "GELU:\n\n"
    "  x += attn(norm1(x)), x += mlp(norm2(x))\n\n"
    "With pool = token the logits are those of the class token after the last norm; with pool = mean there is no "
    "class token, and they are those of the mean over the patches after fc_norm. Weights start normal with deviation "
    "0.02, biases 0, the patches' map as PyTorch's. The defaults are ViT-tiny for images of 32 x 32. Dropout is "
    "applied to the embedding and to what each branch adds. Names are timm's.";

enum { TOKEN, MEAN };
static const char *const pools[] = {"token", "mean", NULL};

struct vit {
  strait_object object;
  int64_t patch, width, depth, heads, mlp;
  double dropout;
  int32_t pool;
};

static const strait_option options[] = {
    STRAIT_INT("patch", struct vit, patch, "4", 1, 1024, "height and width of a patch, which divide the image's"),
    STRAIT_INT("width", struct vit, width, "192", 1, 65536, "features of a patch"),
    STRAIT_INT("depth", struct vit, depth, "12", 1, 1024, "layers, of attention and MLP each"),
    STRAIT_INT("heads", struct vit, heads, "3", 1, 1024, "heads of attention, which divide the width"),
    STRAIT_INT("mlp", struct vit, mlp, "4", 1, 64, "hidden units of the MLP, as a multiple of the width"),
    STRAIT_FLOAT("dropout", struct vit, dropout, "0", 0, 0.99, "probability of dropout"),
    STRAIT_CHOICE("pool", struct vit, pool, "token", pools,
                  "what is classified: the class token, or the patches' mean"),
};

static strait_node linear(strait_graph *g, strait_node x, const char *name, int64_t out) {
  x = strait_linear(g, x, name, out, STRAIT_BIAS);
  strait_init_normal(g, strait_name(g, "%s.weight", name), 0.02);
  strait_init_constant(g, strait_name(g, "%s.bias", name), 0);
  return x;
}

/* x: (positions, width), as is what it returns */
static strait_node block(const struct vit *vit, strait_graph *g, strait_node x, const char *name) {
  strait_node y = strait_layer_norm_with(g, x, strait_name(g, "%s.norm1", name), 1e-6);
  y = linear(g, y, strait_name(g, "%s.attn.qkv", name), 3 * vit->width);
  y = linear(g, strait_attention(g, y, vit->heads, 0), strait_name(g, "%s.attn.proj", name), vit->width);
  x = strait_add(g, x, strait_dropout(g, y, vit->dropout));
  y = strait_layer_norm_with(g, x, strait_name(g, "%s.norm2", name), 1e-6);
  y = strait_gelu(g, linear(g, y, strait_name(g, "%s.mlp.fc1", name), vit->mlp * vit->width), STRAIT_GELU_EXACT);
  y = linear(g, y, strait_name(g, "%s.mlp.fc2", name), vit->width);
  return strait_add(g, x, strait_dropout(g, y, vit->dropout));
}

/* (channels, height, width) to (patches, width) */
static strait_node patches(const struct vit *vit, strait_graph *g, strait_node x) {
  int64_t dims[STRAIT_MAX_DIMS];
  if (strait_shape(g, x, dims) != 3 || dims[1] % vit->patch || dims[2] % vit->patch)
    return strait_refuse(g, "patch = %lld: it must divide the height and width of images (channels, height, width)",
                         (long long)vit->patch);
  const double bound = 1 / sqrt((double)(dims[0] * vit->patch * vit->patch));
  x = strait_conv2d(g, x, "patch_embed.proj", vit->width, vit->patch, vit->patch, 0, STRAIT_BIAS);
  strait_init_uniform(g, "patch_embed.proj.weight", bound);
  strait_init_uniform(g, "patch_embed.proj.bias", bound);
  return strait_to_positions(g, x);
}

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct vit *vit = self;
  x = patches(vit, g, x);
  if (vit->pool == TOKEN)
    x = strait_class_token(g, x, "cls_token");
  x = strait_dropout(g, strait_position_table(g, x, "pos_embed", 1), vit->dropout);
  for (int i = 0; i < vit->depth; i++)
    x = block(vit, g, x, strait_name(g, "blocks.%d", i));
  if (vit->pool == TOKEN) /* the norm of one position is that of all */
    x = strait_layer_norm_with(g, strait_position(g, x, 0), "norm", 1e-6);
  else
    x = strait_layer_norm_with(g, strait_position_mean(g, x), "fc_norm", 1e-6);
  return linear(g, x, "head", strait_classes(g));
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, vit, struct vit, .version = "1.0", .summary = "a vision transformer", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
