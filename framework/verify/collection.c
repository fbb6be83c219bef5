/* verify/collection.c: the laws of an ensembler's members (strait/ensembler.h). Nothing is trained: weights are made
 * up, and the sources, moments and slots are played as ensemble/run.c does, for a network of a few weights. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ensemble/members.h"
#include "network/network.h"
#include "verify/ensembler.h"

enum { PLAYED = 60 /* sources */, GUARD = 16, VECTORS = 32 };
#define GUARD_VALUE -12345.75f

static strait_node build_tiny(const void *self, strait_graph *g, strait_node x) {
  (void)self;
  x = strait_batch_norm(g, strait_linear(g, x, "fc1", 4, STRAIT_BIAS), "bn");
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}
static const strait_model_ops tiny_ops = {.size = sizeof tiny_ops, .build = build_tiny};
static const strait_class tiny_class = {
    STRAIT_CLASS_BARE(STRAIT_MODEL, "tiny", "1.0", "for the laws", strait_object, &tiny_ops), STRAIT_NO_PRESETS, NULL,
    NULL};

/* Floats between two guards. */
struct vector {
  char name[64];
  float *data; /* GUARD, the numbers, GUARD */
};

/* A stage's side of an ensembler. Its vectors are guarded; integers and members are the gathering's. */
struct stage {
  strait_slots slots; /* the handle that plugins get; must be first */
  strait_object *model;
  struct network *network;
  struct gathering *gathering;
  int64_t count, buffers;
  struct vector weights, lent; /* lent: what collect is given, a copy */
  float *statistics;
  struct vector vector[VECTORS];
  int vectors;
};

static int vector_make(struct vector *v, int64_t count) {
  v->data = memory_alloc((size_t)count + 2 * GUARD, sizeof *v->data);
  for (int i = 0; v->data && i < GUARD; i++)
    v->data[i] = v->data[GUARD + count + i] = GUARD_VALUE;
  return v->data ? STRAIT_OK : error_failure();
}

static int vector_is_guarded(const struct vector *v, int64_t count) {
  for (int i = 0; i < GUARD; i++)
    if (v->data[i] != GUARD_VALUE || v->data[GUARD + count + i] != GUARD_VALUE)
      return 0;
  return 1;
}

static float *vector_slot(strait_slots *slots, const char *name) {
  struct stage *s = (struct stage *)slots;
  strait_slots *own = gathering_slots(s->gathering);
  if (!own->ops->vector(own, name)) /* the rules for names */
    return NULL;
  for (int i = 0; i < s->vectors; i++)
    if (strcmp(s->vector[i].name, name) == 0)
      return s->vector[i].data + GUARD;
  if (s->vectors == VECTORS || strlen(name) >= sizeof s->vector[0].name) {
    error_set(STRAIT_ENOTSUP, "strait verify has room for %d vectors in slots, with names below 64 bytes", VECTORS);
    return NULL;
  }
  struct vector *v = &s->vector[s->vectors];
  if (vector_make(v, s->count))
    return NULL;
  memcpy(v->name, name, strlen(name) + 1);
  s->vectors++;
  return v->data + GUARD;
}

static int64_t *integer_slot(strait_slots *slots, const char *name) {
  strait_slots *own = gathering_slots(((struct stage *)slots)->gathering);
  return own->ops->integer(own, name);
}

static int32_t add_member(strait_slots *slots, const float *weights, uint32_t statistics) {
  strait_slots *own = gathering_slots(((struct stage *)slots)->gathering);
  return own->ops->member(own, weights, statistics);
}

/* The host's own mean lies in the gathering, where a plugin does not write. */
static int32_t fold_weights(strait_slots *slots, const float *weights) {
  strait_slots *own = gathering_slots(((struct stage *)slots)->gathering);
  return own->ops->fold(own, weights);
}

static int32_t add_mean(strait_slots *slots) {
  strait_slots *own = gathering_slots(((struct stage *)slots)->gathering);
  return own->ops->mean(own);
}

static const strait_slots_ops stage_slots = {.size = sizeof stage_slots,
                                             .vector = vector_slot,
                                             .integer = integer_slot,
                                             .member = add_member,
                                             .fold = fold_weights,
                                             .mean = add_mean};

static void stage_free(struct stage *s) {
  gathering_free(s->gathering);
  network_free(s->network);
  object_free(s->model);
  memory_free(s->weights.data);
  memory_free(s->lent.data);
  memory_free(s->statistics);
  for (int i = 0; i < s->vectors; i++)
    memory_free(s->vector[i].data);
}

static int stage_make(struct stage *s) {
  static const struct signature signature = {1, {5}, STRAIT_TARGET_CLASS, 3, 0};
  *s = (struct stage){.slots = {&stage_slots}};
  if (object_create(&s->model, &tiny_class, "tiny", 1, NULL, 0) || network_create(&s->network, s->model, &signature) ||
      gathering_create(&s->gathering, s->network))
    return error_failure();
  s->count = network_weights(s->network)->count;
  s->buffers = network_statistics(s->network)->count;
  s->statistics = memory_alloc((size_t)s->buffers, sizeof *s->statistics);
  return s->statistics && !vector_make(&s->weights, s->count) && !vector_make(&s->lent, s->count) ? STRAIT_OK
                                                                                                  : error_failure();
}

/* Did the last call write where it may not? */
static int check_written(const struct stage *s, int status) {
  const size_t bytes = (size_t)(s->count + 2 * GUARD) * sizeof(float);
  if (memcmp(s->lent.data, s->weights.data, bytes) != 0)
    return error_set(STRAIT_EBUG, "it writes to the weights that it is offered, which are only lent");
  for (int i = 0; i < s->vectors; i++)
    if (!vector_is_guarded(&s->vector[i], s->count))
      return error_set(STRAIT_EBUG, "it writes outside the %lld numbers of the vector \"%s\"", (long long)s->count,
                       s->vector[i].name);
  return status;
}

/* Made-up weights: a function of the source and the iteration. */
static void fill_weights(struct stage *s, int64_t source, int64_t iteration) {
  for (int64_t k = 0; k < s->count; k++)
    s->weights.data[GUARD + k] = (float)law_unit("weights", (uint64_t)((source * 1000 + iteration) * 100 + k));
  memcpy(s->lent.data, s->weights.data, (size_t)(s->count + 2 * GUARD) * sizeof(float));
}

/* How an instance is had for a call: the same one, or each time a fresh one, which remembers nothing, nor do the static
 * variables: as after a run was resumed. */
struct calls {
  struct trial *t;
  strait_object *object;         /* NULL: a fresh one for each call */
  const struct statics *statics; /* to be put back then */
};

static strait_object *begin_call(const struct calls *calls) {
  if (calls->object)
    return calls->object;
  statics_restore(calls->statics);
  return trial_object(calls->t, &calls->t->variant[0]);
}
static void end_call(const struct calls *calls, strait_object *object) {
  if (!calls->object)
    object_free(object);
}

static int offer_weights(const struct calls *calls, struct stage *s, const strait_step *step, int64_t source,
                         int wanted, int last, int path) {
  strait_object *object = begin_call(calls);
  if (!object)
    return error_failure();
  strait_moment moment = {.size = sizeof moment,
                          .last = (uint32_t)last,
                          .source = source,
                          .wanted = (uint32_t)wanted,
                          .step = *step,
                          .count = s->count,
                          .weights = s->lent.data + GUARD};
  fill_weights(s, source, step->iteration);
  gathering_now(s->gathering, path ? NULL : s->statistics, source, step->iteration);
  error_clear();
  int status = ((const strait_ensembler_ops *)object_ops(object))->collect(object, &moment, &s->slots);
  end_call(calls, object);
  return check_written(s, status);
}

static int finish_source(const struct calls *calls, struct stage *s, int64_t source, int path, int64_t iteration) {
  strait_object *object = begin_call(calls);
  if (!object)
    return error_failure();
  const strait_ensembler_ops *ops = object_ops(object);
  gathering_now(s->gathering, path ? NULL : s->statistics, source, iteration);
  error_clear();
  int status = ops->finish ? ops->finish(object, source, &s->slots) : STRAIT_OK;
  end_call(calls, object);
  return check_written(s, status);
}

/* A source: of a training the moments are every fifth iteration and the end, of a path every point. */
static int play_source(const struct calls *calls, struct stage *s, const strait_source *source, int64_t number) {
  int path = source->type == STRAIT_SOURCE_PATH, status = STRAIT_OK;
  int64_t end = path ? source->points : source->iterations;
  strait_step step = {sizeof step, 0, 0, path ? end : EPOCH, end};
  if (!path && source->offer_start)
    status = offer_weights(calls, s, &step, number, 1, 0, 0);
  for (int64_t i = 1; i <= end && !status; i++) {
    int wanted = path || i % 5 == 0, last = i == end;
    step.iteration = i;
    if ((wanted || last) && (end < 2000 || i > end - 1000))
      status = offer_weights(calls, s, &step, number, wanted, last, path);
  }
  return status ? status : finish_source(calls, s, number, path, end);
}

static int digest_members(const struct stage *s, char digest[33], int64_t *members) {
  struct hash *hash = hash_create();
  if (!hash)
    return error_set(STRAIT_ENOMEM, "out of memory");
  *members = gathering_members(s->gathering);
  int status = STRAIT_OK;
  for (int64_t i = 0; i < *members; i++) {
    const struct member *m = gathering_member(s->gathering, i);
    hash_bytes(hash, m->weights, (size_t)s->count * sizeof *m->weights);
    hash_integer(hash, m->refresh);
    for (int64_t k = 0; k < s->count; k++)
      if (!isfinite(m->weights[k]))
        status = error_set(STRAIT_EBUG, "member %lld has a weight that is not finite", (long long)i);
  }
  hash_digest(hash, digest);
  hash_free(hash);
  return status;
}

/* The members that an offer gives, as a digest. */
static int play_all(const struct calls *calls, const struct offer *o, char digest[33], int64_t *members) {
  struct stage s;
  int status = stage_make(&s);
  *members = 0;
  for (int64_t i = 0; i < PLAYED && !status; i++) {
    strait_source source;
    strait_object *object = begin_call(calls);
    status = object ? offer_ask(object, o, i, &source) : error_failure();
    end_call(calls, object);
    if (status || source.type == STRAIT_SOURCE_END)
      break;
    status = play_source(calls, &s, &source, i);
  }
  status = status ? status : digest_members(&s, digest, members);
  stage_free(&s);
  return status;
}

static int check_members(struct trial *t, strait_object *object) {
  for (int i = 0; i < OFFERS; i++) {
    struct calls calls = {t, object, NULL};
    char digest[33], text[80];
    int64_t members;
    if (!offer_accepted(object, &offers[i]))
      continue;
    law_note(t, "%s", offer_text(&offers[i], text));
    if (play_all(&calls, &offers[i], digest, &members) < 0) {
      if (error_status() != STRAIT_EBUG && error_status() != STRAIT_OK) /* a refusal with a reason */
        continue;
      return law_fails(t, "given %s: %s", offer_text(&offers[i], text),
                       *error_text() ? error_text() : "a call failed, and did not say why");
    }
    if (!members)
      return law_fails(t, "given %s, and weights at every fifth iteration, it keeps no member",
                       offer_text(&offers[i], text));
  }
  return law_holds(t);
}
int collection_members(struct trial *t) { return for_variants(t, check_members); }

/* What one instance keeps, in one process; then what is kept by one for each call, each in a process of its own, as it
 * were; then the first again, the offers in another order. */
static int check_slots(struct trial *t, const struct statics *statics) {
  char kept[OFFERS][33] = {{0}}, now[33];
  int64_t members[OFFERS], again;
  int played = 0, taken[OFFERS] = {0};
  struct calls one = {t, trial_object(t, &t->variant[0]), NULL}, fresh = {t, NULL, statics};
  if (!one.object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  for (int i = 0; i < OFFERS; i++)
    played += taken[i] =
        offer_accepted(one.object, &offers[i]) && play_all(&one, &offers[i], kept[i], &members[i]) >= 0;
  int verdict = played ? LAW_HOLDS : law_not_run(t, "it takes nothing of what a stage can offer");
  for (int k = 0; k < 2 * OFFERS && verdict == LAW_HOLDS; k++) {
    int i = k < OFFERS ? OFFERS - 1 - k : k - OFFERS;
    char text[80];
    if (taken[i] && (play_all(k < OFFERS ? &one : &fresh, &offers[i], now, &again) < 0 || members[i] != again ||
                     strcmp(kept[i], now) != 0))
      verdict =
          law_fails(t, "given %s, its %lld member(s) differ %s", offer_text(&offers[i], text), (long long)members[i],
                    k < OFFERS ? "when other offers came before"
                               : "when a new instance is made for each call, as in a resumed run");
    if (k == OFFERS - 1)
      object_free(one.object), one.object = NULL;
  }
  object_free(one.object);
  return verdict;
}

int collection_slots(struct trial *t) {
  struct statics statics;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  int verdict = trial_statics(t, NULL, &statics) ? law_not_run(t, "%s", error_text()) : check_slots(t, &statics);
  statics_free(&statics);
  return verdict;
}

void collection_hash(struct trial *t, strait_object *object, struct hash *hash) {
  struct calls calls = {t, object, NULL};
  for (int i = 0; i < OFFERS; i++) {
    char digest[33] = "";
    int64_t members = 0;
    int status = offer_accepted(object, &offers[i]) ? play_all(&calls, &offers[i], digest, &members) : 1;
    hash_integer(hash, status);
    hash_integer(hash, members);
    hash_text(hash, digest);
    trial_watch(t);
  }
}
