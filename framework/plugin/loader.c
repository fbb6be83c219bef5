/* plugin/loader.c: opens a plugin's file. The only place that calls dlopen. */
#include <config.h>

#include "plugin/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "plugin/arithmetic.h"
#include "plugin/host.h"
#include "plugin/places.h"

uint32_t plugin_file_name(const char *file, char *name) {
  const char *dash = strchr(file, '-');
  size_t length = strlen(file);
  if (!dash || !text_ends(file, ".so"))
    return 0;
  char kind[16];
  size_t kind_length = (size_t)(dash - file), name_length = length - kind_length - 1 - strlen(".so");
  if (kind_length >= sizeof kind || name_length > 32 || kind_length + 1 + strlen(".so") > length)
    return 0;
  memcpy(kind, file, kind_length);
  kind[kind_length] = 0;
  memcpy(name, dash + 1, name_length);
  name[name_length] = 0;
  return text_is_name(name) ? kind_of(kind) : 0;
}

/* Checks the file that is really meant, and the folder that it really lies in. */
static int resolve(const char *path, char **real) {
  *real = realpath(path, NULL);
  if (!*real)
    return error_errno(errno == ENOENT || errno == ENOTDIR ? STRAIT_ENOENT
                       : errno == ENOMEM                   ? STRAIT_ENOMEM
                                                           : STRAIT_EIO,
                       "%s", path);
  int status = file_is_safe(*real);
  if (!status) {
    char *slash = strrchr(*real, '/');
    *slash = 0;
    status = folder_is_safe(slash == *real ? "/" : *real);
    *slash = '/';
  }
  if (!status)
    return STRAIT_OK;
  free(*real);
  *real = NULL;
  return status;
}

static int no_entry(void *handle) {
  for (int major = STRAIT_ABI_MAJOR + 1; major < 100; major++) {
    char symbol[32];
    snprintf(symbol, sizeof symbol, "strait_plugin_v%d", major);
    if (dlsym(handle, symbol))
      return error_set(STRAIT_ENOTSUP, "made for major version %d of the plugin interface; this strait has %d.%d",
                       major, STRAIT_ABI_MAJOR, STRAIT_ABI_MINOR);
  }
  return error_set(STRAIT_EFORMAT, "not a plugin of strait: it has no strait_plugin_v1 (STRAIT_REGISTER defines it)");
}

/* Runs code of the plugin: its constructors, then its entry. */
static int call_entry(struct loaded *loaded, const char *path, const strait_class **theirs) {
  struct arithmetic saved;
  arithmetic_save(&saved);
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  loaded->arithmetic = arithmetic_changed(&saved);
  arithmetic_restore(&saved);
  if (!handle) {
    const char *why = dlerror();
    return error_set(STRAIT_EFORMAT, "cannot be loaded: %s", why ? why : "no reason given");
  }
  strait_entry *entry = NULL;
  void *symbol = dlsym(handle, "strait_plugin_v1");
  if (!symbol)
    return no_entry(handle);
  memcpy(&entry, &symbol, sizeof entry); /* POSIX lets functions travel so; ISO C has no cast for it */
  *theirs = entry(host_table());
  if (!loaded->arithmetic)
    loaded->arithmetic = arithmetic_changed(&saved);
  arithmetic_restore(&saved);
  return STRAIT_OK;
}

int loader_open(struct loaded *loaded, const char *path, uint32_t kind, const char *name) {
  char *real;
  int status = resolve(path, &real);
  if (status)
    return status;
  const strait_class *theirs = NULL;
  status = call_entry(loaded, real, &theirs);
  free(real);
  status = status ? status : class_take(loaded, theirs, kind, name);
  return status ? error_wrap("%s", path) : STRAIT_OK;
}
