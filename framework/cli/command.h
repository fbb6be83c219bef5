/* cli/command.h: what a command of the program is. One file a command; main.c only looks them up. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/arguments.h"
#include "plugin/options.h"

/* Flags that commands share; a command lists those it takes. */
enum {
  FLAG_SET = 1,
  FLAG_OUT = 2,
  FLAG_THREADS = 4,
  FLAG_PLUGINS = 8,
  FLAG_QUIET = 16,
  FLAG_JSON = 32,
  FLAG_INI = 64,
  FLAG_MAN = 128,
  FLAG_JOBS = 256,
  FLAG_STAGE = 512
};

struct command {
  const char *name;
  const char *operands; /* "FILE", "[KIND [NAME]]" */
  const char *summary;  /* one line */
  const char *help;     /* paragraphs */
  unsigned flags;
  const char *set_help;                          /* what --set takes here; NULL: keys of an experiment */
  const char *out_help;                          /* what --out names here; NULL: the folder of the results */
  const struct option_table *options;            /* flags of this command alone, or NULL; a bool's takes no value */
  size_t least, most;                            /* operands */
  int (*run)(const struct arguments *arguments); /* a status; its cause recorded */
};
extern const struct command command_run, command_check, command_plan, command_show, command_plot, command_report,
    command_clean, command_list, command_describe, command_doctor, command_verify, command_bench, command_import,
    command_export, command_new, command_submit, command_stop;
extern const struct command *const commands[]; /* ended by NULL */

#endif
