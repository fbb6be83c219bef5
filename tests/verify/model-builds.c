/* Breaks builds: refuses its widest layer, and does not say why. */
#include "model.h"

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  if (((const struct layers *)self)->width == 64)
    return -1;
  return layers_last(g, strait_relu(g, layers_hidden(self, g, x, "fc1")));
}

MODEL(builds, build)
