/* write-weights GOLDEN FILE: the network of a golden file, filled by its rule, as a safetensors file. For load.sh. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "golden.h"
#include "store/arrays.h"

static void add_arrays(struct array *arrays, size_t *count, const struct layout *layout, const float *vector) {
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *s = &layout->segment[i];
    struct array *array = &arrays[(*count)++];
    *array = (struct array){.name = s->name, .type = STRAIT_F32, .rank = s->rank, .data = vector + s->offset};
    memcpy(array->dims, s->dims, sizeof array->dims);
  }
}

static int write_weights(const struct golden *golden, const char *path) {
  const struct layout *weights = network_weights(golden->network), *statistics = network_statistics(golden->network);
  float *vector = malloc((size_t)(weights->count + statistics->count) * sizeof *vector);
  struct array *arrays = malloc((size_t)(weights->segments + statistics->segments) * sizeof *arrays);
  size_t count = 0;
  int status = STRAIT_ENOMEM;
  if (vector && arrays) {
    golden_fill(golden, weights, vector);
    golden_fill(golden, statistics, vector + weights->count);
    add_arrays(arrays, &count, weights, vector);
    add_arrays(arrays, &count, statistics, vector + weights->count);
    status = safetensors_write(path, arrays, count, NULL, 0);
  }
  free(vector);
  free(arrays);
  return status;
}

int main(int argc, char **argv) {
  struct golden golden;
  if (argc != 3)
    return 2;
  int status = golden_open(&golden, argv[1]);
  if (status >= 0)
    status = write_weights(&golden, argv[2]);
  if (status < 0)
    fprintf(stderr, "write-weights: %s\n", error_text());
  golden_close(&golden);
  return status < 0;
}
