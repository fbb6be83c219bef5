/* A data set of interface 1.0: 2 x 2 images of one grey each, the class its grey. */
#include <strait/dataset.h>

enum { CLASSES = 3, TRAIN = 12, TEST = 6 };

static const char *const names[CLASSES] = {"dark", "grey", "light"};
static const float mean[] = {0.5f}, deviation[] = {0.25f};

static int32_t open(void *self) { return strait_fingerprint(self, names, 0); }

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  (void)self;
  *split = (strait_split){sizeof *split,
                          STRAIT_U8,
                          STRAIT_TARGET_CLASS,
                          STRAIT_ORDER_SHUFFLED,
                          3,
                          0,
                          {1, 2, 2},
                          which == STRAIT_TRAIN ? TRAIN : TEST,
                          CLASSES,
                          names};
  return STRAIT_OK;
}

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  int64_t dims[] = {1, 2, 2};
  unsigned char *x = strait_sample_reserve(sample, 3, dims);
  (void)which;
  if (!x)
    return strait_fail(self, STRAIT_ENOMEM, "no room for sample %d", (int)index);
  for (int i = 0; i < 4; i++)
    x[i] = (unsigned char)(100 * (index % CLASSES));
  return strait_sample_label(sample, index % CLASSES);
}

static const strait_dataset_ops ops = {sizeof ops, 0, open, describe, read, mean, deviation, 1, NULL};
static const strait_class frozen = {
    STRAIT_CLASS_BARE(STRAIT_DATASET, "frozen", "1.0", "frozen in 1.0", strait_object, &ops), STRAIT_NO_PRESETS, NULL,
    NULL};
STRAIT_PLUGIN(dataset, frozen, frozen)
