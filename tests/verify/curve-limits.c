/* Breaks limits: refuses a legal value and does not say why. */
#include "curve.h"

static int32_t init(void *self) { return ((const struct chain *)self)->bends == 8 ? STRAIT_EINVAL : STRAIT_OK; }

CURVE(limits, chain_points, chain_coefficients, chain_derivatives, init)
