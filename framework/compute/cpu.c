/* compute/cpu.c: the CPU as a device: buffers, scratch memory, failures, and the table of operations. */
#include <config.h> /* _GNU_SOURCE */

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "compute/cpu.h"
#include "compute/services.h"

#define COPY_BLOCK 65536 /* words */

struct each {
  cpu_body *body;
  void *context;
  int64_t total, block;
};

static void each_task(void *context, int64_t index, int worker) {
  const struct each *each = context;
  int64_t first = index * each->block;
  each->body(each->context, first, cpu_min(each->block, each->total - first), worker);
}

void cpu_each(struct cpu *cpu, int64_t total, int64_t block, cpu_body *body, void *context) {
  struct each each = {body, context, total, block};
  team_run(cpu->team, cpu_blocks(total, block), each_task, &each);
}

const float *cpu_read_rows(const struct cpu *cpu, const struct affine *affine, const float *from, int64_t rows,
                           int64_t channels, float *scratch) {
  if (!affine->mean)
    return from;
  cpu->kernels->affine(scratch, from, affine, rows, channels);
  return scratch;
}

void cpu_copy_rows(const struct cpu *cpu, const struct affine *affine, const float *from, int64_t rows,
                   int64_t channels, float *to) {
  if (affine->mean)
    cpu->kernels->affine(to, from, affine, rows, channels);
  else
    memcpy(to, from, (size_t)(rows * channels) * sizeof *to);
}

void cpu_fail(struct cpu *cpu) {
  pthread_mutex_lock(&cpu->mutex);
  if (cpu->failure.status == STRAIT_OK)
    error_take(&cpu->failure);
  pthread_mutex_unlock(&cpu->mutex);
}

static int status(struct device *d) {
  struct cpu *cpu = cpu_of(d);
  pthread_mutex_lock(&cpu->mutex);
  int failed = cpu->failure.status;
  if (failed != STRAIT_OK)
    failed = error_give(&cpu->failure);
  pthread_mutex_unlock(&cpu->mutex);
  return failed;
}

static int grow(struct cpu_scratch *scratch, int64_t words) {
  if ((size_t)words <= scratch->capacity)
    return STRAIT_OK;
  float *data = memory_alloc((size_t)words, sizeof *data);
  if (!data)
    return error_wrap("scratch memory");
  memory_free(scratch->data);
  scratch->data = data;
  scratch->capacity = (size_t)words;
  return STRAIT_OK;
}

int cpu_reserve(struct cpu *cpu, int64_t worker_words, int64_t shared_words) {
  int failed = grow(&cpu->shared, shared_words);
  for (int i = 0; i < team_threads(cpu->team) && failed == STRAIT_OK; i++)
    failed = grow(&cpu->worker[i], worker_words);
  if (failed != STRAIT_OK) {
    struct error_chain chain;
    cpu_fail(cpu);
    pthread_mutex_lock(&cpu->mutex);
    chain = cpu->failure;
    pthread_mutex_unlock(&cpu->mutex);
    return error_give(&chain);
  }
  return STRAIT_OK;
}

/* ---- buffers ---- */

static void *buffer_memory(const struct cpu *cpu, size_t bytes) {
  if (!cpu->guarded)
    return memory_alloc(bytes ? bytes : 1, 1);
  void *data = mmap(NULL, bytes ? bytes : 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data != MAP_FAILED)
    return data;
  error_errno(STRAIT_ENOMEM, "%zu bytes cannot be mapped", bytes);
  return NULL;
}

static void buffer_free(const struct cpu *cpu, struct cpu_buffer *buffer) {
  if (!cpu->guarded)
    memory_free(buffer->data);
  else if (buffer->data)
    munmap(buffer->data, buffer->bytes ? buffer->bytes : 1);
  *buffer = (struct cpu_buffer){0};
}

void cpu_protect(struct cpu *cpu, int open) {
  for (size_t i = 0; i < cpu->buffers; i++)
    if (cpu->buffer[i].data)
      mprotect(cpu->buffer[i].data, cpu->buffer[i].bytes ? cpu->buffer[i].bytes : 1,
               open ? PROT_READ | PROT_WRITE : PROT_NONE);
}

static int create(struct device *d, int64_t words, place *at) {
  struct cpu *cpu = cpu_of(d);
  *at = NO_PLACE;
  if (words < 0 || (uint64_t)words > SIZE_MAX / 8 / sizeof(float))
    return error_set(STRAIT_EINVAL, "a buffer of %lld words is not possible", (long long)words);
  size_t slot = 0;
  while (slot < cpu->buffers && cpu->buffer[slot].data)
    slot++;
  if (slot == INT32_MAX || memory_grow(&cpu->buffer, &cpu->capacity, slot + 1, sizeof *cpu->buffer) != STRAIT_OK)
    return error_wrap("the table of buffers");
  struct cpu_buffer buffer = {buffer_memory(cpu, (size_t)words * sizeof(float)), (size_t)words * sizeof(float)};
  if (!buffer.data)
    return error_wrap("a buffer of %lld words", (long long)words);
  cpu->buffer[slot] = buffer;
  if (slot == cpu->buffers)
    cpu->buffers++;
  at->buffer = (int32_t)slot + 1;
  return STRAIT_OK;
}

static void destroy(struct device *d, place at) {
  struct cpu *cpu = cpu_of(d);
  if (place_is(at))
    buffer_free(cpu, &cpu->buffer[at.buffer - 1]);
}

struct move {
  float *to;
  const float *from;
  float value;
};

static void copy_block(void *context, int64_t first, int64_t count, int worker) {
  const struct move *move = context;
  (void)worker;
  memcpy(move->to + first, move->from + first, (size_t)count * sizeof(float));
}

static void fill_block(void *context, int64_t first, int64_t count, int worker) {
  const struct move *move = context;
  (void)worker;
  if (move->value == 0)
    memset(move->to + first, 0, (size_t)count * sizeof(float));
  else
    for (int64_t i = first; i < first + count; i++)
      move->to[i] = move->value;
}

static void upload(struct device *d, place to, const void *from, int64_t words) {
  cpu_each(cpu_of(d), words, COPY_BLOCK, copy_block, &(struct move){cpu_at(cpu_of(d), to), from, 0});
}

static void download(struct device *d, void *to, place from, int64_t words) {
  cpu_each(cpu_of(d), words, COPY_BLOCK, copy_block, &(struct move){to, cpu_at(cpu_of(d), from), 0});
}

static void copy(struct device *d, place to, place from, int64_t words) {
  const float *source = cpu_at(cpu_of(d), from);
  float *target = cpu_at(cpu_of(d), to);
  if (source != target)
    cpu_each(cpu_of(d), words, COPY_BLOCK, copy_block, &(struct move){target, source, 0});
}

static void fill(struct device *d, place to, float value, int64_t words) {
  cpu_each(cpu_of(d), words, COPY_BLOCK, fill_block, &(struct move){cpu_at(cpu_of(d), to), NULL, value});
}

/* ---- operations ---- */

#define ROW(upper, lower) [OP_##upper] = &cpu_##lower,
static const struct cpu_operation *const operations[OP_COUNT] = {OPERATIONS(ROW)};
#undef ROW

static int supports(const struct device *d, const struct op *op) {
  (void)d;
  return op->kind > OP_NONE && op->kind < OP_COUNT && op->element == STRAIT_F32;
}

static int reserve(struct device *d, const struct op *op, int64_t samples, int directions) {
  const struct cpu_operation *operation = operations[op->kind];
  return operation->reserve ? operation->reserve(d, op, samples, directions) : STRAIT_OK;
}

static void run(struct device *d, const struct op *op, int direction, const struct run *run) {
  const struct cpu_operation *operation = operations[op->kind];
  (direction == FORWARD ? operation->forward : operation->backward)(d, op, run);
}

/* ---- the device ---- */

static void free_device(struct device *device) {
  struct cpu *cpu = cpu_of(device);
  for (size_t i = 0; i < cpu->buffers; i++)
    buffer_free(cpu, &cpu->buffer[i]);
  memory_free(cpu->buffer);
  for (int i = 0; i < team_threads(cpu->team); i++)
    memory_free(cpu->worker[i].data);
  memory_free(cpu->worker);
  memory_free(cpu->shared.data);
  pthread_mutex_destroy(&cpu->mutex);
  memory_free(cpu);
}

static void describe(const struct device *device, struct device_facts *facts) {
  const struct cpu *cpu = (const struct cpu *)(const void *)device;
  *facts = (struct device_facts){.name = cpu->guarded ? "guarded" : "cpu", .kernels = cpu->kernels->name};
}

const struct device_ops cpu_ops = {
    .create = create,
    .destroy = destroy,
    .upload = upload,
    .download = download,
    .copy = copy,
    .fill = fill,
    .supports = supports,
    .reserve = reserve,
    .run = run,
    .combine = cpu_combine,
    .update = cpu_update,
    .dot = cpu_dot,
    .distance_squared = cpu_distance_squared,
    .status = status,
    .free = free_device,
    .describe = describe,
};

int cpu_create_with(struct cpu **made, struct team *team, const char *name, int guarded) {
  const struct kernels *kernels;
  *made = NULL;
  compute_host_services();
  if (kernels_choose(&kernels, name) != STRAIT_OK)
    return error_failure();
  struct cpu *cpu = memory_alloc(1, sizeof *cpu);
  if (!cpu)
    return error_wrap("the CPU device");
  cpu->worker = memory_alloc((size_t)team_threads(team), sizeof *cpu->worker);
  if (!cpu->worker) {
    memory_free(cpu);
    return error_wrap("the CPU device");
  }
  cpu->device.ops = &cpu_ops;
  cpu->team = team;
  cpu->kernels = kernels;
  cpu->guarded = guarded;
  pthread_mutex_init(&cpu->mutex, NULL);
  *made = cpu;
  return STRAIT_OK;
}

int cpu_create(struct device **device, struct team *team, const char *kernels) {
  struct cpu *cpu;
  int made = cpu_create_with(&cpu, team, kernels, 0);
  *device = cpu ? &cpu->device : NULL;
  return made;
}
