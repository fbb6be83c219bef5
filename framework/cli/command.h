/* cli/command.h: what a command of the program is. One file a command; main.c only looks them up. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/memory.h"
#include "plugin/registry.h"

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

/* The command line, read. */
struct arguments {
  struct arena *arena;
  const char *command_line; /* as typed, for provenance and for the command that resumes */
  const char **operands;
  size_t operand_count;
  const char **sets;
  size_t set_count;
  const char *out, *plugin_dir, *stage;
  const char *key;   /* of the stage, in a child process of run --jobs; NULL elsewhere */
  int threads, jobs; /* 0: not given */
  int quiet, json, ini, man, help;
  struct setting *settings; /* of the command's own options, their keys as "--NAME" */
  size_t setting_count;
};

struct command {
  const char *name;
  const char *operands; /* "FILE", "[KIND [NAME]]" */
  const char *summary;  /* one line */
  const char *help;     /* paragraphs */
  unsigned flags;
  const char *set_help;                          /* what --set takes here; NULL: keys of an experiment */
  const struct option_table *options;            /* flags of this command alone, or NULL; a bool's takes no value */
  size_t least, most;                            /* operands */
  int (*run)(const struct arguments *arguments); /* a status; its cause recorded */
};
extern const struct command command_run, command_check, command_plan, command_show, command_plot, command_report,
    command_clean, command_list, command_describe, command_doctor, command_verify, command_bench, command_import,
    command_export, command_new;
extern const struct command *const commands[]; /* ended by NULL */

/* Reads argv[2...] for a command; STRAIT_EINVAL says what is wrong. */
int arguments_read(struct arguments *arguments, const struct command *command, int argc, char **argv);
void arguments_free(struct arguments *arguments);
/* The options of a command, one a line, for --help. */
void arguments_help(const struct command *command);

/* The command's own options: their defaults, then what the command line says. */
int arguments_options(const struct arguments *arguments, const struct option_table *options, void *keys);

/* The registry with --plugin-dir and what is built in. */
int arguments_registry(const struct arguments *arguments, struct registry **registry);
/* The exit code for a status: 0, 1, 2 or 128 + signal; one above 0 is an exit code of the command's own. */
int exit_code(int status);

#endif
