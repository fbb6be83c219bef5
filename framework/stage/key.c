/* stage/key.c: a stage's key, the hash of what decides its results: resolved option values, plugin names and versions,
 * the keys of the stages it refers to, the data's fingerprint and the numerics version. Not in it: the stage's name,
 * threads, paths, logging, and which checkpoints are kept; nor, for a verb that trains, how its weights are measured
 * afterwards, which has a hash of its own. */
#include "stage/key.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "experiment/verb.h"
#include "stage/material.h"
#include "stage/spent.h"

/* Own keys that name other stages (hashed as what they stand for) or that only say what is kept, or what
 * is done where there would be no result. */
int key_leaves_out(const struct stage *stage, const char *option) {
  static const char *const left_out[] = {"keep",          "checkpoint-every", "checkpoint-limit",
                                         "on-divergence", "seed.noise",       "seed.subset"};
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
    if (strcmp(option, left_out[i]) == 0)
      return 1;
  for (int i = 0; stage->verb->reference_keys[i]; i++)
    if (strcmp(option, stage->verb->reference_keys[i]) == 0)
      return 1;
  return 0;
}

/* Keys that came later: at their defaults they change nothing, and results from before are still current. */
static int is_default_of_later(const strait_option *option, const char *text) {
  static const char *const later[] = {"loss",     "shards", "weight-decay-dims", "eval.streams", "eval.test-streams",
                                      "eval.tail"};
  for (size_t i = 0; i < sizeof later / sizeof *later; i++)
    if (strcmp(option->name, later[i]) == 0)
      return strcmp(text, option->value) == 0;
  return 0;
}

static int hash_table(struct hash *hash, const struct stage *stage, const struct option_table *table,
                      const void *values, struct arena *arena) {
  for (uint32_t i = 0; i < table->count; i++) {
    strait_option option = option_at(table, i);
    if (key_leaves_out(stage, option.name))
      continue;
    const char *text = options_text(&option, values, arena);
    if (!text)
      return error_failure();
    if (is_default_of_later(&option, text))
      continue;
    hash_text(hash, option.name);
    hash_text(hash, text);
  }
  return STRAIT_OK;
}

static int hash_file(struct hash *hash, const char *path) {
  char *data = NULL, digest[33];
  size_t length;
  int status = file_read(path, INT64_C(1) << 40, &data, &length);
  if (status)
    return status;
  hash_of(data, length, digest);
  hash_text(hash, digest);
  memory_free(data);
  return STRAIT_OK;
}

/* What a reference stands for, whatever its stage is called. */
static int hash_reference(struct hash *hash, const struct reference *r) {
  hash_integer(hash, r->type == REFERENCE_EPOCH ? REFERENCE_ITERATION : r->type);
  if (r->stage)
    hash_text(hash, r->stage->key);
  if (r->type == REFERENCE_EPOCH || r->type == REFERENCE_ITERATION)
    hash_integer(hash, reference_iteration(r));
  else
    hash_integer(hash, r->number);
  hash_bytes(hash, &r->t, sizeof r->t);
  hash_integer(hash, (int64_t)r->count);
  for (size_t i = 0; r->shares && i < r->count; i++)
    hash_bytes(hash, &r->shares[i], sizeof r->shares[i]);
  if (r->along)
    hash_integer(hash, r->along->type);
  for (size_t i = 0; r->along && i < r->along->only_count; i++)
    hash_text(hash, r->along->only[i]);
  int status = r->path ? hash_file(hash, r->path) : STRAIT_OK;
  for (size_t i = 0; !status && i < r->count; i++)
    status = hash_reference(hash, r->parts[i]);
  return status;
}

/* Results of paths lie in folders of the paths' names, so these enter too. */
static int hash_route(struct hash *hash, const struct route *route) {
  hash_integer(hash, route->type);
  hash_text(hash, route->text);
  if (route->stage)
    hash_text(hash, route->stage->key);
  hash_integer(hash, (int64_t)route->count);
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < route->count; i++)
    status = hash_reference(hash, route->parts[i]);
  return status;
}

static int hash_everything(struct hash *hash, struct stage *stage, struct arena *arena) {
  struct key_table tables[8];
  int n = verb_tables(stage->verb, tables), status = STRAIT_OK, apart = stage->verb->measured_apart;
  hash_integer(hash, NUMERICS_VERSION);
  hash_text(hash, stage->verb->name);
  for (int i = 0; !status && i < n; i++)
    if (!apart || tables[i].table != &evaluate_options)
      status = hash_table(hash, stage, tables[i].table, tables[i].values(stage), arena);
  if (!status && !(stage->verb->takes & TAKES_OPTIMISER)) /* taken over from the base: batch and regulariser */
    status = hash_table(hash, stage, &optimiser_options, &stage->optimiser, arena);
  for (uint32_t kind = 1; !status && kind < KINDS; kind++)
    hash_text(hash, stage->choice[kind].cls ? stage->choice[kind].text : "");
  hash_integer(hash, stage->seeds.noise);
  hash_integer(hash, apart ? 0 : stage->seeds.subset);
  hash_text(hash, stage->material->fingerprint);
  hash_integer(hash, (int64_t)stage->reference_count);
  for (size_t i = 0; !status && i < stage->reference_count; i++)
    status = hash_reference(hash, stage->references[i]);
  hash_integer(hash, (int64_t)stage->route_count);
  for (size_t i = 0; !status && i < stage->route_count; i++)
    status = hash_route(hash, stage->routes[i]);
  for (size_t i = 0; !status && i < stage->need_count; i++) { /* whose names stand in the results */
    hash_text(hash, stage->needs[i]->name);
    hash_text(hash, stage->needs[i]->key);
    hash_text(hash, stage->needs[i]->measured);
  }
  return status;
}

/* How the stage measures: the evaluation keys, and the draw of their subsets. */
static int hash_measuring(struct hash *hash, struct stage *stage, struct arena *arena) {
  hash_text(hash, stage->key);
  hash_integer(hash, stage->seeds.subset);
  return hash_table(hash, stage, &evaluate_options, &stage->evaluation, arena);
}

int stage_key(struct stage *stage) {
  struct hash *hash = hash_create();
  struct arena *arena = arena_create();
  int status = hash && arena ? hash_everything(hash, stage, arena) : error_failure();
  if (!status)
    hash_digest(hash, stage->key);
  if (!status && stage->verb->measured_apart && (status = hash_measuring(hash, stage, arena)) == STRAIT_OK)
    hash_digest(hash, stage->measured);
  arena_free(arena);
  if (hash)
    hash_free(hash);
  return status;
}

struct made stage_made(const struct stage *stage) {
  return (struct made){{{"strait.key", stage->key}, {"strait.numerics", NUMERICS_TEXT}}};
}

/* --- the same for people --- */

static int describe_table(json_t *keys, const struct option_table *table, const void *values, struct arena *arena) {
  for (uint32_t i = 0; i < table->count; i++) {
    strait_option option = option_at(table, i);
    const char *text = options_text(&option, values, arena);
    if (!text || json_object_set_new(keys, option.name, json_string(text)))
      return text ? error_set(STRAIT_ENOMEM, "out of memory") : error_failure();
  }
  return STRAIT_OK;
}

static int describe_references(const struct stage *stage, json_t *into) {
  int failed = 0;
  for (size_t i = 0; i < stage->reference_count; i++)
    if (stage->references[i]->stage)
      failed |= json_object_set_new(into, stage->references[i]->name, json_string(stage->references[i]->stage->key));
  for (size_t i = 0; i < stage->route_count; i++)
    if (stage->routes[i]->stage)
      failed |= json_object_set_new(into, stage->routes[i]->name, json_string(stage->routes[i]->stage->key));
  for (size_t i = 0; i < stage->need_count; i++)
    failed |= json_object_set_new(into, stage->needs[i]->name, json_string(stage->needs[i]->key));
  return failed ? error_set(STRAIT_ENOMEM, "out of memory") : STRAIT_OK;
}

json_t *stage_describe(const struct stage *stage) {
  struct arena *arena = arena_create();
  json_t *plugins = json_object(), *keys = json_object(), *needs = json_object();
  struct key_table tables[8];
  int n = verb_tables(stage->verb, tables), status = arena ? STRAIT_OK : error_failure();
  for (uint32_t kind = 1; !status && kind < KINDS; kind++)
    if (stage->choice[kind].cls)
      json_object_set_new(plugins, kind_name(kind), json_string(stage->choice[kind].full));
  for (int i = 0; !status && i < n; i++)
    status = describe_table(keys, tables[i].table, tables[i].values((struct stage *)stage), arena);
  if (!status)
    status = describe_references(stage, needs);
  arena_free(arena);
  json_t *whole = status ? NULL
                         : json_pack("{s:s, s:s, s:i, s:s, s:O, s:O, s:O}", "verb", stage->verb->name, "key",
                                     stage->key, "numerics", NUMERICS_VERSION, "data", stage->material->fingerprint,
                                     "plugins", plugins, "keys", keys, "needs", needs);
  json_decref(plugins);
  json_decref(keys);
  json_decref(needs);
  if (!whole && !status)
    error_set(STRAIT_ENOMEM, "out of memory");
  return whole;
}
