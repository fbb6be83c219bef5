/* landscape/repair.h: REPAIR (Jordan, Sedghi, Saukh, Entezari and Neyshabur, 2023): between two networks the units'
 * values vary less than in either, as those of the two cancel. Each hidden layer's outputs, before the nonlinearity,
 * are given the mean and deviation that lie between the two networks' again, unit by unit.
 *
 * Exact: one pass in training mode over the samples that batch-norm statistics are re-estimated on, where every such
 * layer is normalised to its goal, so that each sees repaired inputs; then the layers' weights and biases are scaled
 * and shifted by what was found. Layers in front of a batch norm are left to its re-estimation, which does the same. */
#ifndef LANDSCAPE_REPAIR_H
#define LANDSCAPE_REPAIR_H

#include "landscape/supply.h"
#include "network/program.h"

struct repair;
/* feeding: of the pass. Fails where the network has no layer to repair. */
int repair_create(struct repair **repair, const struct network *network, const struct data *data, struct device *device,
                  const struct feeding *feeding);
void repair_free(struct repair *repair); /* NULL is nothing */
/* Measures what the outputs are at the points (weights each); statistics are the batches'. */
int repair_points(struct repair *repair, int points, const float *const *theta);
/* weights: the sum c_i theta_i, repaired in place. Where one coefficient is 1 and the rest are 0 they stay as they are.
 */
int repair_weights(struct repair *repair, const double *c, float *weights);

#endif
