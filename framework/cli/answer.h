/* cli/answer.h: what a command says to programs. */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include <jansson.h>

/* One JSON document on standard output; takes the value over. NULL is STRAIT_ENOMEM: jansson makes nothing where memory
 * runs out or a text is not UTF-8. */
int answer_json(json_t *value);

#endif
