/* store/reparametrised.c: after torch/nn/utils/weight_norm.py, spectral_norm.py, prune.py and parametrizations.py. */
#include <config.h>

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/loaded.h"
#include "store/reparametrised.h"

enum { WEIGHT_NORM, SPECTRAL_NORM, PRUNING, KINDS };
static const char *const kind_names[] = {"weight norm", "spectral norm", "pruning"};

/* Ends of the parts' names: the one that stands for all comes first, and its place in the file is the weight's. */
static const struct form {
  int kind;
  const char *ends[3];
  size_t parts;
  const char *whole; /* what stands in their place; NULL: nothing, as X_v becomes X */
} forms[] = {
    {WEIGHT_NORM, {"_v", "_g", NULL}, 2, NULL},
    {SPECTRAL_NORM, {"_orig", "_u", "_v"}, 3, NULL},
    {PRUNING, {"_orig", "_mask", NULL}, 2, NULL},
    {WEIGHT_NORM, {".original1", ".original0", NULL}, 2, ".parametrizations."},
    {SPECTRAL_NORM, {".original", ".0._u", ".0._v"}, 3, ".parametrizations."},
};

struct parts {
  struct array *part[3]; /* in the order of the form */
};

static double at(const struct array *a, int64_t i) {
  switch (a->type) {
  case STRAIT_F32:
    return (double)((const float *)a->data)[i];
  case STRAIT_F64:
    return ((const double *)a->data)[i];
  case STRAIT_U8:
    return ((const unsigned char *)a->data)[i];
  }
  return 0;
}

static int is_real(const struct array *a) { return a->type == STRAIT_F32 || a->type == STRAIT_F64; }

/* --- the formulas; to: the weight, as long as the first part --- */

static void put(struct array *to, int64_t i, double value) {
  if (to->type == STRAIT_F32)
    ((float *)(uintptr_t)to->data)[i] = (float)value;
  else
    ((double *)(uintptr_t)to->data)[i] = value;
}

/* Which group of v's elements has one g: v's index in the dimensions along which g is longer than 1. */
static int64_t group_of(const struct array *v, const struct array *g, int64_t i) {
  int64_t group = 0, step = 1;
  for (uint32_t d = v->rank; d > 0; d--) {
    const int64_t index = i % v->dims[d - 1];
    i /= v->dims[d - 1];
    if (g->rank && g->dims[d - 1] > 1)
      group += index * step;
    step *= g->rank ? g->dims[d - 1] : 1;
  }
  return group;
}

/* g is a scalar, or as v in one dimension and 1 in all others. */
static int fits_weight_norm(const struct parts *p) {
  const struct array *v = p->part[0], *g = p->part[1];
  uint32_t shared = 0;
  if (!is_real(v) || !is_real(g) || !v->rank || (g->rank && g->rank != v->rank))
    return 0;
  for (uint32_t d = 0; d < g->rank; d++) {
    if (g->dims[d] != 1 && g->dims[d] != v->dims[d])
      return 0;
    shared += g->dims[d] != 1;
  }
  return shared <= 1;
}

static int weight_norm(const struct parts *p, struct array *to) {
  const struct array *v = p->part[0], *g = p->part[1];
  const int64_t count = array_count(v), groups = array_count(g);
  double *square = memory_alloc((size_t)groups, sizeof *square);
  if (!square)
    return error_failure();
  int status = STRAIT_OK;
  for (int64_t i = 0; i < count; i++)
    square[group_of(v, g, i)] += at(v, i) * at(v, i);
  for (int64_t k = 0; k < groups && count && !status; k++)
    if (!(square[k] > 0))
      status = error_set(STRAIT_EINVAL, "the norm of part %lld of %s is 0, and nothing can be divided by it",
                         (long long)k, v->name);
  for (int64_t i = 0; i < count && !status; i++) {
    const int64_t k = group_of(v, g, i);
    put(to, i, at(g, k) * (at(v, i) / sqrt(square[k])));
  }
  memory_free(square);
  return status;
}

/* W is the weight as a matrix: dimension `dim` by all others, in their order. u' W v, and |W v|. */
static double product(const struct parts *p, uint32_t dim, double *length) {
  const struct array *w = p->part[0];
  int64_t inner = 1;
  double sum = 0, square = 0;
  for (uint32_t d = dim + 1; d < w->rank; d++)
    inner *= w->dims[d];
  const int64_t rows = w->dims[dim], columns = array_count(w) / rows;
  for (int64_t r = 0; r < rows; r++) {
    double row = 0;
    for (int64_t c = 0; c < columns; c++)
      row += at(w, (c / inner) * inner * rows + r * inner + c % inner) * at(p->part[2], c);
    sum += at(p->part[1], r) * row;
    square += row * row;
  }
  *length = sqrt(square);
  return sum;
}

static int fits_dim(const struct parts *p, uint32_t dim) {
  const struct array *w = p->part[0], *u = p->part[1], *v = p->part[2];
  return dim < w->rank && u->rank == 1 && v->rank == 1 && w->dims[dim] > 0 && u->dims[0] == w->dims[dim] &&
         v->dims[0] == array_count(w) / w->dims[dim];
}

static int fits_spectral_norm(const struct parts *p) {
  return is_real(p->part[0]) && is_real(p->part[1]) && is_real(p->part[2]) && p->part[0]->rank > 1 &&
         array_count(p->part[0]) && (fits_dim(p, 0) || fits_dim(p, 1));
}

/* The matrix has the outputs as rows: dimension 0, or 1 in a transposed convolution. Where both fit, u is what W v
 * points to in the right one, as that is how it came about. */
static int spectral_norm(const struct parts *p, struct array *to) {
  double sigma[2] = {0}, cosine[2] = {0}, length;
  for (uint32_t dim = 0; dim < 2; dim++)
    if (fits_dim(p, dim) && !(dim == 1 && p->part[0]->rank == 2 && fits_dim(p, 0))) {
      sigma[dim] = product(p, dim, &length);
      cosine[dim] = length > 0 ? fabs(sigma[dim]) / length : 0;
    }
  const int best = cosine[1] > cosine[0];
  if (!(cosine[best] > 0))
    return error_set(STRAIT_EINVAL, "the spectral norm of %s is 0, and nothing can be divided by it", p->part[0]->name);
  if (cosine[!best] > 0 && 1 - cosine[best] > (1 - cosine[!best]) / 4)
    return error_set(
        STRAIT_EINVAL,
        "%s could be of a convolution or of a transposed one, whose spectral norms differ; in Python, save "
        "it after torch.nn.utils.remove_spectral_norm",
        p->part[0]->name);
  for (int64_t i = 0; i < array_count(to); i++)
    put(to, i, at(p->part[0], i) / sigma[best]);
  return STRAIT_OK;
}

static int fits_pruning(const struct parts *p) {
  const struct array *w = p->part[0], *mask = p->part[1];
  return is_real(w) && (is_real(mask) || mask->type == STRAIT_U8) && w->rank == mask->rank &&
         memcmp(w->dims, mask->dims, w->rank * sizeof *w->dims) == 0;
}

static int pruning(const struct parts *p, struct array *to) {
  for (int64_t i = 0; i < array_count(to); i++)
    put(to, i, at(p->part[0], i) * at(p->part[1], i));
  return STRAIT_OK;
}

static const struct {
  int (*fits)(const struct parts *);
  int (*make)(const struct parts *, struct array *to);
} formulas[] = {{fits_weight_norm, weight_norm}, {fits_spectral_norm, spectral_norm}, {fits_pruning, pruning}};

/* --- names --- */

static struct array *find(struct arrays *arrays, const char *stem, size_t length, const char *end) {
  for (size_t i = 0; i < arrays->count; i++) {
    const char *name = arrays->array[i].name;
    if (strncmp(name, stem, length) == 0 && strcmp(name + length, end) == 0)
      return &arrays->array[i];
  }
  return NULL;
}

/* The last part of a dotted name begins with "weight" or "bias": a network may have parameters "proj_g" and "proj_v" of
 * its own. */
static int is_parameter(const char *stem, size_t length) {
  const char *last = memrchr(stem, '.', length);
  last = last ? last + 1 : stem;
  return strncmp(last, "weight", 6) == 0 || strncmp(last, "bias", 4) == 0;
}

/* How many arrays' names begin so. */
static size_t count_under(const struct arrays *arrays, const char *stem, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < arrays->count; i++)
    count += strncmp(arrays->array[i].name, stem, length) == 0 && arrays->array[i].name[length] == '.';
  return count;
}

/* All parts of a form with this first one, or none: *whole becomes the weight's name. */
static int take_parts(struct arrays *arrays, const struct form *form, struct array *first, struct parts *p,
                      const char **whole) {
  const char *stem = first->name, *inside = form->whole ? strstr(stem, form->whole) : NULL;
  if (!text_ends(stem, form->ends[0]))
    return 0;
  const size_t length = strlen(stem) - strlen(form->ends[0]);
  if (!is_parameter(stem, length) || (form->whole && !inside && !text_starts(stem, form->whole + 1)))
    return 0;
  *p = (struct parts){{first}};
  for (size_t i = 1; i < form->parts; i++)
    if (!(p->part[i] = find(arrays, stem, length, form->ends[i])))
      return 0;
  if (form->whole ? count_under(arrays, stem, length) != form->parts : find(arrays, stem, length, "") != NULL)
    return 0; /* more than this is done to it, or it is there whole */
  if (inside)
    *whole = arena_format(arrays->arena, "%.*s.%.*s", (int)(inside - stem), stem,
                          (int)(stem + length - inside - strlen(form->whole)), inside + strlen(form->whole));
  else
    *whole = arena_copy_n(arrays->arena, stem + (form->whole ? strlen(form->whole) - 1 : 0),
                          length - (form->whole ? strlen(form->whole) - 1 : 0));
  return formulas[form->kind].fits(p);
}

static void drop(struct arrays *arrays, const struct array *array) {
  const size_t i = (size_t)(array - arrays->array);
  memmove(&arrays->array[i], &arrays->array[i + 1], (arrays->count - i - 1) * sizeof *array);
  arrays->count--;
}

static int put_together(struct arrays *arrays, const struct form *form, const struct parts *p, const char *whole) {
  struct array to = *p->part[0];
  to.name = whole;
  to.data = arena_alloc(arrays->arena, (size_t)array_count(&to), element_bytes(to.type));
  if (!whole || !to.data)
    return error_failure();
  if (formulas[form->kind].make(p, &to))
    return error_failure();
  const char *gone[3] = {NULL};
  for (size_t i = 1; i < form->parts; i++)
    gone[i] = p->part[i]->name;
  *p->part[0] = to;
  for (size_t i = 1; i < form->parts; i++)
    drop(arrays, find(arrays, gone[i], strlen(gone[i]), ""));
  return STRAIT_OK;
}

int arrays_put_together(struct arrays *arrays, struct notes *notes) {
  size_t made[KINDS] = {0};
  for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
    for (size_t i = 0; i < arrays->count; i++) {
      struct parts p;
      const char *whole = NULL;
      if (!take_parts(arrays, &forms[f], &arrays->array[i], &p, &whole))
        continue;
      if (put_together(arrays, &forms[f], &p, whole))
        return error_failure();
      made[forms[f].kind]++;
      i = (size_t)-1; /* the list has changed */
    }
  for (int kind = 0; kind < KINDS; kind++)
    if (made[kind] && note_add(notes, "put %zu weight%s together from the parts of %s", made[kind],
                               made[kind] == 1 ? "" : "s", kind_names[kind]))
      return error_failure();
  return STRAIT_OK;
}
