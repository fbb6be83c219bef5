/* cli/shape.c: reads "3x32x32". */
#include "cli/shape.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

int shape_read(struct arena *arena, const char *text, struct signature *signature) {
  char *word = arena_copy(arena, text), *rest = word;
  if (!word)
    return error_failure();
  signature->rank = 0;
  for (char *one; (one = rest) != NULL;) {
    int64_t n;
    rest = strchr(one, 'x');
    if (rest)
      *rest++ = 0;
    if (signature->rank == STRAIT_MAX_DIMS || text_integer(one, &n) || n < 1 || n > 1000000)
      return error_set(STRAIT_EINVAL, "--input %s: not a shape; it is CHANNELSxHEIGHTxWIDTH or FEATURES, as 3x32x32",
                       text);
    signature->dims[signature->rank++] = n;
  }
  return signature->rank == 1 || signature->rank == 3
             ? STRAIT_OK
             : error_set(STRAIT_EINVAL, "--input %s: %u dimensions; a sample has 1 or 3", text,
                         (unsigned)signature->rank);
}
