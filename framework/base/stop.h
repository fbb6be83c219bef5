/* base/stop.h: the request to stop (a signal, or a file), seen by everything that works for long. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

/* Installs handlers for SIGINT, SIGTERM, SIGHUP and SIGUSR1: the first sets the flag, a second SIGINT or SIGTERM ends
 * the process at once, unless it is the first one's duplicate, within half a second. In a child process, and in a job
 * of a batch system, SIGTERM may come more than once, and never ends it at once. A reader of our output that went away
 * (SIGPIPE) is from then on what write says of it, not the end in the middle of a save. */
void stop_install(int child);
#define STOP_FILE ".stop" /* in a folder of results */
/* A file at this path that was not there when this is called, or is another one than then, is a request to stop, as
 * SIGTERM is. Before there are threads; stop_requested looks for it at most five times a second. */
void stop_watch(const char *path);
void stop_look(void); /* looks for it now */
/* 0, or the signal that asked. Async-signal-safe, cheap. */
int stop_requested(void);
/* STRAIT_OK, or STRAIT_ESTOP with the signal's name recorded. */
int stop_check(void);

#endif
