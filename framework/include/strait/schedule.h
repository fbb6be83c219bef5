/* strait/schedule.h: the learning rate as a pure function of the step, and the moments at which to collect weights. */
#ifndef STRAIT_SCHEDULE_H
#define STRAIT_SCHEDULE_H

#include <strait/host.h>
#include <strait/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct strait_step {
  uint32_t size;
  uint32_t reserved;
  int64_t iteration; /* 1 for the first mini-batch of this training; its epoch is (iteration-1)/epoch_iterations + 1 */
  int64_t epoch_iterations; /* mini-batches per epoch: ceil(samples / batch) */
  int64_t iterations;       /* the schedule's horizon: epochs * epoch_iterations; a training may stop earlier */
} strait_step;

typedef struct strait_schedule_ops {
  uint32_t size;
  uint32_t reserved;
  /* The learning rate of this iteration: finite, >= 0. A pure function of the options and the step.
   * [one thread, after init()] */
  double (*rate)(const void *self, const strait_step *step);
  /* 1 when the weights are to be collected after this iteration, else 0. A pure function, as rate. NULL: never.
   * [one thread, after init()] */
  int32_t (*collect)(const void *self, const strait_step *step);
  /* Called before each training, with iteration 0: refuses a horizon that it cannot serve (strait_fail) and reports
   * what it rounds (strait_log). NULL: nothing to check. [one thread, after init()] */
  int32_t (*check)(const void *self, const strait_step *step);
} strait_schedule_ops;

#ifdef __cplusplus
}
#endif
#endif
