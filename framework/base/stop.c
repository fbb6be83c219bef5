/* base/stop.c: the flag that signals set. State: the flag, because a handler can reach nothing else. */
#include <config.h>

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "base/stop.h"

#define TWICE 500 /* ms in which the same signal is the same request: timeout(1) sends it to us, then to our group */

/* The signal that asked, and when: NUMBER_BITS of the one below the milliseconds of the other. Atomic, and lock-free so
 * that a handler may touch it: signals come to any of the threads, two perhaps to two at once. */
#define NUMBER_BITS 7
#define NUMBER_MASK ((1u << NUMBER_BITS) - 1)
static atomic_uint requested;
#if ATOMIC_INT_LOCK_FREE != 2
#error "signal handlers need an atomic integer without a lock"
#endif
static int is_child;

static void handle(int number) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  const unsigned now = (unsigned)time.tv_sec * 1000u + (unsigned)time.tv_nsec / 1000000u;
  unsigned first = 0; /* what is there, where it is not nothing */
  if (atomic_compare_exchange_strong(&requested, &first, now << NUMBER_BITS | (unsigned)number))
    return;
  const unsigned since = ((now << NUMBER_BITS) - (first & ~NUMBER_MASK)) >> NUMBER_BITS;
  if (number == SIGHUP || (is_child && number == SIGTERM) ||
      ((first & NUMBER_MASK) == (unsigned)number && since < TWICE))
    return;
  /* The default action ends the process as soon as this handler returns, with the status a shell shows as 128+n. */
  signal(number, SIG_DFL);
  raise(number);
}

void stop_install(int child) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
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

int stop_requested(void) { return (int)(atomic_load_explicit(&requested, memory_order_relaxed) & NUMBER_MASK); }

int stop_check(void) {
  int number = stop_requested();
  if (!number)
    return STRAIT_OK;
  return error_set(STRAIT_ESTOP, "stopped by %s",
                   number == SIGINT    ? "SIGINT"
                   : number == SIGTERM ? "SIGTERM"
                                       : "SIGHUP");
}
