/* gpt: a decoder-only transformer. */
#include <math.h>

#include <strait/model.h>

static const char about[] =
    "GPT-2 (Radford et al., 2019) as nanoGPT has it, over tokens:\n\n"
    "  x = wte(tokens) + wpe;  in each layer x += attn(ln_1(x)), x += mlp(ln_2(x));  logits = wte^T ln_f(x)\n\n"
    "with causal attention and the exact GELU. The last layer shares the embedding's weights (nanoGPT's lm_head.weight "
    "is the same tensor). Weights start normal with deviation 0.02, both c_proj 0.02 / sqrt(2 layers), biases 0. The "
    "defaults are nanoGPT's recipe for a CPU. Dropout is applied to the embedding and to what each branch adds, not to "
    "the probabilities of the attention. Names are nanoGPT's.";

struct gpt {
  strait_object object;
  int64_t layers, heads, width;
  double dropout;
  int32_t bias;
};

static const strait_option options[] = {
    STRAIT_INT("layers", struct gpt, layers, "4", 1, 1024, "layers, of attention and MLP each"),
    STRAIT_INT("heads", struct gpt, heads, "4", 1, 1024, "heads of attention, which divide the width"),
    STRAIT_INT("width", struct gpt, width, "128", 1, 65536, "features of a position"),
    STRAIT_FLOAT("dropout", struct gpt, dropout, "0", 0, 0.99, "probability of dropout"),
    STRAIT_BOOL("bias", struct gpt, bias, "no", "linear layers and layer norms have biases"),
};

static strait_node norm(const struct gpt *gpt, strait_graph *g, strait_node x, const char *name) {
  return strait_layer_norm_flags(g, x, name, 1e-5, gpt->bias ? STRAIT_BIAS : STRAIT_NO_BIAS);
}

static strait_node linear(const struct gpt *gpt, strait_graph *g, strait_node x, const char *name, int64_t out,
                          double deviation) {
  x = strait_linear(g, x, name, out, gpt->bias ? STRAIT_BIAS : STRAIT_NO_BIAS);
  strait_init_normal(g, strait_name(g, "%s.weight", name), deviation);
  if (gpt->bias)
    strait_init_constant(g, strait_name(g, "%s.bias", name), 0);
  return x;
}

/* x: (positions, width), as is what it returns */
static strait_node block(const struct gpt *gpt, strait_graph *g, strait_node x, const char *name) {
  const double last = 0.02 / sqrt(2 * (double)gpt->layers);
  strait_node y = norm(gpt, g, x, strait_name(g, "%s.ln_1", name));
  y = linear(gpt, g, y, strait_name(g, "%s.attn.c_attn", name), 3 * gpt->width, 0.02);
  y = linear(gpt, g, strait_attention(g, y, gpt->heads, 1), strait_name(g, "%s.attn.c_proj", name), gpt->width, last);
  x = strait_add(g, x, strait_dropout(g, y, gpt->dropout));
  y = norm(gpt, g, x, strait_name(g, "%s.ln_2", name));
  y = strait_gelu(g, linear(gpt, g, y, strait_name(g, "%s.mlp.c_fc", name), 4 * gpt->width, 0.02), STRAIT_GELU_EXACT);
  y = linear(gpt, g, y, strait_name(g, "%s.mlp.c_proj", name), gpt->width, last);
  return strait_add(g, x, strait_dropout(g, y, gpt->dropout));
}

/* x: (positions), of tokens */
static strait_node build(const void *self, strait_graph *g, strait_node x) {
  const struct gpt *gpt = self;
  x = strait_embedding(g, x, "transformer.wte", strait_classes(g), gpt->width);
  strait_init_normal(g, "transformer.wte.weight", 0.02);
  x = strait_dropout(g, strait_position_table(g, x, "transformer.wpe.weight", 0), gpt->dropout);
  for (int i = 0; i < gpt->layers; i++)
    x = block(gpt, g, x, strait_name(g, "transformer.h.%d", i));
  return strait_linear(g, norm(gpt, g, x, "transformer.ln_f"), "transformer.wte", strait_classes(g), STRAIT_NO_BIAS);
}

static const strait_model_ops ops = {.size = sizeof ops, .build = build};
STRAIT_REGISTER(model, gpt, struct gpt, .version = "1.0", .summary = "a GPT: a transformer over tokens", .ops = &ops,
                STRAIT_WITH_OPTIONS(options), .description = about)
