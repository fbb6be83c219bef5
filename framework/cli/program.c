/* cli/program.c: fork, exec, and files for what goes in and comes out, so that neither side waits for the other. */
#include <config.h>

#include "cli/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define NOT_THERE 127 /* as a shell has it */

/* All that was written to the file; without newlines at its end. */
static const char *read_all(struct arena *arena, FILE *file) {
  const long length = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
  char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1, 1);
  rewind(file);
  size_t n = text ? fread(text, 1, (size_t)length, file) : 0;
  while (n && text[n - 1] == '\n')
    n--;
  if (text)
    text[n] = 0;
  return text;
}

static void become(const char *const *argv, FILE *const ends[3]) {
  for (int fd = 0; fd < 3; fd++)
    dup2(fileno(ends[fd]), fd);
  execvp(argv[0], (char *const *)argv);
  _exit(NOT_THERE);
}

static int run(struct arena *arena, const char *const *argv, FILE *const ends[3], const char **output) {
  int ended = 0;
  fflush(stdout); /* or the child would have it too */
  pid_t pid = fork();
  if (pid == 0)
    become(argv, ends);
  if (pid < 0)
    return error_errno(STRAIT_EIO, "cannot start %s", argv[0]);
  while (waitpid(pid, &ended, 0) < 0)
    if (errno != EINTR)
      return error_errno(STRAIT_EIO, "cannot wait for %s", argv[0]);
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == NOT_THERE)
    return error_set(STRAIT_ENOENT, "%s cannot be run: is it installed, and on the PATH?", argv[0]);
  *output = read_all(arena, ends[1]);
  if (!*output)
    return error_failure();
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0)
    return STRAIT_OK;
  const char *said = read_all(arena, ends[2]);
  return error_set(STRAIT_EIO, "%s failed%s%s", argv[0], said && *said ? ": " : "", said ? said : "");
}

int program_run(struct arena *arena, const char *const *argv, const char *input, const char **output) {
  FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile(), *ends[3] = {in, out, err};
  int status = in && out && err ? STRAIT_OK : error_errno(STRAIT_EIO, "cannot make a temporary file");
  *output = "";
  if (!status && input && (fputs(input, in) < 0 || fflush(in)))
    status = error_errno(STRAIT_EIO, "cannot write a temporary file");
  if (!status) {
    rewind(in);
    status = run(arena, argv, ends, output);
  }
  if (in)
    fclose(in);
  if (out)
    fclose(out);
  if (err)
    fclose(err);
  return status;
}
