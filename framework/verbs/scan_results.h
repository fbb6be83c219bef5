/* verbs/scan_results.h: what a scan says of one path, as JSON. */
#ifndef VERBS_SCAN_RESULTS_H
#define VERBS_SCAN_RESULTS_H

#include <jansson.h>

#include "experiment/reference.h"
#include "landscape/scan.h"

/* Appends to the array `paths`. */
int scan_results(json_t *paths, const struct route *route, const struct path *path, const struct scan *scan);
/* Of a finished scan: {"train": {"samples": n, "loss": {"start": x, "max": x, "barrier_mean": x, ...}, ...}, ...}. */
int scan_put_splits(json_t *into, const struct scan *scan);

#endif
