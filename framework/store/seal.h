/* store/seal.h: the seal of a zip archive: its comment, "strait.format=1 KEY=VALUE ... strait.checksum=DIGITS", which
 * names what made the file and ends with a hash of all bytes in front of its digits. Zip readers, numpy's among them,
 * pass over it; `unzip -z` prints it. Only for store/. */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/file.h"
#include "store/arrays.h"

/* Writing: all bytes of the archive up to the comment's length go through seal_pass, then seal_end adds that and the
 * comment. Failures are the file's.
 * STRAIT_EINVAL: the pairs are too long for the comment, or not plain words. */
struct seal;
int seal_begin(struct seal **seal, const struct metadata *metadata, size_t pairs);
void seal_pass(struct seal *seal, struct file_writer *file, const void *data, size_t bytes);
int seal_end(struct seal *seal, struct file_writer *file);
void seal_free(struct seal *seal); /* NULL is nothing */

/* Reading: *sealed is 1 and the pairs are among the arrays' metadata when the file ends with a seal that fits it;
 * STRAIT_EFORMAT when it does not fit. A file without one: 0. */
int seal_check(int fd, struct arrays *arrays, int *sealed);

#endif
