/* Breaks limits: never comes back from one. */
#include <unistd.h>

#include "curve.h"

static int32_t init(void *self) {
  while (((const struct chain *)self)->bends == 8)
    pause();
  return STRAIT_OK;
}

CURVE(hangs, chain_points, chain_coefficients, chain_derivatives, init)
