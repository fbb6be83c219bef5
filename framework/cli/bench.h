/* cli/bench.h: how fast a network trains, trains a curve, and is evaluated, on made-up data of the right shape, which
 * lies on the device from the start: reading and augmenting data is not measured. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "compute/team.h"
#include "compute/timed.h"
#include "network/network.h"
#include "plugin/registry.h"

enum { BENCH_EVALUATE, BENCH_TRAIN, BENCH_CURVE, BENCH_PHASES };

struct bench_plan {
  const strait_object *model, *curve; /* curve: needed for BENCH_CURVE only */
  struct signature signature;
  struct team *team;
  int64_t batch, repeats;
  double seconds; /* that a repeat lasts, or one step if that is longer */
  clockid_t clock;
  unsigned phases; /* 1 << BENCH_... */
  int exact;       /* convolutions are direct sums */
};

struct bench_phase {
  int64_t steps;              /* of each repeat; 0: not measured */
  double least, median, most; /* images a second, over the repeats */
  double total;               /* seconds of all repeats */
  double multiply_adds;       /* of a step, for direct convolution: forward, and twice that again for a backward pass */
  int64_t peak_bytes;         /* resident, less what was before the network was made; -1: unknown */
  struct timing *operators;   /* over all repeats */
  size_t operator_count;
};
struct bench_result {
  const char *kernels;
  int64_t parameters, multiply_adds; /* of one sample, forward */
  struct bench_phase phase[BENCH_PHASES];
};

/* The result is freed by bench_free, whatever the status. */
int bench_run(const struct bench_plan *plan, struct bench_result *result);
void bench_free(struct bench_result *result);

#endif
