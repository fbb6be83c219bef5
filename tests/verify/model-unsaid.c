/* Breaks shapes: refuses small images, and does not say why. */
#include "model.h"

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  int64_t dims[STRAIT_MAX_DIMS];
  if (strait_shape(g, x, dims) == 3 && dims[1] < 3)
    return -1;
  return layers_last(g, strait_relu(g, layers_hidden(self, g, x, "fc1")));
}

MODEL(unsaid, build)
