/* verify/ensembler.h: what ensembler.c, collection.c and combination.c share. */
#ifndef VERIFY_ENSEMBLER_H
#define VERIFY_ENSEMBLER_H

#include "verify/law.h"

/* What a stage may offer an ensembler. Budgets in iterations; an epoch has EPOCH of them. */
enum { EPOCH = 10, OFFERS = 6 };
struct offer {
  int64_t starts, paths, budget;
};
extern const struct offer offers[OFFERS];
const char *offer_text(const struct offer *offer, char text[80]);
/* The answer for source number `index`; a negative status is a refusal. */
int offer_ask(const strait_object *object, const struct offer *offer, int64_t index, strait_source *source);
int offer_accepted(const strait_object *object, const struct offer *offer);

/* The laws of members; and the members of all offers, hashed. Defined in collection.c. */
int collection_members(struct trial *t);
int collection_slots(struct trial *t);
void collection_hash(struct trial *t, strait_object *object, struct hash *hash);

/* The laws of combinations; and a combination, hashed. Defined in combination.c. */
int combination_sum(struct trial *t);
int combination_order(struct trial *t);
int combination_rows(struct trial *t);
void combination_hash(const strait_object *object, struct hash *hash);

#endif
