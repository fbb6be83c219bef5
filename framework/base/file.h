/* base/file.h: files: whole reads, atomic writes, folders, and readers over plain files, .gz files and archive members.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <strait/host.h> /* strait_reader */

#include "base/memory.h"

/* Reads a whole file of at most `limit` bytes into memory_alloc'ed memory with a NUL after it; STRAIT_EFORMAT when it
 * is longer. */
int file_read(const char *path, int64_t limit, char **data, size_t *length);
/* Replaces the file in one step: writes beside it, fsyncs, renames, fsyncs the folder. On failure the old file is whole
 * and nothing is left behind. */
int file_write(const char *path, const void *data, size_t length);
/* The same for what is written in pieces. file_commit closes and renames; file_abandon closes and removes. */
struct file_writer;
int file_begin(struct file_writer **writer, const char *path);
/* A failure is sticky: file_commit reports it too. */
int file_put(struct file_writer *writer, const void *data, size_t length);
int file_commit(struct file_writer *writer);
void file_abandon(struct file_writer *writer); /* NULL is nothing */

int file_exists(const char *path);
int file_is_folder(const char *path);
int file_make_folders(const char *path); /* as mkdir -p */
int file_remove_tree(const char *path);  /* as rm -rf; symbolic links are removed, not followed */
/* The sizes of all files in a folder, added; what cannot be looked at, or is not there, counts as nothing. */
int64_t file_tree_bytes(const char *path);
/* Joins with '/'; `name` alone when it is absolute. In the arena. */
char *file_join(struct arena *arena, const char *folder, const char *name);
char *file_absolute(struct arena *arena, const char *path); /* against the current folder; no links resolved */

/* See strait_open in strait/host.h, whose rules these are. `observe`, if not NULL, is told of every byte read. Defined
 * in reader.c. */
typedef void file_observer(void *context, const void *data, size_t bytes);
int file_open(const char *path, const char *member, file_observer *observe, void *context, strait_reader **reader);

#endif
