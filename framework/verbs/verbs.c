/* verbs/verbs.c: the list of verbs. */
#include "verbs/verbs.h"

const struct verb *const verbs[] = {&verb_train,    &verb_connect,  &verb_scan,  &verb_plane,
                                    &verb_ensemble, &verb_evaluate, &verb_align, &verb_merge,
                                    &verb_compare,  &verb_sweep,    NULL};
