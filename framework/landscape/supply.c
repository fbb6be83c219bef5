/* landscape/supply.c: see supply.h. Reads through data/feeder.h alone. */
#include "landscape/supply.h"

#include <string.h>

#include "base/error.h"

static int64_t bytes(const struct supply *supply) {
  return supply->samples * (supply->words + supply->target) * (int64_t)sizeof(float);
}

static int make_room(struct supply *supply, int64_t samples) {
  supply->x = memory_alloc((size_t)samples, (size_t)supply->words * sizeof(float));
  supply->targets = memory_alloc((size_t)samples, (size_t)supply->target * sizeof(float));
  return supply->x && supply->targets ? STRAIT_OK : STRAIT_ENOMEM;
}

int supply_open(struct supply *supply, const struct data *data, const struct feeding *feeding, struct supply *lender,
                int64_t *room) {
  const strait_split *split = data_describe(data);
  *supply = (struct supply){.feeding = *feeding, .lender = lender, .words = 1, .target = 1};
  for (uint32_t i = 0; i < split->rank; i++)
    supply->words *= split->dims[i];
  if (split->target == STRAIT_TARGET_REAL)
    supply->target = split->classes;
  else if (split->target == STRAIT_TARGET_CLASSES)
    supply->target = split->dims[0];
  if (supply->feeding.subset >= data_count(data, feeding->split))
    supply->feeding.subset = 0;
  if (feeder_create(&supply->feeder, data, &supply->feeding))
    return error_failure();
  supply->samples = feeder_samples(supply->feeder);
  supply->batching = feeder_batching(supply->feeder);
  if (supply->feeding.subset || supply->feeding.shuffle) {
    supply->numbers = memory_alloc((size_t)supply->samples, sizeof *supply->numbers);
    if (!supply->numbers)
      return STRAIT_ENOMEM;
    feeder_order(supply->feeder, 1, supply->numbers);
  }
  if (lender && lender->keep) {
    feeder_free(supply->feeder);
    supply->feeder = NULL;
    return supply->numbers ? make_room(supply, supply->feeding.batch) : STRAIT_OK;
  }
  supply->lender = NULL;
  supply->keep = bytes(supply) <= *room;
  if (supply->keep)
    *room -= bytes(supply);
  return STRAIT_OK;
}

void supply_close(struct supply *supply) {
  feeder_free(supply->feeder);
  memory_free(supply->numbers);
  memory_free(supply->x);
  memory_free(supply->targets);
  *supply = (struct supply){0};
}

/* One pass of the feeder into memory; then the feeder is no longer needed. */
static int fill(struct supply *supply) {
  struct batch batch;
  int64_t at = 0;
  int status = make_room(supply, supply->samples);
  if (!status)
    status = feeder_start(supply->feeder, 1, 0);
  while (!status && at < supply->samples) {
    status = feeder_next(supply->feeder, &batch);
    if (status)
      break;
    memcpy(supply->x + at * supply->words, batch.x, (size_t)(batch.samples * supply->words) * sizeof(float));
    memcpy((char *)supply->targets + (size_t)(at * supply->target) * sizeof(float), batch.target,
           (size_t)(batch.samples * supply->target) * sizeof(float));
    at += batch.samples;
  }
  if (status) {
    memory_free(supply->x);
    memory_free(supply->targets);
    supply->x = NULL, supply->targets = NULL;
    return status;
  }
  feeder_free(supply->feeder);
  supply->feeder = NULL;
  return STRAIT_OK;
}

int supply_start(struct supply *supply) {
  struct supply *owner = supply->lender ? supply->lender : supply;
  supply->at = supply->batch = 0;
  if (!owner->keep)
    return feeder_start(supply->feeder, 1, 0); /* the same epoch each pass: the same augmentation, where there is any */
  return owner->x ? STRAIT_OK : fill(owner);
}

/* Rows of what another supply keeps, in this one's order. */
static void put_together(struct supply *supply, int64_t samples) {
  const struct supply *from = supply->lender;
  const size_t row = (size_t)supply->words * sizeof(float), target = (size_t)supply->target * sizeof(float);
  for (int64_t i = 0; i < samples; i++) {
    const size_t number = (size_t)supply->numbers[supply->at + i];
    memcpy((char *)supply->x + (size_t)i * row, (const char *)from->x + number * row, row);
    memcpy((char *)supply->targets + (size_t)i * target, (const char *)from->targets + number * target, target);
  }
}

int supply_next(struct supply *supply, struct batch *batch) {
  struct supply *owner = supply->lender ? supply->lender : supply;
  const int gathers = supply->lender && supply->numbers;
  if (!owner->x)
    return feeder_next(supply->feeder, batch);
  batch->samples = batching_samples(&supply->batching, supply->batch++);
  if (gathers)
    put_together(supply, batch->samples);
  batch->x = gathers ? supply->x : owner->x + supply->at * supply->words;
  batch->target =
      gathers ? supply->targets : (const char *)owner->targets + (size_t)(supply->at * supply->target) * sizeof(float);
  supply->at += batch->samples;
  return STRAIT_OK;
}
