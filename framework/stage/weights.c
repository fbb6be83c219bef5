/* stage/weights.c: reads the weights that references and routes stand for. Writes nothing. */
#include "stage/weights.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "stage/key.h"
#include "stage/plugins.h"
#include "stage/spent.h"
#include "train/checkpoint.h"
#include "train/moments.h"

/* --- files --- */

/* A file of a moment of a stage that trains; of one that does not, which has no last iteration, its final weights. */
static char *train_file(const struct session *session, const struct stage *train, int64_t iteration, const char *suffix,
                        struct arena *arena) {
  const struct moments moments = {
      .folder = stage_folder(session, train, arena), .arena = arena, .epoch = stage_epoch(train), .end = train->end};
  if (!train->end)
    return moments.folder ? arena_format(arena, "%s/final%s", moments.folder, suffix) : NULL;
  return moments.folder ? moment_file(&moments, (struct moment){.iteration = iteration}, suffix) : NULL;
}

char *control_file(const struct session *session, const struct stage *connect, int point, struct arena *arena) {
  const char *folder = stage_folder(session, connect, arena);
  return folder ? arena_format(arena, "%s/point-%d.safetensors", folder, point) : NULL;
}

static char *member_file(const struct session *session, const struct stage *ensemble, int64_t member,
                         struct arena *arena) {
  const char *folder = stage_folder(session, ensemble, arena);
  return folder ? arena_format(arena, "%s/member-%lld.safetensors", folder, (long long)member) : NULL;
}

/* --- references --- */

int reference_count(const struct session *session, const struct reference *r, int64_t *count) {
  *count = 1;
  if (r->type != REFERENCE_MEMBERS)
    return STRAIT_OK;
  struct arena *arena = arena_create();
  const char *file = NULL;
  int64_t n = 0;
  while (arena && (file = member_file(session, r->stage, n, arena)) && file_exists(file))
    n++;
  int status = file ? STRAIT_OK : error_failure();
  arena_free(arena);
  if (!status && n == 0)
    status = error_set(STRAIT_EINVAL, "'%s': the ensemble has no members", r->text);
  *count = n;
  return status;
}

/* w(t) of a path, bit for bit what a scan measures there. */
static int load_on(const struct session *session, const struct route *route, double t, const struct network *network,
                   float *theta, float *statistics) {
  struct loaded_path loaded = {0};
  int status = route_load(session, route, network, &loaded);
  if (!status)
    path_weights(&loaded.path, t, theta);
  if (!status && statistics)
    path_combine(&loaded.path, t, (const float *const *)loaded.statistics, network_statistics(network)->count,
                 statistics);
  route_unload(&loaded);
  return status;
}

/* t of a connect stage's curve. */
static int load_point(const struct session *session, const struct reference *r, const struct network *network,
                      float *theta, float *statistics) {
  const struct route route = {.type = ROUTE_CURVE, .text = r->name, .name = r->name, .stage = r->stage};
  return load_on(session, &route, r->t, network, theta, statistics);
}

static void add_share(float *sum, const float *x, int64_t count, double share) {
  for (int64_t i = 0; i < count; i++)
    sum[i] = (float)((double)sum[i] + share * ((double)x[i] - (double)sum[i]));
}

/* The mean of all parts' weights, in order: after the k-th, mean += (w - mean) / k. Where parts are weighted, the sum
 * of share_k w_k, in double: partial sums of shares may be 0. */
struct mean {
  int64_t count;
  float *mean, *one;
  double *sum; /* NULL: alike */
};

static int mean_begin(struct mean *m, int64_t count, float *into, int weighted) {
  *m = (struct mean){.count = count, .mean = into, .one = memory_alloc((size_t)count, sizeof *m->one)};
  if (weighted)
    m->sum = memory_alloc((size_t)count, sizeof *m->sum);
  if (into)
    memset(into, 0, (size_t)count * sizeof *into);
  return m->one && (m->sum || !weighted) ? STRAIT_OK : error_failure();
}

static void mean_add(struct mean *m, double share, int64_t k) {
  if (!m->sum)
    add_share(m->mean, m->one, m->count, 1. / (double)k);
  for (int64_t i = 0; m->sum && i < m->count; i++)
    m->sum[i] += share * (double)m->one[i];
}

static void mean_end(struct mean *m) {
  for (int64_t i = 0; m->sum && m->mean && i < m->count; i++)
    m->mean[i] = (float)m->sum[i];
  memory_free(m->sum);
  memory_free(m->one);
}

/* What one of the networks that part i stands for weighs, the parts' shares counted once for each of these; an error
 * where these sum to 0. */
static int shares_of(const struct session *session, const struct reference *r, double *share) {
  double sum = 0, size = 0;
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < r->count; i++) {
    int64_t count;
    status = reference_count(session, r->parts[i], &count);
    if (status)
      break;
    share[i] = r->shares ? r->shares[i] : 1;
    sum += share[i] * (double)count;
    size += fabs(share[i]) * (double)count;
  }
  if (!status && fabs(sum) <= 1e-9 * size)
    return error_set(STRAIT_EINVAL, "the weights of its networks are divided by their sum, and this is 0");
  for (size_t i = 0; i < r->count; i++)
    share[i] /= sum;
  return status;
}

static int load_mean(const struct session *session, const struct reference *r, const struct network *network,
                     float *theta, float *statistics) {
  struct mean weights, buffers;
  int64_t k = 0;
  double *share = memory_alloc(r->count, sizeof *share);
  int status = mean_begin(&weights, network_weights(network)->count, theta, r->shares != NULL);
  int other = mean_begin(&buffers, network_statistics(network)->count, statistics, r->shares != NULL);
  if (!status && !(status = other))
    status = share ? shares_of(session, r, share) : error_failure();
  for (size_t i = 0; !status && i < r->count; i++) {
    int64_t count;
    status = reference_count(session, r->parts[i], &count);
    for (int64_t j = 0; !status && j < count; j++) {
      status = reference_load(session, r->parts[i], j, network, weights.one, statistics ? buffers.one : NULL);
      if (status)
        break;
      mean_add(&weights, share[i], ++k);
      if (statistics)
        mean_add(&buffers, share[i], k);
    }
  }
  mean_end(&buffers);
  mean_end(&weights);
  memory_free(share);
  return status;
}

static int load_initial(const struct session *session, const struct stage *train, const struct network *network,
                        float *theta, float *statistics) {
  if (train->start)
    return reference_load(session, train->start, 0, network, theta, statistics);
  float *room = statistics ? statistics : memory_alloc((size_t)network_statistics(network)->count, sizeof *room);
  if (!room)
    return error_failure();
  network_initialise(network, seed_of(&train->seeds, train->seeds.init), theta, room);
  if (!statistics)
    memory_free(room);
  return STRAIT_OK;
}

/* A file of this stage's results cannot be used: who is told that wants to know what to do. */
static int unusable(const struct stage *stage, int status) {
  if (status != STRAIT_EFORMAT && status != STRAIT_EINVAL && status != STRAIT_ENOTSUP)
    return status;
  return error_wrap("weights of %s cannot be used; bring the file back, or remove the folder of %s and run again",
                    stage->name, stage->name);
}

/* stage: whose results the file is among; NULL: anybody's. */
static int load_file(const struct stage *stage, const char *file, const struct network *network, float *theta,
                     float *statistics) {
  if (!file)
    return error_failure();
  if (!stage)
    return checkpoint_read_weights(file, network, theta, statistics, NULL, 0);
  const struct made made = stage_made(stage);
  int status = checkpoint_read_weights(file, network, theta, statistics, made.pairs, 2);
  return status ? unusable(stage, status) : STRAIT_OK;
}

int reference_load(const struct session *session, const struct reference *r, int64_t index,
                   const struct network *network, float *theta, float *statistics) {
  struct arena *arena = arena_create();
  const char *file;
  int status;
  if (!arena)
    return error_failure();
  switch (r->type) {
  case REFERENCE_FINAL:
  case REFERENCE_EPOCH:
  case REFERENCE_ITERATION:
    if (reference_iteration(r) <= r->stage->first && r->stage->end > r->stage->first) {
      status = load_initial(session, r->stage, network, theta, statistics);
      break;
    }
    file = train_file(session, r->stage, reference_iteration(r), ".safetensors", arena);
    status = load_file(r->stage, file, network, theta, statistics);
    break;
  case REFERENCE_MEMBER:
  case REFERENCE_MEMBERS:
    file = member_file(session, r->stage, r->type == REFERENCE_MEMBER ? r->number : index, arena);
    if (file && !file_exists(file))
      status = error_set(STRAIT_EINVAL, "\"%s\" has no member %lld", r->name, (long long)r->number);
    else
      status = load_file(r->stage, file, network, theta, statistics);
    break;
  case REFERENCE_CONTROL:
    status = load_file(r->stage, control_file(session, r->stage, (int)r->number, arena), network, theta, statistics);
    break;
  case REFERENCE_POINT:
    status = load_point(session, r, network, theta, statistics);
    break;
  case REFERENCE_ALONG:
    status = load_on(session, r->along, r->t, network, theta, statistics);
    break;
  case REFERENCE_MEAN:
    status = load_mean(session, r, network, theta, statistics);
    break;
  default:
    status = load_file(NULL, r->path, network, theta, statistics);
  }
  arena_free(arena);
  return status ? error_wrap("'%s'", r->text) : STRAIT_OK;
}

int reference_load_state(const struct session *session, const struct reference *r, const struct network *network,
                         struct snapshot *snapshot) {
  int moment = r->type == REFERENCE_FINAL || r->type == REFERENCE_EPOCH || r->type == REFERENCE_ITERATION;
  int status = reference_load(session, r, 0, network, snapshot->theta[0], snapshot->statistics);
  snapshot->iteration = snapshot->updates = 0;
  if (status || !moment || reference_iteration(r) == 0)
    return status;
  if (reference_iteration(r) == r->stage->first) { /* where it went on from another training */
    if (r->stage->start)
      return reference_load_state(session, r->stage->start, network, snapshot);
    return STRAIT_OK;
  }
  struct arena *arena = arena_create();
  char *file = arena ? train_file(session, r->stage, reference_iteration(r), MOMENT_STATE, arena) : NULL;
  const struct made made = stage_made(r->stage);
  status = file ? checkpoint_read_state(file, snapshot, made.pairs, 2) : error_failure();
  if (status)
    status = unusable(r->stage, status);
  arena_free(arena);
  return status ? error_wrap("'%s'", r->text) : STRAIT_OK;
}

int references_expand(const struct session *session, struct reference *const *references, size_t count,
                      struct arena *arena, struct weights_name **names, size_t *expanded) {
  size_t total = 0, n = 0;
  int64_t k;
  for (size_t i = 0; i < count; i++) {
    if (reference_count(session, references[i], &k))
      return error_failure();
    total += (size_t)k;
  }
  struct weights_name *found = arena_alloc(arena, total, sizeof *found);
  if (!found)
    return error_failure();
  for (size_t i = 0; i < count; i++) {
    const struct reference *r = references[i];
    if (reference_count(session, r, &k))
      return error_failure();
    for (int64_t j = 0; j < k && n < total; j++) {
      const char *text =
          r->type == REFERENCE_MEMBERS ? arena_format(arena, "%s[%lld]", r->name, (long long)j) : r->text;
      found[n++] = (struct weights_name){r, j, text};
      if (!text)
        return error_failure();
    }
  }
  *names = found;
  *expanded = n;
  return STRAIT_OK;
}

/* --- paths --- */

static int make_room(struct loaded_path *loaded, int points, const struct network *network) {
  loaded->path.points = points;
  loaded->path.count = network_weights(network)->count;
  loaded->theta = memory_alloc((size_t)points, sizeof *loaded->theta);
  loaded->statistics = memory_alloc((size_t)points, sizeof *loaded->statistics);
  if (!loaded->theta || !loaded->statistics)
    return error_failure();
  for (int i = 0; i < points; i++) {
    loaded->theta[i] = memory_alloc((size_t)loaded->path.count, sizeof **loaded->theta);
    loaded->statistics[i] = memory_alloc((size_t)network_statistics(network)->count, sizeof **loaded->statistics);
    if (!loaded->theta[i] || !loaded->statistics[i])
      return error_failure();
  }
  loaded->path.theta = (const float *const *)loaded->theta;
  loaded->path.statistics = (const float *const *)loaded->statistics;
  return STRAIT_OK;
}

static int load_curve(const struct session *session, const struct route *route, const struct network *network,
                      struct loaded_path *loaded) {
  int points, status = curve_points(route->stage, &points);
  struct arena *arena = arena_create();
  if (!status)
    status = stage_object(route->stage, STRAIT_CURVE, 0, &loaded->curve);
  if (!status)
    status = arena ? make_room(loaded, points, network) : error_failure();
  loaded->path.curve = loaded->curve;
  for (int i = 0; !status && i < points; i++)
    status = load_file(route->stage, control_file(session, route->stage, i, arena), network, loaded->theta[i],
                       loaded->statistics[i]);
  arena_free(arena);
  return status;
}

/* What stays where it is along the path: from the first end's into the other's. */
static void hold(const struct route *route, const struct layout *layout, const float *first, float *other) {
  for (int i = 0; route->only_count && i < layout->segments; i++) {
    const struct segment *s = &layout->segment[i];
    if (!route_moves(route, s->name))
      memcpy(other + s->offset, first + s->offset, (size_t)s->count * sizeof *other);
  }
}

static int load_chain(const struct session *session, const struct route *route, const struct network *network,
                      struct loaded_path *loaded) {
  struct arena *arena = arena_create();
  struct weights_name *names;
  size_t n = 0;
  int status = arena ? references_expand(session, route->parts, route->count, arena, &names, &n) : error_failure();
  if (!status && (n < 2 || n > PATH_POINTS))
    status = error_set(STRAIT_EINVAL, "it goes through %zu weights; 2 to %d are possible", n, PATH_POINTS);
  if (!status)
    status = make_room(loaded, (int)n, network);
  for (size_t i = 0; !status && i < n; i++)
    status =
        reference_load(session, names[i].reference, names[i].index, network, loaded->theta[i], loaded->statistics[i]);
  for (size_t i = 1; !status && i < n; i++) {
    hold(route, network_weights(network), loaded->theta[0], loaded->theta[i]);
    hold(route, network_statistics(network), loaded->statistics[0], loaded->statistics[i]);
  }
  arena_free(arena);
  return status;
}

int route_load(const struct session *session, const struct route *route, const struct network *network,
               struct loaded_path *loaded) {
  loaded->path.name = route->text;
  int status = route->type == ROUTE_CURVE ? load_curve(session, route, network, loaded)
                                          : load_chain(session, route, network, loaded);
  if (!status)
    status = path_check(&loaded->path);
  return status;
}

void route_unload(struct loaded_path *loaded) {
  for (int i = 0; i < loaded->path.points; i++) {
    if (loaded->theta)
      memory_free(loaded->theta[i]);
    if (loaded->statistics)
      memory_free(loaded->statistics[i]);
  }
  memory_free(loaded->theta);
  memory_free(loaded->statistics);
  object_free(loaded->curve);
  *loaded = (struct loaded_path){0};
}
