/* landscape/halves.c: see halves.h. */
#include "landscape/halves.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"

#define DEVIATIONS 4 /* of the difference between halves: chance exceeds them once in some ten thousand */

/* Is a class of this many even and odd rows about as often in both halves? */
static int is_even(int64_t even, int64_t odd) {
  const int64_t all = even + odd, least = even < odd ? even : odd;
  return fabs((double)(even - odd)) <= DEVIATIONS * sqrt((double)all) && (least > 0 || all < 4);
}

int halves_order(int64_t rows, int64_t classes, const int32_t *labels, int64_t *order) {
  int64_t *count = memory_alloc((size_t)classes, 2 * sizeof *count), at = 0;
  int fair = 1;
  if (!count)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; i < rows; i++)
    count[2 * labels[i] + (i & 1)]++;
  for (int64_t c = 0; c < classes; c++)
    fair = fair && is_even(count[2 * c], count[2 * c + 1]);
  for (int64_t c = 0; c < classes; c++) { /* from here on, where each class begins */
    const int64_t all = count[2 * c] + count[2 * c + 1];
    count[2 * c] = at;
    at += all;
  }
  for (int64_t i = 0; i < rows; i++)
    order[fair ? i : count[2 * labels[i]]++] = i;
  memory_free(count);
  return STRAIT_OK;
}
