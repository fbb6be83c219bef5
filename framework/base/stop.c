/* base/stop.c: the flag that signals set. State: the flag, because a handler can reach nothing else. */
#include <config.h>

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/error.h"
#include "base/stop.h"

/* Atomic, and lock-free so that a handler may touch it: signals come to any of the threads, two perhaps to two at once.
 */
static atomic_int requested;
#if ATOMIC_INT_LOCK_FREE != 2
#error "signal handlers need an atomic_int without a lock"
#endif

static void handle(int number) {
  int none = 0;
  if (atomic_compare_exchange_strong(&requested, &none, number) || number == SIGHUP)
    return;
  /* The default action ends the process as soon as this handler returns, with the status a shell shows as 128+n. */
  signal(number, SIG_DFL);
  raise(number);
}

void stop_install(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction old, action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    /* What the parent had us ignore (nohup, a shell's background job) stays ignored. */
    if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
      sigaction(signals[i], &action, NULL);
  }
}

int stop_requested(void) { return atomic_load_explicit(&requested, memory_order_relaxed); }

int stop_check(void) {
  int number = stop_requested();
  if (!number)
    return STRAIT_OK;
  return error_set(STRAIT_ESTOP, "stopped by %s",
                   number == SIGINT    ? "SIGINT"
                   : number == SIGTERM ? "SIGTERM"
                                       : "SIGHUP");
}
