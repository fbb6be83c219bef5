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

/* What the three networks of a plane are called: where they are control points of a curve, the ends by their own names
 * and what is between them "bend", or "bend 1" of several. Defined in plane_table.c. */
struct arena;
int plane_names(const struct shown *shown, struct arena *arena, const char *names[3]);

/* Figures. Defined in train_figures.c, scan_figures.c, plane_figures.c, ensemble_figures.c, compare_figures.c and
 * sweep_figures.c. */
int draw_training(const struct shown *shown);
int draw_scan(const struct shown *shown);
int draw_plane(const struct shown *shown);
int draw_ensemble(const struct shown *shown);
int draw_ensembles(const struct shown *shown);
/* The reliability of a network or an ensemble, by its metrics; nothing where there is none. Defined in train_figures.c.
 */
int draw_reliability(struct figures *figures, const json_t *stage, const json_t *metrics);
int draw_compare(const struct shown *shown);
int draw_sweep(const struct shown *shown);

#endif
