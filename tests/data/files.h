/* files.h: files in the published formats, made small, for the tests of the shipped data sets. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "data/data.h"
#include "data/feeder.h"
#include "data/source.h"
#include "plugin/registry.h"

#include <check.h> /* last: its macro `fail` takes a word of the headers above */

/* A folder for one test, removed by folder_remove. */
static char folder[128];
static inline void folder_make(void) {
  const char *base = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/strait-data-XXXXXX", base && *base ? base : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}
static inline void folder_remove(void) { ck_assert_int_eq(file_remove_tree(folder), STRAIT_OK); }

static inline const char *in_folder(const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static inline void write_plain(const char *name, const void *data, size_t bytes) {
  FILE *file = fopen(in_folder(name), "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
  ck_assert_int_eq(fclose(file), 0);
}

static inline void write_gz(const char *name, const void *data, size_t bytes) {
  char full[64];
  snprintf(full, sizeof full, "%s.gz", name);
  gzFile file = gzopen(in_folder(full), "wb1");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(gzwrite(file, data, (unsigned)bytes), (int)bytes);
  ck_assert_int_eq(gzclose(file), Z_OK);
}

/* Puts files of the folder (their names, ended by NULL) below top/ in a tar.gz. */
static inline void write_tar(const char *name, const char *top, const char *const *names) {
  struct archive *archive = archive_write_new();
  archive_write_add_filter_gzip(archive);
  archive_write_set_filter_option(archive, "gzip", "compression-level", "1");
  archive_write_set_format_ustar(archive);
  ck_assert_int_eq(archive_write_open_filename(archive, in_folder(name)), ARCHIVE_OK);
  for (; *names; names++) {
    char *data, inside[300];
    size_t length;
    ck_assert_int_eq(file_read(in_folder(*names), (int64_t)1 << 30, &data, &length), STRAIT_OK);
    struct archive_entry *entry = archive_entry_new();
    snprintf(inside, sizeof inside, "%s/%s", top, *names);
    archive_entry_set_pathname(entry, inside);
    archive_entry_set_size(entry, (la_int64_t)length);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    ck_assert_int_eq(archive_write_data(archive, data, length), (la_ssize_t)length);
    archive_entry_free(entry);
    memory_free(data);
  }
  ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
  archive_write_free(archive);
}

/* A shipped data set: its plugin found as a user's is, with up to two options. */
static struct registry *registry;
static inline strait_object *create_set(const char *name, const char *path, const char *key, const char *value) {
  const strait_class *cls;
  strait_object *object;
  struct setting settings[2] = {{.key = "dataset.path", .value = path, .folder = "/"}, {.key = key, .value = value}};
  size_t count = key ? 2 : path ? 1 : 0;
  if (!registry)
    ck_assert_msg(registry_create(&registry, NULL, builtins) == STRAIT_OK, "%s", error_text());
  ck_assert_msg(registry_class(registry, STRAIT_DATASET, name, &cls) == STRAIT_OK, "%s", error_text());
  ck_assert_msg(object_create(&object, cls, name, 1, settings, count) == STRAIT_OK, "%s", error_text());
  return object;
}

/* Opens it; the source is in static memory of the caller. */
static inline void open_source(struct source *source, strait_object *object) {
  ck_assert_msg(source_open(source, object) == STRAIT_OK, "%s", error_text());
}

/* Opening fails with this status and all of these words, ended by NULL. */
static inline void open_refuses(const char *name, const char *path, int status, ...) {
  struct source source;
  strait_object *object = create_set(name, path, NULL, NULL);
  va_list words;
  int result = source_open(&source, object);
  ck_assert_msg(result == status, "status %d, not %d: %s", result, status, error_text());
  va_start(words, status);
  for (const char *word = va_arg(words, const char *); word; word = va_arg(words, const char *))
    ck_assert_msg(strstr(error_text(), word) != NULL, "\"%s\" does not say \"%s\"", error_text(), word);
  va_end(words);
  object_free(object);
}

static inline int run_suite(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  registry_free(registry);
  return failed ? 1 : 0;
}
