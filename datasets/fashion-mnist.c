/* fashion-mnist: pictures of clothes, 60,000 and 10,000 images of 28 x 28 (Xiao, Rasul, Vollgraf, 2017). */
#include "idx.h"

static const strait_option options[] = {
    STRAIT_PATH("path", struct idx, path, "/usr/share/datasets/fashion-mnist",
                "folder or archive with the four IDX files, plain or .gz"),
    IDX_OPTIONS,
};
static const char *const names[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
static const float mean[] = {.2860f}, deviation[] = {.3530f};

static int32_t open_files(void *self) {
  int32_t status = idx_open(self, "/FashionMNIST/raw");
  if (status == STRAIT_ENOENT)
    return strait_fail(self, status,
                       "install Debian's package dataset-fashion-mnist, or set dataset.path to a folder with the "
                       "four files of https://github.com/zalandoresearch/fashion-mnist");
  return status;
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
STRAIT_REGISTER_AS(dataset, fashion_mnist, "fashion-mnist", struct idx, .version = "1.0",
                   .summary = "Fashion-MNIST: pictures of clothes, 28 x 28", .ops = &ops, STRAIT_WITH_OPTIONS(options))
