/* tests/fuzz/fuzzer.c: libFuzzer's entry points; FUZZ_TARGET names the target. Built by `make fuzz` only. */
#include "targets.h"

#include <stdio.h>
#include <stdlib.h>

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  target = fuzz_find(getenv("FUZZ_TARGET"));
  if (!target) {
    fprintf(stderr, "FUZZ_TARGET names no target\n");
    exit(2);
  }
  fuzz_begin();
  atexit(fuzz_end);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  target->feed(data, size);
  return 0;
}
