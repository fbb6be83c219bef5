/* tests/fuzz/replay.c: feeds every file of tests/fuzz/seeds to the target it is named after (NAME-...), and to all
 * others too: small files made to be read, and all that a fuzzer ever found. Ends with 1 when a target has no seed. */
#include <config.h>

#include "targets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

int main(void) {
  const char *source = getenv("srcdir");
  char folder[4096], path[8192];
  size_t count[32] = {0};
  int missing = 0;
  snprintf(folder, sizeof folder, "%s/tests/fuzz/seeds", source ? source : ".");
  DIR *seeds = opendir(folder);
  if (!seeds)
    return fprintf(stderr, "there is no %s\n", folder), 1;
  fuzz_begin();
  for (struct dirent *entry; (entry = readdir(seeds));) {
    char *data;
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_name[0] == '.' || file_read(path, 1 << 24, &data, &size))
      continue;
    for (size_t i = 0; fuzz_targets[i].name; i++) {
      size_t length = strlen(fuzz_targets[i].name);
      count[i] += !strncmp(entry->d_name, fuzz_targets[i].name, length) && entry->d_name[length] == '-';
      error_clear();
      fuzz_targets[i].feed((const uint8_t *)data, size);
    }
    memory_free(data);
  }
  closedir(seeds);
  for (size_t i = 0; fuzz_targets[i].name; i++) {
    printf("%s: %zu\n", fuzz_targets[i].name, count[i]);
    missing |= !count[i];
  }
  fuzz_end();
  return missing;
}
