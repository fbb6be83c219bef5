/* align/assign.c: shortest augmenting paths (Crouse, "On implementing 2D rectangular assignment algorithms", 2016),
 * after the reductions of Jonker and Volgenant ("A shortest augmenting path algorithm for dense and sparse linear
 * assignment problems", 1987), which assign most rows at a fraction of the cost of a path. */
#include "align/assign.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"

/* rows <= columns. Throughout, c_ij - v_j is least at the column of a row that has one, and v is 0 at columns that are
 * free, never above 0 where the matrix is not square. */
struct problem {
  int64_t rows, columns;
  const double *cost;
  double *v;
  int64_t *column_of, *row_of; /* -1: none */
  /* of one path: a list of the columns, those still open first, with their distances and prices; the row before each */
  double *distance, *price;
  int64_t *column, *before;
};

static const double *row_at(const struct problem *p, int64_t i) { return p->cost + i * p->columns; }

/* Square: the least of each column is its first price. */
static void reduce_columns(struct problem *p) {
  for (int64_t j = 0; j < p->columns; j++)
    p->v[j] = p->cost[j];
  for (int64_t i = 1; i < p->rows; i++)
    for (int64_t j = 0; j < p->columns; j++)
      if (row_at(p, i)[j] < p->v[j])
        p->v[j] = row_at(p, i)[j];
}

/* The least c_ij - v_j of a row, at column *first, and the second least, at *second; of equals the diagonal, then free
 * columns come first. */
static void two_least(const struct problem *p, int64_t i, double least[2], int64_t at[2]) {
  const double *c = row_at(p, i);
  const int64_t diagonal = i;
  at[0] = diagonal, at[1] = -1;
  least[0] = c[diagonal] - p->v[diagonal], least[1] = INFINITY;
  for (int64_t j = 0; j < p->columns; j++) {
    const double x = c[j] - p->v[j];
    if (x >= least[1] || j == diagonal)
      continue;
    if (x < least[0]) {
      least[1] = least[0], at[1] = at[0];
      least[0] = x, at[0] = j;
    } else {
      least[1] = x, at[1] = j;
    }
  }
}

static void give(struct problem *p, int64_t i, int64_t j) {
  p->column_of[i] = j;
  p->row_of[j] = i;
}

/* Each row takes its best column where that is free; the rest are listed. Returns how many. */
static int64_t take_free(struct problem *p, int64_t *list) {
  int64_t count = 0;
  double least[2];
  int64_t at[2];
  for (int64_t i = 0; i < p->rows; i++) {
    two_least(p, i, least, at);
    if (p->row_of[at[0]] < 0)
      give(p, i, at[0]);
    else if (least[1] == least[0] && p->row_of[at[1]] < 0)
      give(p, i, at[1]);
    else
      list[count++] = i;
  }
  return count;
}

/* Jonker and Volgenant's augmenting row reduction: a row takes its best column, whose price falls until the second best
 * is as good, and the row that had it looks on. Steps are bounded: what is left is the paths'. */
static int64_t bid(struct problem *p, int64_t *list, int64_t count) {
  int64_t left = 0, steps = 4 * p->rows;
  double least[2];
  int64_t at[2];
  for (int64_t k = 0; k < count;) {
    const int64_t i = list[k++];
    if (steps-- <= 0) {
      list[left++] = i;
      continue;
    }
    two_least(p, i, least, at);
    int64_t j = at[0];
    const int falls = at[1] >= 0 && least[0] < least[1];
    if (falls && p->v[j] - (least[1] - least[0]) < p->v[j])
      p->v[j] -= least[1] - least[0];
    else if (p->row_of[j] >= 0 && at[1] >= 0)
      j = at[1];
    const int64_t other = p->row_of[j];
    give(p, i, j);
    if (other < 0)
      continue;
    p->column_of[other] = -1;
    if (falls && j == at[0])
      list[--k] = other;
    else
      list[left++] = other;
  }
  return left;
}

/* Looks from row i, which lies `far` from the start, at every open column; returns the place in the list of the
 * nearest, a free one of equals. */
static int64_t look(struct problem *p, int64_t i, double far, int64_t open) {
  const double *c = row_at(p, i);
  double nearest = INFINITY;
  int64_t best = 0;
  for (int64_t k = 0; k < open; k++) {
    const double d = far + (c[p->column[k]] - p->price[k]);
    if (d < p->distance[k]) {
      p->distance[k] = d;
      p->before[p->column[k]] = i;
    }
    if (p->distance[k] < nearest || (p->distance[k] == nearest && p->row_of[p->column[k]] < 0)) {
      nearest = p->distance[k];
      best = k;
    }
  }
  return best;
}

/* The nearest open column goes behind the open ones, where the closed ones are. */
static void close_column(struct problem *p, int64_t k, int64_t last) {
  const int64_t column = p->column[k];
  const double distance = p->distance[k], price = p->price[k];
  p->column[k] = p->column[last], p->distance[k] = p->distance[last], p->price[k] = p->price[last];
  p->column[last] = column, p->distance[last] = distance, p->price[last] = price;
}

/* Gives `start` a column by the shortest path to a free one. */
static void augment(struct problem *p, int64_t start) {
  int64_t open = p->columns, i = start, j;
  double least[2], far;
  int64_t at[2];
  for (j = 0; j < p->columns; j++) {
    p->column[j] = j;
    p->distance[j] = INFINITY;
    p->price[j] = p->v[j];
  }
  two_least(p, start, least, at);
  far = -least[0]; /* u of the row, so that its best column lies at 0 */
  for (;;) {
    const int64_t k = look(p, i, far, open);
    close_column(p, k, --open);
    j = p->column[open];
    if (p->row_of[j] < 0)
      break;
    i = p->row_of[j];
    far = p->distance[open] - (row_at(p, i)[j] - p->v[j]);
  }
  for (int64_t k = open + 1; k < p->columns; k++)
    p->v[p->column[k]] += p->distance[k] - p->distance[open];
  do {
    i = p->before[j];
    const int64_t old = p->column_of[i];
    give(p, i, j);
    j = old;
  } while (i != start);
}

static void solve(struct problem *p, int64_t *list) {
  for (int64_t i = 0; i < p->rows; i++)
    p->column_of[i] = -1;
  for (int64_t j = 0; j < p->columns; j++) {
    p->row_of[j] = -1;
    p->v[j] = 0;
  }
  if (p->rows == p->columns)
    reduce_columns(p);
  int64_t left = take_free(p, list);
  for (int pass = 0; pass < 2 && left; pass++)
    left = bid(p, list, left);
  for (int64_t k = 0; k < left; k++)
    augment(p, list[k]);
}

static int check_cost(int64_t rows, int64_t columns, const double *cost) {
  if (rows < 1 || columns < 1)
    return error_set(STRAIT_EINVAL, "an assignment of %lld rows to %lld columns; there must be at least 1 of each",
                     (long long)rows, (long long)columns);
  for (int64_t k = 0; k < rows * columns; k++)
    if (!(fabs(cost[k]) <= ASSIGN_LARGEST))
      return error_set(STRAIT_EINVAL,
                       "the cost of row %lld and column %lld is %g; it must be finite, at most %g in size",
                       (long long)(k / columns), (long long)(k % columns), cost[k], ASSIGN_LARGEST);
  return STRAIT_OK;
}

static int solve_wide(int64_t rows, int64_t columns, const double *cost, int64_t *column_of, double *u, double *v) {
  double *reals = memory_alloc((size_t)columns, 3 * sizeof *reals);
  int64_t *integers = memory_alloc((size_t)(3 * columns + rows), sizeof *integers);
  int status = reals && integers ? STRAIT_OK : error_failure();
  if (!status) {
    struct problem p = {.rows = rows,
                        .columns = columns,
                        .cost = cost,
                        .v = reals,
                        .distance = reals + columns,
                        .price = reals + 2 * columns,
                        .column_of = column_of,
                        .row_of = integers,
                        .before = integers + columns,
                        .column = integers + 2 * columns};
    solve(&p, integers + 3 * columns);
    for (int64_t j = 0; v && j < columns; j++)
      v[j] = p.v[j];
    for (int64_t i = 0; u && i < rows; i++)
      u[i] = row_at(&p, i)[column_of[i]] - p.v[column_of[i]];
  }
  memory_free(integers);
  memory_free(reals);
  return status;
}

/* More rows than columns: the same with both sides exchanged. */
static int solve_tall(int64_t rows, int64_t columns, const double *cost, int64_t *column_of, double *u, double *v) {
  double *turned = memory_alloc((size_t)(rows * columns), sizeof *turned);
  int64_t *row_of = memory_alloc((size_t)columns, sizeof *row_of);
  int status = turned && row_of ? STRAIT_OK : error_failure();
  for (int64_t i = 0; !status && i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      turned[j * rows + i] = cost[i * columns + j];
  if (!status)
    status = solve_wide(columns, rows, turned, row_of, v, u);
  for (int64_t i = 0; !status && i < rows; i++)
    column_of[i] = -1;
  for (int64_t j = 0; !status && j < columns; j++)
    column_of[row_of[j]] = j;
  memory_free(row_of);
  memory_free(turned);
  return status;
}

int assign(int64_t rows, int64_t columns, const double *cost, int64_t *column_of, double *u, double *v) {
  int status = check_cost(rows, columns, cost);
  if (status)
    return status;
  return rows <= columns ? solve_wide(rows, columns, cost, column_of, u, v)
                         : solve_tall(rows, columns, cost, column_of, u, v);
}
