/* tests/base/scratch.h: a temporary folder for one test, and small helpers around files. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "base/error.h"
#include "base/file.h"

#include <check.h> /* last: it has a macro named fail, as is an entry of the host table */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char scratch[512]; /* the folder */
static struct arena *scratch_arena;

static inline void scratch_make(void) {
  const char *parent = getenv("TMPDIR");
  snprintf(scratch, sizeof scratch, "%s/strait-test-XXXXXX", parent && *parent ? parent : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(scratch));
  ck_assert_ptr_nonnull(scratch_arena = arena_create());
  error_clear();
}

static inline void scratch_remove(void) {
  ck_assert_int_eq(file_remove_tree(scratch), STRAIT_OK);
  arena_free(scratch_arena);
}

/* The path of a file in the folder; lives as long as the test. */
static inline const char *in_scratch(const char *name) { return file_join(scratch_arena, scratch, name); }

/* How many entries a folder has. */
static inline int entries_in(const char *folder) {
  DIR *entries = opendir(folder);
  int count = 0;
  ck_assert_ptr_nonnull(entries);
  for (struct dirent *entry; (entry = readdir(entries));)
    count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
  closedir(entries);
  return count;
}

/* The chain holds this text. */
static inline void ck_error_has(const char *part) {
  ck_assert_msg(strstr(error_text(), part) != NULL, "\"%s\" does not say \"%s\"", error_text(), part);
}

static inline int run_suite(const char *name, TCase *const *cases, size_t count) {
  Suite *suite = suite_create(name);
  for (size_t i = 0; i < count; i++) {
    tcase_set_timeout(cases[i], 120); /* valgrind is slow */
    suite_add_tcase(suite, cases[i]);
  }
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}

#endif
