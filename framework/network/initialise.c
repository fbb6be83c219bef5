/* network/initialise.c: the starting weights, each segment from its own stream of the seed. */
#include "compute/random.h"
#include "network/graph.h"

static void initialise_segment(const struct segment *segment, struct stream stream, float *to) {
  float a = (float)segment->init_value;
  switch (segment->init) {
  case STRAIT_INIT_NORMAL:
    stream_normals(&stream, to, segment->count);
    for (int64_t i = 0; i < segment->count; i++)
      to[i] *= a;
    break;
  case STRAIT_INIT_UNIFORM:
    stream_uniforms(&stream, to, segment->count);
    for (int64_t i = 0; i < segment->count; i++)
      to[i] = a * (2 * to[i] - 1);
    break;
  default:
    for (int64_t i = 0; i < segment->count; i++)
      to[i] = a;
  }
}

static void initialise(const struct layout *layout, uint64_t seed, const char *purpose, float *vector) {
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *segment = &layout->segment[i];
    initialise_segment(segment, stream_of(seed, purpose, (uint64_t)i), vector + segment->offset);
  }
}

void network_initialise(const struct network *network, uint64_t seed, float *weights, float *statistics) {
  initialise(&network->graph.weights.layout, seed, "init", weights);
  initialise(&network->graph.statistics.layout, seed, "init.statistics", statistics);
}
