/* compute/kernels_choose.c: picks the kernel set by what the CPU has. */
#include <stdlib.h>
#include <string.h>

#include <config.h>

#include "base/error.h"
#include "compute/kernels.h"

extern const struct kernels kernels_portable;
#ifdef HAVE_X86_KERNELS
extern const struct kernels kernels_avx2, kernels_avx512;

static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif
static int has_portable(void) { return 1; }

/* Best first. */
static const struct {
  const struct kernels *kernels;
  int (*supported)(void);
} sets[] = {
#ifdef HAVE_X86_KERNELS
    {&kernels_avx512, has_avx512},
    {&kernels_avx2, has_avx2},
#endif
    {&kernels_portable, has_portable},
};

int kernels_choose(const struct kernels **kernels, const char *name) {
  const char *source = "kernels";
  *kernels = NULL;
  if (!name) {
    name = getenv("STRAIT_KERNELS");
    source = "STRAIT_KERNELS";
  }
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
    if (name && *name && strcmp(name, sets[i].kernels->name) != 0)
      continue;
    if (sets[i].supported())
      return *kernels = sets[i].kernels, STRAIT_OK;
    if (name && *name)
      return error_set(STRAIT_EINVAL, "%s = %s: this CPU cannot run them; leave it unset to have the best it can",
                       source, name);
  }
  return error_set(STRAIT_EINVAL,
                   "%s = %s: no such kernel set in this build; there are portable, avx2, avx512 (x86-64)", source,
                   name);
}
