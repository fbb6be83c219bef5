/* train/moments.h: the checkpoints of a training in a folder: their names, which of them stay, and the newest that can
 * be read. Nothing else names their files. A moment is a group of files with one base name:
 *   final.safetensors              final.state.safetensors        a train stage's end
 *   epoch-8.safetensors            epoch-8.state.safetensors      after an epoch
 *   iteration-500...               inside an epoch
 * A curve's free points are epoch-8.point-1.safetensors, ...; a state of an ensemble is one file,
 * source-1-iteration-500.state.safetensors. The file with the state is written last and removed first: where it is, the
 * moment is whole. */
#ifndef TRAIN_MOMENTS_H
#define TRAIN_MOMENTS_H

#include "store/arrays.h"
#include "train/snapshot.h"

#define MOMENT_STATE ".state.safetensors"

/* Where the moments of one training are, and what they belong to. All is borrowed. */
struct moments {
  const char *folder;
  struct arena *arena; /* for names */
  int64_t epoch;       /* iterations per epoch */
  int64_t end;         /* the iteration whose moment is called "final"; 0: none is */
  int sources;         /* 1: of an ensemble: names begin with the source */
  const struct network *network;
  const struct metadata *made; /* what makes them: written into the files, and checked on reading */
  size_t made_pairs;
};
struct moment {
  int64_t source, iteration; /* source: 0 unless `sources` */
  const char *base;          /* the name that its files begin with */
};

/* The path of a moment's file that ends in `suffix`; NULL: no memory. */
char *moment_file(const struct moments *moments, struct moment at, const char *suffix);
/* The whole moments in the folder, newest first; none where there is no folder. */
int moments_find(const struct moments *moments, struct moment **found, size_t *count);

/* Which checkpoints to resume from are kept: the newest `spare` up to now, and the epoch's beginning. The oldest of
 * them go while they take more than `limit`, but never the newest. */
#define CHECKPOINT_LIMIT_HELP                                                                                          \
  "megabytes that the checkpoints to resume from may take, beside those that are kept as results: older ones go "      \
  "first, the newest stays; 0: no limit"
struct rotation {
  struct moment now;                                               /* the newest */
  int64_t begun;                                                   /* where its epoch began; -1: not kept */
  int begun_stays;                                                 /* 1: whatever the limit, as a divergence needs it */
  size_t spare;                                                    /* how many beside that one; 0: none at all */
  double limit;                                                    /* megabytes; 0: none */
  int (*wanted)(const void *context, const struct moment *moment); /* 1: stays, and does not count; NULL: none does */
  const void *context;
};
/* Removes what is neither among those nor wanted. */
int moments_rotate(const struct moments *moments, const struct rotation *rotation);
/* Removes the moments after this one, newest first: a training went back to it. */
int moments_forget(const struct moments *moments, struct moment after);
/* Removes files of moments that are not whole: a process was killed while it wrote or removed one. */
int moments_sweep(const struct moments *moments);
/* After STRAIT_EDIVERGE: adds the last good moment and what to do to the chain. */
int moments_diverged(const struct moments *moments);

/* Writes, and reads back, the free control points and the state. A snapshot's fixed points are left alone. */
int moment_save(const struct moments *moments, const struct snapshot *snapshot);
int moment_load(const struct moments *moments, const char *base, struct snapshot *snapshot);
/* Reads the newest moment that is not after `latest` (NULL: the newest of all). Where it is damaged, a warning names it
 * and the one before is read. *loaded: 0 when there is none; then the reader may have parts of one. */
typedef int moment_reader(void *context, const struct moment *moment);
int moments_load(const struct moments *moments, const struct moment *latest, moment_reader *read, void *context,
                 int *loaded);
/* The same for a snapshot. */
int moments_load_snapshot(const struct moments *moments, int64_t latest, struct snapshot *snapshot, int *loaded);

#endif
