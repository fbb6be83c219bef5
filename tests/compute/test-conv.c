/* Convolutions against sums in double, their gradients against differences of those. */
#include <math.h>
#include <stdlib.h>

#include "rig.h"

struct layer {
  int64_t samples, in, height, width, out, kernel[2], stride[2], padding[2];
  int bias, relu, accumulate, fast;
  int norm; /* 1: x is read through a batch norm; 2: and its ReLU */
  int add;  /* 1: something is added to y; 2: it lies where y does */
};

struct arrays { /* the reference's */
  const struct layer *layer;
  double *x, *w, *b, *dy, *add;
};

static int64_t out_size(const struct layer *l, int axis) {
  return ((axis ? l->width : l->height) + 2 * l->padding[axis] - l->kernel[axis]) / l->stride[axis] + 1;
}
static int64_t inputs(const struct layer *l) { return l->samples * l->height * l->width * l->in; }
static int64_t outputs(const struct layer *l) { return l->samples * out_size(l, 0) * out_size(l, 1) * l->out; }
static int64_t weights(const struct layer *l) { return l->out * l->in * l->kernel[0] * l->kernel[1]; }

/* One output before ReLU. */
static double value(const struct arrays *a, int64_t sample, int64_t oy, int64_t ox, int64_t o) {
  const struct layer *l = a->layer;
  double sum = l->bias ? a->b[o] : 0;
  if (l->add)
    sum += a->add[((sample * out_size(l, 0) + oy) * out_size(l, 1) + ox) * l->out + o];
  for (int64_t ky = 0; ky < l->kernel[0]; ky++)
    for (int64_t kx = 0; kx < l->kernel[1]; kx++) {
      const int64_t iy = oy * l->stride[0] - l->padding[0] + ky, ix = ox * l->stride[1] - l->padding[1] + kx;
      if (iy < 0 || iy >= l->height || ix < 0 || ix >= l->width)
        continue;
      const double *x = a->x + ((sample * l->height + iy) * l->width + ix) * l->in;
      for (int64_t c = 0; c < l->in; c++)
        sum += x[c] * a->w[((o * l->in + c) * l->kernel[0] + ky) * l->kernel[1] + kx];
    }
  return sum;
}

static void reference(const struct arrays *a, double *y) {
  const struct layer *l = a->layer;
  for (int64_t n = 0; n < l->samples; n++)
    for (int64_t oy = 0; oy < out_size(l, 0); oy++)
      for (int64_t ox = 0; ox < out_size(l, 1); ox++)
        for (int64_t o = 0; o < l->out; o++) {
          const double v = value(a, n, oy, ox, o);
          *y++ = l->relu && v < 0 ? 0 : v;
        }
}

/* Gradients of sum dy * y by the transposed sums: exact, and checked against differences on the small layers. */
static void gradients(const struct arrays *a, double *dx, double *dw, double *db) {
  const struct layer *l = a->layer;
  const double *dy = a->dy;
  for (int64_t n = 0; n < l->samples; n++)
    for (int64_t oy = 0; oy < out_size(l, 0); oy++)
      for (int64_t ox = 0; ox < out_size(l, 1); ox++)
        for (int64_t o = 0; o < l->out; o++, dy++) {
          if (l->relu && value(a, n, oy, ox, o) <= 0)
            continue;
          db[o] += *dy;
          for (int64_t ky = 0; ky < l->kernel[0]; ky++)
            for (int64_t kx = 0; kx < l->kernel[1]; kx++) {
              const int64_t iy = oy * l->stride[0] - l->padding[0] + ky, ix = ox * l->stride[1] - l->padding[1] + kx;
              if (iy < 0 || iy >= l->height || ix < 0 || ix >= l->width)
                continue;
              const int64_t at = ((n * l->height + iy) * l->width + ix) * l->in;
              for (int64_t c = 0; c < l->in; c++) {
                const int64_t w = ((o * l->in + c) * l->kernel[0] + ky) * l->kernel[1] + kx;
                dx[at + c] += *dy * a->w[w];
                dw[w] += *dy * a->x[at + c];
              }
            }
        }
}

static double objective(const void *context) {
  const struct arrays *a = context;
  const int64_t n = outputs(a->layer);
  double *y = malloc((size_t)n * sizeof *y), sum = 0;
  reference(a, y);
  for (int64_t i = 0; i < n; i++)
    sum += y[i] * a->dy[i];
  free(y);
  return sum;
}

/* mean, factor, shift */
static float *norm_of(const struct layer *l) { return rig_random(3 * l->in, "norm"); }

/* What is convolved, in float as it is in the device, so that ReLU cuts the same numbers. */
static void apply_norm(const struct layer *l, float *x) {
  float *norm = norm_of(l);
  for (int64_t i = 0; l->norm && i < inputs(l); i++) {
    const int64_t c = i % l->in;
    x[i] = fmaf(x[i] - norm[c], norm[l->in + c], norm[2 * l->in + c]);
    if (l->norm == 2 && x[i] < 0)
      x[i] = 0;
  }
  free(norm);
}

static void run_layer(struct device *d, const void *context, struct sheet *sheet) {
  const struct layer *l = context;
  const int64_t nx = inputs(l), nw = weights(l), ny = outputs(l);
  float *x = rig_random(nx, "x"), *w = rig_random(nw, "w"), *b = rig_random(l->out, "b"), *dy = rig_random(ny, "dy");
  float *dx = rig_random(nx, "dx"), *dw = rig_random(nw, "dw"), *db = rig_random(l->out, "db"), *norm = norm_of(l);
  float *add = rig_random(ny, "add");
  struct conv_op op = {.in = l->in,
                       .height = l->height,
                       .width = l->width,
                       .out = l->out,
                       .out_height = out_size(l, 0),
                       .out_width = out_size(l, 1),
                       .kernel = {l->kernel[0], l->kernel[1]},
                       .stride = {l->stride[0], l->stride[1]},
                       .padding = {l->padding[0], l->padding[1]},
                       .relu = l->relu,
                       .exact = !l->fast,
                       .accumulate_dx = l->accumulate,
                       .accumulate_dw = l->accumulate,
                       .norm_relu = l->norm == 2,
                       .x = rig_place(d, x, nx),
                       .norm = l->norm ? rig_place(d, norm, 3 * l->in) : NO_PLACE,
                       .w = rig_place(d, w, nw),
                       .b = l->bias ? rig_place(d, b, l->out) : NO_PLACE,
                       .add = l->add == 1 ? rig_place(d, add, ny) : NO_PLACE,
                       .y = rig_place(d, l->add == 2 ? add : NULL, ny),
                       .dy = rig_place(d, dy, ny),
                       .dx = rig_place(d, dx, nx),
                       .dw = rig_place(d, dw, nw),
                       .db = l->bias ? rig_place(d, db, l->out) : NO_PLACE};
  struct run run = {.samples = l->samples};
  if (l->add == 2)
    op.add = op.y;
  /* the batch that memory is made for may be larger than the one that comes: the last of an epoch */
  ck_assert_int_eq(rig_reserve(d, CONV, conv, &op, l->samples + 3, FORWARD | BACKWARD), STRAIT_OK);
  rig_run(d, CONV, conv, &op, FORWARD, &run);
  sheet_add(sheet, d, op.y, ny);
  rig_run(d, CONV, conv, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dx, nx);
  sheet_add(sheet, d, op.dw, nw);
  if (l->bias)
    sheet_add(sheet, d, op.db, l->out);
  /* without what nobody wants: the same dw and db */
  op.dx = NO_PLACE;
  d->ops->upload(d, op.dy, dy, ny);
  d->ops->upload(d, op.dw, dw, nw);
  if (l->bias)
    d->ops->upload(d, op.db, db, l->out);
  rig_run(d, CONV, conv, &op, BACKWARD, &run);
  sheet_add(sheet, d, op.dw, nw);
  if (l->bias)
    sheet_add(sheet, d, op.db, l->out);
  free(x), free(w), free(b), free(dy), free(dx), free(dw), free(db), free(norm), free(add);
}

/* Sums of k terms in float32 err by about 6e-8 sqrt(k) of their size: 1e-5 has room for k = 10^4. */
#define TOLERANCE 1e-5

static void check_layer(const void *context, const struct sheet *sheet, const char *kernels) {
  const struct layer *l = context;
  const int64_t nx = inputs(l), nw = weights(l), ny = outputs(l);
  float *x = rig_random(nx, "x"), *w = rig_random(nw, "w"), *b = rig_random(l->out, "b"), *dy = rig_random(ny, "dy");
  float *add = rig_random(ny, "add");
  apply_norm(l, x);
  struct arrays a = {
      l, rig_widen(x, nx), rig_widen(w, nw), rig_widen(b, l->out), rig_widen(dy, ny), rig_widen(add, ny)};
  double *y = calloc((size_t)ny, sizeof *y), *dx = calloc((size_t)nx, sizeof *dx);
  double *dw = calloc((size_t)nw, sizeof *dw), *db = calloc((size_t)l->out, sizeof *db);
  reference(&a, y);
  gradients(&a, dx, dw, db);
  if (l->accumulate) {
    rig_subtract(sheet->data[1], nx, "dx");
    rig_subtract(sheet->data[2], nw, "dw");
    if (l->bias)
      rig_subtract(sheet->data[3], l->out, "db");
  }
  rig_near(sheet->data[0], y, ny, TOLERANCE, kernels);
  rig_near(sheet->data[1], dx, nx, TOLERANCE, "dx");
  rig_near(sheet->data[2], dw, nw, TOLERANCE, "dw");
  if (l->bias)
    rig_near(sheet->data[3], db, l->out, TOLERANCE, "db");
  if (!l->accumulate) {
    rig_near(sheet->data[3 + l->bias], dw, nw, TOLERANCE, "dw without dx");
    if (l->bias)
      rig_near(sheet->data[5], db, l->out, TOLERANCE, "db without dx");
  }
  if (ny * l->in * l->kernel[0] * l->kernel[1] < 100000) { /* differences: the reference gradients are right too */
    rig_gradient(objective, &a, a.x, nx, sheet->data[1], 20, 5e-5, "dx by differences");
    rig_gradient(objective, &a, a.w, nw, sheet->data[2], 20, 5e-5, "dw by differences");
    if (l->bias)
      rig_gradient(objective, &a, a.b, l->out, sheet->data[3], 20, 5e-5, "db by differences");
  }
  free(x), free(w), free(b), free(dy), free(add), free(a.x), free(a.w), free(a.b), free(a.dy), free(a.add);
  free(y), free(dx), free(dw), free(db);
}

static const struct layer layers[] = {
    /* with something added: flat, padded, narrow */
    {33, 19, 16, 16, 37, {1, 1}, {1, 1}, {0, 0}, 1, 1, 1, 0, 2, 1},
    {5, 33, 9, 8, 35, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 0, 0, 2},
    {20, 3, 7, 6, 35, {3, 3}, {1, 1}, {1, 1}, 0, 1, 0, 0, 0, 1},
    /* read through a batch norm: flat, padded, strided without padding, narrow */
    {33, 19, 16, 16, 37, {1, 1}, {1, 1}, {0, 0}, 1, 1, 1, 0, 2, 0},
    {9, 40, 4, 4, 24, {1, 1}, {1, 1}, {0, 0}, 1, 0, 0, 0, 1, 0},
    {5, 33, 9, 8, 35, {3, 3}, {1, 1}, {1, 1}, 1, 1, 0, 0, 2, 0},
    {43, 2, 20, 20, 3, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 0, 2, 0},
    {3, 17, 9, 9, 7, {3, 3}, {2, 2}, {1, 1}, 0, 1, 1, 0, 1, 0},
    {3, 4, 17, 17, 6, {1, 1}, {2, 2}, {0, 0}, 0, 0, 0, 0, 2, 0},
    {121, 3, 7, 6, 70, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 0, 2, 0},
    {40, 20, 4, 4, 30, {3, 3}, {1, 1}, {1, 1}, 1, 0, 1, 0, 1, 0},
    {1, 1, 1, 1, 1, {1, 1}, {1, 1}, {0, 0}, 1, 0, 0, 0, 0, 0},
    {2, 3, 5, 7, 11, {3, 3}, {1, 1}, {1, 1}, 1, 1, 0, 0, 0, 0},  /* prime channels */
    {3, 5, 9, 8, 7, {3, 3}, {2, 2}, {1, 1}, 0, 1, 1, 0, 0, 0},   /* stride 2 */
    {2, 2, 6, 5, 3, {5, 3}, {2, 1}, {2, 0}, 1, 0, 0, 0, 0, 0},   /* nothing square */
    {3, 17, 4, 6, 19, {1, 1}, {1, 1}, {0, 0}, 1, 1, 1, 0, 0, 0}, /* 1x1: a plain product */
    {9, 40, 4, 4, 24, {1, 1}, {1, 1}, {0, 0}, 1, 0, 0, 0, 0, 0}, /* 1x1, several groups and blocks of channels */
    {3, 4, 7, 7, 6, {1, 1}, {2, 2}, {0, 0}, 0, 0, 0, 0, 0, 0},   /* 1x1, stride 2: a shortcut */
    {2, 3, 3, 2, 4, {5, 5}, {1, 1}, {2, 2}, 1, 1, 0, 0, 0, 0},   /* kernel larger than the image */
    {2, 3, 4, 4, 4, {3, 3}, {1, 1}, {4, 3}, 1, 0, 0, 0, 0, 0}, /* padding larger than the kernel: outputs of bias alone
                                                                */
    {2, 3, 8, 8, 5, {2, 2}, {3, 3}, {0, 1}, 1, 1, 0, 0, 0, 0}, /* stride larger than the kernel: inputs nobody reads */
    {5, 33, 8, 8, 35, {3, 3}, {1, 1}, {1, 1}, 1, 1, 0, 0, 0, 0},  /* weight gradient: groups by blocks of channels */
    {19, 3, 10, 10, 8, {5, 5}, {1, 1}, {2, 2}, 1, 1, 1, 0, 0, 0}, /* more samples than groups */
    {3, 48, 20, 20, 4, {3, 3}, {1, 1}, {1, 1}, 0, 1, 0, 0, 0, 0}, /* an image is several bands */
    {2, 16, 1, 40, 16, {1, 3}, {1, 1}, {0, 1}, 1, 0, 0, 0, 0, 0}, /* one line */
    {8, 16, 12, 12, 16, {3, 3}, {1, 1}, {1, 1}, 0, 0, 0, 0, 0, 0},
    /* enough positions for groups of samples with weight gradients of their own */
    {19, 3, 16, 16, 5, {3, 3}, {1, 1}, {1, 1}, 1, 1, 1, 0, 0, 0},
    {43, 2, 20, 20, 3, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 0, 0, 0},
    {33, 3, 16, 16, 37, {1, 1}, {1, 1}, {0, 0}, 1, 1, 1, 0, 0, 0},
    {121, 3, 7, 6, 70, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 0, 0, 0},  /* narrow */
    {150, 2, 11, 11, 5, {3, 3}, {2, 2}, {1, 1}, 1, 0, 1, 0, 0, 0}, /* narrow outputs, strided */
};

/* Winograd's algorithm, where its table takes it: the same laws and bounds. */
static const struct layer fast_layers[] = {
    /* with something added */
    {5, 17, 7, 9, 35, {3, 3}, {1, 1}, {1, 1}, 1, 1, 1, 1, 2, 1},
    {3, 16, 10, 6, 16, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 1, 0, 2},
    {20, 16, 8, 8, 370, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 1, 0, 1},
    {5, 17, 7, 9, 35, {3, 3}, {1, 1}, {1, 1}, 1, 0, 1, 1, 2, 0}, /* read through a batch norm: its margin is 0 */
    {3, 16, 12, 12, 16, {3, 3}, {1, 1}, {1, 1}, 1, 1, 0, 1, 1, 0},
    {35, 16, 8, 8, 115, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 1, 2, 0},
    {20, 16, 8, 8, 370, {3, 3}, {1, 1}, {1, 1}, 1, 0, 1, 1, 2, 0},
    {3, 16, 8, 8, 16, {3, 3}, {1, 1}, {1, 1}, 1, 1, 0, 1, 0, 0},
    {5, 17, 7, 9, 35, {3, 3}, {1, 1}, {1, 1}, 1, 0, 1, 1, 0, 0},    /* odd everything: parts of tiles, of vectors */
    {2, 33, 6, 13, 19, {3, 3}, {1, 1}, {0, 0}, 0, 1, 0, 1, 0, 0},   /* no padding */
    {2, 20, 5, 4, 16, {3, 3}, {1, 1}, {2, 2}, 1, 0, 0, 1, 0, 0},    /* padding 2: whole lines of padding alone */
    {3, 16, 10, 6, 16, {3, 3}, {1, 1}, {0, 2}, 1, 1, 1, 1, 0, 0},   /* another padding each way */
    {9, 16, 4, 4, 64, {3, 3}, {1, 1}, {1, 1}, 1, 1, 0, 1, 0, 0},    /* one tile an image */
    {37, 16, 12, 12, 70, {3, 3}, {1, 1}, {1, 1}, 1, 0, 1, 1, 0, 0}, /* several blocks, groups and parts */
    {4, 80, 6, 6, 136, {3, 3}, {1, 1}, {1, 1}, 0, 0, 0, 1, 0, 0},   /* several blocks of kernels */
    {35, 16, 8, 8, 115, {3, 3}, {1, 1}, {1, 1}, 1, 0, 0, 1, 0, 0},  /* weight gradient: blocks that workers share */
    {260, 16, 4, 4, 368, {3, 3}, {1, 1}, {1, 1}, 1, 0, 1, 1, 0, 0}, /* all three: more than one shared block */
    /* kernels of 5x5: the same again */
    {5, 33, 7, 9, 35, {5, 5}, {1, 1}, {2, 2}, 1, 1, 1, 1, 2, 1},
    {5, 33, 7, 9, 35, {5, 5}, {1, 1}, {2, 2}, 1, 0, 1, 1, 0, 2},
    {3, 32, 8, 8, 32, {5, 5}, {1, 1}, {2, 2}, 1, 1, 0, 1, 1, 0},
    {2, 33, 10, 13, 35, {5, 5}, {1, 1}, {0, 0}, 0, 1, 0, 1, 0, 0},
    {2, 36, 6, 7, 32, {5, 5}, {1, 1}, {4, 4}, 1, 0, 0, 1, 0, 0},
    {3, 32, 10, 6, 32, {5, 5}, {1, 1}, {2, 4}, 1, 1, 1, 1, 0, 0},
    {37, 32, 12, 12, 70, {5, 5}, {1, 1}, {2, 2}, 1, 0, 1, 1, 0, 0},
    {4, 80, 6, 6, 136, {5, 5}, {1, 1}, {2, 2}, 0, 0, 0, 1, 0, 0},
    {35, 32, 8, 8, 115, {5, 5}, {1, 1}, {2, 2}, 1, 0, 0, 1, 0, 0},
    {33, 32, 6, 6, 368, {5, 5}, {1, 1}, {2, 2}, 1, 0, 1, 1, 0, 0},
};

START_TEST(fast_layer) { rig_each(run_layer, check_layer, &fast_layers[_i]); }
END_TEST

START_TEST(layer) { rig_each(run_layer, check_layer, &layers[_i]); }
END_TEST

int main(void) {
  Suite *suite = rig_suite("conv");
  TCase *tests = tcase_create("conv");
  tcase_set_timeout(tests, 300);
  tcase_add_loop_test(tests, layer, 0, sizeof layers / sizeof *layers);
  tcase_add_loop_test(tests, fast_layer, 0, sizeof fast_layers / sizeof *fast_layers);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
