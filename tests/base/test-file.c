/* tests/base/test-file.c: whole reads, atomic writes, folders. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

static void ck_holds(const char *path, const char *text) {
  char *data;
  size_t length;
  ck_assert_msg(file_read(path, 1 << 20, &data, &length) == STRAIT_OK, "%s", error_text());
  ck_assert_uint_eq(length, strlen(text));
  ck_assert_str_eq(data, text); /* the NUL behind the data is part of the contract */
  memory_free(data);
}

START_TEST(what_is_written_is_read) {
  const char *path = in_scratch("a");
  ck_assert_int_eq(file_write(path, "one", 3), STRAIT_OK);
  ck_holds(path, "one");
  ck_assert_int_eq(file_write(path, "longer than before", 18), STRAIT_OK);
  ck_holds(path, "longer than before");
  ck_assert_int_eq(file_write(path, "", 0), STRAIT_OK);
  ck_holds(path, "");
  ck_assert_int_eq(entries_in(scratch), 1); /* no temporary is left */
}
END_TEST

START_TEST(reads_are_bounded) {
  char *data;
  size_t length;
  const char *path = in_scratch("a");
  file_write(path, "12345", 5);
  ck_assert_int_eq(file_read(path, 5, &data, &length), STRAIT_OK);
  memory_free(data);
  ck_assert_int_eq(file_read(path, 4, &data, &length), STRAIT_EFORMAT);
  ck_assert_ptr_null(data);
  ck_error_has(path);
  ck_error_has("5 bytes, more than the 4");
  ck_assert_int_eq(file_read(in_scratch("b"), 4, &data, &length), STRAIT_ENOENT);
  ck_error_has(in_scratch("b"));
  ck_assert_int_eq(file_read(scratch, 4, &data, &length), STRAIT_EINVAL);
  ck_error_has("not a regular file");
  ck_assert_int_eq(mkfifo(in_scratch("pipe"), 0600), 0);
  ck_assert_int_eq(file_read(in_scratch("pipe"), 4, &data, &length),
                   STRAIT_EINVAL); /* and does not wait for a writer */
}
END_TEST

START_TEST(pieces_of_any_size) {
  struct file_writer *writer;
  const char *path = in_scratch("a");
  size_t sizes[] = {1, 65535, 1, 65536, 3, 200000, 0, 7}, total = 0, length; /* around the buffer's 65536 */
  char *data, *piece = memory_alloc(200000, 1);
  ck_assert_int_eq(file_begin(&writer, path), STRAIT_OK);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    memset(piece, 'a' + (int)i, sizes[i]);
    ck_assert_int_eq(file_put(writer, piece, sizes[i]), STRAIT_OK);
    total += sizes[i];
  }
  ck_assert(!file_exists(path)); /* nothing is seen before the commit */
  ck_assert_int_eq(file_commit(writer), STRAIT_OK);
  ck_assert_int_eq(file_read(path, 1 << 20, &data, &length), STRAIT_OK);
  ck_assert_uint_eq(length, total);
  for (size_t i = 0, at = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t k = 0; k < sizes[i]; k++, at++)
      ck_assert_int_eq(data[at], 'a' + (int)i);
  memory_free(data);
  memory_free(piece);
}
END_TEST

START_TEST(an_abandoned_write_changes_nothing) {
  struct file_writer *writer;
  file_write(in_scratch("a"), "old", 3);
  ck_assert_int_eq(file_begin(&writer, in_scratch("a")), STRAIT_OK);
  file_put(writer, "new", 3);
  file_abandon(writer);
  file_abandon(NULL);
  ck_holds(in_scratch("a"), "old");
  ck_assert_int_eq(entries_in(scratch), 1);
}
END_TEST

START_TEST(a_failed_write_changes_nothing) {
  struct rlimit old, small = {1000, 1000};
  struct file_writer *writer;
  char big[100000];
  memset(big, 'x', sizeof big);
  file_write(in_scratch("a"), "old", 3);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
  small.rlim_max = old.rlim_max;
  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0); /* stands for a full disk */
  int at_once = file_write(in_scratch("a"), big, sizeof big);
  int begun = file_begin(&writer, in_scratch("a"));
  int put = file_put(writer, big, sizeof big), sticky = file_put(writer, "y", 1), committed = file_commit(writer);
  setrlimit(RLIMIT_FSIZE, &old);
  ck_assert_int_eq(at_once, STRAIT_EIO);
  ck_assert_int_eq(begun, STRAIT_OK);
  ck_assert_int_eq(put, STRAIT_EIO);
  ck_assert_int_eq(sticky, STRAIT_EIO);
  ck_assert_int_eq(committed, STRAIT_EIO);
  ck_error_has(in_scratch("a"));
  ck_error_has("File too large");
  ck_holds(in_scratch("a"), "old");
  ck_assert_int_eq(entries_in(scratch), 1);
  /* Nor does a failed rename leave anything: a folder has the name. */
  ck_assert_int_eq(file_make_folders(in_scratch("d/e")), STRAIT_OK);
  ck_assert_int_eq(file_write(in_scratch("d"), "x", 1), STRAIT_EIO);
  ck_assert_int_eq(entries_in(scratch), 2);
  ck_assert_int_eq(file_write(in_scratch("no/a"), "x", 1), STRAIT_EIO);
  ck_error_has("No such file or directory");
}
END_TEST

START_TEST(the_mode_is_the_umask_s) {
  struct stat status;
  mode_t old = umask(027);
  file_write(in_scratch("a"), "x", 1);
  umask(old);
  ck_assert_int_eq(stat(in_scratch("a"), &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0640); /* 0644 & ~027 */
}
END_TEST

START_TEST(a_leftover_temporary_does_no_harm) {
  char name[64];
  snprintf(name, sizeof name, "a.%ld-0.tmp", (long)getpid());
  file_write(in_scratch(name), "left", 4); /* as if a killed process had had our pid */
  ck_assert_int_eq(file_write(in_scratch("a"), "x", 1), STRAIT_OK);
  ck_holds(in_scratch("a"), "x");
  ck_holds(in_scratch(name), "left");
}
END_TEST

START_TEST(folders_are_made) {
  ck_assert_int_eq(file_make_folders(in_scratch("a/b//c/")), STRAIT_OK);
  ck_assert(file_is_folder(in_scratch("a/b/c")));
  ck_assert_int_eq(file_make_folders(in_scratch("a/b")), STRAIT_OK);
  ck_assert_int_eq(file_make_folders("/"), STRAIT_OK);
  file_write(in_scratch("f"), "x", 1);
  ck_assert_int_eq(file_make_folders(in_scratch("f/g")), STRAIT_EIO);
  ck_error_has(in_scratch("f"));
  ck_assert_int_eq(file_make_folders(in_scratch("f")), STRAIT_EIO);
  ck_assert(file_exists(in_scratch("f")));
  ck_assert(!file_is_folder(in_scratch("f")));
  ck_assert(!file_exists(in_scratch("g")));
}
END_TEST

START_TEST(trees_are_removed_links_are_not_followed) {
  file_make_folders(in_scratch("keep/inner"));
  file_write(in_scratch("keep/file"), "x", 1);
  file_make_folders(in_scratch("tree/a/b"));
  file_write(in_scratch("tree/a/b/file"), "x", 1);
  ck_assert_int_eq(symlink(in_scratch("keep"), in_scratch("tree/a/link")), 0);
  ck_assert_int_eq(symlink("nowhere", in_scratch("tree/dangling")), 0);
  ck_assert_int_eq(file_remove_tree(in_scratch("tree")), STRAIT_OK);
  ck_assert(!file_exists(in_scratch("tree")));
  ck_assert_int_eq(entries_in(in_scratch("keep")), 2);
  ck_assert_int_eq(file_remove_tree(in_scratch("tree")), STRAIT_OK); /* as rm -rf: what is not there is no failure */
  ck_assert_int_eq(symlink(in_scratch("keep"), in_scratch("link")), 0);
  ck_assert_int_eq(file_remove_tree(in_scratch("link")), STRAIT_OK);
  ck_assert_int_eq(entries_in(in_scratch("keep")), 2);
  ck_assert_int_eq(file_remove_tree(in_scratch("keep/file")), STRAIT_OK);
  ck_assert_int_eq(entries_in(in_scratch("keep")), 1);
}
END_TEST

START_TEST(paths_are_joined) {
  struct arena *arena = scratch_arena;
  ck_assert_str_eq(file_join(arena, "a", "b/c"), "a/b/c");
  ck_assert_str_eq(file_join(arena, "a/", "b"), "a/b");
  ck_assert_str_eq(file_join(arena, "a", "/b"), "/b");
  ck_assert_str_eq(file_join(arena, "", "b"), "b");
  ck_assert_str_eq(file_join(arena, "/", "b"), "/b");
  char *here = getcwd(NULL, 0);
  ck_assert_ptr_nonnull(here);
  ck_assert_int_eq(chdir("/usr"), 0);
  ck_assert_str_eq(file_absolute(arena, "/a/b"), "/a/b");
  ck_assert_str_eq(file_absolute(arena, "a/../b"), "/usr/a/../b");
  ck_assert_str_eq(file_absolute(arena, ".//./a"), "/usr/a");
  ck_assert_str_eq(file_absolute(arena, "."), "/usr");
  ck_assert_int_eq(chdir(here), 0);
  free(here);
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("file")};
  tcase_add_checked_fixture(cases[0], scratch_make, scratch_remove);
  tcase_add_test(cases[0], what_is_written_is_read);
  tcase_add_test(cases[0], reads_are_bounded);
  tcase_add_test(cases[0], pieces_of_any_size);
  tcase_add_test(cases[0], an_abandoned_write_changes_nothing);
  tcase_add_test(cases[0], a_failed_write_changes_nothing);
  tcase_add_test(cases[0], the_mode_is_the_umask_s);
  tcase_add_test(cases[0], a_leftover_temporary_does_no_harm);
  tcase_add_test(cases[0], folders_are_made);
  tcase_add_test(cases[0], trees_are_removed_links_are_not_followed);
  tcase_add_test(cases[0], paths_are_joined);
  return run_suite("file", cases, 1);
}
