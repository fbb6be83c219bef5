/* base/extreme.h: extremes that do not hide what is not a number, as fmin and fmax do. */
#ifndef BASE_EXTREME_H
#define BASE_EXTREME_H

#include <stdint.h>

/* The larger and the smaller of two; NaN if either is. */
double larger(double a, double b);
double smaller(double a, double b);
/* The places of the first least and the first greatest of count values; where one is NaN, both are its place. */
void extremes_of(const double *values, int64_t count, int64_t *least, int64_t *greatest);

#endif
