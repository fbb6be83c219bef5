/* A data set that asks the host for each of its services once, and answers with what it got; the test plays the host.
 */
#include <strait/dataset.h>

struct services {
  strait_object object;
  const char *file;
  int32_t refuse;
};

static const strait_option options[] = {
    STRAIT_PATH("file", struct services, file, "/nowhere", "what to read"),
    STRAIT_BOOL("refuse", struct services, refuse, "no", "fail instead"),
};

static int32_t open(void *object) {
  struct services *self = object;
  if (self->refuse)
    return strait_fail(self, STRAIT_ENOENT, "no data at %s, %d files wanted", self->file, 3);
  strait_log(self, STRAIT_LOG_WARNING, "reading %s", self->file);
  unsigned char *bytes = strait_alloc(self, 8);
  strait_reader *reader;
  if (!bytes)
    return STRAIT_ENOMEM;
  int32_t status = strait_open(self, self->file, "member", &reader);
  if (status)
    return status;
  int64_t got = strait_read(reader, bytes, 8);
  strait_close(reader);
  if (got < 0)
    return (int32_t)got;
  uint32_t bits[4];
  strait_random(self, "purpose", 7, bits);
  float a[2] = {1, 2}, b[2] = {3, 4}, c[1] = {(float)bits[0]};
  status = strait_gemm(self, 0, 1, 1, 1, 2, 1, a, 2, b, 2, 0, c, 1);
  return status ? status : strait_fingerprint(self, bytes, (size_t)got);
}

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  (void)self;
  split->element = STRAIT_U8;
  split->target = STRAIT_TARGET_CLASS;
  split->rank = 1;
  split->dims[0] = 8;
  split->count = which == STRAIT_TRAIN ? 2 : 1;
  split->classes = 2;
  return STRAIT_OK;
}

static int32_t read(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  int64_t dims[] = {8};
  unsigned char *x = strait_sample_reserve(sample, 1, dims);
  (void)self;
  if (!x)
    return STRAIT_ENOMEM;
  x[0] = (unsigned char)(10 * which + (uint32_t)index);
  return strait_sample_label(sample, index);
}

static const strait_dataset_ops ops = {.size = sizeof ops, .open = open, .describe = describe, .read = read};
STRAIT_REGISTER(dataset, services, struct services, .version = "1.0", .summary = "asks for every service", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
