/* data/feeder.c: batches made ahead of the step, by threads of the feeder's own: one where samples lie in memory, more
 * where they must be read and decoded.
 *
 * Batch b lies in slot b % slot_count. The caller holds one slot (the batch feeder_next gave last); the others are
 * filled ahead, in pieces of PIECE samples, which the threads take in order. What a piece holds depends on its place in
 * the epoch alone, never on who makes it or when. All memory is taken at creation. */
#include <config.h>

#include "data/feeder.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "compute/team.h"
#include "data/internal.h"
#include "data/maker.h"
#include "data/order.h"

#define SLOTS 3
#define LARGE_SLOT ((int64_t)32 << 20) /* bytes: of such there are only two */
#define PIECE 32                       /* samples of a piece, from memory */
#define PIECE_READ 4                   /* the same, when each is read: so that all threads work on one batch */
#define WORKERS 16
#define AHEAD 2         /* samples between asking for one and using it */
#define PREFETCHED 4096 /* bytes of a sample at most; beyond, the CPU follows by itself */

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) (void)(address)
#endif

struct slot {
  float *x;
  void *target;
  int64_t samples;
  int64_t pieces; /* not made yet */
};

struct worker {
  struct feeder *feeder;
  pthread_t thread;
  int started;
  struct maker maker;
};

struct feeder {
  const struct data *data;
  struct feeding feeding;
  struct order plan;
  int64_t samples, batches;
  int64_t elements; /* floats a sample */
  int64_t row;      /* bytes of a sample's target */
  int64_t *order;   /* (samples) the epoch's order, as numbers in the split */
  struct augmenting augmenting;
  int64_t piece_samples;
  int slot_count, worker_count;
  struct slot slots[SLOTS];
  struct worker workers[WORKERS];

  pthread_mutex_t lock; /* guards what follows, and the slots' pieces */
  pthread_cond_t work;  /* there may be a piece to make */
  pthread_cond_t made;  /* a batch was made, or nothing more will be */
  int64_t batch, piece; /* the next to make */
  int64_t released;     /* batches before this one are no longer the caller's */
  int64_t given;        /* batches before this one were given */
  int busy;             /* threads that make a piece now */
  int started, closing, failed, draining;
  struct error_chain error;
};

static int64_t batch_samples(const struct feeder *feeder, int64_t batch) {
  return batching_samples(&feeder->plan.batching, batch);
}

/* Asks the CPU for a sample's elements before their turn: shuffled samples lie far apart, and waiting for memory would
 * take longer than all the arithmetic. */
static void prefetch_sample(const struct feeder *feeder, int64_t number) {
  const struct data *data = feeder->data;
  const struct spot spot = data_spot(data, feeder->feeding.split, number);
  const unsigned char *raw = data->shelf[spot.which].raw;
  for (int64_t i = 0; raw && i < data->source.bytes && i < PREFETCHED; i += 64)
    PREFETCH(raw + spot.place * data->source.bytes + i);
}

/* Samples of a piece, each into its row of the batch. */
static int make_piece(struct worker *worker, int64_t batch, int64_t piece) {
  const struct feeder *feeder = worker->feeder;
  const int64_t *order = feeder->order + batching_first(&feeder->plan.batching, batch);
  const struct slot *slot = &feeder->slots[batch % feeder->slot_count];
  int64_t last = batch_samples(feeder, batch);
  if (last > (piece + 1) * feeder->piece_samples)
    last = (piece + 1) * feeder->piece_samples;
  for (int64_t row = piece * feeder->piece_samples; row < last; row++) {
    if (row + AHEAD < last)
      prefetch_sample(feeder, order[row + AHEAD]);
    if (maker_make(&worker->maker, data_spot(feeder->data, feeder->feeding.split, order[row]), &feeder->augmenting,
                   slot->x + row * feeder->elements, (unsigned char *)slot->target + row * feeder->row) < 0)
      return error_failure();
  }
  return STRAIT_OK;
}

static int has_work(const struct feeder *feeder) {
  return !feeder->failed && feeder->batch < feeder->batches && feeder->batch < feeder->released + feeder->slot_count;
}

/* Takes the next piece; prepares the slot with the first of a batch. */
static void next_piece(struct feeder *feeder, int64_t *batch, int64_t *piece) {
  struct slot *slot = &feeder->slots[feeder->batch % feeder->slot_count];
  int64_t pieces = (batch_samples(feeder, feeder->batch) - 1) / feeder->piece_samples + 1;
  *batch = feeder->batch;
  *piece = feeder->piece++;
  if (*piece == 0) {
    slot->samples = batch_samples(feeder, *batch);
    slot->pieces = pieces;
  }
  if (feeder->piece == pieces) {
    feeder->batch++;
    feeder->piece = 0;
  }
}

static void *work(void *argument) {
  struct worker *worker = argument;
  struct feeder *feeder = worker->feeder;
  int64_t batch, piece;
  pthread_mutex_lock(&feeder->lock);
  for (;;) {
    while (!feeder->closing && !has_work(feeder))
      pthread_cond_wait(&feeder->work, &feeder->lock);
    if (feeder->closing)
      break;
    next_piece(feeder, &batch, &piece);
    feeder->busy++;
    pthread_mutex_unlock(&feeder->lock);
    int status = make_piece(worker, batch, piece);
    pthread_mutex_lock(&feeder->lock);
    feeder->busy--;
    if (status == STRAIT_OK)
      feeder->slots[batch % feeder->slot_count].pieces--;
    else if (!feeder->failed) {
      feeder->failed = 1;
      error_take(&feeder->error);
    }
    if (feeder->failed || feeder->draining || feeder->slots[batch % feeder->slot_count].pieces == 0)
      pthread_cond_signal(&feeder->made);
  }
  pthread_mutex_unlock(&feeder->lock);
  return NULL;
}

/* How many threads, and what they share among them. */
static int plan_work(struct feeder *feeder) {
  const struct data *data = feeder->data;
  const int in_memory = data->source.ordered || data->shelf[data_spot(data, feeder->feeding.split, 0).which].raw;
  int threads = 1;
  if (!in_memory && team_count(0, &threads) < 0)
    return error_failure();
  feeder->worker_count = threads < WORKERS ? threads : WORKERS; /* they sleep while the slots are full */
  feeder->piece_samples = in_memory ? PIECE : PIECE_READ;
  feeder->elements = 1;
  for (uint32_t i = 0; i < data->description.rank; i++)
    feeder->elements *= data->description.dims[i];
  const int64_t bytes = batch_samples(feeder, 0) * feeder->elements * (int64_t)sizeof(float);
  feeder->slot_count = bytes > LARGE_SLOT ? SLOTS - 1 : SLOTS;
  return STRAIT_OK;
}

static int create_buffers(struct feeder *feeder) {
  const struct data *data = feeder->data;
  const int64_t rows = batch_samples(feeder, 0);
  const int64_t labels = data->source.labels;
  feeder->row = (labels ? labels : data->description.classes) * 4;
  feeder->order = memory_alloc((size_t)feeder->samples, sizeof *feeder->order);
  if (!feeder->order)
    return STRAIT_ENOMEM;
  for (int i = 0; i < feeder->slot_count; i++) {
    feeder->slots[i].x = memory_alloc((size_t)rows, (size_t)feeder->elements * sizeof(float));
    feeder->slots[i].target = memory_alloc((size_t)rows, (size_t)feeder->row);
    if (!feeder->slots[i].x || !feeder->slots[i].target)
      return STRAIT_ENOMEM;
  }
  for (int i = 0; i < feeder->worker_count; i++) {
    feeder->workers[i].feeder = feeder;
    if (maker_create(&feeder->workers[i].maker, data) < 0)
      return STRAIT_ENOMEM;
  }
  return STRAIT_OK;
}

/* The threads take no signals: those are for the program's own thread. */
static int start_workers(struct feeder *feeder) {
  sigset_t all, before;
  int status = STRAIT_OK;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = 0; i < feeder->worker_count && status == STRAIT_OK; i++) {
    int failure = pthread_create(&feeder->workers[i].thread, NULL, work, &feeder->workers[i]);
    if (failure)
      status = error_set(STRAIT_ENOMEM, "cannot start a thread for reading data: %s", strerror(failure));
    else
      feeder->workers[i].started = 1;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}

int feeder_create(struct feeder **out, const struct data *data, const struct feeding *feeding) {
  struct feeder *feeder = memory_alloc(1, sizeof *feeder);
  *out = NULL;
  if (!feeder)
    return STRAIT_ENOMEM;
  feeder->data = data;
  feeder->feeding = *feeding;
  pthread_mutex_init(&feeder->lock, NULL);
  pthread_cond_init(&feeder->work, NULL);
  pthread_cond_init(&feeder->made, NULL);
  int status = order_create(&feeder->plan, data, feeding);
  feeder->samples = feeder->plan.batching.samples;
  feeder->batches = feeder->plan.batching.batches;
  if (status == STRAIT_OK)
    status = plan_work(feeder);
  if (status == STRAIT_OK)
    status = create_buffers(feeder);
  feeder->batch = feeder->given = feeder->released = feeder->batches; /* nothing to do before feeder_start */
  if (status == STRAIT_OK)
    status = start_workers(feeder);
  if (status < 0)
    feeder_free(feeder);
  else
    *out = feeder;
  return status;
}

void feeder_free(struct feeder *feeder) {
  if (!feeder)
    return;
  pthread_mutex_lock(&feeder->lock);
  feeder->closing = 1;
  pthread_cond_broadcast(&feeder->work);
  pthread_mutex_unlock(&feeder->lock);
  for (int i = 0; i < WORKERS; i++) {
    if (feeder->workers[i].started)
      pthread_join(feeder->workers[i].thread, NULL);
    maker_free(&feeder->workers[i].maker);
  }
  for (int i = 0; i < SLOTS; i++) {
    memory_free(feeder->slots[i].x);
    memory_free(feeder->slots[i].target);
  }
  pthread_cond_destroy(&feeder->made);
  pthread_cond_destroy(&feeder->work);
  pthread_mutex_destroy(&feeder->lock);
  order_free(&feeder->plan);
  memory_free(feeder->order);
  memory_free(feeder);
}

int64_t feeder_samples(const struct feeder *feeder) { return feeder->samples; }
int64_t feeder_batches(const struct feeder *feeder) { return feeder->batches; }

struct batching feeder_batching(const struct feeder *feeder) {
  return feeder->plan.batching;
}

void feeder_order(const struct feeder *feeder, int64_t epoch, int64_t *numbers) {
  order_fill(&feeder->plan, epoch, numbers);
}

int feeder_start(struct feeder *feeder, int64_t epoch, int64_t first) {
  if (epoch < 1 || first < 0 || first > feeder->batches)
    return error_set(STRAIT_EBUG, "epoch %" PRId64 " of %" PRId64 " batches cannot start at batch %" PRId64, epoch,
                     feeder->batches, first);
  pthread_mutex_lock(&feeder->lock);
  feeder->batch = feeder->batches; /* no new pieces; those under way are waited for */
  feeder->draining = 1;
  while (feeder->busy)
    pthread_cond_wait(&feeder->made, &feeder->lock);
  feeder->draining = 0;
  feeder_order(feeder, epoch, feeder->order);
  feeder->augmenting = augmenting_of(&feeder->feeding, epoch);
  feeder->batch = feeder->given = feeder->released = first;
  feeder->piece = 0;
  feeder->failed = 0;
  feeder->started = 1;
  pthread_cond_broadcast(&feeder->work);
  pthread_mutex_unlock(&feeder->lock);
  return STRAIT_OK;
}

/* Is batch `given` complete? With several threads a later batch may be begun before it is. */
static int is_made(const struct feeder *feeder) {
  return (feeder->batch > feeder->given) && feeder->slots[feeder->given % feeder->slot_count].pieces == 0;
}

int feeder_next(struct feeder *feeder, struct batch *batch) {
  int status = STRAIT_OK;
  memset(batch, 0, sizeof *batch);
  if (!feeder->started)
    return error_set(STRAIT_EBUG, "feeder_next before feeder_start");
  pthread_mutex_lock(&feeder->lock);
  feeder->released = feeder->given;
  pthread_cond_broadcast(&feeder->work);
  if (feeder->given < feeder->batches) {
    while (!is_made(feeder) && !(feeder->failed && !feeder->busy))
      pthread_cond_wait(&feeder->made, &feeder->lock);
    if (is_made(feeder)) {
      const struct slot *slot = &feeder->slots[feeder->given++ % feeder->slot_count];
      *batch = (struct batch){slot->samples, slot->x, slot->target};
    } else
      status = error_give(&feeder->error);
  }
  pthread_mutex_unlock(&feeder->lock);
  return status;
}
