/* The team: every task once, whatever the number of threads; the process's threads are the team's. */
#include <config.h> /* _GNU_SOURCE */

#include <dirent.h>
#include <glob.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "compute/gemm.h"
#include "rig.h"

#define TASKS 1000

struct calls {
  _Atomic int run[TASKS];
  _Atomic int bad_worker;
  int threads;
};

static void count_task(void *context, int64_t index, int worker) {
  struct calls *c = context;
  atomic_fetch_add(&c->run[index], 1);
  if (worker < 0 || worker >= c->threads)
    atomic_fetch_add(&c->bad_worker, 1);
}

START_TEST(every_task_once) {
  static const int threads[] = {1, 2, 3, 7};
  for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
    struct team *team;
    ck_assert_int_eq(team_create(&team, threads[t]), STRAIT_OK);
    ck_assert_int_eq(team_threads(team), threads[t]);
    for (int64_t tasks = 0; tasks <= TASKS; tasks = tasks * 3 + 1) {
      struct calls c = {.threads = threads[t]};
      team_run(team, tasks, count_task, &c);
      for (int64_t i = 0; i < TASKS; i++)
        ck_assert_int_eq(c.run[i], i < tasks);
      ck_assert_int_eq(c.bad_worker, 0);
    }
    team_free(team);
  }
}
END_TEST

struct sum {
  int64_t value[64];
  int64_t add;
};

static void sum_task(void *context, int64_t index, int worker) {
  struct sum *s = context;
  (void)worker;
  s->value[index] += s->add;
}

/* Many short jobs, now and then a pause in which the workers fall asleep. What a task writes is there after team_run,
 * and no worker takes a task of the next job under the last job's context. */
START_TEST(many_jobs) {
  struct team *team;
  struct sum a = {{0}, 1}, b = {{0}, 1000};
  ck_assert_int_eq(team_create(&team, 3), STRAIT_OK);
  const int jobs = 20000;
  for (int i = 0; i < jobs; i++) {
    team_run(team, 1 + i % 5, sum_task, &a);
    team_run(team, 64, sum_task, &b);
    if (i % 4000 == 0)
      usleep(2000);
  }
  for (int i = 0; i < 64; i++) {
    ck_assert_int_eq(b.value[i], (int64_t)jobs * 1000);
    ck_assert_int_eq(a.value[i], i < 5 ? (int64_t)jobs * (5 - i) / 5 : 0);
  }
  team_free(team);
}
END_TEST

struct meeting {
  _Atomic int here;
  int threads;
};

static void meet_task(void *context, int64_t index, int worker) {
  struct meeting *m = context;
  (void)index;
  (void)worker;
  atomic_fetch_add(&m->here, 1);
  while (m->here < m->threads)
    usleep(100);
}

/* Tasks that wait for each other end only when each is on a thread of its own: sleeping workers are woken. */
START_TEST(all_wake) {
  struct team *team;
  ck_assert_int_eq(team_create(&team, 3), STRAIT_OK);
  for (int i = 0; i < 50; i++) {
    struct meeting m = {.threads = 3};
    usleep((useconds_t)(i % 5 * 200));
    team_run(team, 3, meet_task, &m);
  }
  team_free(team);
}
END_TEST

#ifdef __SANITIZE_THREAD__
#define OWN_THREADS 1 /* ThreadSanitizer's */
#else
#define OWN_THREADS 0
#endif

static int process_threads(void) {
  int count = -OWN_THREADS;
  DIR *folder = opendir("/proc/self/task");
  if (!folder)
    return -1;
  for (struct dirent *entry; (entry = readdir(folder));)
    count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

/* The same once it is as wanted, or two seconds later: a thread that was joined stays listed until the kernel has
 * buried it. */
static int settled_threads(int wanted) {
  int count = process_threads();
  for (int waited = 0; count != wanted && waited < 2000; waited++) {
    usleep(1000);
    count = process_threads();
  }
  return count;
}

/* A product large enough that OpenBLAS would like to cut it. */
static void product_task(void *context, int64_t index, int worker) {
  float **m = context;
  (void)index;
  (void)worker;
  gemm(0, 0, 256, 256, 256, 1, m[0], 256, m[1], 256, 0, m[2 + worker], 256);
}

/* Run as a program of its own, `test-team threads FLAVOUR`: products on workers and on the caller leave the process
 * with the team's threads alone, whatever OpenBLAS started when it was loaded. Writes a hash of the caller's product to
 * standard output. Returns the exit status. */
static int own_threads(const char *flavour) {
  struct team *team;
  float *m[5];
  if (*flavour) { /* the library that was meant is the one that was loaded */
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
      found |= strstr(line, flavour) != NULL;
    if (maps)
      fclose(maps);
    if (!found)
      return 5;
  }
  uint32_t state = 1;
  for (int i = 0; i < 5; i++) {
    if (!(m[i] = calloc(256 * 256, sizeof *m[i])))
      return 4;
    for (int k = 0; i < 2 && k < 256 * 256; k++)
      m[i][k] = (float)((state = state * 1664525 + 1013904223) >> 8) / 16777216 - .5f;
  }
  if (team_create(&team, 3) != STRAIT_OK)
    return 3;
  team_run(team, 12, product_task, m);
  const int with_team = settled_threads(3);
  team_free(team);
  const int without = settled_threads(1);
  uint64_t sum = 14695981039346656037u; /* FNV-1a of the product's bytes */
  for (size_t k = 0; k < 256 * 256 * sizeof(float); k++)
    sum = (sum ^ ((unsigned char *)m[2])[k]) * 1099511628211u;
  if (write(STDOUT_FILENO, &sum, sizeof sum) != sizeof sum)
    return 6;
  for (int i = 0; i < 5; i++)
    free(m[i]);
  return with_team != 3 ? 10 + with_team : without != 1 ? 50 + without : 0;
}

/* Returns the hash of the product. */
static uint64_t run_own_threads(const char *variable, const char *value, const char *library) {
  char folder[256] = "", flavour[64] = "";
  if (library) { /* .../openblas-pthread/libopenblas.so.0 */
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(library, '/') - library), library);
    snprintf(flavour, sizeof flavour, "%s", strrchr(folder, '/') + 1);
  }
  char self[4096] = ""; /* the link's target, not the link: under valgrind the link itself opens valgrind */
  ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof self - 1), 0);
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    unsetenv("OMP_NUM_THREADS");
    unsetenv("OPENBLAS_NUM_THREADS");
    if (variable)
      setenv(variable, value, 1);
    if (*folder)
      setenv("LD_LIBRARY_PATH", folder, 1);
    execl(self, "test-team", "threads", flavour, (char *)NULL);
    _exit(99);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                "%s=%s with %s: exit status %d (10 + threads with a team, "
                "50 + threads without)",
                variable ? variable : "-", value ? value : "", library ? library : "the default",
                WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  uint64_t sum;
  ck_assert_int_eq(read(ends[0], &sum, sizeof sum), sizeof sum);
  close(ends[0]);
  close(ends[1]);
  return sum;
}

/* With the default OpenBLAS and with each of Debian's flavours that is installed; the product's bytes are the same. */
START_TEST(threads_of_the_process) {
  static const char *const variables[][2] = {
      {NULL, NULL}, {"OPENBLAS_NUM_THREADS", "1"}, {"OPENBLAS_NUM_THREADS", "7"}, {"OMP_NUM_THREADS", "7"}};
  uint64_t sum = run_own_threads(NULL, NULL, NULL);
  glob_t flavours = {0};
  glob("/usr/lib/*/openblas-*/libopenblas.so.0", 0, NULL, &flavours);
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    ck_assert_uint_eq(run_own_threads(variables[i][0], variables[i][1], NULL), sum);
    for (size_t f = 0; f < flavours.gl_pathc; f++)
      ck_assert_msg(run_own_threads(variables[i][0], variables[i][1], flavours.gl_pathv[f]) == sum,
                    "%s: another product than the default's", flavours.gl_pathv[f]);
  }
  globfree(&flavours);
}
END_TEST

START_TEST(how_many) {
  int threads;
  unsetenv("STRAIT_THREADS");
  unsetenv("OMP_NUM_THREADS");
  ck_assert_int_eq(team_count(0, &threads), STRAIT_OK);
  ck_assert_int_ge(threads, 1);
  ck_assert_int_le(threads, sysconf(_SC_NPROCESSORS_CONF));
  setenv("OMP_NUM_THREADS", "5,2", 1); /* OpenMP: a list by nesting level */
  ck_assert_int_eq(team_count(0, &threads), STRAIT_OK);
  ck_assert_int_eq(threads, 5);
  setenv("STRAIT_THREADS", "4", 1);
  ck_assert_int_eq(team_count(0, &threads), STRAIT_OK);
  ck_assert_int_eq(threads, 4);
  ck_assert_int_eq(team_count(2, &threads), STRAIT_OK);
  ck_assert_int_eq(threads, 2);
  static const char *const bad[] = {"0", "257", "-1", "two", "2x", "2,3", "99999999999999999999", "1e2"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    setenv("STRAIT_THREADS", bad[i], 1);
    ck_assert_int_eq(team_count(0, &threads), STRAIT_EINVAL);
    ck_assert_ptr_nonnull(strstr(error_text(), "STRAIT_THREADS"));
    ck_assert_ptr_nonnull(strstr(error_text(), bad[i]));
  }
  ck_assert_int_eq(team_count(257, &threads), STRAIT_EINVAL);
}
END_TEST

START_TEST(bad_teams) {
  struct team *team;
  ck_assert_int_eq(team_create(&team, 0), STRAIT_EINVAL);
  ck_assert_ptr_null(team);
  ck_assert_int_eq(team_create(&team, 257), STRAIT_EINVAL);
  team_free(NULL);
}
END_TEST

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "threads") == 0)
    return own_threads(argv[2]);
  Suite *suite = rig_suite("team");
  TCase *tests = tcase_create("team");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, every_task_once);
  tcase_add_test(tests, many_jobs);
  tcase_add_test(tests, all_wake);
  tcase_add_test(tests, threads_of_the_process);
  tcase_add_test(tests, how_many);
  tcase_add_test(tests, bad_teams);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
