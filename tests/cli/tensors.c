/* tests/cli/tensors.c: prints a hash of each array in a safetensors file, without the metadata: two files with equal
 * lines hold equal tensors. Without a file it tests that it tells two arrays apart. */
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
  if (safetensors_read(&arrays, argv[1])) {
    fprintf(stderr, "%s\n", error_text());
    return 1;
  }
  for (size_t i = 0; i < arrays_count(arrays); i++) {
    char digest[33];
    line_of(arrays_at(arrays, i), digest);
    printf("%s %s\n", arrays_at(arrays, i)->name, digest);
  }
  arrays_free(arrays);
  return 0;
}
