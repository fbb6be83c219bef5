/* base/extreme.c: see extreme.h. Pure arithmetic. */
#include "base/extreme.h"

#include <math.h>

double larger(double a, double b) { return isnan(a) || isnan(b) ? (double)NAN : fmax(a, b); }
double smaller(double a, double b) { return isnan(a) || isnan(b) ? (double)NAN : fmin(a, b); }

void extremes_of(const double *values, int64_t count, int64_t *least, int64_t *greatest) {
  *least = *greatest = 0;
  for (int64_t i = 1; i < count; i++) {
    if (isnan(values[*least]))
      return;
    if (isnan(values[i]))
      *least = *greatest = i;
    else {
      *least = values[i] < values[*least] ? i : *least;
      *greatest = values[i] > values[*greatest] ? i : *greatest;
    }
  }
}
