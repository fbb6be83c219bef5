/* cli/topic.c: what the forms of a topic share. */
#include "cli/topic.h"

#include "base/text.h"
#include "experiment/settle.h"

static void add_range(struct text *text, const strait_option *o) {
  char least[32], most[32];
  int from = o->min > -1e300, to = o->max < 9e15; /* 2^53 and more say "no limit" */
  text_of_number(o->min, least);
  text_of_number(o->max, most);
  if (from && to)
    text_add(text, ", %s to %s", least, most);
  else if (from)
    text_add(text, ", at least %s", least);
  else if (to)
    text_add(text, ", at most %s", most);
}

void topic_type(struct text *text, const strait_option *o) {
  static const char *const words[] = {
      [STRAIT_OPT_INT] = "whole number",   [STRAIT_OPT_FLOAT] = "number",   [STRAIT_OPT_BOOL] = "yes or no",
      [STRAIT_OPT_CHOICE] = "one of ",     [STRAIT_OPT_STRING] = "text",    [STRAIT_OPT_PATH] = "path",
      [STRAIT_OPT_INTS] = "whole numbers", [STRAIT_OPT_FLOATS] = "numbers", [STRAIT_OPT_STRINGS] = "list",
  };
  text_add(text, "%s", o->type < sizeof words / sizeof *words && words[o->type] ? words[o->type] : "?");
  if (o->type == STRAIT_OPT_CHOICE)
    for (size_t i = 0; o->choices && o->choices[i]; i++)
      text_add(text, "%s%s", i ? ", " : "", o->choices[i]);
  if (o->type == STRAIT_OPT_INT || o->type == STRAIT_OPT_FLOAT || o->type == STRAIT_OPT_INTS ||
      o->type == STRAIT_OPT_FLOATS)
    add_range(text, o);
  if (o->flags & STRAIT_REQUIRED)
    text_add(text, "; must be given");
}

uint32_t topic_presets(const struct topic *t) { return t->cls ? t->cls->preset_count : 0; }
const strait_preset *topic_preset(const struct topic *t, uint32_t i) {
  return (const strait_preset *)((const char *)t->cls->presets + (size_t)i * t->cls->preset_size);
}

const char *topic_default_plugin(uint32_t kind) {
  const char *name = settle_built_in(kind);
  return name ? name : "";
}
