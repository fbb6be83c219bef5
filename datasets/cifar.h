/* cifar.h: the binary version of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009), in a folder or in the published tar.gz, for
 * the plugins that name the files. A file is a row of records: the label bytes, then a 3 x 32 x 32 image of one byte an
 * element. It has no header: the exact number of records is the only sign that a file is whole. */
#include <strait/dataset.h>
#include <string.h>

#define CIFAR_IMAGE 3072

struct cifar {
  strait_object object;
  const char *path;
  int32_t labels; /* CIFAR-100: fine or coarse */
  int64_t label_bytes, label_at, classes;
  int64_t count[2];
  unsigned char *records[2]; /* (count, label_bytes + CIFAR_IMAGE) */
  const char **names;        /* (classes), or NULL */
};

/* Reads exactly `count` records of one file. */
static int32_t cifar_read_file(struct cifar *self, const char *name, int64_t count, unsigned char *records) {
  const int64_t record = self->label_bytes + CIFAR_IMAGE, bytes = count * record;
  strait_reader *reader;
  unsigned char more;
  int64_t got = strait_open(self, self->path, name, &reader);
  if (got == STRAIT_OK)
    got = strait_read(reader, records, bytes);
  if (got >= 0 && got < bytes)
    got = strait_fail(self, STRAIT_EFORMAT, "%s: %lld bytes, where %lld images of %lld bytes are expected", name,
                      (long long)got, (long long)count, (long long)record);
  else if (got > 0 && (got = strait_read(reader, &more, 1)) > 0)
    got = strait_fail(self, STRAIT_EFORMAT, "%s: has more data after %lld images of %lld bytes", name, (long long)count,
                      (long long)record);
  strait_close(reader);
  for (int64_t i = 0; got == 0 && i < count; i++) {
    const unsigned char *label = records + i * record + self->label_at;
    if (*label >= self->classes)
      got = strait_fail(self, STRAIT_EFORMAT, "%s: label %d of image %lld is outside 0..%lld", name, *label,
                        (long long)i, (long long)self->classes - 1);
  }
  return (int32_t)got;
}

/* A split: `files` files of `count` images each. */
static int32_t cifar_read_split(struct cifar *self, int which, const char *const *names, int files, int64_t count) {
  const int64_t record = self->label_bytes + CIFAR_IMAGE;
  int32_t status = STRAIT_OK;
  self->count[which] = files * count;
  self->records[which] = strait_alloc(self, (size_t)(files * count * record));
  if (!self->records[which])
    return STRAIT_ENOMEM;
  for (int i = 0; i < files && status == STRAIT_OK; i++)
    status = cifar_read_file(self, names[i], count, self->records[which] + i * count * record);
  return status;
}

/* The class names, one per line, when the file is there. */
static int32_t cifar_read_names(struct cifar *self, const char *name) {
  strait_reader *reader;
  int32_t status = strait_open(self, self->path, name, &reader);
  if (status < 0)
    return status == STRAIT_ENOENT ? STRAIT_OK : status;
  char *text = strait_alloc(self, 8192);
  const char **names = strait_alloc(self, (size_t)self->classes * sizeof *names);
  int64_t length = text && names ? strait_read(reader, text, 8191) : STRAIT_ENOMEM, n = 0;
  strait_close(reader);
  if (length < 0)
    return (int32_t)length;
  for (char *line = text + strspn(text, "\r\n"); *line; line += strspn(line, "\r\n")) {
    if (n < self->classes)
      names[n] = line;
    n++;
    line += strcspn(line, "\r\n");
    if (*line)
      *line++ = 0;
  }
  if (n != self->classes)
    return strait_fail(self, STRAIT_EFORMAT, "%s: %lld name%s for %lld classes", name, (long long)n, n == 1 ? "" : "s",
                       (long long)self->classes);
  self->names = names;
  return STRAIT_OK;
}

static int32_t cifar_describe(const void *object, uint32_t which, strait_split *split) {
  const struct cifar *self = object;
  split->element = STRAIT_U8;
  split->target = STRAIT_TARGET_CLASS;
  split->order = STRAIT_ORDER_SHUFFLED;
  split->rank = 3;
  split->dims[0] = 3;
  split->dims[1] = split->dims[2] = 32;
  split->count = self->count[which];
  split->classes = self->classes;
  split->class_names = self->names;
  return STRAIT_OK;
}

static int32_t cifar_read(const void *object, uint32_t which, int64_t index, strait_sample *sample) {
  static const int64_t dims[3] = {3, 32, 32};
  const struct cifar *self = object;
  const unsigned char *record = self->records[which] + index * (self->label_bytes + CIFAR_IMAGE);
  void *to = strait_sample_reserve(sample, 3, dims);
  if (!to)
    return STRAIT_EFORMAT;
  memcpy(to, record + self->label_bytes, CIFAR_IMAGE);
  return strait_sample_label(sample, record[self->label_at]);
}
