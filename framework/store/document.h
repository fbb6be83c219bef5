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
/* A real number, or null for one that is not finite: there is none. NULL when memory is out. */
json_t *document_number(double value);
/* What was measured, and may have come out not finite: JSON has no such numbers, so they are the texts "nan", "inf" and
 * "-inf". */
json_t *document_measure(double value);
/* Reads either back: 1 and the value, or 0 and NaN where it is no number, nor one of these texts. */
int document_value(const json_t *value, double *number);
/* Adds the value's text: indented over several lines, or compact in one; no newline at the end. */
void document_print(struct text *text, const json_t *value, int compact);
/* Replaces the file in one step. The value is an object; in the file it has a last member more, "checksum", a hash of
 * all bytes of the file but its own digits and what closes the document behind them. */
int document_write(const char *path, const json_t *value);
/* json_loadb that refuses members that are there twice, and says STRAIT_ENOMEM when that is what it is, else
 * STRAIT_EFORMAT.
 */
int document_parse(const char *data, size_t length, size_t flags, json_t **value, json_error_t *error);
/* Reads what document_write wrote, 64 MiB at most: *value is the caller's to json_decref, NULL on failure; without the
 * checksum. Any changed bit is STRAIT_EFORMAT, "FILE: ..." or "FILE:LINE: ...". */
int document_read(const char *path, json_t **value);

#endif
