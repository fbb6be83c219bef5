/* verify/laws.c: runs the laws of a plugin one after another, and what they have in common: verdicts, evidence, notes.
 */
#include "verify/law.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "compute/services.h"
#include "plugin/arithmetic.h"

const char *const silence_law = "silence", *const silence_text = "it prints nothing";

const char *verdict_name(int verdict) {
  static const char *const names[VERDICTS] = {"holds", "fails", "not run", "n/a"};
  return names[verdict];
}

int law_holds(struct trial *t) {
  (void)t;
  return LAW_HOLDS;
}

static int verdict(struct trial *t, int verdict, const char *format, va_list arguments) {
  text_free(&t->evidence);
  text_add_v(&t->evidence, format, arguments);
  return verdict;
}

int law_fails(struct trial *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int failed = verdict(t, LAW_FAILS, format, arguments);
  va_end(arguments);
  return failed;
}

int law_not_run(struct trial *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int idle = verdict(t, LAW_NOT_RUN, format, arguments);
  va_end(arguments);
  return idle;
}

int law_void(struct trial *t, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int idle = verdict(t, LAW_VOID, format, arguments);
  va_end(arguments);
  return idle;
}

int law_fails_with_error(struct trial *t, const char *what) {
  return law_fails(t, "%s: %s", what, *error_text() ? error_text() : "failed, and did not say why (strait_fail does)");
}

void law_note(struct trial *t, const char *format, ...) {
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_add_v(&text, format, arguments);
  va_end(arguments);
  t->report->note(t->report->context, text.data ? text.data : "");
  text_free(&text);
}

static uint64_t stream_offset;
/* Streams of other seeds are other stretches of the same streams, too far apart to meet. */
void law_seed(uint64_t seed) { stream_offset = seed << 40; }
uint64_t law_bits(const char *purpose, uint64_t index) { return hash_name_index(purpose, index + stream_offset); }
double law_unit(const char *purpose, uint64_t index) { return (double)(law_bits(purpose, index) >> 11) * 0x1p-53; }

void law_shuffle(int64_t *order, int64_t n, uint64_t number) {
  for (int64_t i = 0; i < n; i++) {
    int64_t k = (int64_t)(law_bits("order", number << 20 | (uint64_t)i) % (uint64_t)(i + 1));
    order[i] = order[k];
    order[k] = i;
  }
}

void *bytes_of(const strait_object *object) {
  void *copy = memory_alloc(1, object->cls->instance_size);
  return copy ? memcpy(copy, object, object->cls->instance_size) : NULL;
}

int bytes_changed(const strait_object *object, const void *before) {
  return memcmp(object, before, object->cls->instance_size) != 0;
}

/* As object_create, but for this: a refusal without a word is a fault here, whatever its status. */
strait_object *trial_object(struct trial *t, const struct variant *variant) {
  const strait_class *cls = t->found.cls;
  strait_object *object;
  t->bare = *cls;
  t->bare.init = NULL;
  t->bare.fini = NULL;
  error_clear();
  if (object_create(&object, &t->bare, t->name, 1, variant->settings, variant->count))
    return NULL;
  object->cls = cls;
  int status = cls->init ? cls->init(object) : STRAIT_OK;
  if (status == STRAIT_OK)
    return object;
  if (error_status() == STRAIT_OK)
    error_set(STRAIT_EBUG, "init failed, and did not say why (strait_fail does)");
  object->cls = &t->bare; /* after a failed init fini is not called */
  object_free(object);
  return NULL;
}

int for_variants(struct trial *t, int (*run)(struct trial *t, strait_object *object)) {
  size_t ran = 0;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  for (size_t i = 0; i < (t->corners ? t->variants : 1); i++) {
    if (i)
      law_note(t, "%s", t->variant[i].text);
    strait_object *object = trial_object(t, &t->variant[i]);
    if (!object)
      continue;
    int verdict = run(t, object);
    object_free(object);
    ran++;
    if (verdict == LAW_FAILS && i) {
      char *evidence = arena_copy(t->arena, t->evidence.data ? t->evidence.data : "");
      return law_fails(t, "at %s: %s", t->variant[i].text, evidence ? evidence : "");
    }
    if (verdict != LAW_HOLDS)
      return verdict;
  }
  return ran ? law_holds(t) : law_not_run(t, "no instance could be made: %s", error_text());
}

const struct kind_laws *laws_of(uint32_t kind) {
  static const struct kind_laws *const all[] = {[STRAIT_MODEL] = &model_laws,
                                                [STRAIT_DATASET] = &dataset_laws,
                                                [STRAIT_CURVE] = &curve_laws,
                                                [STRAIT_SCHEDULE] = &schedule_laws,
                                                [STRAIT_ENSEMBLER] = &ensembler_laws};
  return all[kind];
}

static void open_plugin(struct trial *t) {
  t->opened = registry_inspect_file(t->file, &t->found);
  t->why = t->opened ? arena_copy(t->arena, error_text()) : "";
  error_clear();
}

/* Loading may end the process, so it waits for the first law that needs it. */
static int run_law(struct trial *t, const struct law *law, size_t number) {
  t->report->begin(t->report->context, number, law->name, law->text);
  text_free(&t->evidence);
  error_clear();
  struct arithmetic before;
  arithmetic_save(&before);
  if (number == 1 && !t->why)
    open_plugin(t);
  int verdict = law->run(t);
  arithmetic_restore(&before); /* one finding is not to bring about others */
  error_clear();
  t->report->end(t->report->context, verdict, verdict == LAW_HOLDS || !t->evidence.data ? "" : t->evidence.data);
  return verdict;
}

static void drop(void *context, unsigned level, const char *message) { (void)context, (void)level, (void)message; }

/* After a law that ended the process, the plugin is loaded again. */
static int run_all(struct trial *t, const struct verify_plan *plan) {
  const struct kind_laws *own = laws_of(t->kind);
  int status = STRAIT_OK;
  for (size_t i = plan->first; i < common_law_count + own->count && !status; i++) {
    if (i > 1 && !t->why)
      open_plugin(t);
    if (i > 1 && t->found.cls && !t->variant)
      status = variants_make(t, plan->sets, plan->set_count);
    if (!status)
      run_law(t, i < common_law_count ? &common_laws[i] : &own->law[i - common_law_count], i);
  }
  return status;
}

/* What an instance answers in a process where nothing else was asked before. */
static int report_answers(struct trial *t, const struct verify_plan *plan) {
  char digest[33] = "";
  open_plugin(t);
  int status = t->found.cls ? variants_make(t, plan->sets, plan->set_count) : STRAIT_OK;
  strait_object *object = t->found.cls && !status ? trial_started(t, &t->variant[0]) : NULL;
  if (object && trial_answers(t, object, digest) < 0)
    digest[0] = 0;
  object_free(object);
  t->report->answers(t->report->context, digest);
  return STRAIT_OK; /* what is wrong the laws find out */
}

int verify_run(const struct verify_plan *plan, const struct verify_report *report) {
  struct trial t = {.file = plan->file, .report = report, .corners = plan->extent == VERIFY_ALL};
  t.elsewhere = plan->elsewhere ? plan->elsewhere : "";
  law_seed(plan->seed);
  t.kind = registry_file_kind(plan->file, t.name);
  if (!t.kind)
    return error_set(STRAIT_EINVAL, "%s: the file of a plugin is called KIND-NAME.so, as curve-bezier.so", plan->file);
  t.arena = arena_create();
  if (!t.arena)
    return error_failure();
  log_to(drop, NULL); /* what the plugin says through the host is not printing */
  compute_host_services();
  if (plan->extent == VERIFY_NOTHING)
    t.why = "opening it ended the process", t.opened = STRAIT_EIO;
  int status = plan->extent == VERIFY_ANSWERS ? report_answers(&t, plan) : run_all(&t, plan);
  text_free(&t.evidence);
  memory_free(t.variant);
  arena_free(t.arena);
  return status;
}
