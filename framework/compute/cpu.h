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

/* dy = 0 where y <= 0, in place. */
void cpu_mask(struct cpu *cpu, place dy, place y, int64_t count);

/* Grows scratch memory. The failure is sticky too. */
int cpu_reserve(struct cpu *cpu, int64_t worker_words, int64_t shared_words);
/* Takes this thread's error chain as the device's failure, if it has none yet. */
void cpu_fail(struct cpu *cpu);

/* The operations, a file per family. */
int cpu_reserve_linear(struct device *d, const struct linear_op *op, int64_t samples, int directions);
void cpu_linear_forward(struct device *d, const struct linear_op *op, const struct run *run);
void cpu_linear_backward(struct device *d, const struct linear_op *op, const struct run *run);
int cpu_reserve_conv(struct device *d, const struct conv_op *op, int64_t samples, int directions);
void cpu_conv_forward(struct device *d, const struct conv_op *op, const struct run *run);
void cpu_conv_backward(struct device *d, const struct conv_op *op, const struct run *run);
int cpu_reserve_norm(struct device *d, const struct norm_op *op, int64_t samples, int directions);
void cpu_norm_forward(struct device *d, const struct norm_op *op, const struct run *run);
void cpu_norm_backward(struct device *d, const struct norm_op *op, const struct run *run);
void cpu_pool_forward(struct device *d, const struct pool_op *op, const struct run *run);
void cpu_pool_backward(struct device *d, const struct pool_op *op, const struct run *run);
void cpu_relu_forward(struct device *d, const struct map_op *op, const struct run *run);
void cpu_relu_backward(struct device *d, const struct map_op *op, const struct run *run);
void cpu_add_forward(struct device *d, const struct map_op *op, const struct run *run);
void cpu_add_backward(struct device *d, const struct map_op *op, const struct run *run);
void cpu_flatten_forward(struct device *d, const struct flatten_op *op, const struct run *run);
void cpu_flatten_backward(struct device *d, const struct flatten_op *op, const struct run *run);
void cpu_dropout_forward(struct device *d, const struct dropout_op *op, const struct run *run);
void cpu_dropout_backward(struct device *d, const struct dropout_op *op, const struct run *run);
int cpu_reserve_custom(struct device *d, const struct custom_op *op, int64_t samples, int directions);
void cpu_custom_forward(struct device *d, const struct custom_op *op, const struct run *run);
void cpu_custom_backward(struct device *d, const struct custom_op *op, const struct run *run);
void cpu_loss(struct device *d, const struct loss_op *op, const struct run *run, struct loss_sums *sums);
void cpu_softmax(struct device *d, int64_t rows, int64_t classes, place logits, place probabilities);
void cpu_combine(struct device *d, int64_t words, int points, const place *from, const double *c, place to);
void cpu_update(struct device *d, const struct update_op *op);
double cpu_dot(struct device *d, int64_t words, place a, place b);
double cpu_distance_squared(struct device *d, int64_t words, place a, place b);

/* cpu_guarded.c: the table that opens and closes the buffers around each operation. */
extern const struct device_ops cpu_ops, guarded_ops;
void cpu_protect(struct cpu *cpu, int open);

#endif
