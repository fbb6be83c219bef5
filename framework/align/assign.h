/* align/assign.h: the linear assignment problem: each row gets a column of its own, at the least total cost. */
#ifndef ALIGN_ASSIGN_H
#define ALIGN_ASSIGN_H

#include <stdint.h>

/* cost: (rows, columns), all finite and at most ASSIGN_LARGEST in size. column_of[i] is the column of row i; where
 * there are more rows than columns, -1 for the rows that stay without one. Of equal solutions a constant matrix gets
 * the identity, and the same matrix always the same one.
 *
 * u (rows) and v (columns), or NULL: the prices that prove it: u_i + v_j <= cost_ij everywhere, with equality where i
 * has j, up to rounding; 0 for what stays without a partner, at most 0 for its side. O(n^3) time, three vectors of
 * memory. */
#define ASSIGN_LARGEST 1e300
int assign(int64_t rows, int64_t columns, const double *cost, int64_t *column_of, double *u, double *v);

#endif
