/* base/limits.c: reads the limits of control groups, of the process, and of a batch system. */
#include <config.h>

#include "base/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NONE 1e300
#define MEBIBYTE 1048576.

/* The first numbers of a file: how many there are. "max", and what is not there or below 0, is NONE. */
static int read_numbers(const char *folder, const char *name, double numbers[2]) {
  char path[4096], text[64] = "";
  int n = 0;
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
    return 0;
  FILE *file = fopen(path, "re");
  if (!file)
    return 0;
  char *at = fgets(text, sizeof text, file), *end;
  fclose(file);
  for (; at && n < 2; at = end, n++) {
    at += strspn(at, " ");
    numbers[n] = strtod(at, &end);
    if (end == at && strncmp(at, "max", 3) == 0)
      numbers[n] = NONE, end = at + 3;
    if (end == at)
      break;
    if (!(numbers[n] >= 0))
      numbers[n] = NONE;
  }
  return n;
}

/* What a group may have by the files in its folder; NONE: as much as there is. */
typedef double group_limit(const char *folder);

static double memory_limit(const char *folder) {
  double bytes[2];
  return read_numbers(folder, "memory.max", bytes) ? bytes[0] : NONE;
}

static double memory_limit_v1(const char *folder) {
  double bytes[2];
  return read_numbers(folder, "memory.limit_in_bytes", bytes) ? bytes[0] : NONE;
}

/* Microseconds of CPU time in each period of so many. */
static double quota(double time, double period) { return time < NONE && time > 0 && period > 0 ? time / period : NONE; }

static double cpu_limit(const char *folder) {
  double pair[2];
  return read_numbers(folder, "cpu.max", pair) == 2 ? quota(pair[0], pair[1]) : NONE;
}

static double cpu_limit_v1(const char *folder) {
  double time[2], period[2];
  if (!read_numbers(folder, "cpu.cfs_quota_us", time) || !read_numbers(folder, "cpu.cfs_period_us", period))
    return NONE;
  return quota(time[0], period[0]);
}

/* The least of the group's limit and those above it. */
static double least_upwards(const char *mount, const char *group, group_limit *limit_of) {
  char path[4096], folder[2048];
  double least = NONE;
  if (snprintf(folder, sizeof folder, "%s", group) >= (int)sizeof folder)
    return NONE;
  for (;;) {
    snprintf(path, sizeof path, "%s%s", mount, folder);
    const double limit = limit_of(path);
    least = limit < least ? limit : least;
    char *slash = strrchr(folder, '/');
    if (!slash)
      return least;
    *slash = 0;
  }
}

/* "memory" in "cpu,memory". */
static int holds(const char *controllers, const char *wanted) {
  const size_t length = strlen(wanted);
  for (const char *c = controllers; c; c = strchr(c, ',') ? strchr(c, ',') + 1 : NULL)
    if (!strncmp(c, wanted, length) && (c[length] == 0 || c[length] == ','))
      return 1;
  return 0;
}

/* The least limit of the groups that this process is in. controller: the first version's, whose folder has its name. */
static double least_of_groups(const char *membership, const char *mount, const char *controller, group_limit *v2,
                              group_limit *v1) {
  char line[4096], controller_mount[1024];
  double least = NONE;
  FILE *file = fopen(membership, "re");
  snprintf(controller_mount, sizeof controller_mount, "%s/%s", mount, controller);
  while (file && fgets(line, sizeof line, file)) { /* ID:CONTROLLERS:GROUP */
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
      continue;
    *controllers++ = *group++ = 0;
    group[strcspn(group, "\n")] = 0;
    double limit = NONE;
    if (!*controllers)
      limit = least_upwards(mount, group, v2);
    else if (holds(controllers, controller))
      limit = least_upwards(controller_mount, group, v1);
    least = limit < least ? limit : least;
  }
  if (file)
    fclose(file);
  else /* no /proc: a container's own group is mounted as the root */
    least = fmin(v2(mount), v1(controller_mount));
  return least;
}

double limits_memory(const char *membership, const char *mount) {
  return least_of_groups(membership, mount, "memory", memory_limit, memory_limit_v1);
}

double limits_cpus(const char *membership, const char *mount) {
  return least_of_groups(membership, mount, "cpu", cpu_limit, cpu_limit_v1);
}

/* --- batch systems --- */

/* A variable's number above 0, or NONE: Slurm's 0 means all there is. */
static double variable(const char *name) {
  const char *text = getenv(name);
  char *end = NULL;
  const double number = text ? strtod(text, &end) : 0;
  return text && end != text && !*end && number > 0 ? number : NONE;
}

double limits_job_cpus(void) { return variable("SLURM_CPUS_ON_NODE"); }

static double job_memory(void) {
  const double cpus = limits_job_cpus(), node = variable("SLURM_MEM_PER_NODE") * MEBIBYTE;
  return fmin(node, cpus < NONE ? variable("SLURM_MEM_PER_CPU") * MEBIBYTE * cpus : NONE);
}

/* --- all together --- */

static double process_limit(int resource) {
  struct rlimit limit;
  return getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY ? NONE : (double)limit.rlim_cur;
}

double limits_memory_here(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
  const double machine = pages > 0 && bytes > 0 ? (double)pages * (double)bytes : NONE;
  const double container = limits_memory("/proc/self/cgroup", "/sys/fs/cgroup");
  return fmin(fmin(machine, container), fmin(job_memory(), fmin(process_limit(RLIMIT_AS), process_limit(RLIMIT_DATA))));
}
