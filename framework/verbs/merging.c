/* verbs/merging.c: see merging.h, which has the formulas. */
#include "verbs/merging.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "compute/random.h"

static double weight_of(const struct merging *m, int64_t i) { return m->weight ? m->weight[i] : 1; }

/* --- means --- */

/* After each: mean += v / (sum of v so far) (w - mean). */
static int merge_mean(const struct merging *m, float *one, float *result) {
  double sum = 0;
  int status = STRAIT_OK;
  memset(result, 0, (size_t)m->layout->count * sizeof *result);
  for (int64_t i = 0; !status && i < m->count; i++) {
    const double weight = weight_of(m, i);
    if (weight == 0 || (status = m->load(m->context, i, one)))
      continue;
    sum += weight;
    for (int64_t k = 0; k < m->layout->count; k++)
      result[k] = (float)((double)result[k] + weight / sum * ((double)one[k] - (double)result[k]));
  }
  return status;
}

static int merge_ema(const struct merging *m, float *one, float *result) {
  int status = m->load(m->context, 0, result);
  for (int64_t i = 1; !status && i < m->count; i++) {
    status = m->load(m->context, i, one);
    for (int64_t k = 0; !status && k < m->layout->count; k++)
      result[k] = (float)(m->decay * (double)result[k] + (1 - m->decay) * (double)one[k]);
  }
  return status;
}

static double dot(const float *a, const float *b, int64_t count) {
  double sum = 0;
  for (int64_t k = 0; k < count; k++)
    sum += (double)a[k] * (double)b[k];
  return sum;
}

/* Nearer than this to one line, the angle says nothing. */
#define STRAIGHT 0.9995

static int merge_slerp(const struct merging *m, float *one, float *result) {
  int status = m->load(m->context, 0, result);
  if (!status)
    status = m->load(m->context, 1, one);
  for (int s = 0; !status && s < m->layout->segments; s++) {
    const int64_t count = m->layout->segment[s].count;
    float *a = result + m->layout->segment[s].offset;
    const float *b = one + m->layout->segment[s].offset;
    const double length = sqrt(dot(a, a, count)) * sqrt(dot(b, b, count));
    const double cosine = length > 0 ? dot(a, b, count) / length : 1;
    double x = 1 - m->t, y = m->t;
    if (fabs(cosine) <= STRAIGHT) {
      const double angle = acos(cosine);
      x = sin((1 - m->t) * angle) / sin(angle);
      y = sin(m->t * angle) / sin(angle);
    }
    for (int64_t k = 0; k < count; k++)
      a[k] = (float)(x * (double)a[k] + y * (double)b[k]);
  }
  return status;
}

/* --- differences from the base --- */

static int load_difference(const struct merging *m, int64_t i, float *one) {
  int status = m->load(m->context, i, one);
  for (int64_t k = 0; !status && k < m->layout->count; k++)
    one[k] = (float)((double)one[k] - (double)m->base[k]);
  return status;
}

/* Of a difference, what DARE leaves of it. */
static void drop_some(const struct merging *m, int64_t i, float *one) {
  const struct stream stream = stream_of(m->seed, "dare", (uint64_t)i);
  for (int64_t k = 0; k < m->layout->count; k++)
    one[k] = stream_double(&stream, (uint64_t)k) < m->drop ? 0 : (float)((double)one[k] / (1 - m->drop));
}

/* Task arithmetic and DARE. */
static int merge_tasks(const struct merging *m, float *one, float *result) {
  int status = STRAIT_OK;
  memcpy(result, m->base, (size_t)m->layout->count * sizeof *result);
  for (int64_t i = 0; !status && i < m->count; i++) {
    const double weight = m->scale * weight_of(m, i);
    status = load_difference(m, i, one);
    if (!status && m->method == MERGE_DARE)
      drop_some(m, i, one);
    for (int64_t k = 0; !status && k < m->layout->count; k++)
      result[k] = (float)((double)result[k] + weight * (double)one[k]);
  }
  return status;
}

static int falling(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x < y) - (x > y);
}

/* Leaves the `keep` largest of a tensor; of equal ones the first. room: as many floats. */
static void trim(float *x, int64_t count, int64_t keep, float *room) {
  int64_t above = 0;
  if (keep >= count)
    return;
  for (int64_t k = 0; k < count; k++)
    room[k] = fabsf(x[k]);
  qsort(room, (size_t)count, sizeof *room, falling);
  const float least = room[keep - 1];
  for (int64_t k = 0; k < count; k++)
    above += fabsf(x[k]) > least;
  for (int64_t k = 0, equal = keep - above; k < count; k++) {
    const float size = fabsf(x[k]);
    if (size < least || (size == least && equal-- <= 0))
      x[k] = 0;
  }
}

static int load_trimmed(const struct merging *m, int64_t i, float *one, float *room) {
  int status = load_difference(m, i, one);
  for (int s = 0; !status && s < m->layout->segments; s++) {
    const struct segment *segment = &m->layout->segment[s];
    const int64_t keep = (int64_t)(m->density * (double)segment->count);
    trim(one + segment->offset, segment->count, keep < 1 ? 1 : keep, room);
  }
  return status;
}

static int merge_ties(const struct merging *m, float *one, float *result) {
  const int64_t count = m->layout->count;
  float *room = memory_alloc((size_t)count, sizeof *room), *elected = memory_alloc((size_t)count, sizeof *elected);
  float *shares = memory_alloc((size_t)count, sizeof *shares);
  int status = room && elected && shares ? STRAIT_OK : error_failure();
  for (int64_t i = 0; !status && i < m->count; i++) {
    status = load_trimmed(m, i, one, room);
    for (int64_t k = 0; !status && k < count; k++)
      elected[k] = (float)((double)elected[k] + weight_of(m, i) * (double)one[k]);
  }
  memset(result, 0, (size_t)count * sizeof *result);
  for (int64_t i = 0; !status && i < m->count; i++) {
    status = load_trimmed(m, i, one, room);
    for (int64_t k = 0; !status && k < count; k++)
      if (elected[k] < 0 ? one[k] < 0 : one[k] > 0) {
        result[k] = (float)((double)result[k] + weight_of(m, i) * (double)one[k]);
        shares[k] = (float)((double)shares[k] + weight_of(m, i));
      }
  }
  for (int64_t k = 0; !status && k < count; k++)
    result[k] = (float)((double)m->base[k] + m->scale * (double)result[k] / (shares[k] == 0 ? 1 : (double)shares[k]));
  memory_free(shares);
  memory_free(elected);
  memory_free(room);
  return status;
}

/* The cosines of all pairs at once: |sum of d_i / |d_i| |^2 = N + N (N-1) c. A difference of 0 has no direction, and
 * counts as one at right angles to all. */
static int merge_stock(const struct merging *m, float *one, float *result) {
  const double n = (double)m->count;
  float *directions = memory_alloc((size_t)m->layout->count, sizeof *directions);
  double *lengths = memory_alloc((size_t)m->layout->segments, sizeof *lengths); /* how many have a direction */
  int status = directions && lengths ? STRAIT_OK : error_failure();
  memset(result, 0, (size_t)m->layout->count * sizeof *result);
  for (int64_t i = 0; !status && i < m->count; i++) {
    status = load_difference(m, i, one);
    for (int s = 0; !status && s < m->layout->segments; s++) {
      const struct segment *segment = &m->layout->segment[s];
      const float *d = one + segment->offset;
      const double length = sqrt(dot(d, d, segment->count));
      lengths[s] += length > 0;
      for (int64_t k = 0; k < segment->count; k++) {
        float *mean = result + segment->offset + k, *sum = directions + segment->offset + k;
        *mean = (float)((double)*mean + ((double)d[k] - (double)*mean) / (double)(i + 1));
        *sum = (float)((double)*sum + (length > 0 ? (double)d[k] / length : 0));
      }
    }
  }
  for (int s = 0; !status && s < m->layout->segments; s++) {
    const struct segment *segment = &m->layout->segment[s];
    const float *sum = directions + segment->offset;
    const double cosine = (dot(sum, sum, segment->count) - lengths[s]) / (n * (n - 1));
    const double bottom = 1 + (n - 1) * cosine;
    const double share = bottom > 1e-6 ? n * cosine / bottom : 0; /* they cancel out: nothing but the base is left */
    for (int64_t k = segment->offset; k < segment->offset + segment->count; k++)
      result[k] = (float)((double)m->base[k] + share * (double)result[k]);
  }
  memory_free(lengths);
  memory_free(directions);
  return status;
}

int merge(const struct merging *m, float *result) {
  float *one = memory_alloc((size_t)m->layout->count, sizeof *one);
  int status;
  if (!one)
    return error_failure();
  switch (m->method) {
  case MERGE_SLERP:
    status = merge_slerp(m, one, result);
    break;
  case MERGE_EMA:
    status = merge_ema(m, one, result);
    break;
  case MERGE_TASK:
  case MERGE_DARE:
    status = merge_tasks(m, one, result);
    break;
  case MERGE_TIES:
    status = merge_ties(m, one, result);
    break;
  case MERGE_STOCK:
    status = merge_stock(m, one, result);
    break;
  default:
    status = merge_mean(m, one, result);
  }
  memory_free(one);
  return status;
}
