/* base/faults.c: the list of faults. */
#include "base/faults.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#define MOST_SHOWN 20 /* all of them fit into a chain when their texts are of usual length */

struct fault {
  int status, line;
  char *text;
};

/* The same fault, or another of the same setting, "FILE:LINE: [section] KEY = ...", which follows from the first. */
static int alike(const char *a, const char *b) {
  const char *value = strstr(a, " = ");
  return value ? strncmp(a, b, (size_t)(value - a) + 3) == 0 : strcmp(a, b) == 0;
}

int faults_add(struct faults *faults, int line) {
  if (!error_is_of_contents(error_status()))
    return error_failure();
  for (size_t i = 0; i < faults->count; i++)
    if (alike(faults->list[i].text, error_text()))
      return error_clear(), STRAIT_OK;
  struct fault fault = {.status = error_status(), .line = line};
  size_t length = strlen(error_text()), at = faults->count;
  char *text = memory_alloc(length + 1, 1);
  if (!text || memory_grow(&faults->list, &faults->capacity, faults->count + 1, sizeof fault)) {
    memory_free(text);
    return error_failure();
  }
  fault.text = memcpy(text, error_text(), length + 1);
  while (at && faults->list[at - 1].line > line)
    at--;
  memmove(faults->list + at + 1, faults->list + at, (faults->count++ - at) * sizeof fault);
  faults->list[at] = fault;
  error_clear();
  return STRAIT_OK;
}

int faults_report(struct faults *faults) {
  if (!faults->count)
    return STRAIT_OK;
  struct text text = {0};
  int status = faults->list[0].status;
  for (size_t i = 0; i < faults->count && i < MOST_SHOWN; i++)
    text_add(&text, "%s%s", i ? "\nstrait: " : "", faults->list[i].text);
  if (faults->count > MOST_SHOWN)
    text_add(&text, "\nstrait: and %zu more", faults->count - MOST_SHOWN);
  status = text.status ? text.status : error_set(status, "%s", text.data);
  text_free(&text);
  faults_free(faults);
  return status;
}

void faults_free(struct faults *faults) {
  for (size_t i = 0; i < faults->count; i++)
    memory_free(faults->list[i].text);
  memory_free(faults->list);
  *faults = (struct faults){0};
}
