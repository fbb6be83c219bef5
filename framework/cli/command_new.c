/* cli/command_new.c: `strait new KIND NAME`: a complete project for a plugin, which builds and runs as it stands. */
#include "cli/answer.h"
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/starter.h"

struct new_keys {
  const char *dir;
  int32_t cxx;
};
static const strait_option table_of_keys[] = {
    STRAIT_PATH("dir", struct new_keys, dir, NULL, "folder of the project (default: KIND-NAME in the current folder)"),
    STRAIT_BOOL("cxx", struct new_keys, cxx, "no", "write C++ instead of C"),
};
static const struct option_table new_options = {table_of_keys, sizeof *table_of_keys, 2};

/* What `visit` looks for among the plugins that are found. */
struct taken {
  uint32_t kind;
  const char *name;
  char origin[1024];
};
static int visit_new(void *context, uint32_t kind, const char *name, const char *origin) {
  struct taken *taken = context;
  if (kind == taken->kind && strcmp(name, taken->name) == 0)
    snprintf(taken->origin, sizeof taken->origin, "%s", origin);
  return STRAIT_OK;
}

/* A name is used once: two plugins of one name cannot be installed side by side. */
static int check_names(const struct arguments *a) {
  struct taken taken = {.kind = kind_of(a->operands[0]), .name = a->operands[1]};
  struct registry *registry = NULL;
  if (!taken.kind)
    return error_set(STRAIT_EINVAL, "no kind \"%s\"; there are model, dataset, curve, schedule and ensembler",
                     a->operands[0]);
  if (!text_is_name(taken.name))
    return error_set(STRAIT_EINVAL,
                     "\"%s\" is not a plugin name: lower-case letters, digits and '-', a letter first, 32 at most",
                     taken.name);
  int status = arguments_registry(a, &registry);
  if (!status)
    status = registry_scan(registry, visit_new, &taken);
  registry_free(registry);
  if (!status && taken.origin[0])
    return error_set(STRAIT_EINVAL, "%s \"%s\" exists already (%s); choose another name", a->operands[0], taken.name,
                     taken.origin);
  return status;
}

static int write_files(const struct starter *starter, const char *folder, struct arena *arena, json_t *names) {
  for (size_t i = 0;; i++) {
    const char *path, *text;
    int status = starter_file(starter, i, arena, &path, &text);
    if (status || !path)
      return status;
    const char *whole = file_join(arena, folder, path);
    status = whole ? file_write(whole, text, strlen(text)) : error_failure();
    if (status)
      return status;
    if (json_array_append_new(names, json_string(path)))
      return error_set(STRAIT_ENOMEM, "out of memory");
  }
}

/* Writes the project beside its place and moves it there whole; a folder with anything in it is left alone. */
static int write_project(const struct starter *starter, const char *folder, struct arena *arena, json_t *names) {
  const char *begun = arena_format(arena, "%s.new~", folder);
  if (!begun)
    return error_failure();
  int status = file_exists(begun) ? file_remove_tree(begun) : STRAIT_OK;
  if (!status)
    status = file_make_folders(begun);
  if (!status)
    status = write_files(starter, begun, arena, names);
  if (!status && rename(begun, folder)) {
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
      status = error_set(STRAIT_EINVAL, "%s exists already; remove it, or choose another folder with --dir", folder);
    else
      status = error_errno(STRAIT_EIO, "cannot make %s", folder);
  }
  if (status) {
    struct error_chain cause;
    error_take(&cause);
    file_remove_tree(begun);
    error_give(&cause);
  }
  return status;
}

/* The folder as the user knows it: relative where it was typed so. */
static void print_project(const struct starter *starter, const char *folder, json_t *names) {
  json_t *name;
  size_t i;
  printf("wrote %s:", folder);
  json_array_foreach(names, i, name) printf(" %s", json_string_value(name));
  printf(
      "\n\n  cd %s\n  autoreconf -fi && ./configure --prefix=\"$HOME/.local\" && make && make check && make install\n\n"
      "builds it, tries it, and installs it where strait looks. Its code is in %s.%s; strait-plugin(7) explains.\n",
      folder, starter->name, starter->cxx ? "cc" : "c");
}

static int report(const struct arguments *a, const struct starter *starter, const char *folder, json_t *names) {
  if (!a->json) {
    print_project(starter, folder, names);
    return STRAIT_OK;
  }
  return answer_json(json_pack("{s:s, s:s, s:s, s:O}", "kind", starter->kind, "name", starter->name, "folder", folder,
                               "files", names));
}

static int run_new(const struct arguments *a) {
  struct new_keys keys = {0};
  struct starter starter = {.kind = a->operands[0], .name = a->operands[1]};
  json_t *names = json_array();
  int status = names ? check_names(a) : error_set(STRAIT_ENOMEM, "out of memory");
  if (!status)
    status = arguments_options(a, &new_options, &keys);
  const char *folder = keys.dir ? keys.dir : arena_format(a->arena, "%s-%s", starter.kind, starter.name);
  if (!status && !folder)
    status = error_failure();
  starter.cxx = keys.cxx;
  if (!status)
    status = write_project(&starter, folder, a->arena, names);
  if (!status)
    status = report(a, &starter, folder, names);
  json_decref(names);
  return status;
}

const struct command command_new = {
    .name = "new",
    .operands = "KIND NAME",
    .summary = "start a new plugin project",
    .help = "Writes a complete project for a plugin of this kind (model, dataset, curve, schedule or ensembler):\n"
            "one source file that works as it stands, the files of autoconf and automake, an experiment that uses\n"
            "it, and a test. It builds against the installed headers and needs nothing of strait's source tree;\n"
            "strait-plugin(7) explains.",
    .flags = FLAG_PLUGINS | FLAG_JSON,
    .options = &new_options,
    .least = 2,
    .most = 2,
    .run = run_new,
};
