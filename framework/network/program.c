/* network/program.c: a tape on a device: its buffers made once, its records run forward and backward. */
#include "network/program.h"

#include "network/bind.h"

struct program {
  const struct network *network;
  struct device *device;
  struct tape tape;
  struct buffers buffers;
  union record *records; /* one a step */
  struct loss_op loss;
  float *channels; /* room for the statistics of one batch norm, for program_batch_statistics */
};

/* Words of each buffer. */
struct sizes {
  int64_t weights, statistics, gradient, input, target, arena;
};

static int64_t output_positions(const struct network *network) {
  return network->signature.target == STRAIT_TARGET_CLASSES ? network->graph.nodes[network->output].shape.dims[0] : 1;
}

static struct sizes sizes_of(const struct tape *tape, int64_t batch) {
  const struct network *network = tape->network;
  int real = network->signature.target == STRAIT_TARGET_REAL;
  struct sizes sizes = {.weights = network_weights(network)->count,
                        .statistics = network_statistics(network)->count,
                        .gradient = tape->training ? network_weights(network)->count : 0,
                        .input = batch * network->graph.nodes[0].size,
                        .target = batch * (real ? network->signature.classes : output_positions(network)),
                        .arena = tape->words};
  return sizes;
}

static int make_tape(struct tape *tape, const struct network *network, int64_t batch, int use) {
  int status = tape_create(tape, network, use & PROGRAM_TRAIN);
  tape->exact = (use & PROGRAM_EXACT) != 0;
  if (status >= 0)
    status = tape_plan(tape, batch);
  if (status < 0)
    tape_free(tape);
  return status;
}

int64_t program_memory(const struct network *network, int64_t batch, int use) {
  struct tape tape;
  if (make_tape(&tape, network, batch, use) < 0)
    return error_failure();
  struct sizes s = sizes_of(&tape, batch);
  tape_free(&tape);
  return 4 * (s.weights + s.statistics + s.gradient + s.input + s.target + s.arena);
}

static int create_buffers(struct program *program, const struct sizes *s) {
  struct device *d = program->device;
  struct buffers *b = &program->buffers;
  int status = d->ops->create(d, s->weights, &b->weights);
  if (status >= 0)
    status = d->ops->create(d, s->statistics, &b->statistics);
  if (status >= 0 && program->tape.training)
    status = d->ops->create(d, s->gradient, &b->gradient);
  if (status >= 0)
    status = d->ops->create(d, s->input, &b->input);
  if (status >= 0)
    status = d->ops->create(d, s->target, &b->target);
  if (status >= 0)
    status = d->ops->create(d, s->arena, &b->arena);
  return status;
}

/* Scratch memory for one step. */
static int reserve_step(struct program *program, int i, int64_t batch) {
  struct device *d = program->device;
  const union record *record = &program->records[i];
  int directions = FORWARD | (program->tape.steps[i].backward ? BACKWARD : 0);
  switch (program->tape.steps[i].node->kind) {
  case NODE_LINEAR:
    return d->ops->reserve_linear(d, &record->linear, batch, directions);
  case NODE_CONV:
    return d->ops->reserve_conv(d, &record->conv, batch, directions);
  case NODE_NORM:
    return d->ops->reserve_norm(d, &record->norm, batch, directions);
  case NODE_CUSTOM:
    return d->ops->reserve_custom(d, &record->custom, batch, directions);
  }
  return STRAIT_OK;
}

static int bind(struct program *program, int64_t batch, double label_smoothing) {
  const struct tape *tape = &program->tape;
  const struct network *network = program->network;
  int64_t channels = 0;
  program->records = memory_alloc((size_t)tape->count, sizeof *program->records);
  if (!program->records)
    return error_failure();
  for (int i = 0; i < tape->count; i++) {
    const struct node *node = tape->steps[i].node;
    bind_step(tape, &program->buffers, &tape->steps[i], &program->records[i]);
    if (node->kind == NODE_NORM && channels < node_channels(node))
      channels = node_channels(node);
    int status = reserve_step(program, i, batch);
    if (status < 0)
      return status;
  }
  program->channels = memory_alloc((size_t)channels, 3 * sizeof *program->channels);
  program->loss = (struct loss_op){.positions = output_positions(network),
                                   .classes = network->signature.classes,
                                   .smoothing = label_smoothing,
                                   .squared = network->signature.target == STRAIT_TARGET_REAL,
                                   .output = program_output(program),
                                   .target = program->buffers.target,
                                   .gradient = gradient_place(tape, &program->buffers, tape->output)};
  return program->channels ? STRAIT_OK : error_failure();
}

int program_create(struct program **result, const struct network *network, struct device *device, int64_t batch,
                   int use, double label_smoothing) {
  *result = NULL;
  if (batch < 1)
    return error_set(STRAIT_EINVAL, "a batch of %lld samples; it must have at least 1", (long long)batch);
  struct program *program = memory_alloc(1, sizeof *program);
  if (!program)
    return error_failure();
  program->network = network;
  program->device = device;
  int status = make_tape(&program->tape, network, batch, use);
  if (status >= 0) {
    struct sizes sizes = sizes_of(&program->tape, batch);
    status = create_buffers(program, &sizes);
  }
  if (status >= 0)
    status = bind(program, batch, label_smoothing);
  if (status < 0) {
    program_free(program);
    return error_wrap("model %s, batch of %lld", network_model(network), (long long)batch);
  }
  *result = program;
  return STRAIT_OK;
}

void program_free(struct program *program) {
  if (!program)
    return;
  struct device *d = program->device;
  const place made[] = {program->buffers.weights, program->buffers.statistics, program->buffers.gradient,
                        program->buffers.input,   program->buffers.target,     program->buffers.arena};
  for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
    if (place_is(made[i]))
      d->ops->destroy(d, made[i]);
  tape_free(&program->tape);
  memory_free(program->records);
  memory_free(program->channels);
  memory_free(program);
}

place program_weights(const struct program *program) { return program->buffers.weights; }
place program_statistics(const struct program *program) { return program->buffers.statistics; }
place program_gradient(const struct program *program) { return program->buffers.gradient; }
place program_input(const struct program *program) { return program->buffers.input; }
place program_target(const struct program *program) { return program->buffers.target; }
place program_output(const struct program *program) {
  return value_place(&program->tape, &program->buffers, program->tape.output);
}

static void forward_step(struct program *program, int i, const struct run *run) {
  struct device *d = program->device;
  const union record *record = &program->records[i];
  switch (program->tape.steps[i].node->kind) {
  case NODE_LINEAR:
    d->ops->linear_forward(d, &record->linear, run);
    break;
  case NODE_CONV:
    d->ops->conv_forward(d, &record->conv, run);
    break;
  case NODE_NORM:
    d->ops->norm_forward(d, &record->norm, run);
    break;
  case NODE_RELU:
    d->ops->relu_forward(d, &record->map, run);
    break;
  case NODE_MAX_POOL:
  case NODE_AVG_POOL:
    d->ops->pool_forward(d, &record->pool, run);
    break;
  case NODE_ADD:
    d->ops->add_forward(d, &record->map, run);
    break;
  case NODE_FLATTEN:
    d->ops->flatten_forward(d, &record->flatten, run);
    break;
  case NODE_DROPOUT:
    d->ops->dropout_forward(d, &record->dropout, run);
    break;
  case NODE_CUSTOM:
    d->ops->custom_forward(d, &record->custom, run);
    break;
  }
}

void program_forward(struct program *program, const struct run *run) {
  for (int i = 0; i < program->tape.count; i++)
    forward_step(program, i, run);
}

void program_loss(struct program *program, const struct run *run, struct loss_sums *sums) {
  program->device->ops->loss(program->device, &program->loss, run, sums);
}

/* Both halves of an add's gradient, where they don't already lie where the sum's does. x + x is two halves in a row. */
static void add_backward(struct device *d, const struct map_op *op, const struct run *run) {
  if (place_is(op->dx) && place_is(op->db) && op->dx.buffer == op->db.buffer && op->dx.offset == op->db.offset) {
    struct map_op half = *op;
    half.db = NO_PLACE;
    d->ops->add_backward(d, &half, run);
    half.accumulate_dx = op->accumulate_db;
    d->ops->add_backward(d, &half, run);
  } else if (place_is(op->dx) || place_is(op->db)) {
    d->ops->add_backward(d, op, run);
  }
}

/* What a convolution added has its output's gradient, where that doesn't already lie there. */
static void hand_on(struct program *program, const struct step *step, place dy, const struct run *run) {
  if (!step->adds || step->taken[1])
    return;
  const struct map_op op = {.count = program->tape.values[step->output].size,
                            .accumulate_dx = step->accumulate[1],
                            .dy = dy,
                            .dx = gradient_place(&program->tape, &program->buffers, step->input[1])};
  if (place_is(op.dx))
    program->device->ops->add_backward(program->device, &op, run);
}

static void backward_step(struct program *program, int i, const struct run *run) {
  struct device *d = program->device;
  const union record *record = &program->records[i];
  switch (program->tape.steps[i].node->kind) {
  case NODE_LINEAR:
    d->ops->linear_backward(d, &record->linear, run);
    break;
  case NODE_CONV:
    d->ops->conv_backward(d, &record->conv, run);
    hand_on(program, &program->tape.steps[i], record->conv.dy, run);
    break;
  case NODE_NORM:
    d->ops->norm_backward(d, &record->norm, run);
    break;
  case NODE_RELU:
    d->ops->relu_backward(d, &record->map, run);
    break;
  case NODE_MAX_POOL:
  case NODE_AVG_POOL:
    d->ops->pool_backward(d, &record->pool, run);
    break;
  case NODE_ADD:
    add_backward(d, &record->map, run);
    break;
  case NODE_FLATTEN:
    d->ops->flatten_backward(d, &record->flatten, run);
    break;
  case NODE_DROPOUT:
    d->ops->dropout_backward(d, &record->dropout, run);
    break;
  case NODE_CUSTOM:
    d->ops->custom_backward(d, &record->custom, run);
    break;
  }
}

void program_backward(struct program *program, const struct run *run) {
  const struct tape *tape = &program->tape;
  struct device *d = program->device;
  for (int i = 0; i < tape->zeroed_count; i++)
    d->ops->fill(d, place_plus(program->buffers.gradient, tape->zeroed[i].offset), 0, tape->zeroed[i].count);
  for (int i = tape->count - 1; i >= 0; i--) {
    if (tape->steps[i].remake >= 0)
      forward_step(program, tape->steps[i].remake, run);
    if (tape->steps[i].backward)
      backward_step(program, i, run);
  }
}

/* How many steps before this one have its statistics: layers of one name share them. */
static int earlier_uses(const struct tape *tape, int step) {
  int uses = 0;
  for (int i = 0; i < step; i++)
    uses += tape->steps[i].node->kind == NODE_NORM &&
            tape->steps[i].node->statistics[0] == tape->steps[step].node->statistics[0];
  return uses;
}

/* The mean of `to`, over `uses` so far, and one more. */
static void fold(float *to, const float *one, int64_t count, int uses) {
  for (int64_t i = 0; i < count; i++)
    to[i] = uses ? to[i] + (one[i] - to[i]) / (float)(uses + 1) : one[i];
}

void program_batch_statistics(struct program *program, float *statistics) {
  const struct tape *tape = &program->tape;
  const struct layout *layout = network_statistics(program->network);
  struct device *d = program->device;
  for (int i = 0; i < tape->count; i++) {
    const struct node *node = tape->steps[i].node;
    if (node->kind != NODE_NORM)
      continue;
    int64_t channels = node_channels(node);
    int uses = earlier_uses(tape, i);
    d->ops->download(d, program->channels, program->records[i].norm.saved, 3 * channels);
    fold(statistics + layout->segment[node->statistics[0]].offset, program->channels, channels, uses);
    fold(statistics + layout->segment[node->statistics[1]].offset, program->channels + 2 * channels, channels, uses);
  }
}

void program_probabilities(struct program *program, const struct run *run, float *probabilities) {
  struct device *d = program->device;
  int64_t rows = run->samples * program->loss.positions, classes = program->loss.classes;
  place at = place_plus(program->buffers.arena, program->tape.probabilities_at);
  d->ops->softmax(d, rows, classes, program->loss.output, at);
  d->ops->download(d, probabilities, at, rows * classes);
}

int program_status(struct program *program) { return device_status(program->device); }
