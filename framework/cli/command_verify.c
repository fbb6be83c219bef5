/* cli/command_verify.c: `strait verify PLUGIN.so`: does a plugin hold to the contracts of the public headers? */
#include "cli/answer.h"
#include "cli/command.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "cli/trier.h"
#include "verify/verify.h"

struct keys {
  int64_t patience, seed;
};
enum { EXIT_NOT_ALL = 3 }; /* no law fails, but not all could be tried */
static const strait_option options[] = {
    STRAIT_INT("seed", struct keys, seed, "0", 0, 1000000, "seed of the random inputs"),
    STRAIT_INT("patience", struct keys, patience, "120", 1, 86400,
               "seconds without progress after which a law counts as hung"),
};
static const struct option_table table = {options, sizeof options[0], sizeof options / sizeof options[0]};

struct outcome {
  int json;
  json_t *laws;
  int count[VERDICTS];
};

static const char *text_of(const json_t *law, const char *key) {
  const char *text = json_string_value(json_object_get(law, key));
  return text ? text : "";
}

/* A line for each law, as soon as it is decided. */
static void decided(void *context, const json_t *law) {
  struct outcome *o = context;
  const char *verdict = text_of(law, "verdict"), *evidence = text_of(law, "evidence");
  for (int i = 0; i < VERDICTS; i++)
    o->count[i] += strcmp(verdict, verdict_name(i)) == 0;
  if (o->json) {
    json_array_append_new(o->laws, json_deep_copy(law));
    return;
  }
  printf("%-7s  %-11s  %s%s%s\n", strcmp(verdict, verdict_name(LAW_FAILS)) == 0 ? "FAILS" : verdict,
         text_of(law, "law"), text_of(law, "text"), *evidence ? ": " : "", evidence);
  fflush(stdout);
}

static int print_json(const struct outcome *o, const char *file, const char *kind, const char *name) {
  return answer_json(json_pack("{s:s, s:s, s:s, s:O, s:i, s:i, s:i, s:i}", "plugin", file, "kind", kind, "name", name,
                               "laws", o->laws, "holds", o->count[LAW_HOLDS], "fails", o->count[LAW_FAILS], "not run",
                               o->count[LAW_NOT_RUN], "n/a", o->count[LAW_VOID]));
}

static int judge(const struct outcome *o, const char *file) {
  int fail = o->count[LAW_FAILS], idle = o->count[LAW_NOT_RUN];
  if (fail)
    return error_set(STRAIT_EBUG, "%s breaks %d law%s", file, fail, fail == 1 ? "" : "s");
  if (!idle)
    return STRAIT_OK;
  error_set(STRAIT_EBUG, "%s breaks no law, but %d could not be tried: see \"not run\"", file, idle);
  return EXIT_NOT_ALL;
}

static int verify(const struct arguments *a) {
  struct keys keys = {0};
  struct outcome outcome = {.json = a->json};
  const char *file = a->operands[0];
  char name[33];
  uint32_t kind = registry_file_kind(file, name);
  if (arguments_options(a, &table, &keys))
    return error_failure();
  if (!kind)
    return error_set(STRAIT_EINVAL, "%s: the file of a plugin is called KIND-NAME.so, as curve-bezier.so", file);
  if (!file_exists(file))
    return error_set(STRAIT_ENOENT, "%s: no such file", file);
  struct trier trier = {.file = file,
                        .sets = a->sets,
                        .set_count = a->set_count,
                        .seed = keys.seed,
                        .patience = (int)keys.patience,
                        .context = &outcome,
                        .decided = decided};
  outcome.laws = json_array();
  int status = outcome.laws ? trier_run(&trier) : error_set(STRAIT_ENOMEM, "out of memory");
  if (!status && a->json)
    status = print_json(&outcome, file, kind_name(kind), name);
  else if (!status)
    printf("%s \"%s\": %d laws hold, %d fail, %d not run\n", kind_name(kind), name, outcome.count[LAW_HOLDS],
           outcome.count[LAW_FAILS], outcome.count[LAW_NOT_RUN]);
  json_decref(outcome.laws);
  return status ? status : judge(&outcome, file);
}

const struct command command_verify = {
    .name = "verify",
    .operands = "PLUGIN.so",
    .summary = "test a plugin against the laws of its kind",
    .help = "Runs the conformance laws on a plugin, in a process of its own, so that a crash, a hang or printing\n"
            "is a finding, and prints one line per law: \"holds\"; \"FAILS\", with the evidence; \"not run\",\n"
            "where it could not be tried, and why, as when the data of a data set are not there; \"n/a\", where\n"
            "the plugin has nothing that the law speaks of. The laws of all plugins come first (its symbol and\n"
            "entry, its option table, every option at its limits and beyond, two instances at once, several\n"
            "threads, a second process, static variables, the floating-point environment, leaks, printing), then\n"
            "those of its kind, from the contracts in the headers. Gradients are checked below a million weights:\n"
            "--set a smaller model. The exit code is 0 when no law fails and all were tried, 1 when one fails, 3\n"
            "when none fails but one could not be tried.",
    .flags = FLAG_SET | FLAG_JSON,
    .set_help = "set an option of the plugin for all laws; may be repeated",
    .options = &table,
    .least = 1,
    .most = 1,
    .run = verify,
};
