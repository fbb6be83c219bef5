/* What timing a device counts, against sums made by hand, and that it changes no result. Of seconds only their sign is
 * looked at. */
#include "compute/timed.h"

#include <stdlib.h>
#include <string.h>

#include "network/network.h"
#include "rig.h"

/* 5 samples of 6x7x3, a 3x3 convolution of stride 2 with padding 1 to 4 channels: 3x4 positions. */
enum { SAMPLES = 5, X = 6 * 7 * 3, W = 4 * 3 * 3 * 3, Y = 3 * 4 * 4, PRODUCTS = 3 * 4 * 4 * 3 * 3 * 3 };
static const struct run run = {.samples = SAMPLES};

static struct conv_op conv_of(struct device *d) {
  float *x = rig_random(SAMPLES * X, "x"), *w = rig_random(W, "w"), *dy = rig_random(SAMPLES * Y, "dy");
  struct conv_op op = {.in = 3,
                       .height = 6,
                       .width = 7,
                       .out = 4,
                       .out_height = 3,
                       .out_width = 4,
                       .kernel = {3, 3},
                       .stride = {2, 2},
                       .padding = {1, 1},
                       .accumulate_dx = 1,
                       .x = rig_place(d, x, SAMPLES * X),
                       .w = rig_place(d, w, W),
                       .y = rig_place(d, NULL, SAMPLES * Y),
                       .dy = rig_place(d, dy, SAMPLES * Y),
                       .dx = rig_place(d, NULL, SAMPLES * X),
                       .dw = rig_place(d, NULL, W)};
  ck_assert_int_eq(rig_reserve(d, CONV, conv, &op, SAMPLES, FORWARD | BACKWARD), STRAIT_OK);
  free(x);
  free(w);
  free(dy);
  return op;
}

/* The whole of a layer: forward, backward for both gradients, backward for the weights alone. */
static void three(struct device *d, const struct conv_op *op, float *y, float *dw) {
  struct conv_op first = *op;
  first.dx = NO_PLACE;
  rig_run(d, CONV, conv, op, FORWARD, &run);
  rig_run(d, CONV, conv, op, BACKWARD, &run);
  rig_run(d, CONV, conv, &first, BACKWARD, &run);
  d->ops->download(d, y, op->y, SAMPLES * Y);
  d->ops->download(d, dw, op->dw, W);
}

static const struct timing *of(const struct timed *timed, const char *name) {
  size_t count;
  const struct timing *all = timed_read(timed, &count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(all[i].name, name) == 0)
      return &all[i];
  ck_abort_msg("no operation \"%s\"", name);
  return NULL;
}

START_TEST(counts_and_changes_nothing) {
  struct team *team;
  struct device *d;
  struct timed *timed;
  float plain[2][SAMPLES * Y + W], *y = plain[1], *dw = plain[1] + SAMPLES * Y;
  ck_assert_int_eq(team_create(&team, 2), STRAIT_OK);
  ck_assert_int_eq(device_create(&d, NULL, team, NULL), STRAIT_OK);
  const struct device_ops *own = d->ops;
  const struct conv_op op = conv_of(d);
  three(d, &op, plain[0], plain[0] + SAMPLES * Y);

  ck_assert_int_eq(timed_create(&timed, d, CLOCK_MONOTONIC, network_counts), STRAIT_OK);
  ck_assert_ptr_ne(d->ops, own);
  three(d, &op, y, dw);
  ck_assert_mem_eq(plain[0], plain[1], sizeof plain[0]);
  const struct timing *forward = of(timed, "conv forward"), *backward = of(timed, "conv backward");
  ck_assert_int_eq(forward->calls, 1);
  ck_assert_int_eq(backward->calls, 2);
  ck_assert_int_eq(of(timed, "move")->calls, 2);
  ck_assert_int_eq(of(timed, "linear forward")->calls, 0);
  ck_assert(forward->seconds > 0 && backward->seconds > 0);
  /* Exact: whole numbers below 2^53. */
  ck_assert(forward->multiply_adds == SAMPLES * PRODUCTS);
  ck_assert(backward->multiply_adds == 3 * SAMPLES * PRODUCTS);
  ck_assert(forward->bytes == 4 * (SAMPLES * (X + Y) + W));
  /* dy for each call; dx read and written, W; x and dW for each. */
  ck_assert(backward->bytes == 4 * (SAMPLES * (2 * Y + 2 * X + 2 * X) + W + 2 * W));
  ck_assert(of(timed, "move")->bytes == 4 * 2 * (SAMPLES * Y + W));

  timed_reset(timed);
  ck_assert_int_eq(of(timed, "conv forward")->calls, 0);
  timed_free(timed);
  ck_assert_ptr_eq(d->ops, own);
  device_free(d);
  team_free(team);
}
END_TEST

/* A curve's step: gradient and w read, w written; one free point and its velocity read and written; an end of which the
 * next w has nothing is not read. A plain step's point is w itself. */
START_TEST(counts_the_optimiser_pass) {
  struct team *team;
  struct device *d;
  struct timed *timed;
  ck_assert_int_eq(team_create(&team, 1), STRAIT_OK);
  ck_assert_int_eq(device_create(&d, NULL, team, NULL), STRAIT_OK);
  ck_assert_int_eq(timed_create(&timed, d, CLOCK_PROCESS_CPUTIME_ID, network_counts), STRAIT_OK);
  struct update_op op = {.count = 100, .points = 3, .gradient_scale = 1, .rate = 0.1, .momentum = 0.9};
  op.coefficient[0] = op.coefficient[1] = op.next[1] = op.next[2] = 0.5;
  op.w = rig_place(d, NULL, 100);
  op.gradient = rig_place(d, NULL, 100);
  for (int i = 0; i < 3; i++)
    op.theta[i] = rig_place(d, NULL, 100);
  op.velocity[1] = rig_place(d, NULL, 100);
  timed_reset(timed);
  d->ops->update(d, &op);
  ck_assert(of(timed, "update")->bytes == 4 * 100 * (3 + 4 + 1));
  struct update_op plain = {.count = 100, .points = 1, .gradient_scale = 1, .rate = 0.1};
  plain.coefficient[0] = plain.next[0] = 1;
  plain.w = plain.theta[0] = op.w;
  plain.gradient = op.gradient;
  plain.velocity[0] = op.velocity[1];
  timed_reset(timed);
  d->ops->update(d, &plain);
  ck_assert(of(timed, "update")->bytes == 4 * 100 * (3 + 2));
  timed_free(timed);
  device_free(d);
  team_free(team);
}
END_TEST

int main(void) {
  Suite *suite = rig_suite("timed");
  TCase *cases = tcase_create("timed");
  tcase_add_test(cases, counts_and_changes_nothing);
  tcase_add_test(cases, counts_the_optimiser_pass);
  suite_add_tcase(suite, cases);
  return rig_main(suite);
}
