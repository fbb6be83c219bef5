/* cli/arguments.h: the command line of a command. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "base/memory.h"
#include "plugin/registry.h"

struct arguments {
  struct arena *arena;
  const char *command_line; /* as typed, for provenance and for the command that resumes */
  const char **operands;
  size_t operand_count;
  size_t before_dashes; /* of these, those before "--"; SIZE_MAX: there is no "--" */
  const char **sets;
  size_t set_count;
  const char *out, *plugin_dir, *stage;
  const char *key;   /* of the stage, in a child process of run --jobs; NULL elsewhere */
  int threads, jobs; /* 0: not given */
  int quiet, json, ini, man, help;
  struct setting *settings; /* of the command's own options, their keys as "--NAME" */
  size_t setting_count;
};

struct command;
/* Reads argv[2...] for a command; STRAIT_EINVAL says what is wrong. */
int arguments_read(struct arguments *arguments, const struct command *command, int argc, char **argv);
void arguments_free(struct arguments *arguments);
/* The options of a command, one a line, for --help. */
void arguments_help(const struct command *command);

/* The command's own options: their defaults, then what the command line says. */
int arguments_options(const struct arguments *arguments, const struct option_table *options, void *keys);

/* The registry with --plugin-dir and what is built in. */
int arguments_registry(const struct arguments *arguments, struct registry **registry);
/* The exit code for a status: 0, 1, 2, 75 or 128 + signal; one above 0 is an exit code of the command's own. */
int exit_code(int status);

#endif
