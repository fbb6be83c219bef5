/* verify/operation.h: a model's custom operation by itself (strait_operation): called on blocks of made-up numbers, as
 * the host would. */
#ifndef VERIFY_OPERATION_H
#define VERIFY_OPERATION_H

#include "network/network.h"
#include "verify/law.h"

enum { OPERANDS = 8 };

/* Floats between two guards, with a copy of all of it where they are lent. */
struct floats {
  float *data, *copy;
  int64_t count;
  float *room; /* guard, numbers, guard */
};

/* An operation with room for one block. */
struct operation {
  const strait_object *self;
  const struct custom *custom;
  int64_t samples;
  strait_block block;
  struct floats inputs[OPERANDS], parameters[OPERANDS], input_gradients[OPERANDS], parameter_gradients[OPERANDS];
  struct floats workspace, output, output_gradient;
  const float *input_at[OPERANDS], *parameter_at[OPERANDS];
  float *input_gradient_at[OPERANDS], *parameter_gradient_at[OPERANDS];
};

/* What the arrays hold before a call. */
struct held {
  float fill;  /* output, workspace, gradients of inputs */
  float guard; /* around all arrays */
  float base;  /* gradients of parameters */
};
extern const struct held usual;

/* Makes it, its inputs chosen by `number` between -reach and reach, or (reach < 0) between 0 and -reach; parameters as
 * the network starts them, moved a little. All lie on a grid of 2^-12, so that x + h and x - h are exact for steps h of
 * 2^-11 and more. A status. */
int operation_make(struct operation *op, const strait_object *self, const struct custom *custom, int64_t samples,
                   double reach, uint64_t number);
void operation_free(struct operation *op);
/* The reach, 1 or -1, within which its output is finite. */
int operation_reach(const strait_object *self, const struct custom *custom);
/* Floats that one pass over a block goes through. */
int64_t operation_floats(const struct custom *custom, int64_t samples);

/* Fills what may be written, and guards, and copies what is lent. */
void operation_prepare(struct operation *op, const struct held *held);
/* The passes; a status. backward: asked has a bit for each input whose gradient is wanted. */
enum { ASK_ALL = -1 };
int operation_forward(struct operation *op, int training);
int operation_backward(struct operation *op, int asked);
/* What they did wrong: wrote around an array, to what is lent, or not all of it; NULL: nothing. After a backward pass
 * only what is written by it. */
const char *operation_wrong(const struct operation *op, const struct held *held, int backward);

/* Laws. Defined in blocks.c. */
int operation_blocks(struct trial *t);
int operation_threads(struct trial *t);
/* A law, and the same for one operation. Defined in slopes.c. */
int operation_slopes(struct trial *t);
int operation_check_slopes(struct trial *t, const strait_object *self, const struct custom *custom);

/* Calls check for the custom operations of the networks that the model builds; none: the law is void. */
typedef int operation_check(struct trial *t, const strait_object *self, const struct custom *custom);
int for_operations(struct trial *t, operation_check *check);

#endif
