/* plugin/digests.h: what files hold, as 128-bit digests, so that data are known by their bytes, wherever they lie and
 * whenever they were written. What was read before is remembered in the user's cache folder, so that a large folder is
 * read once. For this folder alone. */
#ifndef PLUGIN_DIGESTS_H
#define PLUGIN_DIGESTS_H

#include <stdint.h>

struct digests; /* of one folder of files */
/* Loads what is remembered of the folder; whether there is a cache, and what state it is in, changes no digest. */
int digests_create(struct digests **digests, const char *folder);
const char *digests_folder(const struct digests *digests);
/* The digest of a regular file's bytes, by its name below the folder. */
int digests_file(struct digests *digests, const char *name, char digest[33]);
int64_t digests_read(const struct digests *digests); /* how many files were read, not remembered */
/* Remembers what is new, where that can be done, and frees. NULL is nothing. */
void digests_free(struct digests *digests);

/* Of a file that was last changed at `change` and whose digest was taken at `now` (nanoseconds): can it have changed
 * since without showing it? Clocks tick; within `tick` of a change another one may leave the same time. */
int digest_is_settled(int64_t change, int64_t now, int64_t tick);

#endif
