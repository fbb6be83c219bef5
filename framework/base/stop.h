/* base/stop.h: the request to stop (a signal), seen by everything that works for long. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

/* Installs handlers for SIGINT, SIGTERM and SIGHUP: the first sets the flag, the second of SIGINT or SIGTERM ends the
 * process at once. */
void stop_install(void);
/* 0, or the signal that asked. Async-signal-safe, cheap. */
int stop_requested(void);
/* STRAIT_OK, or STRAIT_ESTOP with the signal's name recorded. */
int stop_check(void);

#endif
