/* verify/statics.c: finds a plugin's static variables by its program headers: what is loaded writable, less what the
 * loader made read-only after it had relocated it. */
#include <config.h> /* _GNU_SOURCE */

#include "verify/statics.h"

#include <link.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "plugin/registry.h"

#define LARGEST ((size_t)1 << 24) /* bytes of one block that are copied */

struct search {
  uintptr_t inside;
  struct statics *statics;
};

static int is_inside(const struct dl_phdr_info *info, uintptr_t at) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    uintptr_t from = info->dlpi_addr + p->p_vaddr;
    if (p->p_type == PT_LOAD && at >= from && at - from < p->p_memsz)
      return 1;
  }
  return 0;
}

/* The end of what is read-only from `from` on; `from` where nothing is. */
static uintptr_t read_only_end(const struct dl_phdr_info *info, uintptr_t from) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    uintptr_t begin = info->dlpi_addr + p->p_vaddr, end = (begin + p->p_memsz) & ~(page - 1);
    if (p->p_type == PT_GNU_RELRO && begin <= from && end > from)
      return end;
  }
  return from;
}

static void add_piece(struct statics *s, void *at, size_t bytes) {
  if (s->status || (s->status = memory_grow(&s->piece, &s->capacity, s->pieces + 1, sizeof *s->piece)))
    return;
  s->piece[s->pieces++] = (struct piece){at, bytes};
  s->bytes += bytes;
}

static int find_statics(struct dl_phdr_info *info, size_t size, void *context) {
  const struct search *search = context;
  struct statics *s = search->statics;
  (void)size;
  if (!is_inside(info, search->inside))
    return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    uintptr_t begin = info->dlpi_addr + p->p_vaddr, end = begin + p->p_memsz;
    begin = p->p_type == PT_LOAD ? read_only_end(info, begin) : begin;
    if (p->p_type == PT_LOAD && (p->p_flags & PF_W) && begin < end)
      add_piece(s, (void *)begin, end - begin);
  }
  return 1;
}

/* The instance itself, and its blocks; the C library knows how large one is. */
static void add_instance(struct statics *s, const strait_object *object) {
  add_piece(s, (void *)(uintptr_t)object, object->cls->instance_size);
#ifdef HAVE_MALLINFO2
  void *const *blocks;
  size_t count = object_blocks(object, &blocks);
  for (size_t i = 0; i < count; i++)
    if (malloc_usable_size(blocks[i]) <= LARGEST && s->bytes < 4 * LARGEST)
      add_piece(s, blocks[i], malloc_usable_size(blocks[i]));
#endif
}

int statics_keep(struct statics *statics, const void *inside, const strait_object *object) {
  struct search search = {(uintptr_t)inside, statics};
  *statics = (struct statics){0};
  dl_iterate_phdr(find_statics, &search);
  if (object)
    add_instance(statics, object);
  statics->copy = statics->status ? NULL : memory_alloc(1, statics->bytes + 1);
  if (!statics->copy)
    return error_failure();
  char *to = statics->copy;
  for (size_t i = 0; i < statics->pieces; to += statics->piece[i++].bytes)
    memcpy(to, statics->piece[i].at, statics->piece[i].bytes);
  return STRAIT_OK;
}

size_t statics_changed(const struct statics *statics) {
  size_t changed = 0;
  const char *was = statics->copy;
  for (size_t i = 0; i < statics->pieces; was += statics->piece[i++].bytes)
    for (size_t k = 0; k < statics->piece[i].bytes; k++)
      changed += was[k] != statics->piece[i].at[k];
  return changed;
}

void statics_restore(const struct statics *statics) {
  const char *was = statics->copy;
  for (size_t i = 0; i < statics->pieces; was += statics->piece[i++].bytes)
    memcpy(statics->piece[i].at, was, statics->piece[i].bytes);
}

void statics_free(struct statics *statics) {
  memory_free(statics->piece);
  memory_free(statics->copy);
}
