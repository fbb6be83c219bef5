/* plugin/arithmetic.h: how this thread rounds, traps and treats denormals: kept and put back around code of plugins.
 *
 * A plugin linked with -ffast-math brings a constructor that turns denormals off; that may not leak into everybody's
 * results. */
#ifndef PLUGIN_ARITHMETIC_H
#define PLUGIN_ARITHMETIC_H

#include <fenv.h>
#include <float.h>
#include <stddef.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

struct arithmetic {
  fenv_t environment;
  int rounding;
  int denormals;    /* 1: there are some */
  unsigned control; /* MXCSR, with flush-to-zero and denormals-are-zero, which C knows nothing of */
};

static inline int arithmetic_denormals(void) {
  volatile double smallest = DBL_MIN;
  volatile double half = smallest / 2;
  return half > 0;
}

static inline void arithmetic_save(struct arithmetic *saved) {
  fegetenv(&saved->environment);
  saved->rounding = fegetround();
  saved->denormals = arithmetic_denormals();
  saved->control = 0;
#ifdef __SSE__
  saved->control = _mm_getcsr();
#endif
}

static inline void arithmetic_restore(const struct arithmetic *saved) {
  fesetenv(&saved->environment);
#ifdef __SSE__
  _mm_setcsr(saved->control);
#endif
}

/* What differs from what was saved, in words; NULL: nothing. The flags of past exceptions may differ. */
static inline const char *arithmetic_changed(const struct arithmetic *saved) {
  if (fegetround() != saved->rounding)
    return "the direction of rounding is another";
  if (arithmetic_denormals() != saved->denormals)
    return saved->denormals ? "denormal numbers are turned off (was it linked with -ffast-math?)"
                            : "denormal numbers are turned on";
#ifdef __SSE__
  if ((_mm_getcsr() ^ saved->control) & ~0x3fU)
    return "floating-point control bits (MXCSR) are others";
#endif
  return NULL;
}

#endif
