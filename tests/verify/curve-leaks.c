/* Breaks leaks: forgets memory that it took itself. */
#include <stdlib.h>

#include "curve.h"

static int32_t init(void *self) {
  void *volatile forgotten = malloc(100);
  return forgotten ? STRAIT_OK : strait_fail(self, STRAIT_ENOMEM, "no memory");
}

CURVE(leaks, chain_points, chain_coefficients, chain_derivatives, init)
