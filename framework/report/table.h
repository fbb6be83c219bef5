/* report/table.h: text in aligned columns. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdio.h>

#include "base/memory.h"

struct table;
/* alignment: a letter a column, 'l' or 'r'. */
struct table *table_create(const char *alignment);
void table_free(struct table *table);
/* The next cell, row by row. A failed allocation is sticky. */
void table_add(struct table *table, const char *format, ...) STRAIT_PRINTF(2, 3);
/* Fills the row's rest with empty cells. */
void table_end_row(struct table *table);
size_t table_columns(const struct table *table);
/* A line of dashes under the last row. */
void table_rule(struct table *table);
/* Two blanks between columns, `indent` before the first. On a screen (base/screen.h) that is too narrow, heads and names
 * are broken, or columns stand in blocks below each other. */
int table_print(const struct table *table, FILE *to, int indent);
/* The same as an HTML table; rows before the first rule are its head. */
int table_html(const struct table *table, FILE *to);

#endif
