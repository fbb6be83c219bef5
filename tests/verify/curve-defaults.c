/* Breaks defaults: refuses its own. */
#include "curve.h"

static int32_t init(void *self) {
  const struct chain *chain = self;
  return chain->bends % 2 ? strait_fail(self, STRAIT_EINVAL, "bends = %lld is odd", (long long)chain->bends)
                          : STRAIT_OK;
}

CURVE(defaults, chain_points, chain_coefficients, chain_derivatives, init)
