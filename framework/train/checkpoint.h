/* train/checkpoint.h: weights and training states in files. A weights file has PyTorch's names and shapes, so that
 * torch loads it; a state file has what else a training needs to go on to the same bytes. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "store/arrays.h"
#include "train/snapshot.h"

/* STRAIT_EFORMAT, naming tensor and place, where a number of the vector is not finite. */
int checkpoint_check_finite(const struct layout *layout, const float *vector);

/* Writes one vector of weights, and the statistics unless NULL, as safetensors. The metadata gets the model's name and
 * the caller's pairs. */
int checkpoint_write_weights(const char *path, const struct network *network, const float *theta,
                             const float *statistics, const struct metadata *metadata, size_t pairs);
/* Reads them by name, whatever their order in the file; torch's num_batches_tracked is skipped. Weights of another
 * model are refused, with the first difference; so is a file that does not say that it was made by this
 * (arrays_check_made). statistics: NULL when not wanted; a file without them is then enough. */
int checkpoint_read_weights(const char *path, const struct network *network, float *theta, float *statistics,
                            const struct metadata *made, size_t pairs);

/* The vectors and numbers of a snapshot as arrays, added to the list: theta.I where the control points are wanted too,
 * velocity.I, square.I, statistics, state.I, progress, halvings. Their memory is the snapshot's and the arena's. */
int snapshot_pack(const struct snapshot *snapshot, int points, struct arena *arena, struct array_list *list);
/* Fills a snapshot of the same shape from them; refuses those of another training. After a failure it may hold parts of
 * them. */
int snapshot_unpack(struct snapshot *snapshot, int points, const struct arrays *arrays);

/* Writes all of a snapshot but the control points: momentum, running statistics, iteration, updates, and a hash of the
 * control points that it belongs to. The metadata gets the caller's pairs. */
int checkpoint_write_state(const char *path, const struct snapshot *snapshot, const struct metadata *metadata,
                           size_t pairs);
/* Fills a snapshot of the same shape whose control points are in place already; refuses a state of another training
 * (points, length, optimiser), of other control points, or not made by this (arrays_check_made). */
int checkpoint_read_state(const char *path, struct snapshot *snapshot, const struct metadata *made, size_t pairs);

#endif
