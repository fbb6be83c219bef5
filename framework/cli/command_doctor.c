/* cli/command_doctor.c: `strait doctor`: what this machine and this installation have. */
#include <config.h>

#include "cli/answer.h"
#include "cli/command.h"

#include <archive.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/probe.h"
#include "compute/device.h"
#include "compute/gemm.h"
#include "compute/team.h"
#include "data/data.h"

/* The model name of the first CPU, or "unknown". */
static void cpu_name(char *name, size_t size) {
  char line[512];
  FILE *file = fopen("/proc/cpuinfo", "re");
  snprintf(name, size, "unknown");
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
      snprintf(name, size, "%s", strchr(line, ':') + 2);
      name[strcspn(name, "\n")] = 0;
      break;
    }
  if (file)
    fclose(file);
}

static json_t *machine(int threads) {
  struct utsname system;
  char cpu[256], memory[64];
  json_t *kernels = json_array();
  static const char *const sets[] = {"portable", "avx2", "avx512"};
  struct team *team = NULL;
  const char *chosen = "none";
  struct device *device = NULL;
  cpu_name(cpu, sizeof cpu);
  snprintf(memory, sizeof memory, "%.1f GiB", limits_memory_here() / (1024. * 1024 * 1024));
  if (uname(&system))
    memset(&system, 0, sizeof system);
  for (size_t i = 0; !team_create(&team, 1) && i < sizeof sets / sizeof *sets; i++) {
    if (device_create(&device, NULL, team, sets[i]) == STRAIT_OK) {
      json_array_append_new(kernels, json_string(sets[i]));
      device_free(device);
    }
    team_free(team);
    team = NULL;
  }
  team_free(team);
  team = NULL;
  device = NULL;
  if (!team_create(&team, 1) && !device_create(&device, NULL, team, NULL))
    chosen = device_facts(device).kernels;
  json_t *all =
      json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o}", "version", PACKAGE_VERSION_TEXT, "system", system.release, "cpu",
                cpu, "memory", memory, "threads", threads, "kernels in use", chosen, "kernels possible", kernels);
  error_clear();
  if (device)
    device_free(device);
  if (team)
    team_free(team);
  return all;
}

static json_t *libraries(void) {
  return json_pack("{s:s, s:s, s:s, s:s}", "openblas", gemm_library(), "zlib", zlibVersion(), "jansson",
                   jansson_version_str(), "libarchive", archive_version_string());
}

/* --- plugins and data --- */

struct finding {
  struct registry *registry;
  json_t *plugins, *data;
};

/* Can the data set be opened with its defaults? */
static json_t *try_data(struct registry *registry, const char *name) {
  const strait_class *cls;
  strait_object *object = NULL;
  struct data *data = NULL;
  struct data_keys keys = {0};
  json_t *found;
  struct arena *arena = arena_create();
  int status = arena ? options_default(&data_options, &keys, arena) : error_failure();
  if (!status)
    status = registry_class(registry, STRAIT_DATASET, name, &cls);
  if (!status)
    status = object_create(&object, cls, name, 1, NULL, 0);
  if (!status)
    status = data_open(&data, object, registry, &keys, 1);
  if (status)
    found = json_pack("{s:s, s:b, s:s}", "name", name, "found", 0, "why", error_text());
  else
    found = json_pack("{s:s, s:b, s:I, s:I}", "name", name, "found", 1, "train",
                      (json_int_t)data_count(data, SPLIT_TRAIN), "test", (json_int_t)data_count(data, SPLIT_TEST));
  error_clear();
  data_free(data);
  object_free(object);
  arena_free(arena);
  return found;
}

static int visit_doctor(void *context, uint32_t kind, const char *name, const char *origin) {
  struct finding *f = context;
  json_t *description = NULL;
  int usable = origin[0] != '/' || probe(origin, &description) == STRAIT_OK;
  json_t *row =
      json_pack("{s:s, s:s, s:s, s:b}", "kind", kind_name(kind), "name", name, "origin", origin, "usable", usable);
  if (!usable)
    json_object_set_new(row, "why", json_string(error_text()));
  error_clear();
  json_decref(description);
  json_array_append_new(f->plugins, row);
  if (usable && kind == STRAIT_DATASET)
    json_array_append_new(f->data, try_data(f->registry, name));
  return STRAIT_OK;
}

static json_t *folders(const struct registry *registry) {
  const char *const *list;
  size_t n = registry_folders(registry, &list);
  json_t *all = json_array();
  for (size_t i = 0; i < n; i++)
    json_array_append_new(all, json_pack("{s:s, s:b}", "folder", list[i], "there", file_is_folder(list[i])));
  return all;
}

/* --- printing --- */

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static void print_simple(const json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    printf("  %-17s ", key);
    if (json_is_integer(value))
      printf("%lld", (long long)json_integer_value(value));
    for (size_t i = 0; i < json_array_size(value); i++)
      printf("%s%s", i ? " " : "", json_string_value(json_array_get(value, i)));
    printf("%s\n", json_is_string(value) ? json_string_value(value) : "");
  }
}

static void print_all(const json_t *all) {
  json_t *one;
  size_t i;
  puts("machine");
  print_simple(json_object_get(all, "machine"));
  puts("\nlibraries");
  print_simple(json_object_get(all, "libraries"));
  puts("\nplugin folders, in the order of searching");
  json_array_foreach(json_object_get(all, "folders"), i, one) {
    printf("  %s%s\n", text_of(one, "folder"), json_is_true(json_object_get(one, "there")) ? "" : " (not there)");
  }
  puts("\nplugins");
  json_array_foreach(json_object_get(all, "plugins"), i, one) {
    printf("  %-10s %-16s %s", text_of(one, "kind"), text_of(one, "name"), text_of(one, "origin"));
    printf("%s%s\n", json_object_get(one, "why") ? "\n      CANNOT BE USED: " : "", text_of(one, "why"));
  }
  puts("\ndata sets, with their default options");
  json_array_foreach(json_object_get(all, "data"), i, one) {
    if (json_is_true(json_object_get(one, "found")))
      printf("  %-16s %lld training, %lld test samples\n", text_of(one, "name"),
             (long long)json_integer_value(json_object_get(one, "train")),
             (long long)json_integer_value(json_object_get(one, "test")));
    else
      printf("  %-16s not found: %s\n", text_of(one, "name"), text_of(one, "why"));
  }
}

static int doctor(const struct arguments *a) {
  struct finding f = {.plugins = json_array(), .data = json_array()};
  int threads = 1;
  int status = f.plugins && f.data ? arguments_registry(a, &f.registry) : error_set(STRAIT_ENOMEM, "out of memory");
  if (!status)
    status = team_count(a->threads, &threads);
  if (!status)
    status = registry_scan(f.registry, visit_doctor, &f);
  json_t *all = status ? NULL
                       : json_pack("{s:o, s:o, s:o, s:O, s:O}", "machine", machine(threads), "libraries", libraries(),
                                   "folders", folders(f.registry), "plugins", f.plugins, "data", f.data);
  if (!status && !all)
    status = error_set(STRAIT_ENOMEM, "out of memory");
  if (all && a->json)
    status = answer_json(json_incref(all));
  else if (all)
    print_all(all);
  json_decref(all);
  json_decref(f.plugins);
  json_decref(f.data);
  if (f.registry)
    registry_free(f.registry);
  return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "show the machine, the installation and the data sets found",
    .help = "Prints the CPU and the kernels used on it, threads, libraries, the folders in which plugins are\n"
            "searched, the plugins found, and which data sets are where their plugins look by default.",
    .flags = FLAG_PLUGINS | FLAG_JSON | FLAG_THREADS,
    .least = 0,
    .most = 0,
    .run = doctor,
};
