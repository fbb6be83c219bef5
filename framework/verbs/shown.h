/* verbs/shown.h: the tables and figures of the verbs that have their own. */
#ifndef VERBS_SHOWN_H
#define VERBS_SHOWN_H

#include "experiment/verb.h"

/* Tables. Defined in scan_table.c, plane_table.c, align_table.c, compare_table.c and sweep_table.c. */
int print_scan(const struct shown *shown);
int print_plane(const struct shown *shown);
int print_align(const struct shown *shown);
int print_compare(const struct shown *shown);
int print_sweep(const struct shown *shown);

/* Figures. Defined in scan_figures.c, plane_figures.c, ensemble_figures.c, compare_figures.c and sweep_figures.c. */
int draw_scan(const struct shown *shown);
int draw_plane(const struct shown *shown);
int draw_ensemble(const struct shown *shown);
int draw_compare(const struct shown *shown);
int draw_sweep(const struct shown *shown);

#endif
