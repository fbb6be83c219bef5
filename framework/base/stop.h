/* base/stop.h: the request to stop (a signal), seen by everything that works for long. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

/* Installs handlers for SIGINT, SIGTERM and SIGHUP: the first sets the flag, a second SIGINT or SIGTERM ends the
 * process at once, unless it is the first one's duplicate, within half a second. In a child process SIGTERM is its
 * parent's word, and never ends it at once. A reader of our output
 * that went away (SIGPIPE) is from then on what write says of it, not the end in the midst of a save. */
void stop_install(int child);
/* 0, or the signal that asked. Async-signal-safe, cheap. */
int stop_requested(void);
/* STRAIT_OK, or STRAIT_ESTOP with the signal's name recorded. */
int stop_check(void);

#endif
