/* tests/verify/model.h: a sound model, two layers, of which each bad one here spoils one thing. */
#ifndef MODEL_H
#define MODEL_H

#include <strait/model.h>

struct layers {
  strait_object object;
  int64_t width;
};
static const strait_option layers_options[] = {
    STRAIT_INT("width", struct layers, width, "6", 1, 64, "width of the hidden layer"),
};

static inline strait_node layers_hidden(const void *self, strait_graph *g, strait_node x, const char *name) {
  return strait_linear(g, strait_flatten(g, x), name, ((const struct layers *)self)->width, STRAIT_BIAS);
}
static inline strait_node layers_last(strait_graph *g, strait_node x) {
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}

#define MODEL(name, build)                                                                                             \
  static const strait_model_ops ops = {sizeof ops, 0, build};                                                          \
  static const strait_class cls = {                                                                                    \
      STRAIT_CLASS(STRAIT_MODEL, #name, "1.0", "bad on purpose", struct layers, layers_options, &ops),                 \
      STRAIT_NO_PRESETS, NULL, NULL};                                                                                  \
  STRAIT_PLUGIN(model, name, cls)

#endif
