/* tests/compute/rig.h: runs one case on every kernel set this CPU has, with 1, 2 and 3 threads and on the guarded
 * device.
 *
 * The outputs of a case must be the same bytes for any number of threads and on the guarded device; each kernel set's
 * are then checked against a reference in double that the test computes by itself. */
#ifndef TESTS_COMPUTE_RIG_H
#define TESTS_COMPUTE_RIG_H

#include "compute/device.h"
#include "compute/team.h"

#include <check.h> /* last: it defines fail */

/* What a case produced: float arrays on the host. */
#define SHEET_ARRAYS 16
struct sheet {
  int arrays;
  float *data[SHEET_ARRAYS];
  int64_t count[SHEET_ARRAYS];
};
/* Adds `words` words from the device to the sheet. */
void sheet_add(struct sheet *sheet, struct device *d, place at, int64_t words);
void sheet_add_double(struct sheet *sheet, double value); /* as two words */

typedef void rig_case(struct device *d, const void *context, struct sheet *sheet);
typedef void rig_check(const void *context, const struct sheet *sheet, const char *kernels);
void rig_each(rig_case *run, rig_check *check, const void *context);

/* Runs or reserves an operation of this kind, its record given as the union's member: rig_run(d, CONV, conv, &op, ...).
 */
#define rig_record(upper, member, record) (&(struct op){.kind = OP_##upper, .element = STRAIT_F32, .member = *(record)})
#define rig_run(d, upper, member, record, direction, run)                                                              \
  device_run(d, rig_record(upper, member, record), direction, run)
#define rig_reserve(d, upper, member, record, samples, directions)                                                     \
  (d)->ops->reserve(d, rig_record(upper, member, record), samples, directions)
void rig_loss(struct device *d, const struct loss_op *op, const struct run *run, struct loss_sums *sums);

/* A buffer that holds these floats, or zeros when data is NULL. */
place rig_place(struct device *d, const float *data, int64_t words);
/* Normal random numbers; the same for one name. */
void rig_fill(float *x, int64_t n, const char *name);
float *rig_random(int64_t n, const char *name); /* freed by the caller */

/* |a - b| <= tolerance |b| in L2, and every element is within 1000 tolerance of b's root mean square. */
void rig_near(const float *a, const double *b, int64_t n, double tolerance, const char *what);
double rig_rms(const float *a, int64_t n); /* root mean square */

/* Compares gradient with central differences of f at up to `samples` elements of x (all, when there are fewer): the
 * step is 1e-5 and f computes in double, so that the differences are good to 1e-8 relative to f's curvature. */
typedef double rig_function(const void *context);
void rig_gradient(rig_function *f, const void *context, double *x, int64_t n, const float *gradient, int samples,
                  double tolerance, const char *what);

double *rig_widen(const float *x, int64_t n);
/* Takes what was there before (rig_random(n, name)) out of a gradient that was added to it. */
void rig_subtract(float *gradient, int64_t n, const char *name);
Suite *rig_suite(const char *name);
int rig_main(Suite *suite);

#endif
