/* tests/cli/terminal.c: `terminal COLUMNS COMMAND...` runs a command at a terminal of so many columns, which is its
 * standard output and standard error, and copies to standard output what the terminal is sent. The exit code is the
 * command's. Without a command it tests itself. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 99;
}

int main(int argc, char **argv) {
  char sent[4096];
  struct winsize found;
  ssize_t n;
  int status, ours = posix_openpt(O_RDWR | O_NOCTTY);
  if (argc == 2 || ours < 0 || grantpt(ours) || unlockpt(ours))
    return fail("terminal");
  const struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)(argc > 1 ? atoi(argv[1]) : 77)};
  int theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
  if (theirs < 0 || ioctl(theirs, TIOCSWINSZ, &size))
    return fail("terminal");
  pid_t pid = fork();
  if (pid == 0) {
    dup2(theirs, STDOUT_FILENO);
    dup2(theirs, STDERR_FILENO);
    close(ours);
    close(theirs);
    if (argc == 1)
      _exit(!isatty(STDOUT_FILENO) || ioctl(STDERR_FILENO, TIOCGWINSZ, &found) || found.ws_col != 77);
    execvp(argv[2], argv + 2);
    _exit(127);
  }
  close(theirs);
  while (pid > 0 && (n = read(ours, sent, sizeof sent)) > 0) /* ends with EIO when nobody has it open */
    if (write(STDOUT_FILENO, sent, (size_t)n) != n)
      return fail("write");
  if (pid < 0 || waitpid(pid, &status, 0) < 0)
    return fail("fork");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
