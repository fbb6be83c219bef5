/* cli/results.h: a run's results read from its folder, and shown to people and to programs. */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include <jansson.h>

/* {"experiment", "folder", "stages": [{"name", "verb", "folder", "summary": {...} or null}]}; the folder is that of
 * `strait run` (runs/NAME), which holds experiment.json. */
int results_load(const char *folder, json_t **results);
/* All tables. */
struct sheet;
int results_write(const json_t *results, struct sheet *sheet);
/* The same on standard output, and where the files are. file: the experiment file, for what to try next; NULL: unknown.
 */
int results_print(const json_t *results, const char *file);
/* The whole as JSON, on standard output. */
int results_print_json(const json_t *results);

#endif
