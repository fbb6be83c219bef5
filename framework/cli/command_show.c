/* cli/command_show.c: `strait show`: a run's tables again, from its files. */
#include "cli/command.h"

#include "cli/tables.h"
#include "report/results.h"

static int show(const struct arguments *a) {
  json_t *results;
  int status = results_load(a->operands[0], &results);
  if (!status)
    status = a->json ? tables_print_json(results) : tables_print(results, NULL);
  json_decref(results);
  return status;
}

const struct command command_show = {
    .name = "show",
    .operands = "RUN",
    .summary = "print the results of a run again",
    .help = "Prints the tables that strait run ended with. RUN is the folder of its results, as runs/quickstart.",
    .flags = FLAG_JSON,
    .least = 1,
    .most = 1,
    .run = show,
};
