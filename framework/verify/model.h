/* verify/model.h: what model.c and gradient.c share. */
#ifndef VERIFY_MODEL_H
#define VERIFY_MODEL_H

#include "network/network.h"
#include "verify/law.h"

#define SIGNATURE_TEXT 128
extern const struct signature model_data[];
extern const int model_data_count;
const char *signature_text(const struct signature *signature, char text[SIGNATURE_TEXT]);
struct network *model_least(const strait_object *object, int64_t most, int64_t *smallest);

/* The law; and a forward and backward pass of the least network, where it is small, hashed. Defined in gradient.c. */
int model_gradient(struct trial *t);
int model_pass(struct trial *t, strait_object *object, struct hash *hash);

#endif
