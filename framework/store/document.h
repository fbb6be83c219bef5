/* store/document.h: JSON documents in files, through jansson. The same values are the same bytes: members in the order
 * in which they were set, two blanks of indentation, real numbers as the shortest decimal that reads back the same. */
#ifndef STORE_DOCUMENT_H
#define STORE_DOCUMENT_H

#include <jansson.h>

#include "base/text.h"

/* To be called before any other use of jansson. From then on its failed allocations are noticed: it drops members, keys
 * of what it writes, and halves of what it reads, without a word that could be told from a damaged file. On a thread
 * where one failed, document_print reports STRAIT_ENOMEM for all that follows. */
void document_watch_memory(void);
/* A real number, or null for one that is not finite (JSON has none). NULL when memory is out. */
json_t *document_number(double value);
/* Adds the value's text: indented over several lines, or compact in one; no newline at the end. */
void document_print(struct text *text, const json_t *value, int compact);
/* Replaces the file in one step, a newline at its end. */
int document_write(const char *path, const json_t *value);
/* json_loadb that refuses members that are there twice, and says STRAIT_ENOMEM when that is what it is, else
 * STRAIT_EFORMAT.
 */
int document_parse(const char *data, size_t length, size_t flags, json_t **value, json_error_t *error);
/* Reads a file of at most 64 MiB: *value is the caller's to json_decref, NULL on failure. A syntax error or a member
 * that is there twice is STRAIT_EFORMAT, "FILE:LINE: ...". */
int document_read(const char *path, json_t **value);

#endif
