/* verify/ensembler.c: the laws of an ensembler's sources (strait/ensembler.h); those of its members are in
 * collection.c, of combined predictions in combination.c. */
#include "verify/ensembler.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { SOURCES = 100000 };
const struct offer offers[OFFERS] = {{0, 0, 200}, {1, 0, 200}, {3, 0, 400}, {0, 1, 0}, {0, 3, 0}, {1, 1, 200}};
static const int64_t spent[] = {20, 30, 40};

const char *offer_text(const struct offer *o, char text[80]) {
  snprintf(text, 80, "%lld start(s), %lld path(s), a budget of %lld iterations", (long long)o->starts,
           (long long)o->paths, (long long)o->budget);
  return text;
}

/* Fields that the host fills are lent; the rest is the answer. */
int offer_ask(const strait_object *object, const struct offer *offer, int64_t index, strait_source *source) {
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
  if (source->given_starts != offer->starts || source->given_paths != offer->paths ||
      source->given_budget != offer->budget || source->epoch_iterations != EPOCH || source->start_spent != starts ||
      memcmp(starts, spent, (size_t)offer->starts * sizeof *starts) != 0)
    status = error_set(STRAIT_EBUG, "source() writes to what it is given: given_..., epoch_iterations or start_spent");
  source->start_spent = NULL;
  return status;
}

int offer_accepted(const strait_object *object, const struct offer *offer) {
  strait_source source;
  return offer_ask(object, offer, 0, &source) == STRAIT_OK;
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
    return law_fails(t, "given %s, source %lld starts from start %lld", given, number, (long long)s->start);
  return s->seed_offset < 0
             ? law_fails(t, "given %s, source %lld has the seed offset %lld", given, number, (long long)s->seed_offset)
             : law_holds(t);
}

static int ends_for(struct trial *t, const strait_object *object, const struct offer *o) {
  char text[80];
  for (int64_t i = 0; i <= SOURCES; i++) {
    strait_source source;
    int status = offer_ask(object, o, i, &source);
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

static int ensembler_ends(struct trial *t, strait_object *object) {
  int verdict = LAW_HOLDS;
  for (int i = 0; i < OFFERS && verdict == LAW_HOLDS; i++) {
    char text[80];
    law_note(t, "%s", offer_text(&offers[i], text));
    if (offer_accepted(object, &offers[i]))
      verdict = ends_for(t, object, &offers[i]);
  }
  return verdict;
}
FOR_VARIANTS(ensembler_ends)

/* What a stage does not offer is refused with a reason; something that a stage can offer is taken. */
static int check_refusals(struct trial *t, strait_object *object) {
  for (int i = 0; i < OFFERS; i++) {
    char text[80];
    if (offer_accepted(object, &offers[i]))
      continue;
    if (error_status() == STRAIT_EBUG)
      return law_fails_with_error(t, offer_text(&offers[i], text));
    if (!*error_text())
      return law_fails(t, "%s: refused, without a word (strait_fail says why)", offer_text(&offers[i], text));
  }
  return law_holds(t);
}

static int ensembler_refusals(struct trial *t) {
  int taken = 0;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  for (int i = 0; object && i < OFFERS; i++)
    taken += offer_accepted(object, &offers[i]);
  if (!object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  object_free(object);
  return taken ? for_variants(t, check_refusals)
               : law_fails(t, "it takes nothing of what a stage can offer, the last refused as: %s", error_text());
}

static int same_source(const strait_source *a, const strait_source *b) { return memcmp(a, b, sizeof *a) == 0; }

/* Each offer's sources in their order; then all of them in another, offers mixed. */
static int check_pure(struct trial *t, const strait_object *object) {
  enum { LOOK = 8, ASKED = OFFERS * LOOK, TURNS = 4 };
  strait_source first[ASKED], again;
  int status[ASKED];
  int64_t order[ASKED];
  char text[80];
  for (int i = 0; i < ASKED; i++)
    status[i] = offer_ask(object, &offers[i / LOOK], i % LOOK, &first[i]);
  for (uint64_t turn = 0; turn < TURNS; turn++) {
    law_shuffle(order, ASKED, turn);
    for (int k = 0; k < ASKED; k++) {
      int i = (int)order[k];
      if (offer_ask(object, &offers[i / LOOK], i % LOOK, &again) != status[i] ||
          (status[i] >= 0 && !same_source(&first[i], &again)))
        return law_fails(t, "given %s, source %d is another when it is asked for again",
                         offer_text(&offers[i / LOOK], text), i % LOOK);
    }
  }
  return law_holds(t);
}

static int ensembler_pure(struct trial *t, strait_object *object) {
  void *before = bytes_of(object);
  int verdict = before ? LAW_HOLDS : law_not_run(t, "%s", error_text());
  verdict = verdict ? verdict : check_pure(t, object);
  if (verdict == LAW_HOLDS && bytes_changed(object, before))
    verdict = law_fails(t, "a call changed the instance");
  memory_free(before);
  return verdict;
}
FOR_VARIANTS(ensembler_pure)

/* --- for the common laws --- */

static int ensembler_exercise(struct trial *t, strait_object *object, struct hash *hash) {
  collection_hash(t, object, hash);
  combination_hash(object, hash);
  error_clear();
  return STRAIT_OK;
}

static int ensembler_touch(struct trial *t, strait_object *object) {
  (void)t;
  for (int i = 0; i < OFFERS; i++)
    offer_accepted(object, &offers[i]);
  error_clear();
  return STRAIT_OK;
}

static const struct law laws[] = {
    {"refusals", "it takes something that a stage can offer, and refuses the rest with a reason", ensembler_refusals},
    {"ends", "its sources are possible, and come to an end", ensembler_ends_law},
    {"pure", "a source is the same whenever it is asked for", ensembler_pure_law},
    {"members", "it keeps members, of finite weights, and writes to nothing but slots", collection_members},
    {"slots", "it keeps nothing between calls but slots", collection_slots},
    {"sum", "combined probabilities add up to 1", combination_sum},
    {"order", "the members' order does not matter to their combination", combination_order},
    {"rows", "each row is combined by itself", combination_rows},
};
const struct kind_laws ensembler_laws = {
    .law = laws, .count = sizeof laws / sizeof *laws, .exercise = ensembler_exercise, .touch = ensembler_touch};
