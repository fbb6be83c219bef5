/* compute/cpu_lstm.c: a layer of an LSTM. The products with the input are one for all positions, and so are those that
 * give the weights' gradients; from position to position only the product with h is left, which is cut by units: a task
 * has all gates of a block of units, of all samples. */
#include <string.h>

#include "compute/correlate.h"
#include "compute/gradient.h"

struct lstm {
  struct cpu *cpu;
  int64_t samples, positions, in, units;
  int64_t lanes, blocks; /* units of a block, and how many there are */
  const float *x, *w_in, *w_h, *bias[2], *dy;
  float *y, *dx, *dw_in, *dw_h, *dbias[2], *state;
  float *gates, *c;            /* (samples, positions, 4 units) and (samples, positions, units) */
  float *first_h, *first_c;    /* (samples, units) */
  float *panels, *bias_sum;    /* shared scratch: packed W_hh; forward */
  float *before, *dc, *others; /* shared scratch: h before each position, the gradient by c; what the products take */
  int accumulate_dx, accumulate_dw;
  int64_t at; /* the position that is worked on */
};

/* Words of shared scratch of its own. */
static int64_t own_words(const struct lstm *l) {
  return l->blocks * l->lanes * 4 * l->units + 4 * l->units + l->samples * l->units * (l->positions + 1);
}

static struct lstm lstm_of(struct device *d, const struct plain_op *op, int64_t samples) {
  struct cpu *cpu = cpu_of(d);
  const int64_t units = op->integer[1], positions = op->output_size / units;
  const int64_t lanes = 2 * cpu->kernels->tiles->width;
  struct lstm l = {.cpu = cpu,
                   .samples = samples,
                   .positions = positions,
                   .in = op->input_size[0] / positions,
                   .units = units,
                   .lanes = lanes,
                   .blocks = cpu_blocks(units, lanes),
                   .x = cpu_at(cpu, op->x[0]),
                   .w_in = cpu_at(cpu, op->w[0]),
                   .w_h = cpu_at(cpu, op->w[1]),
                   .bias = {cpu_at(cpu, op->w[2]), cpu_at(cpu, op->w[3])},
                   .dy = cpu_at(cpu, op->dy),
                   .y = cpu_at(cpu, op->y),
                   .dx = cpu_at(cpu, op->dx[0]),
                   .dw_in = cpu_at(cpu, op->dw[0]),
                   .dw_h = cpu_at(cpu, op->dw[1]),
                   .dbias = {cpu_at(cpu, op->dw[2]), cpu_at(cpu, op->dw[3])},
                   .state = cpu_at(cpu, op->state),
                   .gates = cpu_at(cpu, op->aux),
                   .panels = cpu->shared.data,
                   .accumulate_dx = op->accumulate_dx[0],
                   .accumulate_dw = op->accumulate_dw};
  return l;
}

/* The pieces of aux and of the scratch, once both are there. */
static void set_pieces(struct lstm *l) {
  const int64_t all = l->samples * l->positions * l->units, row = l->samples * l->units;
  l->c = l->gates + 4 * all;
  l->first_h = l->c + all;
  l->first_c = l->first_h + row;
  l->bias_sum = l->panels + l->blocks * l->lanes * 4 * l->units;
  l->dc = l->bias_sum + 4 * l->units;
  l->before = l->dc + row;
  l->others = l->panels + own_words(l);
}

/* ---- the products of all positions ---- */

/* Forward: the gates from x; transposed: dx from the gates' gradients. */
static struct correlation inputs_of(const struct lstm *l, int transpose) {
  const int64_t gates = 4 * l->units;
  return (struct correlation){.cpu = l->cpu,
                              .transpose = transpose,
                              .samples = l->samples * l->positions,
                              .from = {1, 1, transpose ? gates : l->in},
                              .to = {1, 1, transpose ? l->in : gates},
                              .kernel = {1, 1},
                              .stride = {1, 1},
                              .source = transpose ? l->gates : l->x,
                              .w = l->w_in,
                              .target = transpose ? l->dx : l->gates,
                              .bias = transpose ? NULL : l->bias_sum,
                              .add = transpose && l->accumulate_dx ? l->dx : NULL,
                              .panels = l->others};
}

static struct gradient weights_of(const struct lstm *l, int recurrent) {
  return (struct gradient){.cpu = l->cpu,
                           .samples = l->samples * l->positions,
                           .from = {1, 1, recurrent ? l->units : l->in},
                           .to = {1, 1, 4 * l->units},
                           .kernel = {1, 1},
                           .stride = {1, 1},
                           .x = recurrent ? l->before : l->x,
                           .dy = l->gates,
                           .dw = recurrent ? l->dw_h : l->dw_in,
                           .db = l->dbias[recurrent],
                           .accumulate = l->accumulate_dw,
                           .scratch = l->others};
}

static int reserve(struct device *d, const struct op *op, int64_t samples, int directions) {
  const struct lstm l = lstm_of(d, &op->plain, samples);
  const struct correlation out = inputs_of(&l, 0), in = inputs_of(&l, 1);
  const struct gradient g = weights_of(&l, 0), h = weights_of(&l, 1);
  int64_t worker = correlate_worker_words(&out), shared = correlate_panel_words(&out);
  if (directions & BACKWARD) {
    worker = cpu_max(worker, cpu_max(samples * l.lanes, correlate_worker_words(&in)));
    worker = cpu_max(worker, cpu_max(gradient_worker_words(&g), gradient_worker_words(&h)));
    shared = cpu_max(shared, correlate_panel_words(&in));
    shared = cpu_max(shared, cpu_max(gradient_shared_words(&g), gradient_shared_words(&h)));
  }
  return cpu_reserve(l.cpu, worker, own_words(&l) + shared);
}

/* ---- from position to position ---- */

static float *panel_of(const struct lstm *l, int64_t block) { return l->panels + block * 4 * l->units * l->lanes; }

/* y += left panel, of a block's columns. */
static void add_product(const struct lstm *l, const float *left, int64_t left_step, int64_t length, const float *panel,
                        int64_t columns, float *y, int64_t y_step) {
  const int64_t zero = 0;
  const struct slide slide = {.runs = 1,
                              .length = length,
                              .from = &zero,
                              .row = &zero,
                              .a = left,
                              .a_step = left_step,
                              .panel = panel,
                              .panel_step = l->lanes,
                              .rows = l->samples,
                              .columns = columns,
                              .y = y,
                              .y_step = y_step,
                              .add = y};
  l->cpu->kernels->tiles->slide(&slide);
}

/* Of each gate W_hh's rows that are a block's units, transposed: (4, units, lanes). */
static void pack_forward(void *context, int64_t first, int64_t count, int worker) {
  const struct lstm *l = context;
  float *to = panel_of(l, first / l->lanes);
  (void)worker;
  for (int64_t gate = 0; gate < 4; gate++)
    for (int64_t k = 0; k < l->units; k++, to += l->lanes)
      for (int64_t u = 0; u < l->lanes; u++)
        to[u] = u < count ? l->w_h[(gate * l->units + first + u) * l->units + k] : 0;
}

static void forward_units(void *context, int64_t first, int64_t count, int worker) {
  const struct lstm *l = context;
  const int64_t units = l->units, step = l->positions * units, t = l->at;
  const float *h = t ? l->y + (t - 1) * units : l->first_h, *c = t ? l->c + (t - 1) * units : l->first_c;
  const int64_t before = t ? step : units;
  float *gates = l->gates + t * 4 * units + first;
  (void)worker;
  for (int64_t gate = 0; gate < 4; gate++)
    add_product(l, h, before, units, panel_of(l, first / l->lanes) + gate * units * l->lanes, count,
                gates + gate * units, 4 * step);
  for (int64_t n = 0; n < l->samples; n++) {
    float *g = gates + n * 4 * step;
    float *const gate[4] = {g, g + units, g + 2 * units, g + 3 * units};
    const int64_t at = n * step + t * units + first;
    l->cpu->kernels->lstm(gate, c + n * before + first, l->c + at, l->y + at, count);
  }
}

/* (samples, 2 units) and the two apart. */
static void load_state(const struct lstm *l) {
  const size_t row = (size_t)l->units * sizeof(float);
  for (int64_t n = 0; n < l->samples; n++) {
    memcpy(l->first_h + n * l->units, l->state + 2 * n * l->units, row);
    memcpy(l->first_c + n * l->units, l->state + (2 * n + 1) * l->units, row);
  }
}
static void save_state(const struct lstm *l) {
  const size_t row = (size_t)l->units * sizeof(float);
  for (int64_t n = 0; n < l->samples; n++) {
    const int64_t last = ((n + 1) * l->positions - 1) * l->units;
    memcpy(l->state + 2 * n * l->units, l->y + last, row);
    memcpy(l->state + (2 * n + 1) * l->units, l->c + last, row);
  }
}

static void forward(struct device *d, const struct op *op, const struct run *run) {
  struct lstm l = lstm_of(d, &op->plain, run->samples);
  set_pieces(&l);
  load_state(&l);
  l.cpu->kernels->add(l.bias_sum, l.bias[0], l.bias[1], 4 * l.units);
  struct correlation inputs = inputs_of(&l, 0);
  correlate(&inputs);
  cpu_each(l.cpu, l.units, l.lanes, pack_forward, &l);
  for (l.at = 0; l.at < l.positions; l.at++)
    cpu_each(l.cpu, l.units, l.lanes, forward_units, &l);
  if (run->carry)
    save_state(&l);
}

/* W_hh's columns that are a block's units: (4 units, lanes). */
static void pack_backward(void *context, int64_t first, int64_t count, int worker) {
  const struct lstm *l = context;
  float *to = panel_of(l, first / l->lanes);
  (void)worker;
  for (int64_t k = 0; k < 4 * l->units; k++, to += l->lanes)
    for (int64_t u = 0; u < l->lanes; u++)
      to[u] = u < count ? l->w_h[k * l->units + first + u] : 0;
}

static void backward_units(void *context, int64_t first, int64_t count, int worker) {
  const struct lstm *l = context;
  const int64_t units = l->units, step = l->positions * units, t = l->at;
  const float *c = t ? l->c + (t - 1) * units : l->first_c;
  const int64_t before = t ? step : units;
  float *dh = l->cpu->worker[worker].data, *gates = l->gates + t * 4 * units;
  for (int64_t n = 0; n < l->samples; n++)
    memcpy(dh + n * count, l->dy + n * step + t * units + first, (size_t)count * sizeof *dh);
  if (t + 1 < l->positions)
    add_product(l, gates + 4 * units, 4 * step, 4 * units, panel_of(l, first / l->lanes), count, dh, count);
  for (int64_t n = 0; n < l->samples; n++) {
    float *g = gates + n * 4 * step + first;
    float *const gate[4] = {g, g + units, g + 2 * units, g + 3 * units};
    l->cpu->kernels->lstm_backward(gate, c + n * before + first, l->c + n * step + t * units + first, dh + n * count,
                                   l->dc + n * units + first, count);
  }
}

/* h as each position found it. */
static void shift_sample(void *context, int64_t n, int worker) {
  const struct lstm *l = context;
  const int64_t step = l->positions * l->units;
  (void)worker;
  memcpy(l->before + n * step, l->first_h + n * l->units, (size_t)l->units * sizeof(float));
  memcpy(l->before + n * step + l->units, l->y + n * step, (size_t)(step - l->units) * sizeof(float));
}

static void backward(struct device *d, const struct op *op, const struct run *run) {
  struct lstm l = lstm_of(d, &op->plain, run->samples);
  set_pieces(&l);
  memset(l.dc, 0, (size_t)(l.samples * l.units) * sizeof *l.dc);
  cpu_each(l.cpu, l.units, l.lanes, pack_backward, &l);
  for (l.at = l.positions - 1; l.at >= 0; l.at--)
    cpu_each(l.cpu, l.units, l.lanes, backward_units, &l);
  if (l.dx) {
    struct correlation inputs = inputs_of(&l, 1);
    correlate(&inputs);
  }
  if (l.dw_in) {
    struct gradient in = weights_of(&l, 0), h = weights_of(&l, 1);
    team_run(l.cpu->team, l.samples, shift_sample, &l);
    gradient(&in);
    gradient(&h);
  }
}

const struct cpu_operation cpu_lstm = {reserve, forward, backward};
