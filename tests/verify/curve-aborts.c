/* Breaks limits: aborts at one, with a message. */
#include <stdio.h>
#include <stdlib.h>

#include "curve.h"

static int32_t init(void *self) {
  if (((const struct chain *)self)->bends < 8)
    return STRAIT_OK;
  fputs("bends < 8 is not true\n", stderr);
  abort();
}

CURVE(aborts, chain_points, chain_coefficients, chain_derivatives, init)
