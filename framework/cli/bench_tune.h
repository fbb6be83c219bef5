/* cli/bench_tune.h: `strait bench --tune`: convolutions both ways, by shape. */
#ifndef CLI_BENCH_TUNE_H
#define CLI_BENCH_TUNE_H

#include "compute/team.h"

/* Measures and prints, as JSON or as a table; tries and seconds as in compute/tune.h. */
int bench_tune(int json, int tries, double seconds, struct team *team);

#endif
