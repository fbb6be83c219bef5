/* cifar100: small colour photographs of 100 classes in 20 groups, 50,000 and 10,000 images of 3 x 32 x 32
 * (Krizhevsky, 2009). A record has two labels: the group (coarse), then the class (fine). */
#include "cifar.h"

enum { FINE, COARSE };
static const char *const label_choices[] = {"fine", "coarse", NULL};
static const strait_option options[] = {
    STRAIT_PATH("path", struct cifar, path, NULL, "folder of the binary version's files, or cifar-100-binary.tar.gz"),
    STRAIT_CHOICE("labels", struct cifar, labels, "fine", label_choices,
                  "labels to use: the 100 classes (fine) or their 20 groups (coarse)"),
};
static const float mean[] = {.4914f, .4822f, .4465f}, deviation[] = {.2023f, .1994f, .2010f}; /* the reference code's */

static const char *const train[] = {"train.bin"};
static const char *const test[] = {"test.bin"};

static int32_t open_files(void *object) {
  struct cifar *self = object;
  static const char advice[] =
      "get cifar-100-binary.tar.gz, the binary version, from https://www.cs.toronto.edu/~kriz/cifar.html";
  if (!self->path)
    return strait_fail(self, STRAIT_ENOENT, "%s, and set dataset.path to it", advice);
  self->label_bytes = 2;
  self->label_at = self->labels == FINE ? 1 : 0;
  self->classes = self->labels == FINE ? 100 : 20;
  int32_t status = cifar_read_names(self, self->labels == FINE ? "fine_label_names.txt" : "coarse_label_names.txt");
  if (status == STRAIT_OK)
    status = cifar_read_split(self, STRAIT_TRAIN, train, 1, 50000);
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
STRAIT_REGISTER(dataset, cifar100, struct cifar, .version = "1.0", .summary = "CIFAR-100: colour photographs, 32 x 32",
                .ops = &ops, STRAIT_WITH_OPTIONS(options))
