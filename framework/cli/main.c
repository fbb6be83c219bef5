/* cli/main.c: the program strait: finds the command, runs it, reports how it ended. Results go to standard output,
 * progress and messages to standard error. Exit codes: 0 done, 1 failed, 2 bad usage or input, 75 in use by another
 * process, 128+n stopped by signal n. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/probe.h"
#include "cli/trier.h"
#include "store/document.h"

const struct command *const commands[] = {
    &command_run,   &command_check,  &command_plan,   &command_submit,   &command_stop,   &command_show,
    &command_plot,  &command_report, &command_list,   &command_describe, &command_doctor, &command_verify,
    &command_clean, &command_bench,  &command_import, &command_export,   &command_new,    NULL};

static void usage(FILE *to) {
  fprintf(to, "usage: strait COMMAND [OPTION...] [OPERAND...]\n\n"
              "Finds the low-loss curves that join trained networks, and builds ensembles along them.\n\ncommands:\n");
  for (size_t i = 0; commands[i]; i++)
    fprintf(to, "  %-10s %-18s %s\n", commands[i]->name, commands[i]->operands, commands[i]->summary);
  fprintf(to, "\nstrait help COMMAND shows its options; strait --version prints the version.\n");
}

static void command_usage(const struct command *command) {
  printf("usage: strait %s [OPTION...]%s%s\n\n%s\n\noptions:\n", command->name, *command->operands ? " " : "",
         command->operands, command->help);
  arguments_help(command);
}

static int no_command(const char *word) {
  const char *names[32];
  size_t n = 0;
  for (size_t i = 0; commands[i] && n < 32; i++)
    names[n++] = commands[i]->name;
  const char *nearest = text_nearest(word, names, n);
  if (nearest)
    return error_set(STRAIT_EINVAL, "no command \"%s\"; did you mean \"%s\"?", word, nearest);
  return error_set(STRAIT_EINVAL, "no command \"%s\"; see strait --help", word);
}

static const struct command *command_named(const char *word) {
  for (size_t i = 0; commands[i]; i++)
    if (strcmp(word, commands[i]->name) == 0)
      return commands[i];
  return NULL;
}

/* `strait help` and `strait help COMMAND`. */
static int help(int argc, char **argv) {
  if (argc == 2)
    return usage(stdout), STRAIT_OK;
  const struct command *command = command_named(argv[2]);
  if (!command)
    return no_command(argv[2]);
  return command_usage(command), STRAIT_OK;
}

static int dispatch(int argc, char **argv) {
  if (strcmp(argv[1], "help") == 0)
    return help(argc, argv);
  const struct command *command = command_named(argv[1]);
  struct arguments arguments;
  if (!command)
    return no_command(argv[1]);
  int status = arguments_read(&arguments, command, argc, argv);
  if (!status && arguments.help)
    command_usage(command);
  else if (!status)
    status = command->run(&arguments);
  arguments_free(&arguments);
  return status;
}

/* Says what went wrong; the exit code. Output that cannot be written is a failure, not a success with nothing to show.
 */
static int end(int status) {
  if ((fflush(stdout) || ferror(stdout)) && !status)
    status = error_errno(STRAIT_EIO, "cannot write to standard output");
  if (status && (*error_text() || status != STRAIT_ESTOP)) /* a child process that was stopped has nothing to say */
    log_write(LOG_ERROR, *error_text() ? error_text() : "failed without a recorded cause");
  return exit_code(status);
}

/* Where a standard descriptor is closed, the next file opened would take its number, and get what is meant for it. A
 * write to standard output still fails. */
static int hold_descriptors(void) {
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
      return 0;
  return 1;
}

int main(int argc, char **argv) {
  document_watch_memory();
  if (!hold_descriptors())
    return 1;
  if (argc < 2) {
    usage(stderr);
    return 2;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    usage(stdout);
    return end(STRAIT_OK);
  }
  if (strcmp(argv[1], "--version") == 0) {
    printf("strait %s\n", PACKAGE_VERSION_TEXT);
    return end(STRAIT_OK);
  }
  if (strcmp(argv[1], PROBE_FLAG) == 0 && argc == 3)
    return probe_plugin(argv[2]);
  if (strcmp(argv[1], TRIER_FLAG) == 0 && argc >= 7)
    return trier_child(argv + 2);
  signal(SIGXFSZ, SIG_IGN); /* a limit on the sizes of files is what write says of it, not our end */
  return end(dispatch(argc, argv));
}
