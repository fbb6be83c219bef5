/* report/gnuplot.c: runs gnuplot as a child process; a script goes in by a pipe, the image comes back by another, and
 * what it complains of by a temporary file. */
#include <config.h>

#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

const char *const format_names[] = {"svg", "png", "pdf", NULL};

/* --- scripts --- */

/* A line's end would end the string too, and what follows be a command, of a shell perhaps. */
void gnuplot_string(struct text *script, const char *text) {
  text_add(script, "'");
  for (; *text; text++)
    text_add(script, *text == '\'' ? "''" : "%c", (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
  text_add(script, "'");
}

void gnuplot_number(struct text *script, double value) {
  char decimal[32];
  text_add(script, "%s", !isfinite(value) ? "NaN" : text_of_number(value, decimal));
}

void gnuplot_rows(struct text *script, const char *name, const double *const *columns, size_t count, int64_t rows) {
  text_add(script, "$%s << END\n", name);
  for (int64_t i = 0; i < rows; i++)
    for (size_t k = 0; k < count; k++) {
      gnuplot_number(script, columns[k][i]);
      text_add(script, k + 1 < count ? " " : "\n");
    }
  text_add(script, "END\n");
}

/* --- the program --- */

int gnuplot_find(void) {
  const char *path = getenv("PATH");
  struct arena *arena = path && *path ? arena_create() : NULL;
  int found = 0;
  for (const char *at = path; arena && !found && *at;) {
    size_t length = strcspn(at, ":");
    const char *file = arena_format(arena, "%.*s/gnuplot", (int)length, length ? at : ".");
    found = file && access(file, X_OK) == 0 && !file_is_folder(file);
    at += length + (at[length] == ':');
  }
  arena_free(arena);
  if (!found)
    return error_set(STRAIT_ENOENT, "gnuplot draws the figures, and is not installed (Debian: gnuplot-nox)");
  return STRAIT_OK;
}

struct child {
  pid_t pid;
  int to, from; /* its standard input and output */
};

static int start(struct child *child, FILE *complaints) {
  int in[2], out[2];
  if (pipe(in))
    return error_errno(STRAIT_EIO, "cannot make a pipe");
  if (pipe(out)) {
    close(in[0]);
    close(in[1]);
    return error_errno(STRAIT_EIO, "cannot make a pipe");
  }
  child->pid = fork();
  if (child->pid == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(fileno(complaints), STDERR_FILENO);
    close(in[0]);
    close(in[1]);
    close(out[0]);
    close(out[1]);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("GNUPLOT_FIT_LOG", "/dev/null", 1);
    execlp("gnuplot", "gnuplot", "-d", (char *)NULL); /* -d: nobody's ~/.gnuplot */
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  child->to = in[1];
  child->from = out[0];
  if (child->pid < 0) {
    close(in[1]);
    close(out[0]);
    return error_errno(STRAIT_EIO, "cannot start gnuplot");
  }
  return STRAIT_OK;
}

/* gnuplot draws nothing before it has read all. */
static void feed(int to, const char *script) {
  size_t left = strlen(script);
  void (*before)(int) = signal(SIGPIPE, SIG_IGN);
  while (left) {
    ssize_t n = write(to, script, left);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break; /* it ended early; what it said tells why */
    script += n;
    left -= (size_t)n;
  }
  close(to);
  signal(SIGPIPE, before);
}

static void listen_to(int from, struct text *image) {
  char buffer[1 << 14];
  ssize_t n;
  while ((n = read(from, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
    if (n > 0)
      text_add_n(image, buffer, (size_t)n);
  close(from);
}

static int complain(FILE *complaints) {
  char said[2048];
  rewind(complaints);
  said[fread(said, 1, sizeof said - 1, complaints)] = 0;
  return error_set(STRAIT_EIO, "gnuplot failed: %s", *said ? said : "it said nothing");
}

static int run_gnuplot(const char *script, struct text *image) {
  struct child child = {0};
  int ended = 0;
  FILE *complaints = tmpfile();
  if (!complaints)
    return error_errno(STRAIT_EIO, "cannot make a temporary file");
  int status = start(&child, complaints);
  if (!status) {
    feed(child.to, script);
    listen_to(child.from, image);
    while (waitpid(child.pid, &ended, 0) < 0 && errno == EINTR)
      ;
    status = WIFEXITED(ended) && WEXITSTATUS(ended) == 0 ? image->status : complain(complaints);
  }
  fclose(complaints);
  return status;
}

static void add_terminal(struct text *whole, int format, int width, int height) {
  switch (format) {
  case FORMAT_SVG:
    text_add(whole, "set terminal svg size %d,%d dynamic font 'sans-serif,13' noenhanced background '#ffffff'\n", width,
             height);
    break;
  case FORMAT_PNG:
    text_add(whole,
             "set terminal pngcairo size %d,%d font 'Sans,20' fontscale 0.9 linewidth 1.8 pointscale 1.8 noenhanced\n",
             2 * width, 2 * height);
    break;
  default:
    text_add(whole, "set terminal pdfcairo size %gin,%gin font 'Sans,10' noenhanced\n", width / 96., height / 96.);
  }
}

int gnuplot_draw(const char *script, int format, int width, int height, struct text *image) {
  struct text whole = {0};
  add_terminal(&whole, format, width, height);
  text_add(&whole, "set output\n%s\nset output\n", script);
  int status = whole.status ? whole.status : run_gnuplot(whole.data, image);
  text_free(&whole);
  if (!status && !image->length)
    status = error_set(STRAIT_EIO, "gnuplot drew nothing");
  return status;
}
