/* table: samples from a CSV file with a heading, the class in its last column; the last `test` rows are the test data.
 * The text stays in memory; a row is read when it is wanted. */
#include <stdlib.h>

#include <strait/dataset.h>

struct table {
  strait_object object;
  const char *path;
  int64_t test, classes, rows, numbers; /* numbers: of a row, besides the class */
  const char **row;                     /* where each begins */
};

static const strait_option options[] = {
    STRAIT_PATH("path", struct table, path, "table.csv", "the file"),
    STRAIT_INT("test", struct table, test, "100", 1, 1000000000, "how many of the last rows are test samples"),
    STRAIT_INT("classes", struct table, classes, "2", 2, 1000000, "classes: 0, 1, ... in the last column"),
};

static int32_t open_file(void *self) {
  struct table *table = self;
  char *text;
  int64_t length;
  int32_t status = strait_read_whole(self, table->path, NULL, &text, &length);
  if (status || !(table->row = strait_alloc(self, ((size_t)length + 1) * sizeof *table->row)))
    return status ? status : STRAIT_ENOMEM;
  for (const char *at = text; *at; at++) {
    table->numbers += *at == ',' && !table->rows;
    if (*at == '\n')
      table->row[table->rows++] = at + 1; /* after the heading, and after each row */
  }
  if (--table->rows <= table->test || !table->numbers)
    return strait_fail(self, STRAIT_EFORMAT, "%s: too few rows or columns", table->path);
  return STRAIT_OK;
}

static int32_t describe(const void *self, uint32_t which, strait_split *split) {
  const struct table *table = self;
  split->element = STRAIT_F32;
  split->target = STRAIT_TARGET_CLASS;
  split->rank = 1;
  split->dims[0] = table->numbers;
  split->count = which == STRAIT_TEST ? table->test : table->rows - table->test;
  split->classes = table->classes;
  return STRAIT_OK;
}

static int32_t read_sample(const void *self, uint32_t which, int64_t index, strait_sample *sample) {
  const struct table *table = self;
  int64_t row = which == STRAIT_TEST ? table->rows - table->test + index : index;
  char *at = (char *)table->row[row], stop = ',';
  float *x = strait_sample_reserve(sample, 1, &table->numbers);
  for (int64_t i = 0; x && i < table->numbers && stop == ','; i++, stop = *at++)
    x[i] = strtof(at, &at);
  if (x && stop != ',')
    return strait_fail(self, STRAIT_EFORMAT, "%s:%d: not all numbers", table->path, (int)row + 2);
  return x ? strait_sample_label(sample, strtol(at, NULL, 10)) : STRAIT_ENOMEM;
}

static const strait_dataset_ops ops = {
    .size = sizeof ops, .open = open_file, .describe = describe, .read = read_sample};
STRAIT_REGISTER(dataset, table, struct table, .version = "1.0", .summary = "a CSV file with a heading", .ops = &ops,
                STRAIT_WITH_OPTIONS(options))
