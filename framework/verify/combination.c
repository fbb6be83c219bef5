/* verify/combination.c: the laws of how an ensembler combines its members' predictions, over made-up probabilities. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "plugin/registry.h"
#include "verify/ensembler.h"

enum { GUARD = 16 };
#define GUARD_VALUE -12345.75f
/* The bound is a float32 sum of a few terms, ten times over. */
#define CLOSE 1e-5

static const int member_counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 33};
static const int shapes[][2] = {{7, 5}, {1, 2}, {40, 10}}; /* rows, classes */
enum { COUNTS = sizeof member_counts / sizeof *member_counts, SHAPES = sizeof shapes / sizeof *shapes };

/* Predictions of some members, and their combination between two guards. */
struct predictions {
  int64_t members, rows, classes, cells; /* cells: rows x classes */
  float *p, *lent, *turned;              /* (members, rows, classes); lent: a copy, which combine is given */
  float *room, *combined;
};

/* Probabilities of a member: random, and in the last rows certain, with zeros. */
static void fill_probabilities(struct predictions *p) {
  for (int64_t m = 0; m < p->members; m++)
    for (int64_t r = 0; r < p->rows; r++) {
      float *row = p->p + (m * p->rows + r) * p->classes;
      double sum = 0;
      for (int64_t c = 0; c < p->classes; c++)
        sum += 0.01 + law_unit("probability", (uint64_t)((m * p->rows + r) * p->classes + c));
      for (int64_t c = 0; c < p->classes; c++)
        row[c] = p->rows > 2 && r >= p->rows - 2
                     ? (float)(c == (m + r) % p->classes)
                     : (float)((0.01 + law_unit("probability", (uint64_t)((m * p->rows + r) * p->classes + c))) / sum);
    }
}

static void predictions_free(struct predictions *p) {
  memory_free(p->p);
  memory_free(p->lent);
  memory_free(p->turned);
  memory_free(p->room);
}

static int predictions_make(struct predictions *p, int members, const int shape[2]) {
  *p = (struct predictions){.members = members, .rows = shape[0], .classes = shape[1], .cells = shape[0] * shape[1]};
  p->p = memory_alloc((size_t)(members * p->cells), sizeof *p->p);
  p->lent = memory_alloc((size_t)(members * p->cells), sizeof *p->lent);
  p->turned = memory_alloc((size_t)(members * p->cells), sizeof *p->turned);
  p->room = memory_alloc((size_t)p->cells + 2 * GUARD, sizeof *p->room);
  if (!p->p || !p->lent || !p->turned || !p->room)
    return error_failure();
  p->combined = p->room + GUARD;
  fill_probabilities(p);
  return STRAIT_OK;
}

typedef int32_t combination(const void *self, int64_t members, int64_t rows, int64_t classes,
                            const float *probabilities, float *combined);

/* NULL: the host takes the mean. */
static combination *combination_of(const strait_object *object) {
  return ((const strait_ensembler_ops *)object_ops(object))->combine;
}

/* Combines some rows of `from`; what it writes where it may not is an error. */
static int combine(const strait_object *object, struct predictions *p, const float *from, int64_t rows) {
  const size_t cells = (size_t)(rows * p->classes), all = (size_t)p->members * cells;
  memcpy(p->lent, from, all * sizeof *from);
  for (size_t i = 0; i < cells + 2 * GUARD; i++)
    p->room[i] = i < GUARD || i >= GUARD + cells ? GUARD_VALUE : NAN; /* what is not written shows */
  error_clear();
  int status = combination_of(object)(object, p->members, rows, p->classes, p->lent, p->combined);
  if (memcmp(p->lent, from, all * sizeof *from) != 0)
    return error_set(STRAIT_EBUG, "combine writes to the probabilities, which are only lent");
  for (size_t i = 0; i < GUARD; i++)
    if (p->room[i] != GUARD_VALUE || p->combined[cells + i] != GUARD_VALUE)
      return error_set(STRAIT_EBUG, "combine writes outside the %lld x %lld probabilities", (long long)rows,
                       (long long)p->classes);
  return status;
}

typedef int predictions_check(struct trial *t, const strait_object *object, struct predictions *p);

static int for_predictions(struct trial *t, const strait_object *object, predictions_check *check) {
  int verdict = LAW_HOLDS;
  if (!combination_of(object))
    return law_void(t, "it leaves combining to the host, which takes the mean");
  for (int i = 0; i < COUNTS * SHAPES && verdict == LAW_HOLDS; i++) {
    struct predictions p;
    int status = predictions_make(&p, member_counts[i / SHAPES], shapes[i % SHAPES]);
    verdict = status ? law_not_run(t, "%s", error_text()) : check(t, object, &p);
    predictions_free(&p);
  }
  return verdict;
}

static int check_sum(struct trial *t, const strait_object *object, struct predictions *p) {
  const long long members = (long long)p->members;
  if (combine(object, p, p->p, p->rows) < 0)
    return law_fails_with_error(t, "combine");
  for (int64_t r = 0; r < p->rows; r++) {
    const float *row = p->combined + r * p->classes;
    double sum = 0;
    for (int64_t c = 0; c < p->classes; c++) {
      if (!(row[c] >= -CLOSE && row[c] <= 1 + CLOSE))
        return law_fails(t, "combining %lld member(s), a probability is %g", members, (double)row[c]);
      sum += (double)row[c];
    }
    if (fabs(sum - 1) > CLOSE)
      return law_fails(t, "combining %lld member(s), a row of probabilities adds up to %.7g", members, sum);
  }
  return law_holds(t);
}
static int sum_of(struct trial *t, strait_object *object) { return for_predictions(t, object, check_sum); }
int combination_sum(struct trial *t) { return for_variants(t, sum_of); }

/* Members turned round, and shuffled. Failures are the law "sum"'s. */
static int check_order(struct trial *t, const strait_object *object, struct predictions *p) {
  enum { TURNS = 6, MOST = 64 };
  int64_t order[MOST];
  float *first = memory_alloc((size_t)p->cells, sizeof *first);
  int verdict = first && combine(object, p, p->p, p->rows) >= 0 ? LAW_HOLDS : law_not_run(t, "%s", error_text());
  if (first)
    memcpy(first, p->combined, (size_t)p->cells * sizeof *first);
  for (uint64_t turn = 0; turn < TURNS && verdict == LAW_HOLDS; turn++) {
    law_shuffle(order, p->members, turn);
    for (int64_t m = 0; m < p->members; m++)
      memcpy(p->turned + m * p->cells, p->p + (turn ? order[m] : p->members - 1 - m) * p->cells,
             (size_t)p->cells * sizeof *p->p);
    if (combine(object, p, p->turned, p->rows) < 0)
      verdict = law_not_run(t, "%s", error_text());
    for (int64_t i = 0; i < p->cells && verdict == LAW_HOLDS; i++)
      if (fabs((double)first[i] - (double)p->combined[i]) > CLOSE)
        verdict = law_fails(t, "with %lld members a probability is %.7g, and %.7g with them in another order",
                            (long long)p->members, (double)first[i], (double)p->combined[i]);
  }
  memory_free(first);
  return verdict;
}
static int order_of(struct trial *t, strait_object *object) { return for_predictions(t, object, check_order); }
int combination_order(struct trial *t) { return for_variants(t, order_of); }

/* All rows at once, each by itself, and all again: a stage cuts the data as it likes. */
static int check_rows(struct trial *t, const strait_object *object, struct predictions *p) {
  float *first = memory_alloc((size_t)p->cells, sizeof *first);
  int verdict = first && combine(object, p, p->p, p->rows) >= 0 ? LAW_HOLDS : law_not_run(t, "%s", error_text());
  if (first)
    memcpy(first, p->combined, (size_t)p->cells * sizeof *first);
  for (int64_t r = 0; r < p->rows && verdict == LAW_HOLDS; r++) {
    for (int64_t m = 0; m < p->members; m++)
      memcpy(p->turned + m * p->classes, p->p + (m * p->rows + r) * p->classes, (size_t)p->classes * sizeof *p->p);
    if (combine(object, p, p->turned, 1) < 0)
      verdict = law_not_run(t, "%s", error_text());
    for (int64_t c = 0; c < p->classes && verdict == LAW_HOLDS; c++)
      if (!(fabs((double)first[r * p->classes + c] - (double)p->combined[c]) <= CLOSE))
        verdict = law_fails(t, "with %lld members a probability is %.7g, and %.7g where its row is combined alone",
                            (long long)p->members, (double)first[r * p->classes + c], (double)p->combined[c]);
  }
  if (verdict == LAW_HOLDS &&
      (combine(object, p, p->p, p->rows) < 0 || memcmp(first, p->combined, (size_t)p->cells * sizeof *first) != 0))
    verdict = law_fails(t, "%lld members are combined to other bytes the second time", (long long)p->members);
  memory_free(first);
  return verdict;
}
static int rows_of(struct trial *t, strait_object *object) { return for_predictions(t, object, check_rows); }
int combination_rows(struct trial *t) { return for_variants(t, rows_of); }

void combination_hash(const strait_object *object, struct hash *hash) {
  for (int i = 0; i < COUNTS && combination_of(object); i++) {
    struct predictions p;
    int status = predictions_make(&p, member_counts[i], shapes[0]);
    status = status ? status : combine(object, &p, p.p, p.rows);
    hash_integer(hash, status);
    if (status >= 0)
      hash_bytes(hash, p.combined, (size_t)p.cells * sizeof *p.combined);
    predictions_free(&p);
  }
}
