/* verify/dataset.h: what dataset.c and samples.c share. */
#ifndef VERIFY_DATASET_H
#define VERIFY_DATASET_H

#include "verify/law.h"

/* An instance that is open, with its splits described. */
struct dataset {
  strait_object *object;
  const strait_dataset_ops *ops;
  strait_split split[3];
  int splits; /* 3 where there is a validation split, else 2 */
};
extern const char *const split_names[3];
#define LARGEST_SAMPLE ((int64_t)1 << 28) /* elements: as large as anything that is an image */

/* Opens it and describes its splits: LAW_HOLDS; or the law is not run, as data are missing. Free the object. */
int dataset_open(struct trial *t, struct dataset *dataset);
/* Describes the splits (again). A status. */
int dataset_describe(struct dataset *dataset);

/* The laws of reading. This and all below are defined in samples.c. */
int samples_shapes(struct trial *t);
int samples_labels(struct trial *t);
int samples_finite(struct trial *t);
int samples_sequence(struct trial *t);
int samples_rereading(struct trial *t);
int samples_threads(struct trial *t);
/* Reads a few samples of each split, and hashes them. */
int samples_hash(struct trial *t, struct dataset *dataset, struct hash *hash);

#endif
