/* verify/ensembler.c: the laws of ensemblers (strait/ensembler.h). Nothing is trained: weights are made up, and the
 * sources, moments and slots are played as ensemble/run.c does, for a network of a few weights. */
#include "verify/ensembler.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ensemble/members.h"
#include "network/network.h"

/* What a stage may offer. Budgets in iterations; an epoch has EPOCH of them. */
enum { EPOCH = 10, SOURCES = 100000, PLAYED = 60 /* sources that are played */ };
static const struct offer {
  int64_t starts, paths, budget;
} offers[] = {{0, 0, 200}, {1, 0, 200}, {3, 0, 400}, {0, 1, 0}, {0, 3, 0}, {1, 1, 200}};
enum { OFFERS = sizeof offers / sizeof *offers };
static const int64_t spent[] = {20, 30, 40};

static const char *offer_text(const struct offer *o, char text[80]) {
  snprintf(text, 80, "%lld start(s), %lld path(s), a budget of %lld iterations", (long long)o->starts,
           (long long)o->paths, (long long)o->budget);
  return text;
}

/* --- a network for the slots --- */

static strait_node build_tiny(const void *self, strait_graph *g, strait_node x) {
  (void)self;
  x = strait_batch_norm(g, strait_linear(g, x, "fc1", 4, STRAIT_BIAS), "bn");
  return strait_linear(g, x, "fc2", strait_classes(g), STRAIT_BIAS);
}
static const strait_model_ops tiny_ops = {.size = sizeof tiny_ops, .build = build_tiny};
static const strait_class tiny_class = {
    STRAIT_CLASS_BARE(STRAIT_MODEL, "tiny", "1.0", "for the laws", strait_object, &tiny_ops), STRAIT_NO_PRESETS, NULL,
    NULL};

/* A stage's side of an ensembler. */
struct play {
  strait_object *model;
  struct network *network;
  struct gathering *gathering;
  int64_t count, buffers;
  float *weights, *statistics;
};

static void play_free(struct play *p) {
  gathering_free(p->gathering);
  network_free(p->network);
  object_free(p->model);
  memory_free(p->weights);
  memory_free(p->statistics);
}

static int play_make(struct play *p) {
  static const struct signature signature = {1, {5}, STRAIT_TARGET_CLASS, 3};
  *p = (struct play){0};
  if (object_create(&p->model, &tiny_class, "tiny", 1, NULL, 0) || network_create(&p->network, p->model, &signature) ||
      gathering_create(&p->gathering, p->network))
    return error_failure();
  p->count = network_weights(p->network)->count;
  p->buffers = network_statistics(p->network)->count;
  p->weights = memory_alloc((size_t)p->count, sizeof *p->weights);
  p->statistics = memory_alloc((size_t)p->buffers, sizeof *p->statistics);
  return p->weights && p->statistics ? STRAIT_OK : error_failure();
}

/* --- sources --- */

/* The answer for source number `index`; a negative status is a refusal. */
static int ask(const strait_object *object, const struct offer *offer, int64_t index, strait_source *source) {
  int64_t starts[3] = {0};
  memcpy(starts, spent, (size_t)offer->starts * sizeof *starts);
  *source = (strait_source){.size = sizeof *source,
                            .given_starts = offer->starts,
                            .given_paths = offer->paths,
                            .given_budget = offer->budget,
                            .epoch_iterations = EPOCH,
                            .start_spent = starts};
  error_clear();
  int status = ((const strait_ensembler_ops *)object_ops(object))->source(object, index, source);
  source->start_spent = NULL;
  return status;
}

static int accepts(const strait_object *object, const struct offer *offer) {
  strait_source source;
  return ask(object, offer, 0, &source) == STRAIT_OK;
}

/* Is it something that the stage can do? */
static int check_source(struct trial *t, const struct offer *o, int64_t index, const strait_source *s) {
  char text[80];
  const char *given = offer_text(o, text);
  long long number = (long long)index;
  if (s->type == STRAIT_SOURCE_PATH) {
    if (s->path < 0 || s->path >= o->paths || s->points < 2)
      return law_fails(t, "given %s, source %lld asks for %lld points of path %lld", given, number,
                       (long long)s->points, (long long)s->path);
    return law_holds(t);
  }
  if (s->type != STRAIT_SOURCE_TRAINING)
    return law_fails(t, "given %s, source %lld is of the unknown type %u", given, number, (unsigned)s->type);
  if (s->iterations < 1)
    return law_fails(t, "given %s, source %lld runs %lld iterations", given, number, (long long)s->iterations);
  if (s->start < STRAIT_START_MEMBER || s->start >= o->starts || (index == 0 && s->start == STRAIT_START_MEMBER))
    return law_fails(t, "given %s, source %lld goes on from start %lld", given, number, (long long)s->start);
  return s->seed_offset < 0
             ? law_fails(t, "given %s, source %lld has the seed offset %lld", given, number, (long long)s->seed_offset)
             : law_holds(t);
}

static int ends_for(struct trial *t, const strait_object *object, const struct offer *o) {
  char text[80];
  for (int64_t i = 0; i <= SOURCES; i++) {
    strait_source source;
    int status = ask(object, o, i, &source);
    if (status < 0)
      return i ? law_fails(t, "given %s, source %lld is refused after the first was not: %s", offer_text(o, text),
                           (long long)i, error_text())
               : law_holds(t);
    if (source.type == STRAIT_SOURCE_END)
      return law_holds(t);
    int verdict = check_source(t, o, i, &source);
    if (verdict != LAW_HOLDS)
      return verdict;
  }
  return law_fails(t, "given %s, there is no end of sources: %d and more", offer_text(o, text), SOURCES);
}

static int ends_of(struct trial *t, strait_object *object) {
  int verdict = LAW_HOLDS;
  for (int i = 0; i < OFFERS && verdict == LAW_HOLDS; i++) {
    char text[80];
    law_note(t, "%s", offer_text(&offers[i], text));
    if (accepts(object, &offers[i]))
      verdict = ends_for(t, object, &offers[i]);
  }
  return verdict;
}
FOR_VARIANTS(ends)

/* What a stage does not offer is refused with a reason; something that a stage can offer is taken. */
static int refusals_of(struct trial *t, strait_object *object) {
  for (int i = 0; i < OFFERS; i++) {
    char text[80];
    if (!accepts(object, &offers[i]) && !*error_text())
      return law_fails(t, "%s: refused, without a word (strait_fail says why)", offer_text(&offers[i], text));
  }
  return law_holds(t);
}

static int refusals(struct trial *t) {
  int taken = 0;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  for (int i = 0; object && i < OFFERS; i++)
    taken += accepts(object, &offers[i]);
  if (!object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  object_free(object);
  return taken ? for_variants(t, refusals_of)
               : law_fails(t, "it takes nothing of what a stage can offer, the last refused as: %s", error_text());
}

static int same_source(const strait_source *a, const strait_source *b) { return memcmp(a, b, sizeof *a) == 0; }

/* Forwards, then backwards. */
static int pure_for(struct trial *t, const strait_object *object, const struct offer *o) {
  enum { LOOK = 8 };
  strait_source first[LOOK], again;
  int status[LOOK];
  char text[80];
  for (int i = 0; i < LOOK; i++)
    status[i] = ask(object, o, i, &first[i]);
  for (int i = LOOK - 1; i >= 0; i--)
    if (ask(object, o, i, &again) != status[i] || (status[i] >= 0 && !same_source(&first[i], &again)))
      return law_fails(t, "given %s, source %d is another when it is asked for again", offer_text(o, text), i);
  return law_holds(t);
}

static int pure_of(struct trial *t, strait_object *object) {
  void *before = bytes_of(object);
  int verdict = before ? LAW_HOLDS : law_not_run(t, "%s", error_text());
  for (int i = 0; i < OFFERS && verdict == LAW_HOLDS; i++)
    verdict = pure_for(t, object, &offers[i]);
  if (verdict == LAW_HOLDS && bytes_changed(object, before))
    verdict = law_fails(t, "a call changed the instance");
  memory_free(before);
  return verdict;
}
FOR_VARIANTS(pure)

/* --- members --- */

/* Made-up weights: a function of the source and the iteration. */
static void fill(struct play *p, int64_t source, int64_t iteration) {
  for (int64_t k = 0; k < p->count; k++)
    p->weights[k] = (float)law_unit("weights", (uint64_t)((source * 1000 + iteration) * 100 + k));
}

/* How an instance is had for a call: the same one, or each time a fresh one, which remembers nothing. */
struct cast {
  struct trial *t;
  strait_object *object; /* NULL: a fresh one for each call */
};

static strait_object *enter(const struct cast *cast) {
  return cast->object ? cast->object : trial_object(cast->t, &cast->t->variant[0]);
}
static void leave(const struct cast *cast, strait_object *object) {
  if (!cast->object)
    object_free(object);
}

static int offer_weights(const struct cast *cast, struct play *p, const strait_step *step, int64_t source, int wanted,
                         int last, int path) {
  strait_object *object = enter(cast);
  if (!object)
    return error_failure();
  strait_moment moment = {.size = sizeof moment,
                          .last = (uint32_t)last,
                          .source = source,
                          .wanted = (uint32_t)wanted,
                          .step = *step,
                          .count = p->count,
                          .weights = p->weights};
  fill(p, source, step->iteration);
  gathering_now(p->gathering, path ? NULL : p->statistics, source, step->iteration);
  error_clear();
  int status =
      ((const strait_ensembler_ops *)object_ops(object))->collect(object, &moment, gathering_slots(p->gathering));
  leave(cast, object);
  return status;
}

static int finish_source(const struct cast *cast, struct play *p, int64_t source, int path, int64_t iteration) {
  strait_object *object = enter(cast);
  if (!object)
    return error_failure();
  const strait_ensembler_ops *ops = object_ops(object);
  gathering_now(p->gathering, path ? NULL : p->statistics, source, iteration);
  error_clear();
  int status = ops->finish ? ops->finish(object, source, gathering_slots(p->gathering)) : STRAIT_OK;
  leave(cast, object);
  return status;
}

/* A source: of a training the moments are every fifth iteration and the end, of a path every point. */
static int play_source(const struct cast *cast, struct play *p, const strait_source *s, int64_t number) {
  int path = s->type == STRAIT_SOURCE_PATH, status = STRAIT_OK;
  int64_t end = path ? s->points : s->iterations;
  strait_step step = {sizeof step, 0, 0, path ? end : EPOCH, end};
  if (!path && s->offer_start)
    status = offer_weights(cast, p, &step, number, 1, 0, 0);
  for (int64_t i = 1; i <= end && !status; i++) {
    int wanted = path || i % 5 == 0, last = i == end;
    step.iteration = i;
    if ((wanted || last) && (end < 2000 || i > end - 1000))
      status = offer_weights(cast, p, &step, number, wanted, last, path);
  }
  return status ? status : finish_source(cast, p, number, path, end);
}

/* The members that an offer gives, as a digest. */
static int play_all(const struct cast *cast, const struct offer *o, char digest[33], int64_t *members) {
  struct play p;
  int status = play_make(&p);
  for (int64_t i = 0; i < PLAYED && !status; i++) {
    strait_source source;
    strait_object *object = enter(cast);
    status = object ? ask(object, o, i, &source) : error_failure();
    leave(cast, object);
    if (status || source.type == STRAIT_SOURCE_END)
      break;
    status = play_source(cast, &p, &source, i);
  }
  struct hash *hash = status ? NULL : hash_create();
  *members = status ? 0 : gathering_members(p.gathering);
  for (int64_t i = 0; hash && i < *members; i++) {
    const struct member *m = gathering_member(p.gathering, i);
    hash_bytes(hash, m->weights, (size_t)p.count * sizeof *m->weights);
    hash_integer(hash, m->refresh);
    for (int64_t k = 0; k < p.count; k++)
      if (!isfinite(m->weights[k]))
        status = error_set(STRAIT_EBUG, "member %lld has a weight that is not finite", (long long)i);
  }
  if (hash)
    hash_digest(hash, digest);
  hash_free(hash);
  play_free(&p);
  return status;
}

static int members_of(struct trial *t, strait_object *object) {
  for (int i = 0; i < OFFERS; i++) {
    struct cast cast = {t, object};
    char digest[33], text[80];
    int64_t members;
    if (!accepts(object, &offers[i]))
      continue;
    law_note(t, "%s", offer_text(&offers[i], text));
    if (play_all(&cast, &offers[i], digest, &members) < 0) {
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
FOR_VARIANTS(members)

/* Played with one instance, and with a fresh one for each call: what it kept elsewhere than in slots shows. */
static int slots(struct trial *t) {
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  struct cast one = {t, trial_object(t, &t->variant[0])}, fresh = {t, NULL};
  int verdict = LAW_HOLDS, played = 0;
  if (!one.object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  for (int i = 0; i < OFFERS && verdict == LAW_HOLDS; i++) {
    char a[33] = "", b[33] = "", text[80];
    int64_t members, others;
    if (!accepts(one.object, &offers[i]) || play_all(&one, &offers[i], a, &members) < 0)
      continue;
    played++;
    if (play_all(&fresh, &offers[i], b, &others) < 0 || members != others || strcmp(a, b) != 0)
      verdict = law_fails(
          t, "given %s, its %lld member(s) differ when it is made anew for each call, as when a run is resumed",
          offer_text(&offers[i], text), (long long)members);
  }
  object_free(one.object);
  return verdict || played ? verdict : law_not_run(t, "it takes nothing of what a stage can offer");
}

/* --- for the common laws --- */

static int exercise(struct trial *t, strait_object *object, struct hash *hash) {
  struct cast cast = {t, object};
  for (int i = 0; i < OFFERS; i++) {
    char digest[33] = "";
    int64_t members = 0;
    int status = accepts(object, &offers[i]) ? play_all(&cast, &offers[i], digest, &members) : 1;
    hash_integer(hash, status);
    hash_integer(hash, members);
    hash_text(hash, digest);
  }
  combination_hash(object, hash);
  error_clear();
  return STRAIT_OK;
}

static int touch(struct trial *t, strait_object *object) {
  strait_source source;
  (void)t;
  for (int i = 0; i < OFFERS; i++)
    ask(object, &offers[i], 0, &source);
  error_clear();
  return STRAIT_OK;
}

static const struct law laws[] = {
    {"refusals", "it takes something that a stage can offer, and refuses the rest with a reason", refusals},
    {"ends", "its sources are possible, and come to an end", ends},
    {"pure", "a source is the same whenever it is asked for", pure},
    {"members", "it keeps members, of finite weights", members},
    {"slots", "it keeps nothing between calls but slots", slots},
    {"sum", "combined probabilities add up to 1", combination_sum},
    {"order", "the members' order does not matter to their combination", combination_order},
};
const struct kind_laws ensembler_laws = {laws, sizeof laws / sizeof *laws, NULL, exercise, touch};
