/* network/program.c: a tape on a device: its buffers made once, its records run forward and backward. */
#include "network/program.h"

#include "network/bind.h"

struct program {
  const struct network *network;
  struct device *device;
  struct tape tape;
  struct buffers buffers;
  struct op *records; /* one per step */
  struct op *handed;  /* the same: what goes on to a fused add's other input */
  struct op loss, softmax;
  float *collected; /* room for program_batch_statistics: those of each step that has some */
};

/* Words of each buffer. */
struct sizes {
  int64_t weights, statistics, state, gradient, input, target, sums, each, collected, arena;
};

/* Of the statistics of step i, 0 where it has none. */
static int64_t channels_of(const struct tape *tape, int i) {
  const struct node *node = tape->steps[i].node;
  return node->layer->statistics ? node_channels(node) : 0;
}

static int64_t collected_words(const struct tape *tape) {
  int64_t words = 0;
  for (int i = 0; i < tape->count; i++)
    words += 2 * channels_of(tape, i);
  return words;
}

static struct sizes sizes_of(const struct tape *tape, int64_t batch) {
  const struct network *network = tape->network;
  int real = network->signature.target == STRAIT_TARGET_REAL;
  struct sizes sizes = {
      .weights = network_weights(network)->count,
      .statistics = network_statistics(network)->count,
      .state = batch * network_states(network)->count,
      .gradient = tape->training ? network_weights(network)->count : 0,
      .input = batch * network->graph.nodes[0].size,
      .target = batch * (real ? network->signature.classes : signature_rows(&network->signature)),
      .sums = WORDS_OF(struct loss_sums),
      .each = tape->training ? 0 : batch * signature_rows(&network->signature) * WORDS_OF(struct loss_row),
      .collected = collected_words(tape),
      .arena = tape->words};
  return sizes;
}

static int make_tape(struct tape *tape, const struct network *network, int64_t batch, int use) {
  int status = tape_create(tape, network, use & PROGRAM_TRAIN, use & PROGRAM_APART);
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
  return 4 * (s.weights + s.statistics + s.state + s.gradient + s.input + s.target + s.sums + s.each + s.collected +
              s.arena);
}

static int create_buffers(struct program *program, const struct sizes *s) {
  struct device *d = program->device;
  struct buffers *b = &program->buffers;
  int status = d->ops->create(d, s->weights, &b->weights);
  if (status >= 0)
    status = d->ops->create(d, s->statistics, &b->statistics);
  if (status >= 0)
    status = d->ops->create(d, s->state, &b->state);
  if (status >= 0 && program->tape.training)
    status = d->ops->create(d, s->gradient, &b->gradient);
  if (status >= 0)
    status = d->ops->create(d, s->input, &b->input);
  if (status >= 0)
    status = d->ops->create(d, s->target, &b->target);
  if (status >= 0)
    status = d->ops->create(d, s->sums, &b->sums);
  if (status >= 0 && !program->tape.training)
    status = d->ops->create(d, s->each, &b->each);
  if (status >= 0)
    status = d->ops->create(d, s->collected, &b->collected);
  if (status >= 0)
    status = d->ops->create(d, s->arena, &b->arena);
  return status;
}

/* Fills the records of one step; reserves scratch memory for it. */
static int prepare_step(struct program *program, int i, int64_t batch) {
  struct device *d = program->device;
  const struct step *step = &program->tape.steps[i];
  struct op *op = &program->records[i];
  bind_step(&program->tape, &program->buffers, step, op);
  if (step->backward)
    bind_handed(&program->tape, &program->buffers, step, &program->handed[i]);
  if (!d->ops->supports(d, op))
    return error_set(STRAIT_ENOTSUP, "the device %s has no layer %s", device_facts(d).name, step->node->layer->name);
  return d->ops->reserve(d, op, batch, FORWARD | (step->backward ? BACKWARD : 0));
}

static void bind_output(struct program *program, double label_smoothing) {
  const struct tape *tape = &program->tape;
  const struct network *network = program->network;
  const place output = program_output(program);
  const int64_t positions = signature_rows(&network->signature), classes = network->signature.classes;
  program->loss = (struct op){.kind = OP_LOSS,
                              .element = STRAIT_F32,
                              .loss = {.positions = positions,
                                       .classes = classes,
                                       .smoothing = label_smoothing,
                                       .squared = network->signature.target == STRAIT_TARGET_REAL,
                                       .output = output,
                                       .target = program->buffers.target,
                                       .gradient = gradient_place(tape, &program->buffers, tape->output),
                                       .sums = program->buffers.sums,
                                       .each = program->buffers.each}};
  program->softmax = (struct op){.kind = OP_SOFTMAX,
                                 .element = STRAIT_F32,
                                 .softmax = {.positions = positions,
                                             .classes = classes,
                                             .x = output,
                                             .y = place_plus(program->buffers.arena, tape->probabilities_at)}};
}

static int bind(struct program *program, int64_t batch, double label_smoothing) {
  const struct tape *tape = &program->tape;
  program->records = memory_alloc((size_t)tape->count, 2 * sizeof *program->records);
  if (!program->records)
    return error_failure();
  program->handed = program->records + tape->count;
  for (int i = 0; i < tape->count; i++) {
    int status = prepare_step(program, i, batch);
    if (status < 0)
      return status;
  }
  program->collected = memory_alloc((size_t)collected_words(tape), sizeof *program->collected);
  bind_output(program, label_smoothing);
  return program->collected ? STRAIT_OK : error_failure();
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
  program->buffers.batch = batch;
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
  const place made[] = {program->buffers.weights,  program->buffers.statistics, program->buffers.state,
                        program->buffers.gradient, program->buffers.input,      program->buffers.target,
                        program->buffers.sums,     program->buffers.each,       program->buffers.collected,
                        program->buffers.arena};
  for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
    if (place_is(made[i]))
      d->ops->destroy(d, made[i]);
  tape_free(&program->tape);
  memory_free(program->records);
  memory_free(program->collected);
  memory_free(program);
}

place program_weights(const struct program *program) { return program->buffers.weights; }
place program_statistics(const struct program *program) { return program->buffers.statistics; }
place program_state(const struct program *program) { return program->buffers.state; }
place program_gradient(const struct program *program) { return program->buffers.gradient; }
place program_input(const struct program *program) { return program->buffers.input; }
place program_target(const struct program *program) { return program->buffers.target; }
place program_output(const struct program *program) {
  return value_place(&program->tape, &program->buffers, program->tape.output);
}

void program_forward(struct program *program, const struct run *run) {
  for (int i = 0; i < program->tape.count; i++)
    device_run(program->device, &program->records[i], FORWARD, run);
}

int program_steps(const struct program *program) { return program->tape.count; }

int program_step(struct program *program, int step, const struct run *run, place *output) {
  const struct tape *tape = &program->tape;
  device_run(program->device, &program->records[step], FORWARD, run);
  *output = value_place(tape, &program->buffers, tape->steps[step].output);
  return (int)(tape->steps[step].node - tape->network->graph.nodes);
}

void program_loss(struct program *program, const struct run *run, struct loss_sums *sums) {
  struct device *d = program->device;
  device_run(d, &program->loss, FORWARD, run);
  d->ops->download(d, sums, program->buffers.sums, WORDS_OF(struct loss_sums));
}

void program_loss_rows(struct program *program, const struct run *run, struct loss_row *rows) {
  struct device *d = program->device;
  const int64_t count = run->samples * program->loss.loss.positions;
  device_run(d, &program->loss, FORWARD, run);
  d->ops->download(d, rows, program->buffers.each, count * WORDS_OF(struct loss_row));
}

void program_backward(struct program *program, const struct run *run) {
  const struct tape *tape = &program->tape;
  struct device *d = program->device;
  for (int i = 0; i < tape->zeroed_count; i++)
    d->ops->fill(d, place_plus(program->buffers.gradient, tape->zeroed[i].offset), 0, tape->zeroed[i].count);
  for (int i = tape->count - 1; i >= 0; i--) {
    if (tape->steps[i].remake >= 0)
      device_run(d, &program->records[tape->steps[i].remake], FORWARD, run);
    if (tape->steps[i].backward)
      device_run(d, &program->records[i], BACKWARD, run);
    if (program->handed[i].kind != OP_NONE)
      device_run(d, &program->handed[i], BACKWARD, run);
  }
}

/* How many steps before this one have its statistics: layers of one name share them. */
static int earlier_uses(const struct tape *tape, int step) {
  int uses = 0;
  for (int i = 0; i < step; i++)
    uses += channels_of(tape, i) && tape->steps[i].node->statistics[0] == tape->steps[step].node->statistics[0];
  return uses;
}

/* The mean of `to`, over `uses` so far, and one more. */
static void fold(float *to, const float *one, int64_t count, int uses) {
  for (int64_t i = 0; i < count; i++)
    to[i] = uses ? to[i] + (one[i] - to[i]) / (float)(uses + 1) : one[i];
}

/* The place of the k-th statistic of step i, where a pass with batch statistics left it. */
static place statistic_place(const struct program *program, int i, int k) {
  const struct step *step = &program->tape.steps[i];
  const int64_t at = step->node->layer->statistics[k].at * channels_of(&program->tape, i);
  return place_plus(program->buffers.arena, step->aux_at + at);
}

/* Gathered on the device, so that one download gets them all. */
static void collect_statistics(struct program *program) {
  struct device *d = program->device;
  place to = program->buffers.collected;
  for (int i = 0; i < program->tape.count; i++) {
    const int64_t channels = channels_of(&program->tape, i);
    for (int k = 0; channels && k < 2; k++, to = place_plus(to, channels))
      d->ops->copy(d, to, statistic_place(program, i, k), channels);
  }
  d->ops->download(d, program->collected, program->buffers.collected, to.offset);
}

void program_batch_statistics(struct program *program, float *statistics) {
  const struct tape *tape = &program->tape;
  const struct layout *layout = network_statistics(program->network);
  const float *one = program->collected;
  collect_statistics(program);
  for (int i = 0; i < tape->count; i++) {
    const int64_t channels = channels_of(tape, i);
    const int uses = channels ? earlier_uses(tape, i) : 0;
    for (int k = 0; channels && k < 2; k++, one += channels)
      fold(statistics + layout->segment[tape->steps[i].node->statistics[k]].offset, one, channels, uses);
  }
}

void program_probabilities(struct program *program, const struct run *run, float *probabilities) {
  struct device *d = program->device;
  const struct softmax_op *op = &program->softmax.softmax;
  device_run(d, &program->softmax, FORWARD, run);
  d->ops->download(d, probabilities, op->y, run->samples * op->positions * op->classes);
}

int program_status(struct program *program) { return device_status(program->device); }
