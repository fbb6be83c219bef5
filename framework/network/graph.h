/* network/graph.h: what a model's build() leaves behind: nodes with their shapes, and the two layouts they use. Private
 * to network/. Knows nothing of batches, devices or memory. */
#ifndef NETWORK_GRAPH_H
#define NETWORK_GRAPH_H

#include "base/error.h"
#include "base/memory.h"
#include "compute/device.h" /* OP_SLOTS */
#include "network/network.h"

struct layer; /* what a kind of layer is: network/layers/layer.h */

/* Sizes are refused above this, so that no product of a size, a batch and a few factors can overflow. */
#define SIZE_LIMIT ((int64_t)1 << 40)

/* The shape of one sample: images as (channels, height, width), in memory (height, width, channels). Functions are
 * defined in layout.c. */
struct shape {
  uint32_t rank;
  int64_t dims[STRAIT_MAX_DIMS];
};
int64_t shape_size(const struct shape *shape); /* floats; -1 above SIZE_LIMIT */
int shape_equal(const struct shape *a, const struct shape *b);
/* "(64, 8, 8)", in a buffer of SHAPE_TEXT bytes. */
#define SHAPE_TEXT 160
const char *shape_text(const struct shape *shape, char *buffer);

struct node {
  const struct layer *layer;
  const char *name; /* a layer's; NULL for what has no parameters */
  const char *near; /* the nearest layer above, for messages; NULL at the input */
  struct shape shape;
  int64_t size;     /* elements per sample */
  uint32_t element; /* STRAIT_F32: their type */
  int inputs;
  int input[OP_SLOTS];
  int parameters;
  int parameter[OP_SLOTS]; /* segment numbers in the weights */
  int statistics[2];       /* segment numbers in the statistics */
  int state;               /* segment number in the states; -1: none */
  /* What the builder was given; each layer knows its own. */
  int64_t out;                       /* linear, conv: channels */
  uint32_t flags;                    /* STRAIT_NO_BIAS */
  strait_window window;              /* conv and pools, made whole */
  double momentum, epsilon;          /* norm */
  double probability;                /* dropout */
  int64_t stream;                    /* dropout: its number */
  const strait_operation *operation; /* custom */
  int64_t integer[OP_SETTINGS];      /* the rest */
  double real[OP_SETTINGS];
};
/* Channels of a node's output, and positions: images have their channels first, other shapes last. Defined in
 * layer.c. */
int64_t node_channels(const struct node *node);

/* Words of 4 bytes that elements of this type take. Defined in layout.c. */
int64_t element_words(uint32_t element, int64_t count);

/* A layout while it grows. Functions are defined in layout.c. */
struct segments {
  struct layout layout; /* layout.segment is `list` */
  struct segment *list;
  uint64_t *hashes; /* of the names, to find them */
  size_t list_capacity, hash_capacity;
};
/* The number of the segment of this name, or -1. */
int segments_find(const struct segments *segments, const char *name);
/* Adds a segment (the name is copied into the arena), or finds the one of the same name and shape. Returns its number,
 * or a negative status; the error says what `owner` (a description of the node) wanted. */
int segments_use(struct segments *segments, struct arena *arena, const char *owner, const char *name,
                 const struct shape *shape, uint32_t init, double init_value);
void segments_free(struct segments *segments);

/* The builder behind strait_graph. The first failure is kept in `failure`; every later call passes it on. */
struct graph {
  strait_graph base;
  struct arena *arena;
  const struct signature *signature;
  struct node *nodes;
  size_t count, capacity;
  struct segments weights, statistics, states;
  int64_t dropouts;
  struct error_chain failure; /* status STRAIT_OK: none */
};
/* Starts a graph with its input node. */
int graph_begin(struct graph *graph, struct arena *arena, const struct signature *signature);
void graph_end(struct graph *graph);
/* Keeps this thread's error chain as the graph's failure; returns the failed node. */
strait_node graph_failed(struct graph *graph);
/* How messages call a node: `node "conv1" (conv2d)`, `relu after "bn1"`, `the input`. In the arena. */
const char *graph_describe(struct graph *graph, const struct node *node);
/* The same, shorter, for operands: `"conv1"`. */
const char *graph_operand(struct graph *graph, const struct node *node);

/* Adds a layer by what a model gives for it: what strait_graph_ops.layer does once it has found the kind. */
strait_node graph_add(struct graph *graph, const struct layer *layer, const strait_layer *given);

/* Fills the node's shape and size by its layer's rule, or fails naming the node and the shapes. Defined in shape.c. */
int infer_shape(struct graph *graph, struct node *node);

struct network {
  struct arena *arena;
  struct graph graph;
  const strait_object *model;
  struct signature signature;
  int output; /* node */
};

#endif
