/* verbs/checks.h: what a sceptic would ask of a result, asked by the program: a list in summary.json, each a pass or a
 * warning with its figure. Tables and reports print the warnings. */
#ifndef VERBS_CHECKS_H
#define VERBS_CHECKS_H

#include "landscape/scan.h"
#include "stage/job.h"

/* Adds {"check": name, "of": what (unless NULL), "state": "pass" or "warn", "figure": x, "text": a sentence} to
 * summary["checks"]. The sentence says what the figure is and what would be well. */
int check_put(json_t *summary, const char *name, const char *of, int pass, double figure, const char *format, ...)
    STRAIT_PRINTF(6, 7);

/* Of an ensemble: told only where it has one member, and that is no mean of several moments. */
int check_lone(struct job *job);
/* All checks of a path that was measured; and of all the scan's paths together. */
int checks_of_path(struct job *job, const struct route *route, const struct path *path, const struct scan *scan);
int checks_of_scan(struct job *job);
/* Of every verb that measures networks: are batch-norm statistics those of what training saw? */
int checks_of_refresh(struct job *job);

#endif
