/* verbs/verbs.h: the verbs that there are. */
#ifndef VERBS_VERBS_H
#define VERBS_VERBS_H

#include "experiment/verb.h"

extern const struct verb verb_train, verb_connect, verb_scan, verb_plane, verb_ensemble, verb_evaluate, verb_align,
    verb_compare, verb_sweep, verb_merge;
/* All verbs, ended by NULL, in the order in which to describe them. */
extern const struct verb *const verbs[];

#endif
