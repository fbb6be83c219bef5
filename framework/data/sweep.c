/* data/sweep.c: reads samples only to see whether they can be read. */
#include "data/sweep.h"

#include "base/error.h"
#include "base/memory.h"
#include "compute/team.h"

struct sweep {
  const struct source *source;
  int which;
  const int64_t *order;
  struct team *team;
  struct reading *readings; /* (threads) */
  int64_t first, count;     /* the block at hand */
  unsigned char readable[SWEEP_BLOCK];
};

int sweep_create(struct sweep **out, const struct source *source, int which, const int64_t *order) {
  struct sweep *sweep = memory_alloc(1, sizeof *sweep);
  int threads, status = sweep ? team_count(0, &threads) : STRAIT_ENOMEM;
  *out = NULL;
  if (status == STRAIT_OK)
    status = team_create(&sweep->team, threads);
  if (status == STRAIT_OK) {
    sweep->source = source;
    sweep->which = which;
    sweep->order = order;
    sweep->readings = memory_alloc((size_t)threads, sizeof *sweep->readings);
    status = sweep->readings ? STRAIT_OK : STRAIT_ENOMEM;
  }
  for (int i = 0; status == STRAIT_OK && !source->varies && i < threads; i++)
    status = memory_grow(&sweep->readings[i].elements, &sweep->readings[i].capacity, (size_t)source->bytes, 1);
  if (status < 0)
    sweep_free(sweep);
  else
    *out = sweep;
  return status;
}

void sweep_free(struct sweep *sweep) {
  if (!sweep)
    return;
  for (int i = 0; sweep->readings && i < team_threads(sweep->team); i++)
    memory_free(sweep->readings[i].elements);
  memory_free(sweep->readings);
  if (sweep->team)
    team_free(sweep->team);
  memory_free(sweep);
}

static void look(void *context, int64_t index, int worker) {
  struct sweep *sweep = context;
  int32_t label;
  const int64_t turn = sweep->first + index, sample = sweep->order ? sweep->order[turn] : turn;
  int status = source_read(sweep->source, sweep->which, sample, &sweep->readings[worker], &label, NULL);
  sweep->readable[index] = status == STRAIT_OK;
  error_clear(); /* whoever needs the cause reads the sample again */
}

int sweep_readable(struct sweep *sweep, int64_t turn) {
  if (turn >= sweep->first + sweep->count) {
    const int64_t left = sweep->source->split[sweep->which].count - turn;
    sweep->first = turn;
    sweep->count = left < SWEEP_BLOCK ? left : SWEEP_BLOCK;
    team_run(sweep->team, sweep->count, look, sweep);
  }
  return sweep->readable[turn - sweep->first];
}
