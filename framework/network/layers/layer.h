/* network/layers/layer.h: what a kind of layer is: one row, defined in network/layers/NAME.c.
 *
 * The graph, the shapes, the plan, the fusion, the binding and the program know no layer but by its row. A layer file
 * sees the graph and the device's records; not the tape, the plan or the program. Private to network/. */
#ifndef NETWORK_LAYERS_LAYER_H
#define NETWORK_LAYERS_LAYER_H

#include "compute/device.h"
#include "network/graph.h"

/* What an axis of a parameter runs over. The input's channels are, behind a flatten, blocks of positions. */
enum {
  AXIS_NONE,
  AXIS_OUT,
  AXIS_IN,
  AXIS_KERNEL_HEIGHT,
  AXIS_KERNEL_WIDTH,
  AXIS_POSITIONS,
  AXIS_TOKENS, /* as many as the layer's first integer says */
  AXIS_GATES   /* four for each channel of the output */
};

struct layer_parameter {
  const char *suffix; /* "weight"; "": the layer's name is the parameter's */
  uint32_t axis[4];   /* ended by AXIS_NONE */
  int leading;        /* where the layer's last integer says so, there is one dimension more before them, of 1 */
  int bias;           /* not there with STRAIT_NO_BIAS */
  uint32_t init;      /* STRAIT_INIT_... */
  double value;
  double (*scale)(const struct graph *graph, const struct node *node); /* instead of value; NULL: value */
};
/* One number per channel that belongs to the network but is not trained. */
struct layer_statistic {
  const char *suffix; /* "running_mean" */
  double start;
  int at; /* in aux, in channels: where a pass with batch statistics leaves the batch's */
};
/* Memory of the layer's own that lives from forward to backward. */
struct layer_aux {
  int64_t words; /* 0: none */
  int whole;     /* for the whole batch, and read after a forward pass too; else per sample */
};

/* What the layer carries from step to step, for each sample of the batch. */
struct layer_state {
  int64_t count;
  uint32_t element; /* STRAIT_F32, ... */
};

/* Places and more, as network/bind.c finds them, from which a layer fills its record. Index: the input, the parameter.
 * A place that is not there is NO_PLACE. */
struct bound {
  const struct graph *graph;
  const struct node *node;
  const strait_object *model;
  int relu, exact, accumulate_dw;
  int accumulate[OP_SLOTS];
  place x[OP_SLOTS], dx[OP_SLOTS], w[OP_SLOTS], dw[OP_SLOTS], running[2];
  place y, dy, aux, state;
  place add;    /* what a fused add adds */
  place affine; /* what input 0 is to be read through, made by a layer with .affine; cut at 0 if affine_relu */
  int affine_relu;
};

/* What the channels of the output have to do with those of the inputs: whether they may be permuted, and with whom. */
enum {
  CHANNELS_FIXED,  /* as they are */
  CHANNELS_NEW,    /* free, by the layer's parameters */
  CHANNELS_SAME,   /* the input's */
  CHANNELS_UNITE,  /* the input's, which are made one */
  CHANNELS_BLOCKS, /* the input's, each a block of as many as there are positions */
  CHANNELS_PICKED  /* each is a channel of an input, or 0 always: source() says which */
};
/* What may be done by the step that makes the input, which must say that it can. */
enum { FUSE_RELU = 1, FUSE_ADD = 2 };
enum { IN_PLACE_EVALUATION = 1, IN_PLACE_TRAINING = 2, IN_PLACE = 3 };

struct layer {
  const char *name; /* "conv2d" */
  uint32_t op;      /* OP_... that runs it */
  int by_name;      /* strait_graph_ops.layer makes it; else the builder has a function of its own for it */

  /* The graph. Settings: as many as strait_layer must have; inputs: 0: 1 to OP_SLOTS. */
  int inputs, integers, reals;
  int flagged;  /* its first integer is its flags, STRAIT_NO_BIAS or not */
  int numbered; /* the names of its parameters and of its state end in _l and its first integer */
  int (*shape)(struct graph *graph, struct node *node); /* NULL: its input's */
  const struct layer_parameter *parameters;             /* ended by one without a suffix; NULL: none */
  const struct layer_statistic *statistics;             /* 2; NULL: none */
  struct layer_state (*state)(const struct graph *graph, const struct node *node); /* NULL: none */
  unsigned takes; /* bits 1 << STRAIT_F32, ... of the inputs it can read; 0: float32 alone */
  uint32_t gives; /* the type of its output; 0: its first input's */
  int channels;   /* CHANNELS_... */
  /* CHANNELS_PICKED: the input whose channel *of this channel of the output is; -1: it is 0. */
  int (*source)(const struct graph *graph, const struct node *node, int64_t channel, int64_t *of);
  int64_t (*multiply_adds)(const struct graph *graph, const struct node *node); /* per sample; NULL: 0 */

  /* The tape. */
  int (*alias)(const struct graph *graph, const struct node *node, int training); /* 1: y is x */
  unsigned fused, fuses; /* FUSE_...: it may be done by the step before; it does these to its own output */
  /* Its y need not be made where all its readers say reads_affine: they take x, and mean, factor and shift from this
   * word of its aux. */
  int64_t (*affine)(const struct node *node);
  int reads_affine;
  int remade; /* where its output is far larger than its input, backward makes it again */

  /* The plan. */
  int keeps_inputs, keeps_output; /* backward reads them */
  int relu_by_input;              /* backward finds the sign of a fused relu without the output */
  unsigned in_place;              /* IN_PLACE_...: y may lie where an input does */
  int gradient_in_place;          /* dx may lie where dy does */
  int hands_on;                   /* dx is dy, for each input */
  int commutes;                   /* its two inputs may change places */
  struct layer_aux (*aux)(const struct graph *graph, const struct node *node, int backward); /* NULL: none */

  /* The device. */
  void (*bind)(const struct bound *bound, struct op *op);
  void (*counts)(const struct op *op, int direction, const struct run *run, struct counts *counts);
};

#define LAYER_ROW(upper, lower) extern const struct layer layer_##lower;
LAYERS(LAYER_ROW)
#undef LAYER_ROW
extern const struct layer layer_input;
/* The row with by_name of this name; NULL: there is none, and the error names the nearest. */
const struct layer *layer_find(const char *name);

const struct layer *layer_of(const struct op *op); /* NULL: not a layer's */

/* What a layer may ask. */
static inline const struct node *node_input(const struct graph *graph, const struct node *node, int i) {
  return &graph->nodes[node->input[i]];
}
/* Does this parameter have the leading dimension of 1? Defined in graph.c. */
int has_leading(const struct node *node, const struct layer_parameter *parameter);
/* Fails: the node's description, "input", the shape of input 0, and then `what`. */
int refuse_input(struct graph *graph, const struct node *node, const char *what);
/* The record of a layer without one of its own: sizes, places and settings as they are. */
void bind_plain(const struct bound *bound, struct op *op);
/* Each operand read or written once. */
void counts_plain(const struct op *op, int direction, const struct run *run, struct counts *counts);
/* How often a gradient's words move: written, and read before where they are added to. */
static inline int times_written(place at, int accumulate) { return place_is(at) ? 1 + (accumulate != 0) : 0; }

/* Windows: conv's and the pools'. The rule of their shape, which conv gives its channels. Defined in conv.c. */
int window_shape(struct graph *graph, struct node *node, int pool);

/* Dense layers and convolutions as compute/timed.h counts them. */
struct dense {
  double x, w, y, add; /* words; x, y and add per sample */
  double multiply_adds;
  int dx, dw; /* how often they move */
};
void dense_counts(const struct dense *dense, int direction, const struct run *run, struct counts *counts);
/* Every output is a sum over one row of the weights. */
int64_t dense_multiply_adds(const struct graph *graph, const struct node *node);

#endif
