/* tests/base/test-limits.c: limits of control groups, in folders that look as /sys/fs/cgroup does. */
#include <config.h>

#include <sys/stat.h>

#include "base/limits.h"
#include "scratch.h"

static void put(const char *name, const char *text) {
  ck_assert_int_eq(file_write(in_scratch(name), text, strlen(text)), STRAIT_OK);
}

static double limit(const char *membership) {
  put("membership", membership);
  return limits_memory(in_scratch("membership"), scratch);
}

START_TEST(the_second_version_and_what_is_above) {
  ck_assert_int_eq(file_make_folders(in_scratch("user/job")), STRAIT_OK);
  put("user/job/memory.max", "max\n");
  ck_assert_double_eq(limit("0::/user/job\n"), 1e300);
  put("user/memory.max", "5000000\n");
  ck_assert_double_eq(limit("0::/user/job\n"), 5e6);
  put("user/job/memory.max", "2097152\n");
  ck_assert_double_eq(limit("0::/user/job\n"), 2097152);
  ck_assert_double_eq(limit("0::/user\n"), 5e6);
  ck_assert_double_eq(limit("0::/\n"), 1e300);
  put("memory.max", "1000\n"); /* a container sees its own group as the root */
  ck_assert_double_eq(limit("0::/\n"), 1000);
  ck_assert_double_eq(limit("0::/not/to/be/seen\n"), 1000);
}
END_TEST

START_TEST(the_first_version) {
  ck_assert_int_eq(file_make_folders(in_scratch("memory/job")), STRAIT_OK);
  put("memory/job/memory.limit_in_bytes", "7000\n");
  put("memory/memory.limit_in_bytes", "9223372036854771712\n");
  ck_assert_double_eq(limit("9:name=systemd:/\n4:memory:/job\n0::/\n"), 7000);
  ck_assert_double_eq(limit("4:cpu,memory:/job\n"), 7000);
  ck_assert_double_eq(limit("4:cpu,memoryless:/job\n"), 1e300);
  ck_assert_double_eq(limit("4:cpuset:/job\n"), 1e300);
}
END_TEST

START_TEST(nothing_to_be_seen_is_no_limit) {
  ck_assert_double_eq(limit(""), 1e300);
  ck_assert_double_eq(limit("no such line\n1:2\n"), 1e300);
  ck_assert_double_eq(limits_memory(in_scratch("none"), scratch), 1e300);
  put("memory.max", "plenty\n");
  ck_assert_double_eq(limit("0::/\n"), 1e300);
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("limits")};
  tcase_add_checked_fixture(cases[0], scratch_make, scratch_remove);
  tcase_add_test(cases[0], the_second_version_and_what_is_above);
  tcase_add_test(cases[0], the_first_version);
  tcase_add_test(cases[0], nothing_to_be_seen_is_no_limit);
  return run_suite("limits", cases, sizeof cases / sizeof *cases);
}
