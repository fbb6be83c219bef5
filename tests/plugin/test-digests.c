/* tests/plugin/test-digests.c: files known by their bytes: what is remembered of them, when it is believed, and that no
 * state of the cache changes a digest. Expected digests are those of base/hash.h over the bytes that were written. */
#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "../base/scratch.h"
#include "base/hash.h"
#include "plugin/digests.h"

static const char *data; /* the folder of files */

static void put(const char *name, const char *text) {
  ck_assert_int_eq(file_write(file_join(scratch_arena, data, name), text, strlen(text)), STRAIT_OK);
}

static void setup(void) {
  scratch_make();
  ck_assert_ptr_nonnull(data = in_scratch("data"));
  ck_assert_int_eq(file_make_folders(in_scratch("data/deep")), STRAIT_OK);
  ck_assert_int_eq(setenv("XDG_CACHE_HOME", in_scratch("cache"), 1), 0);
  put("a", "alpha");
  put("deep/b", "beta");
}

/* Files that were written just now can change again within a tick of the clock; then they cannot. */
static void settle(void) { nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 200000000}, NULL); }

/* Asks for both files; what they hold is checked. How many were read. */
static int64_t ask(const char *a, const char *b) {
  struct digests *digests;
  char found[33], wanted[33];
  const char *const names[] = {"deep/b", "a"}, *const texts[] = {b, a};
  ck_assert_int_eq(digests_create(&digests, data), STRAIT_OK);
  ck_assert_str_eq(digests_folder(digests), data);
  for (int i = 0; i < 2; i++) {
    ck_assert_msg(digests_file(digests, names[i], found) == STRAIT_OK, "%s", error_text());
    hash_of(texts[i], strlen(texts[i]), wanted);
    ck_assert_str_eq(found, wanted);
  }
  int64_t read = digests_read(digests);
  digests_free(digests);
  return read;
}

/* The cache's only file. */
static const char *cache_file(void) {
  DIR *folder = opendir(in_scratch("cache/strait"));
  const char *name = NULL;
  for (struct dirent *entry; folder && (entry = readdir(folder));)
    if (entry->d_name[0] != '.')
      name = file_join(scratch_arena, in_scratch("cache/strait"), entry->d_name);
  if (folder)
    closedir(folder);
  return name;
}

/* Can this file system be relied on? Where not, every file is read each time, which is all there is to see. */
static int remembers(void) {
  ck_assert_int_eq(ask("alpha", "beta"), 2);
  int64_t again = ask("alpha", "beta");
  ck_assert(again == 0 || (again == 2 && !cache_file()));
  return again == 0;
}

START_TEST(what_is_settled_is_read_once) {
  struct stat about;
  ck_assert_int_eq(ask("alpha", "beta"), 2);
  settle();
  if (!remembers())
    return;
  const char *a = file_join(scratch_arena, data, "a");
  ck_assert_int_eq(stat(a, &about), 0);
  const struct timespec times[2] = {about.st_atim, about.st_mtim};
  FILE *file = fopen(a, "r+"); /* in place: the same inode, size and time of modification */
  ck_assert_ptr_nonnull(file);
  ck_assert(fputs("ALPHA", file) >= 0 && fclose(file) == 0);
  ck_assert_int_eq(utimensat(AT_FDCWD, a, times, 0), 0);
  ck_assert_int_eq(ask("ALPHA", "beta"), 1);
  ck_assert_int_eq(ask("ALPHA", "beta"), 1); /* not settled yet */
  settle();
  ck_assert_int_eq(ask("ALPHA", "beta"), 1);
  ck_assert_int_eq(ask("ALPHA", "beta"), 0);
  put("deep/b", "gamma");
  ck_assert_int_eq(ask("ALPHA", "gamma"), 1);
}
END_TEST

START_TEST(a_damaged_cache_is_as_good_as_none) {
  char *bytes;
  size_t length;
  settle();
  if (!remembers())
    return;
  const char *cache = cache_file();
  ck_assert_int_eq(file_read(cache, 1 << 20, &bytes, &length), STRAIT_OK);
  for (size_t i = 0; i < length; i += 7) {
    bytes[i] ^= 1;
    ck_assert_int_eq(file_write(cache, bytes, length), STRAIT_OK);
    ck_assert_int_eq(ask("alpha", "beta"), 2);
    bytes[i] ^= 1;
  }
  for (size_t cut = 0; cut < length; cut += 5) {
    ck_assert_int_eq(file_write(cache, bytes, cut), STRAIT_OK);
    ck_assert_int_eq(ask("alpha", "beta"), 2);
  }
  ck_assert_int_eq(ask("alpha", "beta"), 0); /* mended */
  memory_free(bytes);
}
END_TEST

START_TEST(without_a_cache_files_are_read) {
  settle();
  ck_assert_int_eq(setenv("XDG_CACHE_HOME", "/dev/null", 1), 0);
  ck_assert_int_eq(ask("alpha", "beta"), 2);
  ck_assert_int_eq(ask("alpha", "beta"), 2);
  unsetenv("XDG_CACHE_HOME");
  ck_assert_int_eq(setenv("HOME", in_scratch("nobody"), 1), 0);
  ck_assert_int_eq(ask("alpha", "beta"), 2);
  ck_assert(!file_exists(in_scratch("nobody")));
  unsetenv("HOME");
  ck_assert_int_eq(ask("alpha", "beta"), 2);
  ck_assert_ptr_null(cache_file());
}
END_TEST

START_TEST(what_is_no_file_is_refused) {
  struct digests *digests;
  char digest[33];
  ck_assert_int_eq(digests_create(&digests, data), STRAIT_OK);
  ck_assert_int_eq(digests_file(digests, "none", digest), STRAIT_ENOENT);
  ck_assert_ptr_nonnull(strstr(error_text(), "data/none"));
  ck_assert_int_eq(digests_file(digests, "deep", digest), STRAIT_EINVAL);
  digests_free(digests);
  ck_assert_int_eq(error_status(), STRAIT_EINVAL); /* freeing is no failure, and hides none */
  digests_free(NULL);
}
END_TEST

/* What changed less than a tick ago, or in the future, may change again unseen; where there is no tick, always. */
START_TEST(settled) {
  ck_assert(digest_is_settled(1000, 1500, 500));
  ck_assert(!digest_is_settled(1000, 1499, 500));
  ck_assert(!digest_is_settled(1000, 1000, 500));
  ck_assert(!digest_is_settled(2000, 1000, 500));
  ck_assert(!digest_is_settled(1000, 1000000, 0));
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("digests")};
  tcase_set_timeout(cases[0], 60);
  tcase_add_checked_fixture(cases[0], setup, scratch_remove);
  tcase_add_test(cases[0], what_is_settled_is_read_once);
  tcase_add_test(cases[0], a_damaged_cache_is_as_good_as_none);
  tcase_add_test(cases[0], without_a_cache_files_are_read);
  tcase_add_test(cases[0], what_is_no_file_is_refused);
  tcase_add_test(cases[0], settled);
  return run_suite("digests", cases, sizeof cases / sizeof *cases);
}
