/* base/stop.c: the request to stop: the flag that signals set, and the file that is one too. State: the flag, because a
 * handler can reach nothing else, and the file's name. */
#include <config.h>

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/stop.h"

#define TWICE 500 /* ms in which the same signal is the same request: timeout(1) sends it to us, then to our group */
#define LOOK_EVERY 200 /* ms between two looks for the file */

/* The signal that asked, and when: NUMBER_BITS of the one below the milliseconds of the other. Atomic, and lock-free so
 * that a handler may touch it: signals come to any of the threads, two perhaps to two at once. */
#define NUMBER_BITS 7
#define NUMBER_MASK ((1u << NUMBER_BITS) - 1)
static atomic_uint requested;
#if ATOMIC_INT_LOCK_FREE != 2
#error "signal handlers need an atomic integer without a lock"
#endif
static int is_child;

/* The file: its name, set before there are threads; which one was there then; when it was last looked for. */
static char watched[4096];
static struct stat before;
static atomic_uint looked;
static atomic_int by_file;

static unsigned clock_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (unsigned)time.tv_sec * 1000u + (unsigned)time.tv_nsec / 1000000u;
}

static void handle(int number) {
  const unsigned now = clock_ms();
  unsigned first = 0; /* what is there, where it is not nothing */
  if (atomic_compare_exchange_strong(&requested, &first, now << NUMBER_BITS | (unsigned)number))
    return;
  const unsigned since = ((now << NUMBER_BITS) - (first & ~NUMBER_MASK)) >> NUMBER_BITS;
  if (number == SIGHUP || number == SIGUSR1 || (is_child && number == SIGTERM) ||
      ((first & NUMBER_MASK) == (unsigned)number && since < TWICE))
    return;
  /* The default action ends the process as soon as this handler returns, with the status a shell shows as 128+n. */
  signal(number, SIG_DFL);
  raise(number);
}

void stop_install(int child) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
  is_child = child;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction old, action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    /* What the parent had us ignore (nohup, a shell's background job) stays ignored. */
    if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction(signals[i], &action, NULL);
  }
  signal(SIGPIPE, SIG_IGN);
}

static int look(struct stat *found) {
  if (stat(watched, found) == 0)
    return 1;
  *found = (struct stat){0};
  return 0;
}

void stop_watch(const char *path) {
  if (snprintf(watched, sizeof watched, "%s", path) >= (int)sizeof watched)
    watched[0] = 0;
  if (watched[0])
    look(&before);
}

void stop_look(void) {
  struct stat now;
  unsigned none = 0;
  if (!watched[0] || !look(&now) ||
      (now.st_ino == before.st_ino && now.st_dev == before.st_dev && now.st_mtim.tv_sec == before.st_mtim.tv_sec &&
       now.st_mtim.tv_nsec == before.st_mtim.tv_nsec))
    return;
  if (atomic_compare_exchange_strong(&requested, &none, clock_ms() << NUMBER_BITS | SIGTERM))
    atomic_store(&by_file, 1);
}

int stop_requested(void) {
  const unsigned now = watched[0] ? clock_ms() : 0;
  unsigned last = atomic_load_explicit(&looked, memory_order_relaxed);
  if (watched[0] && now - last >= LOOK_EVERY && atomic_compare_exchange_strong(&looked, &last, now))
    stop_look();
  return (int)(atomic_load_explicit(&requested, memory_order_relaxed) & NUMBER_MASK);
}

int stop_check(void) {
  int number = stop_requested();
  if (!number)
    return STRAIT_OK;
  return error_set(STRAIT_ESTOP, "stopped by %s",
                   atomic_load(&by_file) ? "strait stop"
                   : number == SIGINT    ? "SIGINT"
                   : number == SIGTERM   ? "SIGTERM"
                   : number == SIGUSR1   ? "SIGUSR1"
                                         : "SIGHUP");
}
