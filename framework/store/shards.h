/* store/shards.h: weights in several files, which an index names: {"weight_map": {"fc.weight": "model-00001-of-00002.
 * safetensors", ...}}, as Hugging Face's libraries write. Only for store/. */
#ifndef STORE_SHARDS_H
#define STORE_SHARDS_H

#include "store/arrays.h"

/* Reads one part. */
typedef int shard_reader(struct arrays **arrays, const char *path, void *context);
/* Reads all parts, which lie beside the index, each once. STRAIT_EFORMAT when a tensor is not in the part that the
 * index says. */
int shards_read(struct arrays **arrays, const char *path, shard_reader *read, void *context);
/* Is this name a part's, "model-00002-of-00005.safetensors"? The number of parts, 0 for no. */
int shard_count(const char *path);

#endif
