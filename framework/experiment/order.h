/* experiment/order.h: the order in which stages run. */
#ifndef EXPERIMENT_ORDER_H
#define EXPERIMENT_ORDER_H

#include "experiment/experiment.h"

/* Orders the experiment's stages: what a stage needs comes before it; a circle is an error. */
int experiment_order(struct experiment *experiment);

#endif
