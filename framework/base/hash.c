/* base/hash.c: XXH3 with 128 bits, from libxxhash; digests in its canonical (big-endian) order. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

struct hash {
  XXH3_state_t *state;
};

struct hash *hash_create(void) {
  struct hash *hash = memory_alloc(1, sizeof *hash);
  if (!hash)
    return NULL;
  hash->state = XXH3_createState();
  if (!hash->state || XXH3_128bits_reset(hash->state) != XXH_OK) {
    hash_free(hash);
    error_set(STRAIT_ENOMEM, "out of memory (a hash's state)");
    return NULL;
  }
  return hash;
}

void hash_bytes(struct hash *hash, const void *data, size_t bytes) {
  if (bytes)
    XXH3_128bits_update(hash->state, data, bytes);
}

void hash_integer(struct hash *hash, int64_t value) {
  unsigned char bytes[8]; /* little-endian, whatever the CPU is */
  for (int i = 0; i < 8; i++)
    bytes[i] = (unsigned char)((uint64_t)value >> (8 * i));
  hash_bytes(hash, bytes, sizeof bytes);
}

void hash_text(struct hash *hash, const char *string) {
  size_t length = strlen(string);
  hash_integer(hash, (int64_t)length);
  hash_bytes(hash, string, length);
}

static void print(XXH128_hash_t value, char digest[33]) {
  snprintf(digest, 33, "%016llx%016llx", (unsigned long long)value.high64, (unsigned long long)value.low64);
}

void hash_digest(const struct hash *hash, char digest[33]) { print(XXH3_128bits_digest(hash->state), digest); }

void hash_free(struct hash *hash) {
  if (!hash)
    return;
  XXH3_freeState(hash->state);
  memory_free(hash);
}

void hash_of(const void *data, size_t bytes, char digest[33]) { print(XXH3_128bits(data, bytes), digest); }

uint64_t hash_name_index(const char *name, uint64_t index) {
  uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, 64 bits */
  for (const unsigned char *c = (const unsigned char *)name; *c; c++)
    h = (h ^ *c) * 0x100000001b3u;
  h += (index + 1) * 0x9e3779b97f4a7c15u; /* the index-th step of splitmix64 from h */
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}
