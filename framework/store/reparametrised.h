/* store/reparametrised.h: weights that PyTorch keeps in parts and puts together when a network runs. */
#ifndef STORE_REPARAMETRISED_H
#define STORE_REPARAMETRISED_H

#include "store/arrays.h"
#include "store/notes.h"

/* Puts together, as the network would in evaluation, what is there in parts:
 *   weight norm      X_g, X_v; X's parametrizations.weight.original0, .original1       g v / |v|
 *   spectral norm    X_orig, X_u, X_v; .parametrizations.weight.original, .0._u, .0._v   W / (u' W v)
 *   pruning          X_orig, X_mask                                                    W mask
 * Norms and u' W v are sums in float64. Parts whose shapes do not fit these formulas stay as they are. Notes say so.
 * STRAIT_EINVAL: a part leaves nothing to divide by. */
int arrays_put_together(struct arrays *arrays, struct notes *notes);

#endif
