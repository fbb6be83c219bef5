/* network/channels.h: which channels of a network may change places without changing what it computes: found from the
 * graph by what each layer's row says, for any model.
 *
 * Every channel that a layer with weights makes is a unit, and its number is carried along: relu, pools and norms keep
 * it, add makes two one, flatten turns it into a block of positions, concat and slice carry some of them. Units that
 * always occur together in the same nodes are a group: any permutation of a group, applied to all axes of parameters
 * and statistics over which it runs, leaves the outputs as they are.
 *
 * Units stay where they are (are held) where the order matters: those of the input and of the output, of a layer that
 * does not work channel by channel, and of a group that runs along two axes of one parameter (x + conv(x)), for which
 * matching would be no linear problem. */
#ifndef NETWORK_CHANNELS_H
#define NETWORK_CHANNELS_H

#include "network/network.h"

struct channel_group {
  const char *name; /* of the first layer that makes it: "layer1.0.conv1" */
  int64_t size;
};
/* For each index along an axis, its group (-1: it stays) and its number in it. Where one unit has several indices, a
 * block, its first goes with another unit's first, and so on; all units of a group have as many. */
struct channel_axis {
  int64_t count;
  const int32_t *group, *member;
};
/* The axes of a segment; one with count 0 does not move (a kernel's height). */
struct channel_tensor {
  struct channel_axis axis[STRAIT_MAX_DIMS];
};
/* A node whose output a layer with weights reads: what matching by activations looks at. */
struct channel_tap {
  int node;
  int64_t positions; /* of an image, or of a sequence */
  struct channel_axis axis;
};
/* Channels of a layer that are held, other than those of the output's own layer. */
struct channel_held {
  const char *layer, *why;
  int64_t channels, of;
};

struct channels {
  int groups, taps, helds;
  const struct channel_group *group;
  const struct channel_tensor *weights, *statistics; /* for each segment */
  const struct channel_tap *tap;
  const struct channel_held *held;
  struct arena *arena;
};
int channels_create(struct channels **channels, const struct network *network);
void channels_free(struct channels *channels); /* NULL is nothing */

/* A permutation of every group: order[g][i] is the unit that comes to place i. At first each stays. In one piece of
 * memory, for memory_free. Defined in permute.c, as what follows. */
int64_t **channels_order(const struct channels *channels);
/* to = from, permuted: a segment, or a vector of the layout that `tensors` describes. */
int channels_permute_one(const struct channels *channels, const struct segment *segment,
                         const struct channel_tensor *tensor, int64_t *const *order, const float *from, float *to);
int channels_permute(const struct channels *channels, const struct layout *layout, const struct channel_tensor *tensors,
                     int64_t *const *order, const float *from, float *to);

#endif
