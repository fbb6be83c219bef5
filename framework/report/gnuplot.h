/* report/gnuplot.h: drawing by the program gnuplot, which is looked for when it is needed. */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include "base/text.h"

enum { FORMAT_SVG, FORMAT_PNG, FORMAT_PDF, FORMATS };
extern const char *const format_names[]; /* "svg" ..., ended by NULL */

/* STRAIT_ENOENT, saying what to install, where there is no gnuplot in PATH. */
int gnuplot_find(void);
/* Draws a script, which sets neither terminal nor output, of this size in points of 1/96 inch. The image's bytes are
 * added to `image`, which is the caller's: gnuplot would not say that a disk was full. */
int gnuplot_draw(const char *script, int format, int width, int height, struct text *image);

/* Parts of scripts: 'text' with its quotes; a number; one block of data, $NAME << END ... END, by rows. */
void gnuplot_string(struct text *script, const char *text);
void gnuplot_number(struct text *script, double value);
void gnuplot_rows(struct text *script, const char *name, const double *const *columns, size_t count, int64_t rows);

#endif
