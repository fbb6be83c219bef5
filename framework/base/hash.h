/* base/hash.h: 128-bit hashes (XXH3) of results' keys, data fingerprints and checksums. Not for secrets. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash;                    /* a running hash */
struct hash *hash_create(void); /* NULL when memory is out */
void hash_bytes(struct hash *hash, const void *data, size_t bytes);
void hash_text(struct hash *hash, const char *string); /* its length too, so that ("ab","c") differs from ("a","bc") */
void hash_integer(struct hash *hash, int64_t value);
/* The digest so far as 32 lower-case hex digits and a NUL. */
void hash_digest(const struct hash *hash, char digest[33]);
void hash_free(struct hash *hash);
/* All at once. */
void hash_of(const void *data, size_t bytes, char digest[33]);
/* A fixed integer hash of (name, index): the pseudo-random fill of golden tests. With h the 64-bit FNV-1a of the name's
 * bytes, it is output number `index` (from 0) of splitmix64 with the seed h. */
uint64_t hash_name_index(const char *name, uint64_t index);

#endif
