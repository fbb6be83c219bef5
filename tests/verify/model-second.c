/* Breaks twice: only the first graphs have a ReLU. */
#include "model.h"

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  static int graphs;
  x = layers_hidden(self, g, x, "fc1");
  return layers_last(g, graphs++ < 20 ? strait_relu(g, x) : x);
}

MODEL(second, build)
