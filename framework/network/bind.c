/* network/bind.c: fills the device's records. */
#include "network/bind.h"

struct binder {
  const struct tape *tape;
  const struct buffers *buffers;
  const struct step *step;
};

place value_place(const struct tape *tape, const struct buffers *buffers, int value) {
  int64_t at = tape->values[value].at;
  return at < 0 ? buffers->input : place_plus(buffers->arena, at);
}

place gradient_place(const struct tape *tape, const struct buffers *buffers, int value) {
  int64_t at = tape->values[value].gradient_at;
  return at < 0 ? NO_PLACE : place_plus(buffers->arena, at);
}

static place parameter_at(const struct binder *b, place vector, int k) {
  return place_is(vector) ? place_plus(vector, b->tape->network->graph.weights.list[b->step->node->parameter[k]].offset)
                          : NO_PLACE;
}

static place aux_of(const struct binder *b, const struct step *step) {
  return step->aux_at < 0 ? NO_PLACE : place_plus(b->buffers->arena, step->aux_at);
}

/* What belongs to input k; what a fused add adds comes behind the node's own. */
static void bind_input(const struct binder *b, int k, struct bound *bound) {
  const struct step *step = b->step;
  const place x = value_place(b->tape, b->buffers, tape_read(b->tape, step->input[k]));
  if (k == 1 && step->adds) {
    bound->add = x;
    return;
  }
  bound->x[k] = x;
  bound->accumulate[k] = step->accumulate[k];
  if (!step->taken[k])
    bound->dx[k] = gradient_place(b->tape, b->buffers, step->input[k]);
}

/* The norm that input 0 is to be read through. */
static void bind_affine(const struct binder *b, struct bound *bound) {
  const int norm = b->tape->values[b->step->input[0]].norm;
  if (norm < 0)
    return;
  const struct step *step = &b->tape->steps[norm];
  bound->affine = place_plus(aux_of(b, step), step->node->layer->affine(step->node));
  bound->affine_relu = step->relu;
}

void bind_step(const struct tape *tape, const struct buffers *buffers, const struct step *step, struct op *op) {
  const struct binder b = {tape, buffers, step};
  const struct node *node = step->node;
  const struct segment *statistics = tape->network->graph.statistics.list;
  struct bound bound = {.graph = &tape->network->graph,
                        .node = node,
                        .model = tape->network->model,
                        .relu = step->relu,
                        .exact = tape->exact,
                        .accumulate_dw = step->accumulate_dw,
                        .dy = gradient_place(tape, buffers, step->output),
                        .aux = aux_of(&b, step)};
  if (tape->values[step->output].norm < 0)
    bound.y = value_place(tape, buffers, step->output);
  for (int k = 0; k < step->inputs; k++)
    bind_input(&b, k, &bound);
  bind_affine(&b, &bound);
  for (int k = 0; k < node->parameters; k++) {
    bound.w[k] = parameter_at(&b, buffers->weights, k);
    bound.dw[k] = parameter_at(&b, buffers->gradient, k);
  }
  for (int k = 0; node->layer->statistics && k < 2; k++)
    bound.running[k] = place_plus(buffers->statistics, statistics[node->statistics[k]].offset);
  if (node->state >= 0)
    bound.state = place_plus(buffers->state, buffers->batch * tape->network->graph.states.list[node->state].offset);
  *op = (struct op){.kind = node->layer->op, .element = node->element};
  node->layer->bind(&bound, op);
}

void bind_handed(const struct tape *tape, const struct buffers *buffers, const struct step *step, struct op *op) {
  *op = (struct op){.kind = OP_NONE};
  if (!step->adds || step->taken[1] || tape->values[step->input[1]].gradient_at < 0)
    return;
  const struct bound bound = {.node = step->node,
                              .accumulate = {step->accumulate[1]},
                              .dy = gradient_place(tape, buffers, step->output),
                              .dx = {gradient_place(tape, buffers, step->input[1])}};
  *op = (struct op){.kind = step->add->op, .element = step->node->element};
  step->add->bind(&bound, op);
}
