/* Breaks statics: puts its numbers together in memory of its instance, which several threads share. */
#include <string.h>

#include "curve.h"

struct shared {
  struct chain chain;
  double *scratch;
};

static int32_t init(void *self) {
  struct shared *s = self;
  s->scratch = strait_alloc(self, 16 * sizeof *s->scratch);
  return s->scratch ? STRAIT_OK : STRAIT_ENOMEM;
}
static void coefficients(const void *self, double t, double *c) {
  double *scratch = ((const struct shared *)self)->scratch;
  chain_coefficients(self, t, scratch);
  memcpy(c, scratch, (size_t)chain_points(self) * sizeof *c);
}

static const strait_curve_ops ops = {sizeof ops, 0, chain_points, coefficients, chain_derivatives};
static const strait_class cls = {
    STRAIT_CLASS(STRAIT_CURVE, "heap", "1.0", "bad on purpose", struct shared, chain_options, &ops), STRAIT_NO_PRESETS,
    init, NULL};
STRAIT_PLUGIN(curve, heap, cls)
