/* tests/golden/golden.c: see golden.h. */
#include <config.h>

#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

char *golden_line(struct golden *golden, char **word) {
  char *line = strsep(&golden->next, "\n");
  if (!line || !*line)
    return NULL;
  *word = strsep(&line, " ");
  return line ? line : *word + strlen(*word);
}

/* "preresnet depth=20": options, where a ',' stands for the blank in a list. */
static void read_model(struct golden *golden, char *line) {
  snprintf(golden->model, sizeof golden->model, "%s", strsep(&line, " "));
  for (char *option; line && golden->setting_count < 8 && (option = strsep(&line, " "));) {
    char *value = strchr(option, '=');
    *value++ = '\0';
    for (char *comma; (comma = strchr(value, ','));)
      *comma = ' ';
    golden->settings[golden->setting_count++] = (struct setting){.key = option, .value = value};
  }
}

static void read_header(struct golden *golden) {
  char *word, *line;
  golden->signature.target = STRAIT_TARGET_CLASS;
  while (!golden->parameters && (line = golden_line(golden, &word))) {
    if (!strcmp(word, "model"))
      read_model(golden, line);
    else if (!strcmp(word, "input"))
      for (char *end = line; *end; line = end)
        golden->signature.dims[golden->signature.rank++] = strtoll(line, &end, 10);
    else if (!strcmp(word, "classes"))
      golden->signature.classes = atoll(line);
    else if (!strcmp(word, "batch"))
      golden->batch = atoll(line);
    else if (!strcmp(word, "gain"))
      golden->gain = strtod(line, NULL);
    else if (!strcmp(word, "parameters"))
      golden->parameters = atoll(line);
  }
}

int golden_open(struct golden *golden, const char *path) {
  const strait_class *cls;
  size_t length;
  memset(golden, 0, sizeof *golden);
  int status = file_read(path, 1 << 20, &golden->text, &length);
  if (status < 0)
    return status;
  golden->next = golden->text;
  read_header(golden);
  status = registry_create(&golden->registry, NULL, builtins);
  if (status >= 0)
    status = registry_class(golden->registry, STRAIT_MODEL, golden->model, &cls);
  if (status >= 0)
    status = object_create(&golden->object, cls, NULL, 1, golden->settings, golden->setting_count);
  if (status >= 0)
    status = network_create(&golden->network, golden->object, &golden->signature);
  return status;
}

void golden_close(struct golden *golden) {
  network_free(golden->network);
  object_free(golden->object);
  registry_free(golden->registry);
  memory_free(golden->text);
}

/* s of make.py: uniform in [-1,1), exact in float32. */
static double signed_hash(const char *name, int64_t index) {
  return (double)(hash_name_index(name, (uint64_t)index) >> 40) / 0x1p23 - 1;
}

void golden_fill(const struct golden *golden, const struct layout *layout, float *vector) {
  for (int i = 0; i < layout->segments; i++) {
    const struct segment *segment = &layout->segment[i];
    double middle = 0, width = 0.1;
    if (segment->rank >= 2)
      width = sqrt(3 * golden->gain / (double)(segment->count / segment->dims[0]));
    else if (text_ends(segment->name, ".running_mean"))
      width = 0.2;
    else if (text_ends(segment->name, ".running_var"))
      middle = 1, width = 0.5;
    else if (text_ends(segment->name, ".weight"))
      middle = 1, width = 0.2;
    for (int64_t k = 0; k < segment->count; k++)
      vector[segment->offset + k] = (float)(middle + width * signed_hash(segment->name, k));
  }
}

void golden_input(const struct golden *golden, float *x, int32_t *labels) {
  const int64_t *dims = golden->signature.dims;
  int64_t channels = dims[0], positions = dims[1] * dims[2];
  for (int64_t n = 0; n < golden->batch; n++) {
    labels[n] = (int32_t)(hash_name_index("label", (uint64_t)n) % (uint64_t)golden->signature.classes);
    for (int64_t c = 0; c < channels; c++)
      for (int64_t p = 0; p < positions; p++)
        x[(n * positions + p) * channels + c] =
            (float)(signed_hash("input", (n * channels + c) * positions + p) * sqrt(3));
  }
}
