/* data/mixing.h: parts of a split that have its classes. Data sets that come in order of class, as folders do, would
 * lose whole classes where the first or the last samples are taken: there another order is. */
#ifndef DATA_MIXING_H
#define DATA_MIXING_H

#include <stdint.h>

/* How a part of `count` labels is taken: the first `limit` (0: all), of which the last `holdout` are held out. A label
 * below 0 is not known. */
struct cut {
  int64_t limit, holdout;
  int balanced; /* the first limit/classes of each class instead */
};
/* Do both parts have the classes in about their shares of the whole? They do not where the classes come in order, where
 * a part lacks a class that it has room for, or where a class is off by more than chance explains. */
int mixing_is_fair(const int32_t *label, int64_t count, int64_t classes, const struct cut *cut);
/* order: a permutation of 0..count-1 of which every first or last part has the classes in their shares, and each class
 * that it has room for. Within a class it is random. label NULL: no classes; random. */
int mixing_order(const int32_t *label, int64_t count, int64_t classes, uint64_t seed, int64_t *order);

#endif
