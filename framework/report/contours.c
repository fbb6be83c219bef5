/* report/contours.c: marching squares. Round the grid runs a margin that is below every level, so that all lines close,
 * and points on its edges are moved onto the grid's border. */
#include "report/contours.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define FLAT .03        /* a point this near to the line between its neighbours is left out, */
#define MOST_LEFT_OUT 8 /* so many in a row at most */

/* The grid with its margin: nodes (0 to width + 1, 0 to height + 1). Edge 2 (i (height + 2) + j) leads from node (i, j)
 * to (i + 1, j), the edge after it to (i, j + 1). */
struct field {
  const double *value;
  int64_t width, height;
  double level;
  int64_t *next; /* the edge on which the line that comes to this one goes on; -1: none comes */
};

static double value_at(const struct field *f, int64_t i, int64_t j) {
  if (i < 1 || j < 1 || i > f->width || j > f->height)
    return -INFINITY;
  const double value = f->value[(i - 1) * f->height + j - 1];
  return isnan(value) ? -INFINITY : value;
}

static int64_t edge_of(const struct field *f, int64_t i, int64_t j, int upward) {
  return 2 * (i * (f->height + 2) + j) + upward;
}

/* The edges of the cell whose lower left node is (i, j), counterclockwise from below. A line has the higher side on its
 * left: it comes in by an edge from high to low. Of two higher corners that lie across each other, those are joined
 * whose middle is high. */
static void march_cell(struct field *f, int64_t i, int64_t j) {
  const double corner[] = {value_at(f, i, j), value_at(f, i + 1, j), value_at(f, i + 1, j + 1), value_at(f, i, j + 1)};
  const int64_t edge[] = {edge_of(f, i, j, 0), edge_of(f, i + 1, j, 1), edge_of(f, i, j + 1, 0), edge_of(f, i, j, 1)};
  int high[4], crossings = 0;
  for (int k = 0; k < 4; k++)
    high[k] = corner[k] >= f->level;
  for (int k = 0; k < 4; k++)
    crossings += high[k] != high[(k + 1) % 4];
  const int joined = (corner[0] + corner[1] + corner[2] + corner[3]) / 4 >= f->level;
  for (int k = 0; k < 4; k++) {
    if (!high[k] || high[(k + 1) % 4])
      continue;
    int to = (k + (crossings == 4 && joined ? 1 : 3)) % 4;
    while (high[to] || !high[(to + 1) % 4]) /* never where there are four crossings */
      to = (to + 1) % 4;
    f->next[edge[k]] = edge[to];
  }
}

static double onto(double x, int64_t count) { return fmin(fmax(x - 1, 0), (double)count - 1); }

/* Where a line crosses an edge, in the grid's coordinates. */
static void cross(const struct field *f, int64_t edge, double *x, double *y) {
  const int upward = (int)(edge & 1);
  const int64_t i = edge / 2 / (f->height + 2), j = edge / 2 % (f->height + 2);
  const double a = value_at(f, i, j), b = value_at(f, i + !upward, j + upward);
  double part = a >= f->level ? 0 : 1; /* beside what is not known, at the node that is */
  if (isfinite(a) && isfinite(b))
    part = (f->level - a) / (b - a);
  *x = onto((double)i + (upward ? 0 : part), f->width);
  *y = onto((double)j + (upward ? part : 0), f->height);
}

static double beside(const struct contour *c, size_t from, double x, double y, size_t point) {
  const double dx = x - c->x[from], dy = y - c->y[from], length = hypot(dx, dy);
  const double px = c->x[point] - c->x[from], py = c->y[point] - c->y[from];
  if (length == 0 || px * dx + py * dy < 0 || px * dx + py * dy > length * length)
    return INFINITY;
  return fabs(dx * py - dy * px) / length;
}

/* Adds a point; leaves the one before out where that changes nothing that can be seen. */
static void add_point(struct contour *c, double x, double y, int *left_out) {
  if (c->count && c->x[c->count - 1] == x && c->y[c->count - 1] == y)
    return;
  if (c->count > 1 && *left_out < MOST_LEFT_OUT && beside(c, c->count - 2, x, y, c->count - 1) < FLAT) {
    c->count--;
    ++*left_out;
  } else
    *left_out = 0;
  c->x[c->count] = x;
  c->y[c->count++] = y;
}

static double area_of(const struct contour *c) {
  double twice = 0;
  for (size_t k = 0; k < c->count; k++) {
    const size_t n = (k + 1) % c->count;
    twice += c->x[k] * c->y[n] - c->x[n] * c->y[k];
  }
  return twice / 2;
}

/* The line that comes by this edge, whose edges are then used up. */
static int follow(struct contours *all, struct arena *arena, struct field *f, int64_t edge, int level) {
  struct contour c = {0};
  size_t edges = 0;
  int left_out = 0;
  for (int64_t at = edge; edges == 0 || at != edge; at = f->next[at])
    edges++;
  c.x = arena_alloc(arena, edges, sizeof *c.x);
  c.y = arena_alloc(arena, edges, sizeof *c.y);
  if (!c.x || !c.y)
    return error_failure();
  for (int64_t at = edge, next; f->next[at] >= 0; at = next) {
    double x, y;
    cross(f, at, &x, &y);
    add_point(&c, x, y, &left_out);
    next = f->next[at];
    f->next[at] = -1;
  }
  const double area = area_of(&c);
  c.area = fabs(area);
  c.band = area > 0 ? level + 1 : level; /* a hole is clockwise */
  if (c.count < 3 || c.area == 0)
    return STRAIT_OK;
  int status = memory_grow(&all->contour, &all->capacity, all->count + 1, sizeof *all->contour);
  if (!status)
    all->contour[all->count++] = c;
  return status;
}

/* Lines of one area are borders of all that there is: the higher band last. */
static int larger_first(const void *a, const void *b) {
  const struct contour *x = a, *y = b;
  return x->area != y->area ? (x->area < y->area) - (x->area > y->area) : x->band - y->band;
}

int contours_find(struct contours *all, struct arena *arena, const double *value, int64_t width, int64_t height,
                  const double *level, int levels) {
  const int64_t edges = 2 * (width + 2) * (height + 2);
  struct field f = {.value = value, .width = width, .height = height};
  *all = (struct contours){0};
  f.next = arena_alloc(arena, (size_t)edges, sizeof *f.next);
  if (!f.next)
    return error_failure();
  for (int k = 0; k < levels; k++) {
    f.level = level[k];
    for (int64_t e = 0; e < edges; e++)
      f.next[e] = -1;
    for (int64_t i = 0; i <= width; i++)
      for (int64_t j = 0; j <= height; j++)
        march_cell(&f, i, j);
    for (int64_t e = 0; e < edges; e++)
      if (f.next[e] >= 0 && follow(all, arena, &f, e, k))
        return error_failure();
  }
  if (all->count)
    qsort(all->contour, all->count, sizeof *all->contour, larger_first);
  return STRAIT_OK;
}

void contours_free(struct contours *all) {
  memory_free(all->contour);
  *all = (struct contours){0};
}
