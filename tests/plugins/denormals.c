/* Bad manners: like a plugin linked with -ffast-math, it turns denormals off when it is opened, and changes the
 * rounding when its entry is called. */
#include <fenv.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "flat.h"

__attribute__((constructor)) static void flush_to_zero(void) {
#ifdef __SSE__
  _mm_setcsr(_mm_getcsr() | 0x8040); /* flush to zero, denormals are zero */
#endif
}

static const strait_class sound = {
    STRAIT_CLASS_BARE(STRAIT_CURVE, "denormals", "1.0", "no denormals", struct flat, &flat_ops), STRAIT_NO_PRESETS,
    NULL, NULL};
STRAIT_EXPORT const strait_class *strait_plugin_v1(const struct strait_host *host);
const strait_class *strait_plugin_v1(const struct strait_host *host) {
  fesetround(FE_UPWARD);
  return (void)host, &sound;
}
