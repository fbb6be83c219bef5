/* stage/order.h: the order in which stages run. */
#ifndef STAGE_ORDER_H
#define STAGE_ORDER_H

#include "stage/experiment.h"

/* Orders the experiment's stages: what a stage needs comes before it; a circle is an error. */
int experiment_order(struct experiment *experiment);

#endif
