/* train/objective.h: what the training of a curve descends, and at which t. In each step K t are drawn and the loss
 * L_k = L(w(t_k)), the regulariser in it, is taken at all of them on one batch:
 *
 *   mean    1/K sum_k L_k: the paper's E_t L(w(t)); K = 1 is the reference code's
 *   length  sum_k s_k L_k / sum_k s_k, s_k = |w'(t_k)|: the mean over arc length (the paper's first objective), its
 *           gradient with what comes of s_k depending on the points
 *   worst   1/b log (1/K sum_k exp(b L_k)): b goes from the mean (0) to the maximum (infinity)
 *
 * Its gradient by control point i is sum_k share_k c_i(t_k) grad L_k + sum_j pull_ij theta_j. */
#ifndef TRAIN_OBJECTIVE_H
#define TRAIN_OBJECTIVE_H

#include <strait/curve.h>

#include "compute/device.h"

enum { OBJECTIVE_MEAN, OBJECTIVE_LENGTH, OBJECTIVE_WORST };
enum { OBJECTIVE_DRAWS = 16, OBJECTIVE_STRATA = 1024 }; /* the most */
extern const char *const objective_choices[];           /* "mean" "length" "worst", ended by NULL */

struct objective_keys {
  int32_t objective;
  int64_t draws;    /* K */
  int64_t strata;   /* of n draws in a row, each falls into another nth of [0,1]; 1: all are free */
  double sharpness; /* b of worst */
};
/* One t a step, anywhere in [0,1]. */
extern const struct objective_keys objective_plain;
/* Keys that contradict each other, or that ask for what the curve has not: STRAIT_EINVAL. */
int objective_check(const struct objective_keys *keys, const strait_object *curve);
/* Draw number `draw` (from 0) of an iteration (from 1). */
double objective_t(const struct objective_keys *keys, uint64_t seed, int64_t iteration, int64_t draw);

/* One of the K, as it is known once forward is done. */
struct objective_sample {
  double c[MAX_POINTS], dc[MAX_POINTS]; /* coefficients of w(t_k); of w'(t_k), for length alone */
  double loss, speed;                   /* L_k; s_k, for length alone */
  double share;                         /* out */
};
/* The objective's value; fills the shares, and pull: (points, points). */
double objective_weigh(const struct objective_keys *keys, int points, struct objective_sample *samples, double *pull);

#endif
