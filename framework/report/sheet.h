/* report/sheet.h: what a run's results are written on: plain text for a terminal, or HTML for a report. The tables know
 * neither. */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include <stdio.h>

#include "report/table.h"

struct sheet {
  FILE *to;
  int html;
  /* HTML: called when all of a stage is written, to add its figures; or NULL. */
  int (*add)(void *context, struct sheet *sheet, const char *stage);
  void *context;
};
void sheet_heading(struct sheet *sheet, const char *format, ...) STRAIT_PRINTF(2, 3);
int sheet_table(struct sheet *sheet, const struct table *table);
/* A sentence under a table, in lines of readable length; and one that is to be seen. */
void sheet_note(struct sheet *sheet, const char *format, ...) STRAIT_PRINTF(2, 3);
void sheet_warning(struct sheet *sheet, const char *format, ...) STRAIT_PRINTF(2, 3);
/* All of a stage is written. */
int sheet_end(struct sheet *sheet, const char *stage);

#endif
