/* network/fuse.c: a network's nodes made into steps: dead nodes dropped, renamings aliased, relu fused into the layer
 * before it, and what backward must do noted. */
#include "network/tape.h"

/* How often each node's output is used on the way to the network's output; 0: it does not matter. */
static int *count_uses(const struct network *network) {
  const struct graph *graph = &network->graph;
  int *uses = memory_alloc(graph->count, sizeof *uses);
  if (!uses)
    return NULL;
  uses[network->output] = 1;
  for (size_t i = graph->count; i-- > 0;)
    for (int k = 0; uses[i] && k < graph->nodes[i].inputs; k++)
      uses[graph->nodes[i].input[k]]++;
  return uses;
}

/* The same floats in the same order as its input's? */
static int is_alias(const struct tape *tape, const struct node *node) {
  const struct layer *layer = node->layer;
  return layer->alias && layer->alias(&tape->network->graph, node, tape->training);
}

/* A relu may be done by the layer before it if nobody else reads that layer's output. */
static int can_fuse(const struct tape *tape, const struct node *node, const int *uses) {
  return node->layer->fused & FUSE_RELU && uses[node->input[0]] == 1 &&
         node_input(&tape->network->graph, node, 0)->layer->fuses & FUSE_RELU;
}

/* An add may be done by the step that makes the later of its inputs, if nobody else reads that. -1: it may not;
 * else which input that is. */
static int find_adder(const struct tape *tape, const struct node *node, const int *uses, const int *node_value) {
  if (!(node->layer->fused & FUSE_ADD))
    return -1;
  const int producer[2] = {tape->values[node_value[node->input[0]]].producer,
                           tape->values[node_value[node->input[1]]].producer};
  const int later = producer[1] > producer[0];
  if (producer[0] == producer[1] || uses[node->input[later]] != 1)
    return -1;
  const struct step *step = &tape->steps[producer[later]];
  return step->node->layer->fuses & FUSE_ADD && !step->relu && !step->adds ? later : -1;
}

static void fuse_add(struct tape *tape, const struct node *node, int number, int adder, int *node_value) {
  const int value = node_value[number] = node_value[node->input[adder]], other = node_value[node->input[!adder]];
  struct step *step = &tape->steps[tape->values[value].producer];
  step->adds = 1;
  step->add = node->layer;
  step->input[step->inputs++] = other;
  step->backward = tape->values[value].wanted |= tape->values[other].wanted;
}

static int new_value(struct tape *tape, const struct node *node, int producer) {
  tape->values[tape->value_count] = (struct value){
      .size = node->size, .element = node->element, .producer = producer, .norm = -1, .at = -1, .gradient_at = -1};
  return tape->value_count++;
}

/* node_value[i] becomes the value of node i. */
static void append_step(struct tape *tape, const struct node *node, int number, int *node_value) {
  struct step *step = &tape->steps[tape->count];
  *step = (struct step){.node = node, .inputs = node->inputs, .remake = -1, .aux_at = -1};
  int wanted = node->parameters > 0;
  for (int k = 0; k < node->inputs; k++) {
    step->input[k] = node_value[node->input[k]];
    wanted |= tape->values[step->input[k]].wanted;
  }
  step->output = node_value[number] = new_value(tape, node, tape->count);
  tape->values[step->output].wanted = tape->training && wanted;
  step->backward = tape->values[step->output].wanted;
  tape->count++;
}

static void append_steps(struct tape *tape, const int *uses, int *node_value, int apart) {
  const struct graph *graph = &tape->network->graph;
  node_value[0] = new_value(tape, &graph->nodes[0], -1);
  for (int i = 1; i < (int)graph->count; i++) {
    const struct node *node = &graph->nodes[i];
    int adder;
    if (!uses[i])
      continue;
    if (is_alias(tape, node)) {
      node_value[i] = node_value[node->input[0]];
    } else if (!apart && can_fuse(tape, node, uses)) {
      node_value[i] = node_value[node->input[0]];
      tape->steps[tape->values[node_value[i]].producer].relu = 1;
    } else if (!apart && (adder = find_adder(tape, node, uses, node_value)) >= 0) {
      fuse_add(tape, node, i, adder, node_value);
    } else {
      append_step(tape, node, i, node_value);
    }
  }
  tape->output = node_value[tape->network->output];
}

int tape_read(const struct tape *tape, int value) {
  int norm = tape->values[value].norm;
  return norm < 0 ? value : tape->steps[norm].input[0];
}

/* A norm whose output is only read by what can apply it to what it reads need not make it. */
static void leave_out_norms(struct tape *tape) {
  for (int i = 0; i < tape->count; i++)
    if (tape->steps[i].node->layer->affine && tape->steps[i].output != tape->output)
      tape->values[tape->steps[i].output].norm = i;
  for (int i = 0; i < tape->count; i++)
    for (int k = 0; k < tape->steps[i].inputs; k++)
      if (!tape->steps[i].node->layer->reads_affine || k > 0)
        tape->values[tape->steps[i].input[k]].norm = -1;
}

/* The only step that reads this value; -1: several do. */
static int only_reader(const struct tape *tape, int value) {
  int reader = -1;
  for (int i = 0; i < tape->count; i++)
    for (int k = 0; k < tape->steps[i].inputs; k++)
      if (tape->steps[i].input[k] == value) {
        if (reader >= 0)
          return -1;
        reader = i;
      }
  return reader;
}

static int is_forgotten(const struct tape *tape, int value) {
  for (int i = 0; i < tape->count; i++)
    if (tape->steps[i].remake >= 0 && tape->steps[tape->steps[i].remake].output == value)
      return 1;
  return 0;
}

/* The output of a layer that may be remade, that is at least twice as large as what it was made from, and is read
 * through a batch norm that is never made, is not kept: backward makes it again from what is kept anyway. */
static void forget_grown(struct tape *tape) {
  for (int i = 0; i < tape->count; i++) {
    const struct step *step = &tape->steps[i];
    const int source = tape_read(tape, step->input[0]);
    if (!step->node->layer->remade || step->adds || step->relu || !step->backward || step->output == tape->output ||
        tape->values[step->output].size < 2 * tape->values[source].size || is_forgotten(tape, source))
      continue;
    const int norm = only_reader(tape, step->output);
    if (norm < 0 || tape->values[tape->steps[norm].output].norm != norm)
      continue;
    int last = norm;
    for (int j = norm + 1; j < tape->count; j++)
      if (tape->steps[j].input[0] == tape->steps[norm].output)
        last = j;
    tape->steps[last].remake = i;
  }
}

/* The gradient of a parameter that one step uses is written by it. One that several use starts at zero and is added to,
 * so are the other parameters of such steps, as a step has one rule for all of its own. Unused parameters are zeroed
 * too. */
static int share_parameters(struct tape *tape) {
  const struct layout *layout = network_weights(tape->network);
  int *uses = memory_alloc((size_t)layout->segments, sizeof *uses);
  tape->zeroed = memory_alloc((size_t)layout->segments, sizeof *tape->zeroed);
  if (!uses || !tape->zeroed) {
    memory_free(uses);
    return error_failure();
  }
  for (int i = 0; i < tape->count; i++)
    for (int k = 0; k < tape->steps[i].node->parameters; k++)
      uses[tape->steps[i].node->parameter[k]]++;
  for (int i = 0; i < tape->count; i++) {
    struct step *step = &tape->steps[i];
    for (int k = 0; k < step->node->parameters; k++)
      step->accumulate_dw |= uses[step->node->parameter[k]] > 1;
    for (int k = 0; k < step->node->parameters && step->accumulate_dw; k++)
      uses[step->node->parameter[k]] += 2; /* above 1 for the next loop; the steps that saw it as 1 don't use it */
  }
  for (int i = 0; i < layout->segments; i++) {
    if (uses[i] == 1)
      continue;
    struct range *last = &tape->zeroed[tape->zeroed_count - (tape->zeroed_count > 0)];
    if (tape->zeroed_count && last->offset + last->count == layout->segment[i].offset)
      last->count += layout->segment[i].count;
    else
      tape->zeroed[tape->zeroed_count++] = (struct range){layout->segment[i].offset, layout->segment[i].count};
  }
  memory_free(uses);
  return STRAIT_OK;
}

int tape_create(struct tape *tape, const struct network *network, int training, int apart) {
  size_t nodes = network->graph.count;
  *tape = (struct tape){.network = network, .training = training};
  int *uses = count_uses(network);
  int *node_value = memory_alloc(nodes, sizeof *node_value);
  tape->steps = memory_alloc(nodes, sizeof *tape->steps);
  tape->values = memory_alloc(nodes, sizeof *tape->values);
  int status = STRAIT_OK;
  if (!uses || !node_value || !tape->steps || !tape->values) {
    status = error_failure();
  } else {
    append_steps(tape, uses, node_value, apart);
    if (!apart)
      leave_out_norms(tape);
    if (training) {
      forget_grown(tape);
      status = share_parameters(tape);
    }
  }
  memory_free(uses);
  memory_free(node_value);
  if (status < 0)
    tape_free(tape);
  return status;
}

void tape_free(struct tape *tape) {
  memory_free(tape->steps);
  memory_free(tape->values);
  memory_free(tape->zeroed);
  *tape = (struct tape){0};
}
