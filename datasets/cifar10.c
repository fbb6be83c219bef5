/* cifar10: small colour photographs of 10 classes, 50,000 and 10,000 images of 3 x 32 x 32 (Krizhevsky, 2009). */
#include "cifar.h"

static const strait_option options[] = {
    STRAIT_PATH("path", struct cifar, path, NULL, "folder of the binary version's files, or cifar-10-binary.tar.gz"),
};
static const float mean[] = {.4914f, .4822f, .4465f}, deviation[] = {.2023f, .1994f, .2010f};

static const char *const train[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                    "data_batch_5.bin"};
static const char *const test[] = {"test_batch.bin"};

static int32_t open_files(void *object) {
  struct cifar *self = object;
  static const char advice[] =
      "get cifar-10-binary.tar.gz, the binary version, from https://www.cs.toronto.edu/~kriz/cifar.html";
  if (!self->path)
    return strait_fail(self, STRAIT_ENOENT, "%s, and set dataset.path to it", advice);
  self->label_bytes = 1;
  self->classes = 10;
  int32_t status = cifar_read_names(self, "batches.meta.txt");
  if (status == STRAIT_OK)
    status = cifar_read_split(self, STRAIT_TRAIN, train, 5, 10000);
  if (status == STRAIT_OK)
    status = cifar_read_split(self, STRAIT_TEST, test, 1, 10000);
  return status == STRAIT_ENOENT ? strait_fail(self, status, "%s", advice) : status;
}

static const strait_dataset_ops ops = {.size = sizeof ops,
                                       .open = open_files,
                                       .describe = cifar_describe,
                                       .read = cifar_read,
                                       .mean = mean,
                                       .deviation = deviation,
                                       .channels = 3};
STRAIT_REGISTER(dataset, cifar10, struct cifar, .version = "1.0", .summary = "CIFAR-10: colour photographs, 32 x 32",
                .ops = &ops, STRAIT_WITH_OPTIONS(options))
