/* network/network.h: a model's graph made whole: shapes, the flat weight vector with its named segments,
 * initialisation. Immutable once made. */
#ifndef NETWORK_NETWORK_H
#define NETWORK_NETWORK_H

#include <strait/dataset.h> /* the kinds of target */
#include <strait/model.h>

/* What goes in and what must come out: one sample, images as (channels, height, width). With a class per position there
 * are dims[0] positions, and (dims[0], classes) must come out. */
struct signature {
  uint32_t rank;
  int64_t dims[STRAIT_MAX_DIMS];
  uint32_t target; /* STRAIT_TARGET_... */
  int64_t classes;
  uint32_t element; /* of what goes in: STRAIT_I32; 0: STRAIT_F32 */
};

/* Numbers of one sample; rows of its output that have a target of their own; numbers of its target. */
int64_t signature_words(const struct signature *signature);
int64_t signature_rows(const struct signature *signature);
int64_t signature_targets(const struct signature *signature);

/* A named piece of the weight vector, or of the batch-norm statistics ("bn1.running_mean"). */
struct segment {
  const char *name;
  uint32_t rank;
  int64_t dims[STRAIT_MAX_DIMS];
  int64_t offset, count; /* in floats */
  uint32_t init;         /* STRAIT_INIT_... */
  double init_value;
  uint32_t element; /* STRAIT_F32; a state's may be another, then offset and count are in words of 4 bytes */
};
struct layout {
  int64_t count; /* floats in all */
  int segments;
  const struct segment *segment;
};

struct counts;
struct network;
struct op;
struct run;
/* Builds the graph of a model instance (which must outlive the network, for custom operations). Errors name the node
 * and both shapes. */
int network_create(struct network **network, const strait_object *model, const struct signature *signature);
void network_free(struct network *network);
const struct signature *network_signature(const struct network *network);
const struct layout *network_weights(const struct network *network);    /* P = ->count */
const struct layout *network_statistics(const struct network *network); /* batch-norm buffers; ->count may be 0 */
/* What layers carry from step to step, for each sample of the batch ("rnn.state"); ->count may be 0. It starts at 0. */
const struct layout *network_states(const struct network *network);
const char *network_model(const struct network *network); /* "preresnet", for messages */
/* Are two networks of one model and signature the same graph, starting alike? The error names the first difference. */
int network_same(const struct network *a, const struct network *b);
/* A custom operation of the model, for those who try it by itself. */
struct custom {
  const char *name;
  const strait_operation *operation;
  uint32_t inputs, parameters;
  int64_t input[8], parameter[8],
      output;       /* numbers of floats: per sample of each input, of each parameter, per sample of the output */
  double middle[8]; /* of each parameter's values at the start */
};
/* The i-th custom operation, from 0; 0 when there is none. */
int network_custom(const struct network *network, int i, struct custom *custom);
/* A layer with weights and a bias whose output is not the network's, and goes on to no batch norm. */
struct hidden_layer {
  int node;         /* as program_step counts them */
  int weight, bias; /* segments of the weights: (channels, ...), (channels) */
  int64_t channels, positions;
};
/* The i-th, from 0; 0 when there is none. */
int network_hidden(const struct network *network, int i, struct hidden_layer *layer);
/* What a layer's operation needs, for compute/timed.h. */
void network_counts(const struct op *op, int direction, const struct run *run, struct counts *counts);
/* Multiply-adds for one sample forward, as counted for direct convolution. */
int64_t network_multiply_adds(const struct network *network);
/* The fewest values that a sample gives one channel of a batch norm, 1 where its image is down to one pixel, and that
 * layer's name; 0: there is no batch norm. */
int64_t network_norm_positions(const struct network *network, const char **layer);
/* Fills both vectors: each segment from its own stream of the seed; running means 0, variances 1. Defined in
 * initialise.c. */
void network_initialise(const struct network *network, uint64_t seed, float *weights, float *statistics);
/* Are weights (and statistics) of this layout usable here? Same names, shapes and order; the error names the first
 * difference. Defined in layout.c. */
int layout_match(const struct layout *wanted, const struct layout *given, const char *what);

#endif
