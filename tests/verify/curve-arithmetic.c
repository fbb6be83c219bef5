/* Breaks arithmetic: rounds upwards, and leaves it so. */
#include <fenv.h>

#include "curve.h"

static int32_t init(void *self) { return (void)self, fesetround(FE_UPWARD) ? STRAIT_EBUG : STRAIT_OK; }

CURVE(arithmetic, chain_points, chain_coefficients, chain_derivatives, init)
