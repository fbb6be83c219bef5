/* report/html.h: text as HTML shows it. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdio.h>

void html_text(FILE *to, const char *text);

#endif
