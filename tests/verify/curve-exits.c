/* Breaks limits: ends the program at one. */
#include <stdlib.h>

#include "curve.h"

static int32_t init(void *self) {
  if (((const struct chain *)self)->bends == 8)
    exit(0);
  return STRAIT_OK;
}

CURVE(exits, chain_points, chain_coefficients, chain_derivatives, init)
