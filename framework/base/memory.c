/* base/memory.c: aligned, zeroed allocation, and arenas: chains of blocks that are filled from the front. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/memory.h"

#define ALIGNMENT 64
#define HUGE_PAGE ((size_t)2 << 20) /* of memory that takes at least half a one: fewer address translations */

static int out_of_memory(size_t count, size_t size) {
  return error_set(STRAIT_ENOMEM, "out of memory (%zu x %zu bytes asked for)", count, size);
}

void *memory_alloc(size_t count, size_t size) {
  size_t bytes;
  void *memory = NULL;
  if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= PTRDIFF_MAX - HUGE_PAGE) {
    const size_t alignment = bytes < HUGE_PAGE / 2 ? ALIGNMENT : HUGE_PAGE;
    bytes = bytes ? (bytes + alignment - 1) / alignment * alignment : alignment;
    memory = aligned_alloc(alignment, bytes);
#ifdef MADV_HUGEPAGE
    if (memory && alignment == HUGE_PAGE)
      madvise(memory, bytes, MADV_HUGEPAGE); /* a wish: smaller pages do too */
#endif
  }
  if (!memory) {
    out_of_memory(count, size);
    return NULL;
  }
  return memset(memory, 0, bytes);
}

int memory_grow(void *array_pointer, size_t *capacity, size_t count, size_t size) {
  if (count <= *capacity)
    return STRAIT_OK;
  size_t wanted = *capacity > SIZE_MAX / 2 ? count : 2 * *capacity;
  if (wanted < count)
    wanted = count;
  if (wanted < 8)
    wanted = 8;
  void *old, *grown = memory_alloc(wanted, size);
  if (!grown)
    return STRAIT_ENOMEM;
  memcpy(&old, array_pointer, sizeof old); /* the caller's pointer has its own type */
  if (old)
    memcpy(grown, old, *capacity * size);
  memory_free(old);
  memcpy(array_pointer, &grown, sizeof grown);
  *capacity = wanted;
  return STRAIT_OK;
}

void memory_free(void *memory) { free(memory); }

#define BLOCK_BYTES ((size_t)16384)

struct block {
  struct block *next;
  size_t used, size; /* of bytes */
  _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
  struct block *first; /* the one being filled */
};

struct arena *arena_create(void) {
  return memory_alloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena) {
  if (!arena)
    return;
  for (struct block *block = arena->first, *next; block; block = next) {
    next = block->next;
    memory_free(block);
  }
  memory_free(arena);
}

static void *take(struct arena *arena, size_t bytes, size_t alignment) {
  struct block *block = arena->first;
  size_t at = block ? (block->used + alignment - 1) / alignment * alignment : 0;
  if (!block || at > block->size || bytes > block->size - at) {
    int large = bytes > BLOCK_BYTES / 4;
    size_t size = large ? bytes : BLOCK_BYTES;
    if (bytes > PTRDIFF_MAX - sizeof(struct block) - ALIGNMENT)
      return out_of_memory(1, bytes), NULL;
    block = memory_alloc(1, sizeof(struct block) + size);
    if (!block)
      return NULL;
    block->size = size;
    at = 0;
    if (arena->first && large) { /* it has its block alone: go on filling the one in front */
      block->next = arena->first->next;
      arena->first->next = block;
    } else {
      block->next = arena->first;
      arena->first = block;
    }
  }
  block->used = at + bytes;
  return block->bytes + at;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes))
    return out_of_memory(count, size), NULL;
  return take(arena, bytes ? bytes : 1, ALIGNMENT);
}

char *arena_copy_n(struct arena *arena, const char *text, size_t length) {
  char *copy = length < PTRDIFF_MAX ? take(arena, length + 1, 1) : NULL;
  if (copy && length)
    memcpy(copy, text, length);
  return copy; /* its last byte is zero: arena memory is */
}

char *arena_copy(struct arena *arena, const char *text) { return arena_copy_n(arena, text, strlen(text)); }

char *arena_format_v(struct arena *arena, const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  char *text = length < 0 ? NULL : take(arena, (size_t)length + 1, 1);
  if (text)
    vsnprintf(text, (size_t)length + 1, format, again);
  else if (length < 0)
    error_set(STRAIT_EBUG, "cannot format \"%s\"", format);
  va_end(again);
  return text;
}

char *arena_format(struct arena *arena, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char *text = arena_format_v(arena, format, arguments);
  va_end(arguments);
  return text;
}
