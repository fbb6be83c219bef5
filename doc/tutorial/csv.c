/* csv: samples from comma-separated text, a line each: the numbers of the
 * sample, then its class: 0, 1, ... */
#include <stdlib.h>

#include <strait/dataset.h>

struct csv {
  strait_object object;
  const char *path[2]; /* of each split */
  float *rows[2];      /* (count, columns + 1), the class last */
  int64_t count[2], columns, classes;
};

static const strait_option options[] = {
    STRAIT_PATH("train", struct csv, path[STRAIT_TRAIN], "train.csv",
                "the training samples"),
    STRAIT_PATH("test", struct csv, path[STRAIT_TEST], "test.csv",
                "the test samples"),
};

static int32_t read_rows(struct csv *csv, int which) {
  char *text;
  int64_t length, lines = 0, columns = 0;
  int32_t status =
      strait_read_whole(csv, csv->path[which], NULL, &text, &length);
  if (status < 0)
    return status; /* its cause is recorded */
  for (int64_t i = 0; i < length; i++) {
    columns += text[i] == ',' && !lines;
    lines += text[i] == '\n';
  }
  if (which == STRAIT_TEST && columns != csv->columns)
    return strait_fail(
        csv, STRAIT_EFORMAT,
        "%s: %d numbers a sample, but the training samples have %d",
        csv->path[which], (int)columns, (int)csv->columns);
  float *x = csv->rows[which] =
      (float *)strait_alloc(csv, (size_t)(lines * (columns + 1)) * sizeof *x);
  if (!x)
    return STRAIT_ENOMEM;
  csv->count[which] = lines;
  csv->columns = columns;
  for (int64_t i = 0; i < lines * (columns + 1); i++) {
    int class_next = i % (columns + 1) == columns;
    char *end;
    x[i] = strtof(text, &end);
    if (end == text || *end != (class_next ? '\n' : ','))
      return strait_fail(
          csv, STRAIT_EFORMAT,
          "%s:%d: not %d numbers with commas between and a class",
          csv->path[which], (int)(i / (columns + 1)) + 1, (int)columns);
    if (class_next && which == STRAIT_TRAIN && (int64_t)x[i] >= csv->classes)
      csv->classes = (int64_t)x[i] + 1;
    text = end + 1;
  }
  return STRAIT_OK;
}

static int32_t open_files(void *self) {
  int32_t status = read_rows(self, STRAIT_TRAIN);
  return status < 0 ? status : read_rows(self, STRAIT_TEST);
}

static int32_t describe(const void *self, uint32_t which,
                        strait_split *split) {
  const struct csv *csv = self;
  split->element = STRAIT_F32;
  split->target = STRAIT_TARGET_CLASS;
  split->rank = 1; /* a vector: one dimension */
  split->dims[0] = csv->columns;
  split->count = csv->count[which];
  split->classes = csv->classes;
  return STRAIT_OK;
}

static int32_t read_sample(const void *self, uint32_t which, int64_t index,
                           strait_sample *sample) {
  const struct csv *csv = self;
  const float *row = csv->rows[which] + index * (csv->columns + 1);
  float *x = strait_sample_reserve(sample, 1, &csv->columns);
  if (!x)
    return STRAIT_ENOMEM;
  for (int64_t i = 0; i < csv->columns; i++)
    x[i] = row[i];
  return strait_sample_label(sample, (int64_t)row[csv->columns]);
}

static const strait_dataset_ops ops = {.size = sizeof ops,
                                       .open = open_files,
                                       .describe = describe,
                                       .read = read_sample};
STRAIT_REGISTER(dataset, csv, struct csv, .version = "1.0",
                .summary = "samples from comma-separated text", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
