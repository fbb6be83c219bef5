/* compute/cpu_guarded.c: the CPU with every buffer PROT_NONE outside operations, for tests. */
#include "compute/cpu.h"

/* name(arguments) of the CPU, with the buffers open. */
#define GUARD(name, parameters, arguments)                                                                             \
  static void name parameters {                                                                                        \
    cpu_protect(cpu_of(d), 1);                                                                                         \
    cpu_ops.name arguments;                                                                                            \
    cpu_protect(cpu_of(d), 0);                                                                                         \
  }
#define GUARD_SUM(name)                                                                                                \
  static double name(struct device *d, int64_t words, place a, place b) {                                              \
    cpu_protect(cpu_of(d), 1);                                                                                         \
    double result = cpu_ops.name(d, words, a, b);                                                                      \
    cpu_protect(cpu_of(d), 0);                                                                                         \
    return result;                                                                                                     \
  }

GUARD(upload, (struct device * d, place to, const void *from, int64_t words), (d, to, from, words))
GUARD(download, (struct device * d, void *to, place from, int64_t words), (d, to, from, words))
GUARD(copy, (struct device * d, place to, place from, int64_t words), (d, to, from, words))
GUARD(fill, (struct device * d, place to, float value, int64_t words), (d, to, value, words))
GUARD(run, (struct device * d, const struct op *op, int direction, const struct run *run), (d, op, direction, run))
GUARD(combine, (struct device * d, int64_t words, int points, const place *from, const double *c, place to),
      (d, words, points, from, c, to))
GUARD(update, (struct device * d, const struct update_op *op), (d, op))
GUARD_SUM(dot)
GUARD_SUM(distance_squared)

int guarded_create(struct device **device, struct team *team, const char *kernels) {
  struct cpu *cpu;
  *device = NULL;
  if (cpu_create_with(&cpu, team, kernels, 1))
    return error_failure();
  cpu->table = cpu_ops;
  cpu->table.upload = upload;
  cpu->table.download = download;
  cpu->table.copy = copy;
  cpu->table.fill = fill;
  cpu->table.run = run;
  cpu->table.combine = combine;
  cpu->table.update = update;
  cpu->table.dot = dot;
  cpu->table.distance_squared = distance_squared;
  cpu->device.ops = &cpu->table;
  *device = &cpu->device;
  return STRAIT_OK;
}
