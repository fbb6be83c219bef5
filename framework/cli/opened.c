/* cli/opened.c: reads and prepares an experiment as the command line says. */
#include "cli/opened.h"

#include "base/error.h"
#include "base/stop.h"
#include "report/table.h"
#include "stage/prepare.h"
#include "verbs/verbs.h"

const char *const result_words[] = {"to do", "begun", "done", "to do again: it changed", "to measure anew"};

void opened_state(struct table *table, const struct stage *stage, int result, int aside) {
  if (aside)
    table_add(table, "%s, in %s.~%d~", result_words[result], stage->name, aside);
  else
    table_add(table, "%s", result_words[result]);
}

void opened_free(struct opened *o) {
  session_free(o->session);
  experiment_free(o->experiment);
  if (o->registry)
    registry_free(o->registry);
}

int opened_read(const struct arguments *a, const struct progress *progress, struct opened *o) {
  *o = (struct opened){0};
  int status = arguments_registry(a, &o->registry);
  if (!status)
    status = experiment_read(&o->experiment, verbs, o->registry, a->operands[0], a->sets, a->set_count);
  if (!status)
    o->out = a->out ? a->out : arena_format(a->arena, "runs/%s", o->experiment->stem);
  if (!status)
    status = o->out ? session_create(&o->session, o->registry, o->experiment->device, a->threads, o->out, progress)
                    : error_failure();
  if (!status && progress) /* a run, which strait stop ends */
    stop_watch(arena_format(a->arena, "%s/" STOP_FILE, o->out));
  return status ? status : experiment_prepare(o->session, o->experiment);
}
