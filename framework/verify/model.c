/* verify/model.c: the laws of models (strait/model.h) that need no memory: graphs and shapes. Gradients are in
 * gradient.c. */
#include "verify/model.h"
#include "verify/operation.h"

#include <string.h>

#include "base/error.h"

#define IMAGES(c, h, w, k)                                                                                             \
  { 3, {c, h, w}, STRAIT_TARGET_CLASS, k, 0 }
#define VECTORS(n, k)                                                                                                  \
  { 1, {n}, STRAIT_TARGET_CLASS, k, 0 }
#define TOKENS(n, k)                                                                                                   \
  { 1, {n}, STRAIT_TARGET_CLASSES, k, STRAIT_I32 }

/* What data look like: a model builds for some of these at least. */
const struct signature model_data[] = {VECTORS(16, 3),         IMAGES(1, 8, 8, 10),       IMAGES(3, 16, 16, 10),
                                       IMAGES(1, 28, 28, 10),  IMAGES(3, 32, 32, 10),     IMAGES(3, 32, 32, 100),
                                       IMAGES(3, 64, 64, 200), IMAGES(3, 224, 224, 1000), TOKENS(6, 11)};
const int model_data_count = sizeof model_data / sizeof *model_data;

/* Those of them that every corner of the options is tried with. */
static const int model_corner_data[] = {0, 3, 4, 8};
enum { CORNER_DATA = sizeof model_corner_data / sizeof *model_corner_data };

/* Shapes that few models can serve. */
static const struct signature odd[] = {VECTORS(1, 1),       VECTORS(2, 2),        IMAGES(1, 1, 1, 1),
                                       IMAGES(3, 1, 1, 10), IMAGES(1, 2, 2, 2),   IMAGES(3, 1, 40, 10),
                                       IMAGES(3, 5, 3, 10), IMAGES(17, 7, 7, 10), IMAGES(1, 2000, 3, 5)};

const char *signature_text(const struct signature *s, char text[SIGNATURE_TEXT]) {
  struct text all = {0};
  text_add(&all, "samples of (");
  for (uint32_t i = 0; i < s->rank; i++)
    text_add(&all, "%s%lld", i ? ", " : "", (long long)s->dims[i]);
  text_add(&all, ") in %lld classes", (long long)s->classes);
  strncpy(text, all.data ? all.data : "", SIGNATURE_TEXT - 1);
  text[SIGNATURE_TEXT - 1] = 0;
  text_free(&all);
  return text;
}

/* A network, or a refusal; LAW_FAILS when that has no reason. */
static int try_build(struct trial *t, const strait_object *object, const struct signature *s,
                     struct network **network) {
  char text[SIGNATURE_TEXT];
  error_clear();
  law_note(t, "%s", signature_text(s, text));
  if (network_create(network, object, s) == STRAIT_OK || error_status() != STRAIT_EBUG)
    return law_holds(t);
  return law_fails_with_error(t, signature_text(s, text));
}

/* --- every corner of the options builds --- */

static int check_builds(struct trial *t, strait_object *object) {
  int built = 0, verdict = LAW_HOLDS;
  for (int i = 0; i < model_data_count && verdict == LAW_HOLDS; i++) {
    struct network *network;
    verdict = try_build(t, object, &model_data[i], &network);
    built += network != NULL;
    network_free(network);
  }
  if (verdict == LAW_HOLDS && !built)
    verdict = law_fails(t, "it builds for none of %d kinds of data, the last being refused as: %s", model_data_count,
                        error_text());
  return verdict;
}

/* Mixed corners: the options' limits in combinations, as many as there are up to MIXED. The values' order is that of
 * the index's digits, so that a few options are exhausted, and of many a spread is tried. */
enum { MIXED = 48, VALUES = 16, OPTIONS = 32 };

struct corners {
  struct option_table table;
  const char *values[OPTIONS][VALUES];
  size_t counts[OPTIONS];
  double all; /* combinations */
};

static void corners_make(const struct trial *t, struct corners *c) {
  c->table = class_options(t->found.cls);
  c->all = 1;
  for (uint32_t i = 0; i < c->table.count && i < OPTIONS; i++) {
    strait_option option = option_at(&c->table, i);
    int fixed = option.type == STRAIT_OPT_STRING || option.type == STRAIT_OPT_PATH || option.type == STRAIT_OPT_STRINGS;
    c->counts[i] = fixed ? 0 : variants_within(t, &option, c->values[i], VALUES);
    c->all *= c->counts[i] ? (double)c->counts[i] : 1;
  }
}

static int corner_variant(struct trial *t, const struct corners *c, uint64_t number, struct variant *variant) {
  *variant = t->variant[0];
  struct text text = {0};
  for (uint32_t i = 0; i < c->table.count && i < OPTIONS; i++) {
    if (!c->counts[i])
      continue;
    strait_option option = option_at(&c->table, i);
    const char *value = c->values[i][number % c->counts[i]];
    number /= c->counts[i];
    text_add(&text, "%s%s = %.40s", text.length ? ", " : "", option.name, value);
    if (variant_add(t, variant, option.name, value))
      return text_free(&text), error_failure();
  }
  variant->text = arena_copy(t->arena, text.data ? text.data : "");
  text_free(&text);
  return variant->text ? STRAIT_OK : error_failure();
}

static int check_corner(struct trial *t, const struct corners *c, uint64_t number) {
  struct variant variant;
  if (corner_variant(t, c, number, &variant))
    return law_not_run(t, "%s", error_text());
  strait_object *object = trial_object(t, &variant);
  if (!object) /* refused by init, with a reason: see limits */
    return law_holds(t);
  law_note(t, "%s", variant.text);
  int verdict = LAW_HOLDS;
  for (int i = 0; i < CORNER_DATA && verdict == LAW_HOLDS; i++) {
    struct network *network;
    verdict = try_build(t, object, &model_data[model_corner_data[i]], &network);
    network_free(network);
  }
  object_free(object);
  if (verdict != LAW_FAILS)
    return verdict;
  char *evidence = arena_copy(t->arena, t->evidence.data);
  return law_fails(t, "at %s: %s", variant.text, evidence ? evidence : "");
}

/* The options as set must build; at their limits a refusal with a reason is as good. */
static int model_builds(struct trial *t) {
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  if (!object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  int verdict = check_builds(t, object);
  object_free(object);
  struct corners *c = memory_alloc(1, sizeof *c);
  if (c && t->corners && class_options(t->found.cls).count) {
    corners_make(t, c);
    for (uint64_t i = 0; i < MIXED && (double)i < c->all && verdict == LAW_HOLDS; i++)
      verdict = check_corner(t, c, c->all <= MIXED ? i : law_bits("corner", i) >> 8);
  }
  memory_free(c);
  return verdict;
}

/* --- the same graph again --- */

static int model_twice(struct trial *t, strait_object *object) {
  void *before = bytes_of(object);
  int verdict = before ? LAW_HOLDS : law_not_run(t, "%s", error_text());
  for (int i = 0; i < CORNER_DATA && verdict == LAW_HOLDS; i++) {
    const struct signature *data = &model_data[model_corner_data[i]];
    struct network *first, *second = NULL;
    char text[SIGNATURE_TEXT];
    network_create(&first, object, data);
    network_create(&second, object, data);
    if (!first != !second)
      verdict = law_fails(t, "%s: built %s, refused %s", signature_text(data, text), first ? "once" : "the second time",
                          first ? "the second time" : "once");
    else if (first && network_same(first, second))
      verdict = law_fails(t, "%s: %s", signature_text(data, text), error_text());
    network_free(first);
    network_free(second);
  }
  if (verdict == LAW_HOLDS && bytes_changed(object, before))
    verdict = law_fails(t, "build changed the instance");
  memory_free(before);
  return verdict;
}
FOR_VARIANTS(model_twice)

/* --- impossible shapes --- */

static int model_shapes(struct trial *t) {
  int verdict = LAW_HOLDS;
  if (!t->found.cls)
    return law_not_run(t, "it was not opened");
  strait_object *object = trial_object(t, &t->variant[0]);
  if (!object)
    return law_not_run(t, "no instance could be made: %s", error_text());
  for (size_t i = 0; i < sizeof odd / sizeof *odd && verdict == LAW_HOLDS; i++) {
    struct network *network;
    verdict = try_build(t, object, &odd[i], &network);
    network_free(network);
  }
  object_free(object);
  return verdict;
}

/* --- for the common laws --- */

/* The least network that it builds for the data above, counted in multiply-adds; NULL when there is none below `most`
 * weights. smallest: the fewest weights of all. */
struct network *model_least(const strait_object *object, int64_t most, int64_t *smallest) {
  struct network *least = NULL;
  *smallest = -1;
  for (int i = 0; i < model_data_count; i++) {
    struct network *network;
    error_clear();
    if (network_create(&network, object, &model_data[i]))
      continue;
    int64_t count = network_weights(network)->count;
    if (*smallest < 0 || count < *smallest)
      *smallest = count;
    if (count >= most || (least && network_multiply_adds(least) <= network_multiply_adds(network))) {
      network_free(network);
      continue;
    }
    network_free(least);
    least = network;
  }
  return least;
}

static int model_exercise(struct trial *t, strait_object *object, struct hash *hash) {
  for (int i = 0; i < model_data_count; i++) {
    struct network *network;
    network_create(&network, object, &model_data[i]);
    hash_integer(hash, network ? network_weights(network)->count : -1);
    for (int k = 0; network && k < network_weights(network)->segments; k++) {
      const struct segment *s = &network_weights(network)->segment[k];
      hash_text(hash, s->name);
      hash_bytes(hash, s->dims, s->rank * sizeof *s->dims);
      hash_bytes(hash, &s->init_value, sizeof s->init_value);
    }
    network_free(network);
    trial_watch(t);
  }
  error_clear();
  return model_pass(t, object, hash);
}

static const struct law laws[] = {
    {"builds", "it builds as set, and builds or refuses with a reason at every corner of its options", model_builds},
    {"twice", "build gives the same graph every time", model_twice_law},
    {"shapes", "shapes that it cannot serve are refused with a reason", model_shapes},
    {"operations", "its own operations are pure functions of a block, sample by sample", operation_blocks},
    {"backward", "their backward passes agree with differences of the forward passes", operation_slopes},
    {"threads", "several threads at once get from them what one gets", operation_threads},
    {"gradient", "gradients agree with differences of the loss", model_gradient},
};
const struct kind_laws model_laws = {.law = laws, .count = sizeof laws / sizeof *laws, .exercise = model_exercise};
