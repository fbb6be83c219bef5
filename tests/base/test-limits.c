/* tests/base/test-limits.c: limits of control groups, in folders that look as /sys/fs/cgroup does. */
#include <config.h>

#include <stdlib.h>
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

static double cpus(const char *membership) {
  put("membership", membership);
  return limits_cpus(in_scratch("membership"), scratch);
}

/* A quota is time over period; the least of those on the way up holds. */
START_TEST(cpus_of_the_second_version) {
  ck_assert_int_eq(file_make_folders(in_scratch("batch.slice/job-7")), STRAIT_OK);
  put("batch.slice/job-7/cpu.max", "max 100000\n");
  ck_assert_double_eq(cpus("0::/batch.slice/job-7\n"), 1e300);
  put("batch.slice/cpu.max", "350000 100000\n");
  ck_assert_double_eq(cpus("0::/batch.slice/job-7\n"), 3.5);
  put("batch.slice/job-7/cpu.max", "10000 20000\n");
  ck_assert_double_eq(cpus("0::/batch.slice/job-7\n"), .5);
  ck_assert_double_eq(cpus("0::/batch.slice\n"), 3.5);
  ck_assert_double_eq(cpus("0::/\n"), 1e300);
  put("cpu.max", "200000 100000\n"); /* a container sees its own group as the root */
  ck_assert_double_eq(cpus("0::/\n"), 2);
  ck_assert_double_eq(cpus("0::/../elsewhere\n"), 2);
  ck_assert_double_eq(limits_cpus(in_scratch("none"), scratch), 2);
}
END_TEST

/* sbatch(1), OUTPUT ENVIRONMENT VARIABLES: megabytes, which are 2^20 bytes; 0 is all of the node. */
START_TEST(what_slurm_gave) {
  unsetenv("SLURM_CPUS_ON_NODE");
  unsetenv("SLURM_MEM_PER_NODE");
  unsetenv("SLURM_MEM_PER_CPU");
  const double all = limits_memory_here();
  ck_assert_double_gt(all, 64e6);
  ck_assert_double_eq(limits_job_cpus(), 1e300);
  setenv("SLURM_MEM_PER_NODE", "50", 1);
  ck_assert_double_eq(limits_memory_here(), 50 * 1048576.);
  setenv("SLURM_CPUS_ON_NODE", "3", 1);
  setenv("SLURM_MEM_PER_CPU", "4", 1);
  ck_assert_double_eq(limits_job_cpus(), 3);
  ck_assert_double_eq(limits_memory_here(), 12 * 1048576.);
  setenv("SLURM_MEM_PER_NODE", "0", 1);
  setenv("SLURM_MEM_PER_CPU", "none", 1);
  ck_assert_double_eq(limits_memory_here(), all);
  unsetenv("SLURM_CPUS_ON_NODE");
}
END_TEST

START_TEST(cpus_of_the_first_version) {
  ck_assert_int_eq(file_make_folders(in_scratch("cpu/a/b")), STRAIT_OK);
  put("cpu/a/b/cpu.cfs_quota_us", "-1\n");
  put("cpu/a/b/cpu.cfs_period_us", "100000\n");
  ck_assert_double_eq(cpus("4:memory:/\n1:cpu:/a/b\n0::/\n"), 1e300);
  put("cpu/a/cpu.cfs_quota_us", "75000\n");
  put("cpu/a/cpu.cfs_period_us", "50000\n");
  ck_assert_double_eq(cpus("4:memory:/\n1:cpu,cpuacct:/a/b\n0::/\n"), 1.5);
  put("cpu/a/b/cpu.cfs_quota_us", "100000\n");
  ck_assert_double_eq(cpus("2:cpuacct,cpu:/a/b\n"), 1);
  ck_assert_double_eq(cpus("2:cpuacct:/a/b\n3:cpuset:/a/b\n"), 1e300);
  ck_assert_double_eq(cpus("1:cpu:/docker/of-the-host\n"), 1e300);
  put("cpu/cpu.cfs_quota_us", "400000\n");
  put("cpu/cpu.cfs_period_us", "100000\n");
  ck_assert_double_eq(cpus("1:cpu:/docker/of-the-host\n"), 4);
}
END_TEST

START_TEST(odd_quotas_are_none) {
  static const char *const odd[] = {"max\n", "100000\n", "0 100000\n", "100000 0\n", "", "nonsense 5\n", "-5 100000\n"};
  put("cpu.max", odd[_i]);
  ck_assert_double_eq(cpus("0::/\n"), 1e300);
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
  tcase_add_test(cases[0], cpus_of_the_second_version);
  tcase_add_test(cases[0], what_slurm_gave);
  tcase_add_test(cases[0], cpus_of_the_first_version);
  tcase_add_loop_test(cases[0], odd_quotas_are_none, 0, 7);
  tcase_add_test(cases[0], nothing_to_be_seen_is_no_limit);
  return run_suite("limits", cases, sizeof cases / sizeof *cases);
}
