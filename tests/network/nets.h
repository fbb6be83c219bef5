/* tests/network/nets.h: small networks from build functions, programs of them on a device, and a reference: the same
 * network computed in double precision, channels first, by plain loops, from the nodes alone. */
#ifndef TESTS_NETWORK_NETS_H
#define TESTS_NETWORK_NETS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/random.h"
#include "compute/team.h"
#include "network/layers/layer.h"
#include "network/program.h"
#include "plugin/registry.h"

#include <check.h> /* last: it defines a macro named fail */

#define OK(call) ck_assert_msg((call) >= 0, "%s: %s", #call, error_text())

/* --- networks --- */

typedef strait_node build_function(strait_graph *g, strait_node x);

/* The reference of a custom node, and of a layer that is made by its kind: y from x (inputs) and w (parameters) of one
 * sample. */
typedef void custom_reference(const struct node *node, const double *const *x, const double *const *w, double *y);

struct net {
  strait_object *object;
  struct network *network;
  custom_reference *custom;
};
/* The status of network_create; net_free in any case. */
int net_try(struct net *net, build_function *build, struct signature signature);
void net_free(struct net *net);

static inline struct signature image(int64_t channels, int64_t height, int64_t width, int64_t classes) {
  return (struct signature){3, {channels, height, width}, STRAIT_TARGET_CLASS, classes, 0};
}
static inline struct signature vector(int64_t count, int64_t classes) {
  return (struct signature){1, {count}, STRAIT_TARGET_CLASS, classes, 0};
}

/* --- data: weights, statistics, inputs (channels first) and targets, all random --- */

struct data {
  int64_t samples;
  double smoothing;
  float *weights, *statistics, *x;
  void *target; /* int32 classes, or floats */
};
void data_make(struct data *data, const struct net *net, int64_t samples, uint64_t seed);
void data_free(struct data *data);

/* --- the reference --- */

/* The mean loss (and the logits, if not NULL) at `weights`. mask: for each dropout stream, (samples, size) factors;
 * NULL: dropout is off. batch: batch norm takes batch statistics, and, if not NULL, statistics gets their means and
 * unbiased variances in the statistics' layout. */
struct reference {
  const struct net *net;
  const struct data *data;
  int batch;
  const double *const *mask;
};
double reference_loss(const struct reference *r, const double *weights, double *logits, double *statistics);
/* The gradient of the loss by central differences of the reference. */
void reference_gradient(const struct reference *r, double *gradient);

/* --- a program fed with the data --- */

struct rig {
  struct team *team;
  struct device *device;
  struct program *program;
};
/* device: "cpu" or "guarded". */
void rig_make(struct rig *rig, const struct net *net, const char *device, int threads, int64_t batch, int use,
              double smoothing);
void rig_free(struct rig *rig);
/* Uploads weights, statistics, inputs (turned to NHWC) and targets. */
void rig_load(struct rig *rig, const struct net *net, const struct data *data);
void rig_get(struct rig *rig, place from, float *to, int64_t words);

/* |a - b| / |b| in L2 over n numbers. */
double relative(const float *a, const double *b, int64_t n);

#endif
