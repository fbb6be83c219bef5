/* base/log.h: messages to the user, through one sink that the program installs (default: standard error). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <strait/host.h> /* the levels */

enum { LOG_ERROR = STRAIT_LOG_WARNING + 1 }; /* what ends the program; of log_write alone */
typedef void log_sink(void *context, unsigned level, const char *message);
void log_to(log_sink *sink, void *context);
void log_level(unsigned least);
/* What plugins say to this thread is about: "train left"; NULL: nothing. Borrowed. */
void log_about(const char *subject);
const char *log_subject(void);
void log_message(unsigned level, const char *format, ...) STRAIT_PRINTF(2, 3);
void log_message_v(unsigned level, const char *format, va_list arguments) STRAIT_PRINTF(2, 0);
/* A line on standard error, its head in colour for a warning or an error, where that is a terminal, NO_COLOR is not set
 * and TERM is not dumb. */
void log_write(unsigned level, const char *message);

#endif
