/* tests/torture/fault.c: a library for LD_PRELOAD that makes one call of a program fail, or ends the program there.
 *
 *   FAULT_CALLS   which calls count: write (open for writing, write, fsync, ftruncate, rename, mkdir, unlink, rmdir),
 *                 read (open for reading, read, opendir), memory (every allocation of strait, its plugins and the
 *                 libraries it reads and writes with)
 *   FAULT_AT      the number of the call, from 1; 0: none
 *   FAULT_ACTION  ENOSPC, EIO, EROFS: the error; KILL: the process dies there; ABORT: the same, for a debugger;
 *                 other than ABORT ignored for memory, which is ENOMEM
 *   FAULT_STICKY  set: all such calls after that one fail too, as on a disk that stays full
 *   FAULT_FREE    bytes that every disk has free
 *   FAULT_TRACE   not empty: leaks are reported with where each was allocated, which takes time
 *   FAULT_REPORT  a file that gets, at the end, "calls N" and, for memory, "leaked N" and where each was allocated;
 *                 then "peak N", the most memory in kilobytes, "descriptors N", those open at the end, and
 *                 "milliseconds N" of processor time
 *
 * Data are not synced to the disk, which no test here is about. Memory that libc or the loader ask for on their own
 * account, and all of OpenBLAS, is not counted: doc/reliability.md says why. */
#include <config.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* --- what is asked for --- */

enum { NOTHING, WRITES, READS, MEMORY };
static struct {
  int calls, error, sticky, trace; /* error 0: kill */
  long at;
} fault;
static atomic_long count;
static pid_t owner; /* children (fork) are left alone */

__attribute__((constructor)) static void begin(void) {
  static const struct {
    const char *name;
    int error;
  } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}, {"KILL", 0}, {"ABORT", -1}};
  const char *calls = getenv("FAULT_CALLS"), *at = getenv("FAULT_AT"), *action = getenv("FAULT_ACTION"),
             *trace = getenv("FAULT_TRACE");
  fault.error = EIO;
  for (size_t i = 0; action && i < sizeof errors / sizeof *errors; i++)
    if (!strcmp(action, errors[i].name))
      fault.error = errors[i].error;
  fault.at = at ? strtol(at, NULL, 10) : 0;
  fault.sticky = getenv("FAULT_STICKY") != NULL;
  fault.trace = trace && *trace;
  owner = getpid();
  void *here[1];
  backtrace(here, 1); /* loads what it needs, before anything counts */
  fault.calls = !calls                     ? NOTHING
                : !strcmp(calls, "write")  ? WRITES
                : !strcmp(calls, "read")   ? READS
                : !strcmp(calls, "memory") ? MEMORY
                                           : NOTHING;
}

/* Counts a call; 1: it is to fail. */
static int due(int calls) {
  if (fault.calls != calls || getpid() != owner)
    return 0;
  long n = atomic_fetch_add(&count, 1) + 1;
  if (!fault.at || n < fault.at || (n > fault.at && !fault.sticky))
    return 0;
  if (fault.error < 0)
    abort();
  if (!fault.error && calls != MEMORY)
    kill(getpid(), SIGKILL);
  errno = calls == MEMORY ? ENOMEM : fault.error;
  return 1;
}

/* --- files --- */

static int counts(const char *path) { return strncmp(path, "/proc/", 6) && strncmp(path, "/sys/", 5); }

EXPORT int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return counts(path) && due(flags & O_ACCMODE ? WRITES : READS) ? -1 : REAL(open)(path, flags, mode);
}
EXPORT DIR *opendir(const char *path) { return due(READS) ? NULL : REAL(opendir)(path); }
EXPORT ssize_t read(int fd, void *data, size_t bytes) { return due(READS) ? -1 : REAL(read)(fd, data, bytes); }
/* Half of what is asked for is written before a failure, as a full disk does. */
EXPORT ssize_t write(int fd, const void *data, size_t bytes) {
  if (!due(WRITES))
    return REAL(write)(fd, data, bytes);
  if (bytes > 1 && REAL(write)(fd, data, bytes / 2) < 0)
    return -1;
  errno = fault.error;
  return -1;
}
EXPORT ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at) {
  return due(WRITES) ? -1 : REAL(pwrite)(fd, data, bytes, at);
}
EXPORT int fsync(int fd) { return (void)fd, due(WRITES) ? -1 : 0; }
EXPORT int ftruncate(int fd, off_t size) { return due(WRITES) ? -1 : REAL(ftruncate)(fd, size); }
EXPORT int rename(const char *from, const char *to) { return due(WRITES) ? -1 : REAL(rename)(from, to); }
EXPORT int statvfs(const char *path, struct statvfs *found) {
  const char *bytes = getenv("FAULT_FREE");
  if (REAL(statvfs)(path, found))
    return -1;
  if (bytes) {
    found->f_frsize = 1;
    found->f_bavail = (fsblkcnt_t)strtoull(bytes, NULL, 10);
  }
  return 0;
}
EXPORT int mkdir(const char *path, mode_t mode) { return due(WRITES) ? -1 : REAL(mkdir)(path, mode); }
EXPORT int unlink(const char *path) { return due(WRITES) ? -1 : REAL(unlink)(path); }
EXPORT int rmdir(const char *path) { return due(WRITES) ? -1 : REAL(rmdir)(path); }

/* --- memory --- */

#define ROOM ((size_t)1 << 17)
#define CALLERS 8
static struct block {
  uintptr_t memory;
  void *caller[CALLERS];
} blocks[ROOM]; /* what is counted and not freed: open addressing; memory 1 stands for a freed place */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int struck_libarchive; /* the failed call was one of libarchive's own */
static int is_libarchive(void *caller) {
  Dl_info info;
  return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "/libarchive.so");
}

static int starves(void *caller) {
  if (!due(MEMORY))
    return 0;
  struck_libarchive |= is_libarchive(caller);
  return 1;
}

/* Libraries that fail by abort, and those that strait does not call for itself, are left alone. */
static int is_from_counted(void *caller) {
  static const char *const left_out[] = {"/libopenblas", "/libc.so",     "/ld-linux",   "/libgomp",
                                         "/libgfortran", "/libpthread.", "/libstdc++.", "/libm.so"};
  Dl_info info;
  if (!dladdr(caller, &info) || !info.dli_fname)
    return 0;
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
    if (strstr(info.dli_fname, left_out[i]))
      return 0;
  return 1;
}

/* Who asks? dladdr takes long, so its answers are kept: a caller and, in the lowest bit, whether it counts. */
static int is_counted(void *caller) {
  static _Atomic uintptr_t answers[4096];
  if (fault.calls != MEMORY || getpid() != owner)
    return 0;
  _Atomic uintptr_t *answer = &answers[(uintptr_t)caller % 4096];
  uintptr_t known = atomic_load_explicit(answer, memory_order_relaxed);
  if (known >> 1 != (uintptr_t)caller) {
    known = (uintptr_t)caller << 1 | (uintptr_t)is_from_counted(caller);
    atomic_store_explicit(answer, known, memory_order_relaxed);
  }
  return known & 1;
}

static void note(void *memory, void *asker) {
  static _Thread_local int noting;                 /* backtrace may allocate */
  void *caller[CALLERS + 2] = {NULL, NULL, asker}; /* the first two are in this file */
  if (fault.trace && noting++ == 0)
    backtrace(caller, CALLERS + 2);
  noting -= fault.trace;
  pthread_mutex_lock(&lock);
  for (size_t i = (uintptr_t)memory / 16 % ROOM, tries = 0; memory && tries < ROOM; i = (i + 1) % ROOM, tries++)
    if (blocks[i].memory <= 1) {
      blocks[i].memory = (uintptr_t)memory;
      memcpy(blocks[i].caller, caller + 2, sizeof blocks[i].caller);
      break;
    }
  pthread_mutex_unlock(&lock);
}

static void forget(void *memory) {
  if (fault.calls != MEMORY)
    return;
  pthread_mutex_lock(&lock);
  for (size_t i = (uintptr_t)memory / 16 % ROOM, tries = 0; memory && tries < ROOM && blocks[i].memory;
       i = (i + 1) % ROOM, tries++)
    if (blocks[i].memory == (uintptr_t)memory) {
      blocks[i].memory = 1;
      break;
    }
  pthread_mutex_unlock(&lock);
}

/* The allocator under its own names: dlsym would allocate. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

#define ALLOCATE(expression)                                                                                           \
  do {                                                                                                                 \
    void *caller = __builtin_return_address(0);                                                                        \
    int counted = is_counted(caller);                                                                                  \
    if (counted && starves(caller))                                                                                    \
      return NULL;                                                                                                     \
    void *memory = (expression);                                                                                       \
    if (counted)                                                                                                       \
      note(memory, caller);                                                                                            \
    return memory;                                                                                                     \
  } while (0)

EXPORT void *malloc(size_t bytes) { ALLOCATE(__libc_malloc(bytes)); }
EXPORT void *calloc(size_t n, size_t bytes) { ALLOCATE(__libc_calloc(n, bytes)); }
EXPORT void *aligned_alloc(size_t alignment, size_t bytes) { ALLOCATE(__libc_memalign(alignment, bytes)); }
EXPORT void *realloc(void *old, size_t bytes) {
  void *caller = __builtin_return_address(0);
  int counted = is_counted(caller);
  if (counted && starves(caller))
    return NULL;
  forget(old); /* before: the place may be given to another thread at once */
  void *memory = __libc_realloc(old, bytes);
  if (counted)
    note(memory, caller);
  return memory;
}
EXPORT void free(void *memory) {
  forget(memory);
  __libc_free(memory);
}

/* --- the report --- */

static void print_place(FILE *file, const struct block *block) {
  Dl_info info;
  for (int i = 0; i < CALLERS && block->caller[i]; i++)
    if (dladdr(block->caller[i], &info) && info.dli_fname)
      fprintf(file, "%s%s+%#lx", i ? " < " : "allocated at ", info.dli_fname,
              (unsigned long)((uintptr_t)block->caller[i] - (uintptr_t)info.dli_fbase));
  fprintf(file, "\n");
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("FAULT_REPORT");
  long leaked = 0, calls = atomic_load(&count);
  if (!path || getpid() != owner)
    return;
  fault.calls = NOTHING;
  FILE *file = fopen(path, "w");
  if (!file)
    return;
  for (size_t i = 0; i < ROOM; i++) {
    /* An archive in which libarchive itself ran out of memory keeps a buffer for ever: that is its own leak. */
    if (blocks[i].memory <= 1 || (struck_libarchive && is_libarchive(blocks[i].caller[0])))
      continue;
    if (++leaked <= 20)
      print_place(file, &blocks[i]);
  }
  fprintf(file, "calls %ld\nleaked %ld\n", calls, leaked);
  struct rusage used;
  long descriptors = 0;
  DIR *open_ones = REAL(opendir)("/proc/self/fd");
  while (open_ones && readdir(open_ones))
    descriptors++;
  if (open_ones)
    closedir(open_ones);
  if (getrusage(RUSAGE_SELF, &used) == 0)
    fprintf(file, "peak %ld\ndescriptors %ld\nmilliseconds %ld\n", used.ru_maxrss, descriptors,
            (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000L +
                (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000L);
  fclose(file);
}
