/* cli/child.c: fork and exec of strait itself. */
#include <config.h>

#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define PRINTED_MOST ((rlim_t)64 << 20) /* bytes in any file that a child with a report writes */

/* The exec'd program gets its name, the arguments, and nothing of ours besides the pipes. */
static void become(const char *self, const char *const *arguments) {
  const char *argv[64] = {"strait"};
  for (int i = 0; i < 62 && arguments[i]; i++)
    argv[i + 1] = arguments[i];
  if (*self)
    execv(self, (char *const *)argv);
  execv("/proc/self/exe", (char *const *)argv);
  _exit(127);
}

/* In the child: puts standard output, and the rest where there is a report, where it looks for them. The ends may
 * themselves be among the low numbers. */
static void arrange(int output, const int *report) {
  int printed = fcntl(output, F_DUPFD, 10), told = report ? fcntl(report[1], F_DUPFD, 10) : -1;
  dup2(printed, STDOUT_FILENO);
  if (report) {
    struct rlimit most = {PRINTED_MOST, PRINTED_MOST};
    int nothing = open("/dev/null", O_RDONLY);
    dup2(printed, STDERR_FILENO);
    dup2(nothing, STDIN_FILENO);
    dup2(told, CHILD_REPORT);
    setrlimit(RLIMIT_FSIZE, &most);
    signal(SIGXFSZ, SIG_DFL);
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1); /* what it frees counts as free at once */
  }
  for (int fd = report ? CHILD_REPORT + 1 : STDERR_FILENO + 1; fd < 64; fd++)
    close(fd);
}

/* Where what is printed goes: `to` is the child's end. */
static int open_output(struct child *child, int report, int *to) {
  int ends[2];
  if (report) {
    FILE *file = tmpfile();
    child->output = file ? dup(fileno(file)) : -1;
    if (file)
      fclose(file);
    *to = child->output;
    return child->output < 0 ? error_errno(STRAIT_EIO, "cannot make a temporary file") : STRAIT_OK;
  }
  if (pipe(ends))
    return error_errno(STRAIT_EIO, "cannot make a pipe");
  child->output = ends[0];
  *to = ends[1];
  return STRAIT_OK;
}

int child_start(struct child *child, const char *const *arguments, int report) {
  int output = -1, told[2] = {-1, -1};
  char self[4096] = ""; /* the link's target, not the link: under valgrind the link itself opens valgrind */
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0)
    self[0] = 0;
  *child = (struct child){-1, -1, -1};
  if (open_output(child, report, &output))
    return error_failure();
  if (report && pipe(told))
    error_errno(STRAIT_EIO, "cannot make a pipe");
  fflush(stdout); /* or the child would have it too */
  if (!report || told[0] >= 0)
    child->pid = fork();
  if (child->pid == 0) {
    arrange(output, report ? told : NULL);
    become(self, arguments);
  }
  if (child->pid < 0 && error_status() == STRAIT_OK)
    error_errno(STRAIT_EIO, "cannot start a child process");
  if (!report)
    close(output);
  else if (told[1] >= 0)
    close(told[1]);
  child->report = told[0];
  if (child->pid < 0)
    child_close(child);
  return child->pid < 0 ? error_failure() : STRAIT_OK;
}

int child_wait(struct child *child, int ends) {
  int status = 0;
  if (ends)
    kill(child->pid, SIGKILL);
  while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
    ;
  return status;
}

void child_close(struct child *child) {
  if (child->output >= 0)
    close(child->output);
  if (child->report >= 0)
    close(child->report);
}
