/* verify/common.c: the laws of every plugin, whatever its kind. */
#include <config.h>

#include "verify/law.h"

#include <dirent.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif

#include "base/error.h"
#include "plugin/arithmetic.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* --- its file --- */

static int common_symbol(struct trial *t) {
  struct text wrong = {0};
  int status = SANITIZED ? STRAIT_OK : symbols_check(t->file, &wrong);
  int verdict = status                      ? law_fails_with_error(t, t->file)
                : SANITIZED                 ? law_void(t, "sanitizers add symbols of their own")
                : wrong.data && *wrong.data ? law_fails(t, "%s", wrong.data)
                                            : law_holds(t);
  text_free(&wrong);
  return verdict;
}

static int common_entry(struct trial *t) {
  if (t->opened && !t->found.identified)
    return law_fails(t, "%s", t->why);
  return law_holds(t);
}

static int common_options(struct trial *t) {
  if (t->opened && t->found.identified)
    return law_fails(t, "%s", t->why);
  return t->opened ? law_not_run(t, "it was not opened") : law_holds(t);
}

/* What a law needs first: an opened plugin. */
#define NEEDS_CLASS(t)                                                                                                 \
  if (!(t)->found.cls)                                                                                                 \
  return law_not_run(t, "it was not opened")

/* An option that must be given and has no example: only the user can. */
static const char *missing(const struct trial *t) {
  struct option_table table = class_options(t->found.cls);
  for (uint32_t i = 0; i < table.count; i++) {
    strait_option option = option_at(&table, i);
    int given = 0;
    for (size_t k = 0; k < t->variant[0].count; k++)
      given |= text_ends(t->variant[0].settings[k].key, option.name);
    if ((option.flags & STRAIT_REQUIRED) && !given)
      return option.name;
  }
  return NULL;
}

static int common_defaults(struct trial *t) {
  NEEDS_CLASS(t);
  const char *wanted = missing(t);
  if (wanted)
    return law_not_run(t, "%s.%s must be given: add --set %s.%s=VALUE", kind_name(t->kind), wanted, kind_name(t->kind),
                       wanted);
  strait_object *object = trial_object(t, &t->variant[0]);
  if (!object)
    return law_fails_with_error(t, "no instance can be made");
  object_free(object);
  return law_holds(t);
}

int touch_by_exercise(struct trial *t, strait_object *object) {
  struct hash *hash = hash_create();
  int status = hash ? laws_of(t->kind)->exercise(t, object, hash) : STRAIT_ENOMEM;
  hash_free(hash);
  return status;
}

/* --- limits --- */

/* A corner may ask for more memory than there is: it is told so, instead of the machine being brought down. */
static void limit_memory(int on) {
  static struct rlimit before;
  struct rlimit limit;
  if (SANITIZED)
    return;
  if (on && getrlimit(RLIMIT_DATA, &before) == 0) {
    limit = before;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > (rlim_t)4 << 30)
      limit.rlim_cur = (rlim_t)4 << 30;
    setrlimit(RLIMIT_DATA, &limit);
  } else if (!on) {
    setrlimit(RLIMIT_DATA, &before);
  }
}

/* Legal values are taken, or refused with a reason. */
static int try_legal(struct trial *t, const struct variant *variant) {
  const struct kind_laws *own = laws_of(t->kind);
  law_note(t, "%s", variant->text);
  strait_object *object = trial_object(t, variant);
  int status = error_status();
  if (object && own->touch)
    status = own->touch(t, object);
  int verdict = status == STRAIT_EBUG ? law_fails_with_error(t, variant->text) : law_holds(t);
  object_free(object);
  return verdict;
}

static int try_beyond(struct trial *t, const strait_option *option) {
  const char *values[16];
  size_t n = variants_beyond(t, option, values, 16);
  for (size_t i = 0; i < n; i++) {
    struct variant variant = t->variant[0];
    if (variant_add(t, &variant, option->name, values[i]))
      return law_fails_with_error(t, option->name);
    law_note(t, "%s = %s", option->name, values[i]);
    strait_object *object = trial_object(t, &variant);
    if (object) {
      object_free(object);
      return law_fails(t, "%s = %s was taken, which its table forbids", option->name, values[i]);
    }
  }
  return law_holds(t);
}

static int common_limits(struct trial *t) {
  NEEDS_CLASS(t);
  struct option_table table = class_options(t->found.cls);
  if (!table.count)
    return law_void(t, "it has no options");
  int verdict = LAW_HOLDS;
  limit_memory(1);
  for (size_t i = 1; i < t->variants && verdict == LAW_HOLDS; i++)
    verdict = try_legal(t, &t->variant[i]);
  for (uint32_t i = 0; i < table.count && verdict == LAW_HOLDS; i++) {
    strait_option option = option_at(&table, i);
    verdict = try_beyond(t, &option);
  }
  limit_memory(0);
  if (verdict == LAW_FAILS)
    t->corners = 0; /* the other laws at the options as set */
  return verdict;
}

/* --- instances --- */

strait_object *trial_started(struct trial *t, const struct variant *variant) {
  strait_object *object = trial_object(t, variant);
  const struct kind_laws *own = laws_of(t->kind);
  if (!object || !own->start || own->start(object) >= 0)
    return object;
  object_free(object);
  return NULL;
}

int trial_answers(struct trial *t, strait_object *object, char digest[33]) {
  struct hash *hash = hash_create();
  error_clear();
  int status = hash ? laws_of(t->kind)->exercise(t, object, hash) : error_failure();
  if (hash)
    hash_digest(hash, digest);
  hash_free(hash);
  return status;
}

/* An instance with other options than the first's, if one can be made that can be exercised. */
static strait_object *other(struct trial *t, const char **text, char digest[33]) {
  for (size_t i = t->corners ? t->variants : 1; i-- > 0;) {
    *text = t->variant[i].text;
    law_note(t, "beside it: %s", *text);
    strait_object *object = trial_started(t, &t->variant[i]);
    if (object && trial_answers(t, object, digest) >= 0)
      return object;
    object_free(object);
  }
  return NULL;
}

static int compare_instances(struct trial *t, strait_object *a, strait_object *b, const char *text, const char *of_a,
                             const char *of_b) {
  char now[33];
  if (trial_answers(t, a, now) < 0 || strcmp(now, of_a) != 0)
    return law_fails(t, "an instance answers differently once there is another one (%s): is there state outside them?",
                     text);
  law_note(t, "a third instance");
  strait_object *third = trial_started(t, &t->variant[0]);
  if (!third)
    return law_fails_with_error(t, "a third instance");
  int same = trial_answers(t, third, now) >= 0 && strcmp(now, of_a) == 0;
  object_free(third);
  if (!same)
    return law_fails(t, "a second instance with the same options answers differently after another one (%s)", text);
  if (trial_answers(t, b, now) < 0 || strcmp(now, of_b) != 0)
    return law_fails(t, "an instance (%s) answers differently once another one is gone", text);
  return law_holds(t);
}

static int common_instances(struct trial *t) {
  NEEDS_CLASS(t);
  char of_a[33], again[33], of_b[33];
  const char *text = "";
  strait_object *a = trial_started(t, &t->variant[0]), *b = NULL;
  int verdict;
  if (!a)
    return law_not_run(t, "no instance could be had: %s", error_text());
  if (trial_answers(t, a, of_a) < 0 || trial_answers(t, a, again) < 0)
    verdict = law_not_run(t, "%s", error_text());
  else if (strcmp(of_a, again) != 0)
    verdict = law_fails(t, "one alone answers otherwise when it is asked again");
  else if (!(b = other(t, &text, of_b)))
    verdict = law_not_run(t, "no second instance could be made: %s", error_text());
  else
    verdict = compare_instances(t, a, b, text, of_a, of_b);
  object_free(a);
  object_free(b);
  return verdict;
}

/* --- the floating-point environment --- */

static int common_arithmetic(struct trial *t) {
  struct arithmetic before;
  NEEDS_CLASS(t);
  if (t->found.arithmetic)
    return law_fails(t, "opening it: %s", t->found.arithmetic);
  arithmetic_save(&before);
  strait_object *object = trial_started(t, &t->variant[0]);
  const char *when = "init", *changed = arithmetic_changed(&before);
  char digest[33];
  if (object && !changed) {
    trial_answers(t, object, digest);
    when = "its operations", changed = arithmetic_changed(&before);
  }
  object_free(object);
  if (!changed)
    when = "fini", changed = arithmetic_changed(&before);
  arithmetic_restore(&before);
  return changed ? law_fails(t, "%s: %s", when, changed) : law_holds(t);
}

/* --- leaks --- */

static size_t bytes_in_use(void) {
#ifdef HAVE_MALLINFO2
  struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
#else
  return 0;
#endif
}

static size_t files_open(void) {
  DIR *folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (folder && readdir(folder))
    count++;
  if (folder)
    closedir(folder);
  return count;
}

/* One whole life of an instance. */
static int live(struct trial *t) {
  char digest[33];
  strait_object *object = trial_started(t, &t->variant[0]);
  if (!object)
    return error_failure();
  int status = trial_answers(t, object, digest);
  object_free(object);
  return status;
}

/* What the allocators and libraries keep, they keep from the first rounds; what grows with each round is lost. Rounds
 * that take long, as when a data set is opened, are fewer. */
static int common_leaks(struct trial *t) {
  enum { WARM = 2, LEAST = 16 /* bytes; glibc's smallest piece is larger */ };
  size_t bytes = 0, files = 0, rounds = 8;
  time_t began = time(NULL);
  NEEDS_CLASS(t);
  for (size_t i = 0; i < WARM + rounds; i++) {
    if (i == WARM)
      bytes = bytes_in_use(), files = files_open(), rounds = time(NULL) > began ? 3 : rounds;
    if (live(t) < 0)
      return law_not_run(t, "%s", error_text());
  }
  size_t bytes_now = bytes_in_use(), files_now = files_open();
  if (files_now >= files + rounds)
    return law_fails(t, "each life of an instance leaves %zu open file(s)", (files_now - files) / rounds);
  if (bytes_now >= bytes + rounds * LEAST)
    return law_fails(t, "each life of an instance leaves about %zu bytes allocated", (bytes_now - bytes) / rounds);
#ifndef HAVE_MALLINFO2
  return law_not_run(t, "this C library does not count allocations");
#endif
  return SANITIZED ? law_void(t, "the sanitizer's allocator does not count") : law_holds(t);
}

/* --- static variables --- */

/* The class and its tables may be copies of the host's; the functions are the plugin's. */
int trial_statics(struct trial *t, const strait_object *object, struct statics *statics) {
  const void *first;
  memcpy(&first, (const char *)t->found.cls->ops + offsetof(strait_curve_ops, points), sizeof first);
  return statics_keep(statics, first, object);
}

void trial_watch(struct trial *t) {
  if (t->watched && !t->changed)
    t->changed = statics_changed(t->watched);
}

/* They may be filled once, at the first calls, but not change from call to call. */
static int common_statics(struct trial *t) {
  struct statics before;
  char digest[33];
  NEEDS_CLASS(t);
  strait_object *object = trial_started(t, &t->variant[0]);
  if (!object)
    return law_not_run(t, "no instance could be had: %s", error_text());
  int status = trial_answers(t, object, digest);
  status = status < 0 ? status : trial_statics(t, t->kind == STRAIT_DATASET ? NULL : object, &before);
  if (status < 0) {
    object_free(object);
    return law_not_run(t, "%s", error_text());
  }
  t->watched = &before;
  t->changed = 0;
  trial_answers(t, object, digest);
  trial_watch(t);
  t->watched = NULL;
  statics_free(&before);
  object_free(object);
  return t->changed ? law_fails(t,
                                "%zu bytes of its static variables%s change when it is asked again: threads share "
                                "them, and a run that is resumed has lost them",
                                t->changed, t->kind == STRAIT_DATASET ? "" : ", or of its instance's memory,")
                    : law_holds(t);
}

/* --- another process --- */

static int common_process(struct trial *t) {
  char digest[33];
  NEEDS_CLASS(t);
  strait_object *object = trial_started(t, &t->variant[0]);
  if (!object)
    return law_not_run(t, "no instance could be had: %s", error_text());
  int status = trial_answers(t, object, digest);
  object_free(object);
  if (status < 0)
    return law_not_run(t, "%s", error_text());
  if (!*t->elsewhere)
    return law_not_run(t, "in another process it gave no answer");
  return strcmp(digest, t->elsewhere) == 0
             ? law_holds(t)
             : law_fails(t, "a new process gets other answers: do they depend on earlier calls, on time, on chance?");
}

const struct law common_laws[] = {
    {"symbol", "it exports strait_plugin_v1 and nothing else", common_symbol},
    {"entry", "it opens by the rules and is the plugin that its file's name promises", common_entry},
    {"options", "its option table is sound", common_options},
    {"defaults", "its defaults make an instance", common_defaults},
    {"limits", "options at their limits are taken, or refused with a reason; beyond them refused", common_limits},
    {"instances", "two instances at once do not disturb each other", common_instances},
    {"arithmetic", "it leaves the floating-point environment alone", common_arithmetic},
    {"leaks", "an instance takes all its memory and files with it", common_leaks},
    {"statics", "no call changes static variables, nor (but for data sets) the instance", common_statics},
    {"process", "a new process gets the same answers", common_process},
};
const size_t common_law_count = sizeof common_laws / sizeof *common_laws;
