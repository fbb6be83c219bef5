/* cli/tables.h: a run's results shown to people and to programs. */
#ifndef CLI_TABLES_H
#define CLI_TABLES_H

#include <jansson.h>

/* All tables. */
struct sheet;
int tables_write(const json_t *results, struct sheet *sheet);
/* The same on standard output, and where the files are. file: the experiment file, for what to try next; NULL: unknown.
 */
int tables_print(const json_t *results, const char *file);
/* The whole as JSON, on standard output. */
int tables_print_json(const json_t *results);
/* All figures. The folder's files are those of the results. */
struct figures;
int tables_draw(const json_t *results, struct figures *figures);

#endif
