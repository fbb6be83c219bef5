/* base/error.h: why something failed, as a chain of causes, one chain a thread.
 *
 * The place that finds a fault calls error_set and returns its status; each layer that passes the failure on may add
 * what it was doing with error_wrap. The user reads one line, outermost first: experiment.ini:14: [connect arc]
 * curve.bends = -1: below the minimum 0
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <strait/types.h>

/* A status beside those of strait/types.h: another process has it now, so that the same may succeed later. Exit code 75. */
#define STATUS_BUSY (-75)

/* Starts a new chain and returns status (negative, STRAIT_E...). */
int error_set(int status, const char *format, ...) STRAIT_PRINTF(2, 3);
int error_set_v(int status, const char *format, va_list arguments) STRAIT_PRINTF(2, 0);
/* error_set with ": " and the text of errno appended. */
int error_errno(int status, const char *format, ...) STRAIT_PRINTF(2, 3);
/* Puts an outer cause in front of the chain; returns the chain's status. */
int error_wrap(const char *format, ...) STRAIT_PRINTF(1, 2);
int error_wrap_v(const char *format, va_list arguments) STRAIT_PRINTF(1, 0);
/* The chain's status, for those who pass on a failure that they were told of otherwise, by a NULL for one. */
int error_failure(void);
/* None of these returns STRAIT_OK, whatever it is given (STRAIT_EBUG instead). Compilers and analysers of one file at a
 * time, which would follow a failure that succeeds, are told so here. */
static inline int error_never_ok(int status) {
  if (status >= 0)
    __builtin_unreachable();
  return status;
}
#define error_set(...) error_never_ok(error_set(__VA_ARGS__))
#define error_errno(...) error_never_ok(error_errno(__VA_ARGS__))
#define error_wrap(...) error_never_ok(error_wrap(__VA_ARGS__))
#define error_failure() error_never_ok(error_failure())
/* Of this thread's chain, to ask whether there was one; STRAIT_OK and "" when nothing failed since error_clear. */
int error_status(void);
const char *error_text(void);
void error_clear(void);
/* Does this status say that what was read cannot be used: damaged, made by something else, or not there? Any other
 * (it could not be read just now, memory is out) says nothing of it. */
static inline int error_is_of_contents(int status) {
  return status == STRAIT_EFORMAT || status == STRAIT_EINVAL || status == STRAIT_ENOENT || status == STRAIT_ENOTSUP;
}
/* Moves a chain from one thread to another: take copies this thread's chain out and clears it, give installs it. */
struct error_chain {
  int status;
  char text[4096];
};
void error_take(struct error_chain *chain);
int error_give(const struct error_chain *chain);

#endif
