/* Breaks symbol: exports something besides its entry, which another plugin may export too. */
#include "curve.h"

STRAIT_EXPORT int helper(void);
int helper(void) { return 1; }

CURVE(symbol, chain_points, chain_coefficients, chain_derivatives, NULL)
