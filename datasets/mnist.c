/* mnist: handwritten digits, 60,000 and 10,000 images of 28 x 28 (LeCun, Cortes, Burges, 1998). Sets in the same format
 * (KMNIST) can be read by it too. */
#include "idx.h"

static const strait_option options[] = {
    STRAIT_PATH("path", struct idx, path, NULL, "folder or archive with the four IDX files, plain or .gz"),
    IDX_OPTIONS,
};
static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const float mean[] = {.1307f}, deviation[] = {.3081f};

static int32_t open_files(void *object) {
  struct idx *self = object;
  static const char advice[] =
      "get train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
      "t10k-labels-idx1-ubyte.gz (http://yann.lecun.com/exdb/mnist/, "
      "https://ossci-datasets.s3.amazonaws.com/mnist/)";
  if (!self->path)
    return strait_fail(self, STRAIT_ENOENT, "%s, and set dataset.path to their folder", advice);
  int32_t status = idx_open(self, "/MNIST/raw");
  return status == STRAIT_ENOENT ? strait_fail(self, status, "%s", advice) : status;
}

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  return idx_describe(self, which, names, split), STRAIT_OK;
}

static int32_t read_sample(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  return idx_read(self, which, index, sample);
}

static const strait_dataset_ops ops = {.size = sizeof ops,
                                       .open = open_files,
                                       .describe = describe,
                                       .read = read_sample,
                                       .mean = mean,
                                       .deviation = deviation,
                                       .channels = 1};
STRAIT_REGISTER(dataset, mnist, struct idx, .version = "1.0", .summary = "MNIST: handwritten digits, 28 x 28",
                .ops = &ops, STRAIT_WITH_OPTIONS(options))
