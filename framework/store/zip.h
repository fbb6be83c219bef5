/* store/zip.h: zip archives: written without compression, dates or owners, so that equal members are
 * equal bytes; read by the table at their end. What .npz files and PyTorch's share. Only for store/. */
#ifndef STORE_ZIP_H
#define STORE_ZIP_H

#include "store/arrays.h"

/* The file appears with zip_commit, or not at all. metadata: for its seal (store/seal.h); NULL: it gets none. Defined
 * in zip_writer.c. */
struct zip_writer;
int zip_begin(struct zip_writer **writer, const char *path, const struct metadata *metadata, size_t pairs);
/* A member of `head` and then `data`, either of which may have no bytes. A failure is sticky: zip_commit reports it. */
int zip_add(struct zip_writer *writer, const char *name, const void *head, size_t head_bytes, const void *data,
            size_t data_bytes);
int zip_commit(struct zip_writer *writer);   /* ends the writer, whatever it returns */
void zip_abandon(struct zip_writer *writer); /* NULL is nothing */

/* Members in the order of the file. Errors do not name the file; STRAIT_EFORMAT: it is damaged. */
struct zip_reader;
int zip_open(struct zip_reader **reader, const char *path);
uint64_t zip_file_bytes(const struct zip_reader *reader); /* of the whole archive */
int zip_without_sums(const struct zip_reader *reader);    /* all its checksums are 0, and none is verified */
/* The next member's name (UTF-8, until the next call) and its bytes; *name is NULL after the last. */
int zip_next(struct zip_reader *reader, const char **name, uint64_t *bytes);
/* Exactly the next `count` bytes of the member. */
int zip_read(struct zip_reader *reader, void *data, size_t count);
/* Nothing is left of the member, of `bytes` bytes, and its sum is right. */
int zip_end(struct zip_reader *reader, size_t bytes);
/* seal_check of the file; at any time. */
int zip_check_seal(struct zip_reader *reader, struct arrays *arrays, int *sealed);
void zip_close(struct zip_reader *reader); /* NULL is nothing */

#endif
