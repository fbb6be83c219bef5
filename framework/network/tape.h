/* network/tape.h: a network as the list of steps that a program runs, and the memory plan of its values. Private to
 * network/. Knows sizes and times, but no device: program_memory uses it alone. */
#ifndef NETWORK_TAPE_H
#define NETWORK_TAPE_H

#include "network/layers/layer.h"

/* What a step reads or writes: a node's output. Nodes that only rename (a flatten of 1x1 images) or are fused into the
 * step before them share its value. */
struct value {
  int64_t size;     /* elements per sample */
  uint32_t element; /* their type */
  int producer;     /* step; -1: the input */
  int wanted;       /* training: its gradient is wanted, as there are parameters above it */
  int norm; /* the batch norm step it comes from, if its readers take that one's input and factors: it is never made.
               Else -1 */
  /* by the plan, in words of the arena; -1: not there. The input lies in a buffer of its own. */
  int64_t at, gradient_at;
};

struct step {
  const struct node *node;
  int relu;                /* a relu is fused in */
  int adds;                /* an add is: what it adds is this step's second input */
  const struct layer *add; /* of the fused add */
  int inputs;
  int input[OP_SLOTS]; /* values */
  int output;
  int backward; /* training: it has a backward */
  int remake;   /* the step whose output is made again before this one's backward, as it was not kept; -1: none */
  /* by the plan */
  int accumulate[OP_SLOTS]; /* backward adds to this input's gradient: a later step wrote it first */
  int taken[OP_SLOTS];      /* the input's gradient lies where the output's does: nothing to compute */
  int accumulate_dw;        /* backward adds to the parameter gradients, which start at zero */
  int64_t aux_at;           /* what forward keeps for backward, or leaves for others */
};

struct range {
  int64_t offset, count;
};

struct tape {
  const struct network *network;
  int training;
  int exact; /* convolutions are direct sums */
  struct step *steps;
  struct value *values;
  int count, value_count;
  int output;           /* value */
  struct range *zeroed; /* the pieces of the weight gradient to zero before backward: shared or unused parameters */
  int zeroed_count;
  /* by the plan */
  int64_t words;            /* of the arena */
  int64_t probabilities_at; /* room for the probabilities of the output */
};

/* Steps and values of a network for evaluation or training. apart: nothing is fused, so that every node that is no mere
 * renaming is a step, after which its output is there. Defined in fuse.c. */
int tape_create(struct tape *tape, const struct network *network, int training, int apart);
void tape_free(struct tape *tape);
/* Lays the values out in one arena for this batch size. Defined in plan.c. */
int tape_plan(struct tape *tape, int64_t batch);
/* The value that is read for this one: itself, or the input of the batch norm it is never made by. */
int tape_read(const struct tape *tape, int value);

#endif
