/* Breaks limits: crashes at one. */
#include <signal.h>

#include "curve.h"

static int32_t init(void *self) { return ((const struct chain *)self)->bends == 8 ? raise(SIGSEGV) : STRAIT_OK; }

CURVE(crashes, chain_points, chain_coefficients, chain_derivatives, init)
