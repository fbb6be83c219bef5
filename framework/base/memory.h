/* base/memory.h: allocation that fails with a status instead of an abort, and arenas for what is freed together. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strait/types.h>

/* Zeroed memory, 64-byte aligned; NULL with STRAIT_ENOMEM recorded (also when count * size overflows). Of zero bytes: a
 * pointer that may be freed. */
void *memory_alloc(size_t count, size_t size);
/* Grows an array to at least `count` elements (geometrically), keeping its contents; *capacity is updated. */
int memory_grow(void *array_pointer, size_t *capacity, size_t count, size_t size);
void memory_free(void *memory);

/* Many small allocations with one life. Not for several threads at once. */
struct arena;
struct arena *arena_create(void);
void arena_free(struct arena *arena);                              /* NULL is nothing */
void *arena_alloc(struct arena *arena, size_t count, size_t size); /* zeroed, 64-byte aligned; NULL as memory_alloc */
char *arena_copy(struct arena *arena, const char *text);           /* a copy of a string */
char *arena_copy_n(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...) STRAIT_PRINTF(2, 3);
char *arena_format_v(struct arena *arena, const char *format, va_list arguments) STRAIT_PRINTF(2, 0);

#endif
