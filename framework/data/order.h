/* data/order.h: which samples a pass over a split takes, in which order, and how they are cut into batches. */
#ifndef DATA_ORDER_H
#define DATA_ORDER_H

#include "data/feeder.h"
#include "data/internal.h"

struct order {
  const struct data *data;
  struct feeding feeding;
  struct batching batching;
  int64_t *subset; /* (samples) numbers in the split; NULL: all */
};
/* Fails where the split is empty, or too short for the batch. */
int order_create(struct order *order, const struct data *data, const struct feeding *feeding);
void order_free(struct order *order);
/* The samples' numbers in an epoch, batch after batch. */
void order_fill(const struct order *order, int64_t epoch, int64_t *numbers);

#endif
