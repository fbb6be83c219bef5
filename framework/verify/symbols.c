/* verify/symbols.c: what a plugin's file shows of itself to others: its dynamic symbols, read from the ELF file without
 * opening it as a plugin. One entry and nothing else: whatever more it defines may collide with another plugin's. */
#include <config.h>

#include <elf.h>
#include <link.h> /* ElfW: the class of this machine */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "verify/law.h"

#define LARGEST ((int64_t)1 << 30)

struct image {
  const char *data;
  size_t length;
};

static int within(const struct image *image, uint64_t offset, uint64_t bytes) {
  return offset <= image->length && bytes <= image->length - offset;
}

/* Fields need not be aligned in the file's bytes: copied out. */
static int section_at(const struct image *image, const ElfW(Ehdr) * head, unsigned i, ElfW(Shdr) * section) {
  uint64_t at = head->e_shoff + (uint64_t)i * head->e_shentsize;
  if (i >= head->e_shnum || head->e_shentsize < sizeof *section || !within(image, at, sizeof *section))
    return error_set(STRAIT_EFORMAT, "its section headers lie outside the file");
  memcpy(section, image->data + at, sizeof *section);
  return STRAIT_OK;
}

static int is_defined_for_others(const ElfW(Sym) * symbol) {
  unsigned bind = symbol->st_info >> 4, visible = symbol->st_other & 3;
  return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS && (bind == STB_GLOBAL || bind == STB_WEAK) &&
         (visible == STV_DEFAULT || visible == STV_PROTECTED);
}

/* The linker's own, in every shared object of some toolchains; nobody's code collides in them. */
static int is_of_linker(const char *name) {
  static const char *const names[] = {"_init", "_fini", "__bss_start", "_edata", "_end"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return 1;
  return 0;
}

static int read_symbols(const struct image *image, const ElfW(Shdr) * table, const ElfW(Shdr) * names,
                        struct text *wrong) {
  int entry = 0, others = 0;
  if (!within(image, table->sh_offset, table->sh_size) || !within(image, names->sh_offset, names->sh_size) ||
      !names->sh_size || image->data[names->sh_offset + names->sh_size - 1])
    return error_set(STRAIT_EFORMAT, "its dynamic symbols lie outside the file");
  for (uint64_t at = 0; at + sizeof(ElfW(Sym)) <= table->sh_size; at += sizeof(ElfW(Sym))) {
    ElfW(Sym) symbol;
    memcpy(&symbol, image->data + table->sh_offset + at, sizeof symbol);
    if (symbol.st_name >= names->sh_size)
      return error_set(STRAIT_EFORMAT, "a dynamic symbol has no name");
    const char *name = image->data + names->sh_offset + symbol.st_name;
    if (strcmp(name, "strait_plugin_v1") == 0)
      entry |= is_defined_for_others(&symbol);
    else if (is_defined_for_others(&symbol) && !is_of_linker(name))
      text_add(wrong, "%s%s", others++ ? ", " : "it exports ", name);
    else if (symbol.st_shndx == SHN_UNDEF && strncmp(name, "strait_", 7) == 0)
      text_add(wrong, "%s%s", others++ ? ", " : "it needs from the program ", name);
  }
  if (others)
    text_add(wrong, " (build with -fvisibility=hidden; make functions static)");
  if (!entry)
    text_add(wrong, "%sit does not export strait_plugin_v1 (STRAIT_REGISTER defines it)", others ? "; " : "");
  return wrong->status;
}

static int check_image(const struct image *image, struct text *wrong) {
  ElfW(Ehdr) head;
  ElfW(Shdr) table, names;
  if (image->length < sizeof head || memcmp(image->data, ELFMAG, SELFMAG) != 0)
    return error_set(STRAIT_EFORMAT, "it is not a shared object (ELF)");
  memcpy(&head, image->data, sizeof head);
  if (head.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) || head.e_type != ET_DYN)
    return error_set(STRAIT_EFORMAT, "it is not a shared object of this machine");
  for (unsigned i = 0; i < head.e_shnum; i++) {
    if (section_at(image, &head, i, &table))
      return error_failure();
    if (table.sh_type != SHT_DYNSYM)
      continue;
    if (section_at(image, &head, table.sh_link, &names))
      return error_failure();
    return read_symbols(image, &table, &names, wrong);
  }
  return error_set(STRAIT_EFORMAT, "it has no dynamic symbols");
}

int symbols_check(const char *file, struct text *wrong) {
  char *data;
  size_t length;
  if (file_read(file, LARGEST, &data, &length))
    return error_failure();
  struct image image = {data, length};
  int status = check_image(&image, wrong);
  memory_free(data);
  return status;
}
