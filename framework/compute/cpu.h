/* compute/cpu.h: what the files of the CPU device share. Private to compute/. */
#ifndef COMPUTE_CPU_H
#define COMPUTE_CPU_H

#include <pthread.h>
#include <stddef.h>

#include "base/error.h"
#include "compute/device.h"
#include "compute/gemm.h"
#include "compute/kernels.h"
#include "compute/team.h"
#include "compute/tiles.h"

struct cpu_buffer {
  void *data; /* NULL: the slot is free */
  size_t bytes;
};

/* Scratch memory, grown by the reserve operations only. */
struct cpu_scratch {
  float *data;
  size_t capacity; /* words */
};

#define CPU_PARTIALS 256

struct cpu {
  struct device device;
  struct team *team;
  const struct kernels *kernels;
  int guarded;
  struct device_ops table;   /* the guarded device's own */
  struct cpu_buffer *buffer; /* handle - 1 is the index */
  size_t buffers, capacity;
  struct cpu_scratch *worker; /* one each */
  struct cpu_scratch shared;
  double partial[CPU_PARTIALS]; /* of sums cut into blocks */
  pthread_mutex_t mutex;        /* of failure: custom operations fail on any thread */
  struct error_chain failure;
};

static inline struct cpu *cpu_of(struct device *d) { return (struct cpu *)(void *)d; }
static inline float *cpu_at(const struct cpu *cpu, place at) {
  return at.buffer ? (float *)cpu->buffer[at.buffer - 1].data + at.offset : NULL;
}
/* The same for a place that an operator never leaves out. */
static inline float *cpu_given(const struct cpu *cpu, place at) {
  return (float *)cpu->buffer[at.buffer - 1].data + at.offset;
}
static inline int64_t cpu_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t cpu_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t cpu_blocks(int64_t count, int64_t block) { return (count + block - 1) / block; }

/* Calls body(context, first, count, worker) for the blocks of `block` of 0..total-1; the cut depends on these alone. */
typedef void cpu_body(void *context, int64_t first, int64_t count, int worker);
void cpu_each(struct cpu *cpu, int64_t total, int64_t block, cpu_body *body, void *context);

/* Rows of channels as an affine map makes them: the map's scratch, or where they lie if it has no mean. */
const float *cpu_read_rows(const struct cpu *cpu, const struct affine *affine, const float *from, int64_t rows,
                           int64_t channels, float *scratch);
/* The same, copied in any case. */
void cpu_copy_rows(const struct cpu *cpu, const struct affine *affine, const float *from, int64_t rows,
                   int64_t channels, float *to);

/* dy = 0 where y <= 0, in place. Defined in cpu_map.c. */
void cpu_mask(struct cpu *cpu, place dy, place y, int64_t count);

/* Grows scratch memory. The failure is sticky too. */
int cpu_reserve(struct cpu *cpu, int64_t worker_words, int64_t shared_words);
/* Takes this thread's error chain as the device's failure, if it has none yet. */
void cpu_fail(struct cpu *cpu);

/* What runs an operation: cpu_linear and its siblings, one for each row of compute/operations.h. */
struct cpu_operation {
  int (*reserve)(struct device *d, const struct op *op, int64_t samples, int directions); /* NULL: nothing */
  void (*forward)(struct device *d, const struct op *op, const struct run *run);
  void (*backward)(struct device *d, const struct op *op, const struct run *run); /* NULL: there is none */
};
#define CPU_OPERATION(upper, lower) extern const struct cpu_operation cpu_##lower;
OPERATIONS(CPU_OPERATION)
#undef CPU_OPERATION

/* Of vectors. Defined in cpu_vector.c. */
void cpu_combine(struct device *d, int64_t words, int points, const place *from, const double *c, place to);
void cpu_update(struct device *d, const struct update_op *op);
double cpu_dot(struct device *d, int64_t words, place a, place b);
double cpu_distance_squared(struct device *d, int64_t words, place a, place b);

extern const struct device_ops cpu_ops;
int cpu_create(struct device **device, struct team *team, const char *kernels);
/* guarded: buffers are pages of their own, and closed. */
int cpu_create_with(struct cpu **cpu, struct team *team, const char *kernels, int guarded);
void cpu_protect(struct cpu *cpu, int open);
/* With the table that opens and closes the buffers around each operation. Defined in cpu_guarded.c. */
int guarded_create(struct device **device, struct team *team, const char *kernels);

#endif
