/* tests/cli/tensors.c: prints name, type, dimensions and a hash of each array in a .safetensors or .npz file, without the
 * metadata: two files with equal lines hold equal tensors. Without a file it tests that it tells two arrays apart. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "store/arrays.h"

static void line_of(const struct array *array, char digest[33]) { hash_of(array->data, array_bytes(array), digest); }

static int test(void) {
  const double x[] = {1, 2}, y[] = {1, 3};
  struct array a = array_f64("a", x, 2), b = array_f64("a", y, 2);
  char of_a[33], of_b[33];
  line_of(&a, of_a);
  line_of(&b, of_b);
  return strcmp(of_a, of_b) == 0;
}

int main(int argc, char **argv) {
  struct arrays *arrays;
  if (argc < 2)
    return test();
  const char *end = strrchr(argv[1], '.');
  if ((end && strcmp(end, ".npz") == 0 ? npz_read : safetensors_read)(&arrays, argv[1])) {
    fprintf(stderr, "%s\n", error_text());
    return 1;
  }
  for (size_t i = 0; i < arrays_count(arrays); i++) {
    char digest[33];
    const struct array *array = arrays_at(arrays, i);
    line_of(array, digest);
    printf("%s %u", array->name, array->type);
    for (uint32_t d = 0; d < array->rank; d++)
      printf("%c%" PRId64, d ? 'x' : ' ', array->dims[d]);
    printf(" %s\n", digest);
  }
  arrays_free(arrays);
  return 0;
}
