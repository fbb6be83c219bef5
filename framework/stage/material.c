/* stage/material.c: the cache of open data sets and networks. Reads data; writes nothing. */
#include "stage/material.h"

#include <string.h>

#include "base/error.h"
#include "stage/plugins.h"
#include "stage/session.h"

/* What is open, each under the text that says what it is. */
struct open_data {
  char *text;
  strait_object *object;
  struct data *data;
};
struct open_network {
  char *text;
  strait_object *object;
  struct network *network;
};
struct materials {
  struct arena *arena;
  struct open_data *data;
  size_t data_count, data_capacity;
  struct open_network *network;
  size_t network_count, network_capacity;
};

struct materials *materials_create(void) {
  struct materials *m = memory_alloc(1, sizeof *m);
  if (m && !(m->arena = arena_create())) {
    memory_free(m);
    return NULL;
  }
  return m;
}

void materials_free(struct materials *m) {
  if (!m)
    return;
  for (size_t i = 0; i < m->network_count; i++) {
    network_free(m->network[i].network);
    object_free(m->network[i].object);
  }
  for (size_t i = 0; i < m->data_count; i++) {
    data_free(m->data[i].data);
    object_free(m->data[i].object);
  }
  memory_free(m->network);
  memory_free(m->data);
  arena_free(m->arena);
  memory_free(m);
}

/* "digits 1.0 path=...; limit=0 ...; noise 1" */
static char *data_text(struct arena *arena, const struct stage *stage) {
  struct text text = {0};
  text_add(&text, "%s", stage->choice[STRAIT_DATASET].full);
  for (uint32_t i = 0; i < data_options.count; i++) {
    strait_option option = option_at(&data_options, i);
    const char *value = options_text(&option, &stage->data, arena);
    if (!value)
      text.status = text.status ? text.status : STRAIT_ENOMEM;
    else
      text_add(&text, "; %s=%s", option.name, value);
  }
  text_add(&text, "; noise=%lld", (long long)stage->seeds.noise);
  char *copy = text.status ? NULL : arena_copy(arena, text.data);
  text_free(&text);
  return copy;
}

static int open_data(struct session *session, const struct stage *stage, struct open_data **found) {
  struct materials *m = session->materials;
  char *text = data_text(m->arena, stage);
  if (!text)
    return error_failure();
  for (size_t i = 0; i < m->data_count; i++)
    if (strcmp(m->data[i].text, text) == 0)
      return *found = &m->data[i], STRAIT_OK;
  struct open_data made = {.text = text};
  int status = memory_grow(&m->data, &m->data_capacity, m->data_count + 1, sizeof *m->data);
  if (!status)
    status = stage_object(stage, STRAIT_DATASET, 0, &made.object);
  if (!status)
    status = data_open(&made.data, made.object, session->registry, &stage->data, (uint64_t)stage->seeds.noise);
  if (status) {
    object_free(made.object);
    return status;
  }
  m->data[m->data_count] = made;
  *found = &m->data[m->data_count++];
  return STRAIT_OK;
}

static struct signature signature_of(const struct data *data) {
  const strait_split *split = data_describe(data);
  struct signature s = {.rank = split->rank,
                        .target = split->target,
                        .classes = split->classes,
                        .element = split->element == STRAIT_I32 ? STRAIT_I32 : STRAIT_F32};
  memcpy(s.dims, split->dims, sizeof s.dims);
  return s;
}

static int open_network(struct session *session, const struct stage *stage, const struct data *data,
                        struct open_network **found) {
  struct materials *m = session->materials;
  struct signature signature = signature_of(data);
  struct text text = {0};
  text_add(&text, "%s; target %u, classes %lld, element %u, shape", stage->choice[STRAIT_MODEL].full,
           (unsigned)signature.target, (long long)signature.classes, (unsigned)signature.element);
  for (uint32_t i = 0; i < signature.rank; i++)
    text_add(&text, " %lld", (long long)signature.dims[i]);
  char *name = text.status ? NULL : arena_copy(m->arena, text.data);
  text_free(&text);
  if (!name)
    return error_failure();
  for (size_t i = 0; i < m->network_count; i++)
    if (strcmp(m->network[i].text, name) == 0)
      return *found = &m->network[i], STRAIT_OK;
  struct open_network made = {.text = name};
  int status = memory_grow(&m->network, &m->network_capacity, m->network_count + 1, sizeof *m->network);
  if (!status)
    status = stage_object(stage, STRAIT_MODEL, 0, &made.object);
  if (!status)
    status = network_create(&made.network, made.object, &signature);
  if (status) {
    object_free(made.object);
    return status;
  }
  m->network[m->network_count] = made;
  *found = &m->network[m->network_count++];
  return STRAIT_OK;
}

int material_find(struct session *session, const struct stage *stage, struct material **material) {
  struct open_data *data = NULL;
  struct open_network *network = NULL;
  int status = open_data(session, stage, &data);
  if (!status && stage->optimiser.batch > 0)
    status = data_check_batch(data->data, stage->optimiser.batch);
  if (!status)
    status = open_network(session, stage, data->data, &network);
  if (status)
    return status;
  struct material *m = arena_alloc(session->materials->arena, 1, sizeof *m);
  if (!m)
    return error_failure();
  m->data = data->data;
  m->network = network->network;
  m->model = network->object;
  data_fingerprint(m->data, m->fingerprint);
  *material = m;
  return STRAIT_OK;
}

int64_t stage_epoch(const struct stage *stage) { return data_epoch(stage->material->data, stage->optimiser.batch); }
