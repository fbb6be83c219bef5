/* cli/probe.c: opens one plugin in a child process: strait itself, run again with a hidden option. */
#include <config.h>

#include "cli/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/child.h"
#include "plugin/registry.h"
#include "store/document.h"

#define PATIENCE 20 /* seconds for one plugin to load */

int probe_plugin(const char *file) {
  const strait_class *cls;
  json_t *result;
  int status = registry_load_file(file, &cls);
  if (status)
    result = json_pack("{s:i, s:s}", "status", status, "error", error_text());
  else
    result = json_pack("{s:s, s:s, s:s, s:s}", "kind", kind_name(cls->kind), "name", cls->name, "version", cls->version,
                       "summary", cls->summary);
  struct text text = {0};
  document_print(&text, result, 1);
  json_decref(result);
  if (text.data)
    puts(text.data);
  text_free(&text);
  return fflush(stdout) ? 1 : 0;
}

/* Reads what the child prints until it ends or patience does. */
static int read_all(int fd, struct text *output) {
  time_t end = time(NULL) + PATIENCE;
  char buffer[4096];
  for (;;) {
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    time_t left = end - time(NULL);
    int ready = left > 0 ? poll(&poller, 1, (int)left * 1000) : 0;
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      return error_set(STRAIT_EIO, "it did not load within %d seconds", PATIENCE);
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return STRAIT_OK;
    text_add_n(output, buffer, (size_t)n);
  }
}

/* The last line is ours; what the plugin itself printed may stand before it. */
static int read_answer(const struct text *output, json_t **description) {
  const char *line = output->data ? output->data : "";
  for (const char *c = line; *c; c++)
    if (*c == '\n' && c[1])
      line = c + 1;
  json_t *answer = json_loads(line, 0, NULL);
  if (!json_is_object(answer)) {
    json_decref(answer);
    return error_set(STRAIT_EIO, "it ended the program that opened it");
  }
  const char *fault = json_string_value(json_object_get(answer, "error"));
  if (fault) {
    int status = (int)json_integer_value(json_object_get(answer, "status"));
    error_set(status < 0 ? status : STRAIT_EBUG, "%s", fault);
    json_decref(answer);
    return error_failure();
  }
  *description = answer;
  return STRAIT_OK;
}

int probe(const char *file, json_t **description) {
  struct text output = {0};
  struct child child;
  *description = NULL;
  int status = child_start(&child, (const char *const[]){PROBE_FLAG, file, NULL}, 0);
  if (status)
    return status;
  status = read_all(child.output, &output);
  int ended = child_wait(&child, status != STRAIT_OK);
  child_close(&child);
  if (!status && WIFSIGNALED(ended))
    status = error_set(STRAIT_EIO, "it crashed on loading: %s", strsignal(WTERMSIG(ended)));
  if (!status)
    status = read_answer(&output, description);
  text_free(&output);
  return status;
}
