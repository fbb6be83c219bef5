/* digits: handwritten digits of 8 x 8 pixels, 3823 and 1797 samples, held in the plugin itself: nothing to download.
 * Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits" (UCI, 1998; CC BY 4.0): see digits/README.
 *
 * A pixel counts 0..16 inked points; it is given as count/16. */
#include <strait/dataset.h>

#include "datasets/digits/rows.h" /* made from the published files: train_rows, test_rows */

struct digits {
  strait_object object;
};
static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const float mean[] = {.3077f}, deviation[] = {.3773f}; /* of the training samples */
static const int64_t dims[] = {1, 8, 8};

static int32_t open_rows(void *self) {
  int32_t status = strait_fingerprint(self, train_rows, sizeof train_rows);
  return status < 0 ? status : strait_fingerprint(self, test_rows, sizeof test_rows);
}

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  (void)self;
  split->element = STRAIT_F32;
  split->target = STRAIT_TARGET_CLASS;
  split->order = STRAIT_ORDER_SHUFFLED;
  split->rank = 3;
  for (int i = 0; i < 3; i++)
    split->dims[i] = dims[i];
  split->count = (which == STRAIT_TRAIN ? sizeof train_rows : sizeof test_rows) / sizeof train_rows[0];
  split->classes = 10;
  split->class_names = names;
  return STRAIT_OK;
}

static int32_t read_sample(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  const char *row = which == STRAIT_TRAIN ? train_rows[index] : test_rows[index]; /* 64 letters, 'a' is 0; the digit */
  float *pixels = strait_sample_reserve(sample, 3, dims);
  (void)self;
  if (!pixels)
    return STRAIT_EFORMAT;
  for (int i = 0; i < 64; i++)
    pixels[i] = (float)(row[i] - 'a') / 16;
  return strait_sample_label(sample, row[64] - '0');
}

static const strait_dataset_ops ops = {.size = sizeof ops,
                                       .open = open_rows,
                                       .describe = describe,
                                       .read = read_sample,
                                       .mean = mean,
                                       .deviation = deviation,
                                       .channels = 1};
STRAIT_REGISTER(dataset, digits, struct digits, .version = "1.0", .summary = "handwritten digits, 8 x 8, built in",
                .ops = &ops)
