/* landscape/halves.h: two halves of labelled rows, so that what is fitted on one is judged on the other. */
#ifndef LANDSCAPE_HALVES_H
#define LANDSCAPE_HALVES_H

#include <stdint.h>

/* order: a permutation of the rows whose even and odd places are the halves: index order, or, where that parts the
 * classes (they alternate, or come in a pattern), class by class. */
int halves_order(int64_t rows, int64_t classes, const int32_t *labels, int64_t *order);

#endif
