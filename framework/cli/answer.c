/* cli/answer.c: JSON on standard output. */
#include "cli/answer.h"

#include <stdio.h>

#include "base/error.h"
#include "store/document.h"

int answer_json(json_t *value) {
  struct text text = {0};
  if (!value)
    return error_set(STRAIT_ENOMEM, "out of memory, or a name is not UTF-8");
  document_print(&text, value, 0);
  json_decref(value);
  int status = text.status;
  if (!status)
    puts(text.data);
  text_free(&text);
  return status;
}
