/* verify/combination.c: the laws of how an ensembler combines its members' predictions, over made-up probabilities. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ensemble/members.h"
#include "verify/ensembler.h"

enum { MEMBERS = 4, ROWS = 7, CLASSES = 5, CELLS = ROWS * CLASSES };

/* Probabilities of a member: random, and in the last rows certain, with zeros. */
static void fill_probabilities(float p[MEMBERS][ROWS][CLASSES]) {
  for (int m = 0; m < MEMBERS; m++)
    for (int r = 0; r < ROWS; r++) {
      double sum = 0, e[CLASSES];
      for (int c = 0; c < CLASSES; c++)
        sum += e[c] = 0.01 + law_unit("probability", (uint64_t)((m * ROWS + r) * CLASSES + c));
      for (int c = 0; c < CLASSES; c++)
        p[m][r][c] = r >= ROWS - 2 ? (float)(c == (m + r) % CLASSES) : (float)(e[c] / sum);
    }
}

/* The bound is a float32 sum of a few terms, ten times over. */
#define CLOSE 1e-5

static int sum_of(struct trial *t, strait_object *object) {
  float p[MEMBERS][ROWS][CLASSES], out[ROWS][CLASSES];
  fill_probabilities(p);
  for (int members = 1; members <= MEMBERS; members++) {
    memset(out, 0xff, sizeof out); /* not a number, where nothing is written */
    if (combine_members(object, members, ROWS, CLASSES, &p[0][0][0], &out[0][0]) < 0)
      return law_fails_with_error(t, "combine");
    for (int r = 0; r < ROWS; r++) {
      double sum = 0;
      for (int c = 0; c < CLASSES; c++) {
        if (!(out[r][c] >= -CLOSE && out[r][c] <= 1 + CLOSE))
          return law_fails(t, "combining %d member(s), a probability is %g", members, (double)out[r][c]);
        sum += (double)out[r][c];
      }
      if (fabs(sum - 1) > CLOSE)
        return law_fails(t, "combining %d member(s), a row of probabilities adds up to %.7g", members, sum);
    }
  }
  return law_holds(t);
}
int combination_sum(struct trial *t) { return for_variants(t, sum_of); }

static int order_of(struct trial *t, strait_object *object) {
  float p[MEMBERS][ROWS][CLASSES], turned[MEMBERS][ROWS][CLASSES], a[CELLS], b[CELLS];
  fill_probabilities(p);
  if (combine_members(object, MEMBERS, ROWS, CLASSES, &p[0][0][0], a) < 0)
    return law_not_run(t, "%s", error_text());
  for (int k = 1; k < MEMBERS; k++) {
    for (int m = 0; m < MEMBERS; m++)
      memcpy(turned[m], p[k == MEMBERS - 1 ? MEMBERS - 1 - m : (m + k) % MEMBERS], sizeof p[m]);
    if (combine_members(object, MEMBERS, ROWS, CLASSES, &turned[0][0][0], b) < 0)
      return law_not_run(t, "%s", error_text());
    for (int i = 0; i < CELLS; i++)
      if (fabs((double)a[i] - (double)b[i]) > CLOSE)
        return law_fails(t, "a probability is %.7g, and %.7g with the members in another order", (double)a[i],
                         (double)b[i]);
  }
  return law_holds(t);
}
int combination_order(struct trial *t) { return for_variants(t, order_of); }

void combination_hash(const strait_object *object, struct hash *hash) {
  float p[MEMBERS][ROWS][CLASSES], out[CELLS] = {0};
  fill_probabilities(p);
  hash_integer(hash, combine_members(object, MEMBERS, ROWS, CLASSES, &p[0][0][0], out));
  hash_bytes(hash, out, sizeof out);
}
