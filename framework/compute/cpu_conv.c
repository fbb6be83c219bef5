/* compute/cpu_conv.c: convolution as matrix products over unfolded windows.
 *
 * A line is one output row of one sample; a band is a few lines whose windows, unfolded into (positions, kernel height,
 * kernel width, channels), stay in cache. 1x1 convolutions of stride 1 are plain products. Work is cut by lines
 * (forward), by samples (input gradient) and by fixed groups of samples times blocks of input channels (weight
 * gradient), whose partial sums are added in the groups' order. */
#include <string.h>

#include "compute/cpu.h"

#define BAND_WORDS 131072     /* of unfolded windows */
#define PARTIAL_WORDS 4194304 /* of the groups' private weight gradients */
#define GROUPS 8
#define TASKS 8          /* that a weight gradient is cut into, if it can be */
#define CHANNEL_BLOCK 16 /* the least input channels of a weight gradient's task */

struct conv {
  struct cpu *cpu;
  const struct conv_op *op;
  int64_t samples, taps, columns; /* taps: kernel height * width; columns: taps * in */
  int64_t lines;                  /* a band's */
  int64_t groups, group_samples, parts, part_channels;
  int direct;
  const float *x, *w, *b, *packed; /* packed: (out, kernel height, kernel width, in) */
  float *y, *dy, *dx, *dw, *db;
  float *partial;       /* groups x parts of (out, taps, channels of the part) */
  double *bias_partial; /* groups x out */
};

/* Everything that depends on the shape alone. */
static void plan(struct conv *c, const struct conv_op *op, int64_t samples) {
  c->op = op;
  c->samples = samples;
  c->taps = op->kernel[0] * op->kernel[1];
  c->columns = c->taps * op->in;
  c->lines = cpu_max(1, BAND_WORDS / (op->out_width * c->columns));
  c->direct = c->taps == 1 && op->stride[0] == 1 && op->stride[1] == 1 && op->padding[0] == 0 && op->padding[1] == 0;
  const int64_t weights = op->out * c->columns;
  c->groups = cpu_max(1, cpu_min(cpu_min(GROUPS, samples), PARTIAL_WORDS / weights));
  c->group_samples = cpu_blocks(samples, c->groups);
  c->groups = cpu_blocks(samples, c->group_samples);
  c->parts = cpu_max(1, cpu_min(cpu_blocks(TASKS, c->groups), op->in / CHANNEL_BLOCK));
  c->part_channels = cpu_blocks(op->in, c->parts);
  c->parts = cpu_blocks(op->in, c->part_channels);
}

static int64_t round_up(int64_t n) { return cpu_blocks(n, 16) * 16; }

/* Shared scratch: the packed weights, the groups' bias gradients (doubles), their weight gradients. */
static struct conv conv_of(struct device *d, const struct conv_op *op, const struct run *run) {
  struct cpu *cpu = cpu_of(d);
  struct conv c = {.cpu = cpu,
                   .x = cpu_at(cpu, op->x),
                   .w = cpu_at(cpu, op->w),
                   .b = cpu_at(cpu, op->b),
                   .y = cpu_at(cpu, op->y),
                   .dy = cpu_at(cpu, op->dy),
                   .dx = cpu_at(cpu, op->dx),
                   .dw = cpu_at(cpu, op->dw),
                   .db = cpu_at(cpu, op->db)};
  plan(&c, op, run->samples);
  float *shared = cpu->shared.data;
  c.packed = c.taps == 1 ? c.w : shared;
  shared += round_up(op->out * c.columns);
  c.bias_partial = (double *)(void *)shared;
  shared += round_up(2 * GROUPS * op->out);
  c.partial = shared;
  return c;
}

int cpu_reserve_conv(struct device *d, const struct conv_op *op, int64_t samples, int directions) {
  struct conv c = {0};
  int64_t shared = round_up(op->out * op->kernel[0] * op->kernel[1] * op->in), partial = 0;
  for (int64_t n = 1; n <= samples; n++) { /* a short batch may be cut into more groups than a full one */
    plan(&c, op, n);
    partial = cpu_max(partial, c.groups * op->out * c.columns);
  }
  if (directions & BACKWARD)
    shared += round_up(2 * GROUPS * op->out) + partial;
  return cpu_reserve(cpu_of(d), c.direct ? 0 : c.lines * op->out_width * c.columns, shared);
}

/* ---- windows ---- */

/* columns (count lines * out_width, taps, channels) from channels c0..c0+channels-1 of x, from line `first` on. */
static void unfold(const struct conv *c, float *columns, int64_t first, int64_t count, int64_t c0, int64_t channels) {
  const struct conv_op *op = c->op;
  const size_t pixel = (size_t)channels * sizeof(float);
  for (int64_t line = first; line < first + count; line++) {
    const float *image = c->x + line / op->out_height * op->height * op->width * op->in + c0;
    const int64_t top = line % op->out_height * op->stride[0] - op->padding[0];
    for (int64_t ox = 0; ox < op->out_width; ox++) {
      const int64_t left = ox * op->stride[1] - op->padding[1];
      for (int64_t ky = 0; ky < op->kernel[0]; ky++, columns += op->kernel[1] * channels) {
        const int64_t iy = top + ky;
        const int64_t from = iy < 0 || iy >= op->height ? op->kernel[1] : cpu_min(cpu_max(0, -left), op->kernel[1]);
        const int64_t to = cpu_max(from, cpu_min(op->kernel[1], op->width - left));
        memset(columns, 0, (size_t)from * pixel);
        const float *source = image + (iy * op->width + left) * op->in; /* of kx = 0; it may lie outside */
        if (to > from && channels == op->in)
          memcpy(columns + from * channels, source + from * op->in, (size_t)(to - from) * pixel);
        else
          for (int64_t kx = from; kx < to; kx++)
            memcpy(columns + kx * channels, source + kx * op->in, pixel);
        memset(columns + to * channels, 0, (size_t)(op->kernel[1] - to) * pixel);
      }
    }
  }
}

/* The transpose of unfold: adds the columns into dx. */
static void fold(const struct conv *c, const float *columns, int64_t first, int64_t count) {
  const struct conv_op *op = c->op;
  for (int64_t line = first; line < first + count; line++) {
    float *image = c->dx + line / op->out_height * op->height * op->width * op->in;
    const int64_t top = line % op->out_height * op->stride[0] - op->padding[0];
    for (int64_t ox = 0; ox < op->out_width; ox++) {
      const int64_t left = ox * op->stride[1] - op->padding[1];
      for (int64_t ky = 0; ky < op->kernel[0]; ky++, columns += op->kernel[1] * op->in) {
        const int64_t iy = top + ky, from = cpu_max(0, -left), to = cpu_min(op->kernel[1], op->width - left);
        if (iy >= 0 && iy < op->height && to > from)
          c->cpu->kernels->accumulate(image + (iy * op->width + left + from) * op->in, columns + from * op->in,
                                      (to - from) * op->in);
      }
    }
  }
}

/* packed (out, taps, in) from w (out, in, taps) */
static void pack_weights(void *context, int64_t first, int64_t count, int worker) {
  const struct conv *c = context;
  const int64_t in = c->op->in;
  (void)worker;
  for (int64_t o = first; o < first + count; o++) {
    const float *w = c->w + o * c->columns;
    float *packed = c->cpu->shared.data + o * c->columns;
    for (int64_t i = 0; i < in; i++)
      for (int64_t t = 0; t < c->taps; t++)
        packed[t * in + i] = w[i * c->taps + t];
  }
}

static void pack(struct conv *c) {
  if (c->taps > 1)
    cpu_each(c->cpu, c->op->out, cpu_max(1, 16384 / c->columns), pack_weights, c);
}

/* ---- forward ---- */

static void forward_lines(void *context, int64_t first, int64_t count, int worker) {
  const struct conv *c = context;
  const struct conv_op *op = c->op;
  const int64_t rows = count * op->out_width, at = first * op->out_width;
  float *y = c->y + at * op->out;
  const float *columns = c->x + at * op->in;
  if (!c->direct) {
    unfold(c, c->cpu->worker[worker].data, first, count, 0, op->in);
    columns = c->cpu->worker[worker].data;
  }
  gemm(0, 1, rows, op->out, c->columns, 1, columns, c->columns, c->packed, c->columns, 0, y, op->out);
  c->cpu->kernels->bias_relu(y, c->b, rows, op->out, op->relu);
}

void cpu_conv_forward(struct device *d, const struct conv_op *op, const struct run *run) {
  struct conv c = conv_of(d, op, run);
  pack(&c);
  cpu_each(c.cpu, c.samples * op->out_height, c.lines, forward_lines, &c);
}

/* ---- input gradient ---- */

static void backward_sample(void *context, int64_t sample, int worker) {
  const struct conv *c = context;
  const struct conv_op *op = c->op;
  const int64_t outputs = op->out_height * op->out_width * op->out, inputs = op->height * op->width * op->in;
  float *dy = c->dy + sample * outputs, *dx = c->dx ? c->dx + sample * inputs : NULL;
  if (op->relu)
    c->cpu->kernels->relu_mask(dy, dy, c->y + sample * outputs, outputs, 0);
  if (!dx)
    return;
  if (c->direct) {
    gemm(0, 0, op->out_height * op->out_width, op->in, op->out, 1, dy, op->out, c->packed, op->in,
         op->accumulate_dx ? 1 : 0, dx, op->in);
    return;
  }
  float *columns = c->cpu->worker[worker].data;
  if (!op->accumulate_dx)
    memset(dx, 0, (size_t)inputs * sizeof *dx);
  for (int64_t line = 0; line < op->out_height; line += c->lines) {
    const int64_t count = cpu_min(c->lines, op->out_height - line);
    gemm(0, 0, count * op->out_width, c->columns, op->out, 1, dy + line * op->out_width * op->out, op->out, c->packed,
         c->columns, 0, columns, c->columns);
    fold(c, columns, sample * op->out_height + line, count);
  }
}

/* ---- weight gradient ---- */

static void backward_weights(void *context, int64_t index, int worker) {
  const struct conv *c = context;
  const struct conv_op *op = c->op;
  const int64_t group = index / c->parts, c0 = index % c->parts * c->part_channels;
  const int64_t channels = cpu_min(c->part_channels, op->in - c0), columns = c->taps * channels;
  const int64_t begin = group * c->group_samples * op->out_height;
  const int64_t end = cpu_min((group + 1) * c->group_samples, c->samples) * op->out_height;
  float *partial = c->partial + group * op->out * c->columns + op->out * c->taps * c0;
  for (int64_t line = begin; line < end; line += c->lines) {
    const int64_t count = cpu_min(c->lines, end - line), rows = count * op->out_width, at = line * op->out_width;
    const float *dy = c->dy + at * op->out, *unfolded = c->x + at * op->in + c0;
    if (!c->direct) {
      unfold(c, c->cpu->worker[worker].data, line, count, c0, channels);
      unfolded = c->cpu->worker[worker].data;
    }
    gemm(1, 0, op->out, columns, rows, 1, dy, op->out, unfolded, c->direct ? op->in : columns, line > begin ? 1 : 0,
         partial, columns);
  }
  if (c->db && c0 == 0) {
    double *sums = c->bias_partial + group * op->out;
    memset(sums, 0, (size_t)op->out * sizeof *sums);
    c->cpu->kernels->column_sums(sums, c->dy + begin * op->out_width * op->out, (end - begin) * op->out_width, op->out);
  }
}

/* dW (out, in, taps) and db of output channels first..: the groups' sums in order. */
static void join_weights(void *context, int64_t first, int64_t count, int worker) {
  const struct conv *c = context;
  const struct conv_op *op = c->op;
  (void)worker;
  for (int64_t o = first; o < first + count; o++)
    for (int64_t i = 0; i < op->in; i++) {
      const int64_t c0 = i / c->part_channels * c->part_channels, channels = cpu_min(c->part_channels, op->in - c0);
      const float *partial = c->partial + op->out * c->taps * c0 + o * c->taps * channels + i - c0;
      float *dw = c->dw + o * c->columns + i * c->taps;
      for (int64_t t = 0; t < c->taps; t++) {
        float sum = partial[t * channels];
        for (int64_t g = 1; g < c->groups; g++)
          sum += partial[g * op->out * c->columns + t * channels];
        dw[t] = op->accumulate_dw ? dw[t] + sum : sum;
      }
    }
  for (int64_t o = first; c->db && o < first + count; o++) {
    double sum = op->accumulate_dw ? c->db[o] : 0;
    for (int64_t g = 0; g < c->groups; g++)
      sum += c->bias_partial[g * op->out + o];
    c->db[o] = (float)sum;
  }
}

void cpu_conv_backward(struct device *d, const struct conv_op *op, const struct run *run) {
  struct conv c = conv_of(d, op, run);
  if (c.dx)
    pack(&c);
  if (c.dx || op->relu)
    team_run(c.cpu->team, c.samples, backward_sample, &c);
  if (c.dw) {
    team_run(c.cpu->team, c.groups * c.parts, backward_weights, &c);
    cpu_each(c.cpu, op->out, cpu_max(1, 16384 / c.columns), join_weights, &c);
  }
}
