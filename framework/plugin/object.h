/* plugin/object.h: what the host keeps of an instance, behind the object's `core` pointer. For this folder alone. */
#ifndef PLUGIN_OBJECT_H
#define PLUGIN_OBJECT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "base/memory.h"
#include "plugin/registry.h"

struct core {
  pthread_mutex_t lock; /* of the fields from `blocks` on */
  uint64_t seed;
  struct arena *arena;   /* the name, strings and lists of options; filled before init, not changed after */
  atomic_int collecting; /* 1: what is read enters the fingerprint */
  void **blocks;         /* of strait_alloc, freed after fini */
  size_t block_count, block_capacity;
  struct hash *hash;       /* of the data */
  struct digests *digests; /* of files that are in it; NULL: of none yet */
  char digest[33];         /* once collecting is over */
};

static inline struct core *core_of(const void *self) { return ((const strait_object *)self)->core; }

#endif
