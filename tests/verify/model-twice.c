/* Breaks twice: numbers its layers through all graphs. */
#include "model.h"

static strait_node build(const void *self, strait_graph *g, strait_node x) {
  static int layer;
  return layers_last(g, strait_relu(g, layers_hidden(self, g, x, strait_name(g, "hidden%d", ++layer))));
}

MODEL(twice, build)
