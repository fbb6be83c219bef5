/* verify/ensembler.h: what ensembler.c and combination.c share. */
#ifndef VERIFY_ENSEMBLER_H
#define VERIFY_ENSEMBLER_H

#include "verify/law.h"

/* The laws; and a combination, hashed. Defined in combination.c. */
int combination_sum(struct trial *t);
int combination_order(struct trial *t);
void combination_hash(const strait_object *object, struct hash *hash);

#endif
