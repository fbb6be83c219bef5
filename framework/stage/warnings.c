/* stage/warnings.c: see warnings.h. Looks at settled keys, networks and counts; runs nothing. */
#include "stage/warnings.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "stage/material.h"

typedef void warning(const struct stage *stage, struct text *text);

/* Batch norm over one value of a channel: its variance is 0, whatever the sample. */
static void one_value(const struct stage *stage, struct text *text) {
  const int64_t count = data_count(stage->material->data, SPLIT_TRAIN), batch = stage->optimiser.batch;
  const char *layer = NULL;
  if (!stage->iterations || network_norm_positions(stage->material->network, &layer) != 1)
    return;
  if (batch == 1 || count == 1)
    text_add(text,
             "a batch of one sample leaves batch norm \"%s\" one value per channel, whose variance is 0; set batch",
             layer);
  else if (count % batch == 1)
    text_add(text,
             "the last batch of an epoch has one sample (%lld training samples, batch = %lld), which leaves batch norm "
             "\"%s\" one value per channel, whose variance is 0; set another batch or limit",
             (long long)count, (long long)batch, layer);
}

static void lone_member(const struct stage *stage, struct text *text) {
  if (stage->lone)
    text_add(text, "there will be one member: it is a single network, not an ensemble");
}

static warning *const warnings[] = {one_value, lone_member};

static int tell(const struct stage *stage, warning *about) {
  struct text text = {0}, origin = {0};
  about(stage, &text);
  if (stage->origin && stage->origin->material)
    about(stage->origin, &origin);
  if (text.data && !(origin.data && strcmp(text.data, origin.data) == 0))
    log_message(STRAIT_LOG_WARNING, "[%s] %s", stage->section, text.data);
  int status = text.status ? text.status : origin.status;
  text_free(&text);
  text_free(&origin);
  return status;
}

int experiment_warn(const struct experiment *e) {
  int status = STRAIT_OK;
  for (size_t i = 0; i < e->count; i++)
    for (size_t k = 0; !status && k < sizeof warnings / sizeof *warnings; k++)
      status = tell(e->stages[i], warnings[k]);
  return status;
}
