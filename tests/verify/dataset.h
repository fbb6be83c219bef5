/* tests/verify/dataset.h: a sound data set of 20 and 10 images of 2 x 2 bytes, of which each bad one here spoils one
 * thing. */
#ifndef DATASET_H
#define DATASET_H

#include <strait/dataset.h>

struct dots {
  strait_object object;
};

static inline int32_t dots_open(void *self) { return strait_fingerprint(self, "dots", 4); }
static inline int32_t dots_describe(const void *self, uint32_t which, strait_split *split) {
  (void)self;
  split->element = STRAIT_U8;
  split->target = STRAIT_TARGET_CLASS;
  split->rank = 3;
  split->dims[0] = 1;
  split->dims[1] = split->dims[2] = 2;
  split->count = which == STRAIT_TRAIN ? 20 : 10;
  split->classes = 3;
  return STRAIT_OK;
}
static inline int32_t dots_read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[] = {1, 2, 2};
  unsigned char *x = strait_sample_reserve(sample, 3, dims);
  if (!x)
    return strait_fail(self, STRAIT_ENOMEM, "no room for a sample");
  for (int i = 0; i < 4; i++)
    x[i] = (unsigned char)(100 * which + (uint32_t)(4 * index + i));
  return strait_sample_label(sample, index % 3);
}

#define DATASET(name, open, describe, read)                                                                            \
  static const strait_dataset_ops ops = {sizeof ops, 0, open, describe, read, NULL, NULL, 0, NULL};                    \
  static const strait_class cls = {                                                                                    \
      STRAIT_CLASS_BARE(STRAIT_DATASET, #name, "1.0", "bad on purpose", struct dots, &ops), STRAIT_NO_PRESETS, NULL,   \
      NULL};                                                                                                           \
  STRAIT_PLUGIN(dataset, name, cls)

#endif
