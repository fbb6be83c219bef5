/* landscape/quality.c: how good predictions are. Pure arithmetic, in double, in row order. */
#include "landscape/quality.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "landscape/halves.h"

static int64_t predicted(const float *p, int64_t classes) {
  int64_t best = 0;
  for (int64_t c = 1; c < classes; c++)
    if (p[c] > p[best])
      best = c;
  return best;
}

void judge(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, struct metrics *metrics) {
  double nll = 0;
  int64_t errors = 0;
  for (int64_t i = 0; i < rows; i++) {
    const float *z = logs + i * classes;
    nll -= (double)z[labels[i]];
    errors += predicted(z, classes) != labels[i] || isnan(z[labels[i]]);
  }
  metrics->samples = rows;
  metrics->nll = metrics->loss = rows ? nll / (double)rows : NAN;
  metrics->error = rows ? 100.0 * (double)errors / (double)rows : NAN;
}

double disagreement(int64_t rows, int64_t classes, const float *a, const float *b) {
  int64_t different = 0;
  for (int64_t i = 0; i < rows; i++)
    different += predicted(a + i * classes, classes) != predicted(b + i * classes, classes);
  return rows ? (double)different / (double)rows : NAN;
}

/* --- means of probabilities --- */

/* So that a sum is the same bits for any order that the numbers come in. */
static void sort(float *x, int64_t count) {
  for (int64_t gap = count / 2; gap > 0; gap /= 2)
    for (int64_t i = gap; i < count; i++) {
      float value = x[i];
      int64_t k = i;
      for (; k >= gap && x[k - gap] > value; k -= gap)
        x[k] = x[k - gap];
      x[k] = value;
    }
}

double log_mean(int64_t count, float *x, const double *w) {
  double top = -INFINITY, sum = 0;
  if (!w)
    sort(x, count);
  for (int64_t m = 0; m < count; m++) {
    if (isnan(x[m]))
      return NAN;
    if ((!w || w[m] > 0) && (double)x[m] > top)
      top = (double)x[m];
  }
  if (isinf(top))
    return top;
  for (int64_t m = 0; m < count; m++)
    sum += w ? w[m] * exp((double)x[m] - top) : exp((double)x[m] - top);
  return top + log(w ? sum : sum / (double)count);
}

void mean_of_two(int64_t count, const float *a, const float *b, float *mean) {
  for (int64_t i = 0; i < count; i++) {
    float x[2] = {a[i], b[i]};
    mean[i] = (float)log_mean(2, x, NULL);
  }
}

/* --- temperature --- */

enum { STEPS = 200 };

/* One row at b = 1/T: -log of the label's scaled probability, and its first two derivatives by b. */
static double row_nll(const float *z, int64_t classes, int32_t label, double b, double *first, double *second) {
  double top = (double)z[0], sum = 0, mean = 0, square = 0;
  for (int64_t c = 1; c < classes; c++)
    top = (double)z[c] > top ? (double)z[c] : top;
  for (int64_t c = 0; c < classes; c++) {
    double above = (double)z[c] - top, e = exp(b * above);
    if (e == 0)
      continue; /* also where `above` is infinite */
    sum += e, mean += e * above, square += e * above * above;
  }
  mean /= sum, square /= sum;
  *first += mean - ((double)z[label] - top);
  *second += square - mean * mean;
  /* cppcheck-suppress invalidFunctionArg ; the greatest adds 1 */
  return log(sum) - b * ((double)z[label] - top);
}

struct part {
  int64_t rows, classes, first, stride; /* rows first, first + stride, ... */
  const float *z;
  const int32_t *labels;
};

static double part_nll(const struct part *h, double b, double *first, double *second) {
  double nll = 0;
  *first = *second = 0;
  for (int64_t i = h->first; i < h->rows; i += h->stride)
    nll += row_nll(h->z + i * h->classes, h->classes, h->labels[i], b, first, second);
  return nll;
}

/* Is some label less probable than another class? If none is, the nll falls for ever as b grows. */
static int has_error(const struct part *h) {
  for (int64_t i = h->first; i < h->rows; i += h->stride) {
    const float *z = h->z + i * h->classes;
    if (z[predicted(z, h->classes)] > z[h->labels[i]])
      return 1;
  }
  return 0;
}

static int has_nan(const struct part *h) {
  for (int64_t i = h->first; i < h->rows; i += h->stride)
    for (int64_t c = 0; c < h->classes; c++)
      if (isnan(h->z[i * h->classes + c]))
        return 1;
  return 0;
}

/* The size of log p: what b has to be counted in, whatever factor the logits have. */
static double spread(const struct part *h) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = h->first; i < h->rows; i += h->stride) {
    const float *z = h->z + i * h->classes;
    const double top = (double)z[predicted(z, h->classes)];
    for (int64_t c = 0; c < h->classes; c++)
      if (isfinite(z[c]))
        sum += top - (double)z[c], count++;
  }
  return sum > 0 ? sum / (double)count : 1;
}

#define HOTTEST 1e6 /* spreads: there all classes are alike to 1e-6 */
#define COLDEST 1e-6

/* The nll is convex in b = 1/T, so it is least where its derivative is 0. Newton's steps on log b; the bracket is
 * halved where one leaves it, and later on at every other step, so that it always ends. The part has an error. */
static double fit(const struct part *h) {
  const double scale = spread(h);
  double low = log(1 / (HOTTEST * scale)), high = log(1 / (COLDEST * scale)), at = -log(scale), first, second;
  part_nll(h, exp(low), &first, &second);
  if (first >= 0)
    return exp(-low);
  part_nll(h, exp(high), &first, &second);
  if (first <= 0)
    return exp(-high);
  for (int k = 0; k < STEPS && high - low > 1e-12; k++) {
    double b = exp(at);
    part_nll(h, b, &first, &second);
    if (first > 0)
      high = at;
    else
      low = at;
    double slope = b * first, bend = b * b * second + b * first;
    double next = bend > 0 && !(k > 20 && k & 1) ? at - slope / bend : low - 1;
    if (!(next > low && next < high))
      next = (low + high) / 2;
    if (fabs(next - at) < 1e-13)
      break;
    at = next;
  }
  return exp(-at);
}

int fit_temperature(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, double *temperature) {
  const struct part all = {rows, classes, 0, 1, logs, labels};
  *temperature = has_nan(&all) ? NAN : has_error(&all) ? fit(&all) : 1;
  return STRAIT_OK;
}

void temper(int64_t rows, int64_t classes, double temperature, float *logs) {
  for (int64_t i = 0; i < rows && temperature != 1; i++) {
    float *z = logs + i * classes;
    const double top = (double)z[predicted(z, classes)];
    double sum = 0;
    for (int64_t c = 0; c < classes; c++)
      sum += exp(((double)z[c] - top) / temperature);
    for (int64_t c = 0; c < classes; c++)
      z[c] = (float)(((double)z[c] - top) / temperature - log(sum));
  }
}

/* Of rows whose even and odd places are the halves. */
static void calibrate_halves(int64_t rows, int64_t classes, const float *logs, const int32_t *labels,
                             double *temperature, double *nll, const char **why) {
  const struct part all = {rows, classes, 0, 1, logs, labels};
  double sum = 0, mean = 0, first, second;
  *why = NULL;
  *temperature = *nll = NAN;
  if (rows < 1 || has_nan(&all))
    return;
  const double before = part_nll(&all, 1, &first, &second);
  if (rows < 2)
    *why = "of one sample there are no two halves";
  for (int half = 0; !*why && half < 2; half++) {
    const struct part own = {rows, classes, half, 2, logs, labels}, other = {rows, classes, 1 - half, 2, logs, labels};
    if (!has_error(&own)) {
      *why = "half of the samples have no error, so that no temperature is best for them";
      break;
    }
    const double fitted = fit(&own);
    mean += fitted / 2;
    sum += part_nll(&other, 1 / fitted, &first, &second);
  }
  if (!*why && sum > 2 * before)
    *why = "the temperature of each half more than doubles the other's nll: they are too few samples";
  *temperature = *why ? 1 : mean;
  *nll = (*why ? before : sum) / (double)rows;
}

int calibrate(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, double *temperature, double *nll,
              const char **why) {
  int64_t *order = memory_alloc((size_t)rows, sizeof *order);
  float *taken = memory_alloc((size_t)(rows * classes), sizeof *taken);
  int32_t *taken_labels = memory_alloc((size_t)rows, sizeof *taken_labels);
  int status = order && taken && taken_labels ? halves_order(rows, classes, labels, order) : error_failure();
  for (int64_t i = 0; !status && i < rows; i++) {
    taken_labels[i] = labels[order[i]];
    memcpy(taken + i * classes, logs + order[i] * classes, (size_t)classes * sizeof *taken);
  }
  if (!status)
    calibrate_halves(rows, classes, taken, taken_labels, temperature, nll, why);
  memory_free(order);
  memory_free(taken);
  memory_free(taken_labels);
  return status;
}

/* --- all of it --- */

enum { BINS = CONFIDENCE_BINS };
#define ON_BORDER 1e-6
static double calibration_error(int64_t rows, int64_t classes, const float *logs, const int32_t *labels,
                                struct reliability bins[BINS]) {
  double confidence[BINS] = {0}, right[BINS] = {0}, sum = 0;
  for (int64_t i = 0; i < rows; i++) {
    const float *z = logs + i * classes;
    int64_t best = predicted(z, classes);
    double sure = exp((double)z[best]);
    if (isnan(sure))
      return NAN;
    int bin = (int)ceil(sure * BINS - ON_BORDER) - 1;
    bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
    confidence[bin] += sure;
    right[bin] += best == labels[i];
    bins[bin].count++;
  }
  for (int bin = 0; bin < BINS; bin++) {
    sum += fabs(confidence[bin] - right[bin]);
    bins[bin].confidence = confidence[bin] / (double)bins[bin].count; /* 0 / 0 is NaN */
    bins[bin].accuracy = right[bin] / (double)bins[bin].count;
  }
  return sum / (double)rows;
}

static double brier(int64_t rows, int64_t classes, const float *logs, const int32_t *labels) {
  double sum = 0;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t c = 0; c < classes; c++) {
      double off = exp((double)logs[i * classes + c]) - (c == labels[i]);
      sum += off * off;
    }
  return sum / (double)rows;
}

int quality_of(int64_t rows, int64_t classes, const float *logs, const int32_t *labels, struct quality *quality) {
  *quality = (struct quality){.brier = NAN, .ece = NAN, .temperature = NAN, .calibrated_nll = NAN};
  if (rows < 1)
    return STRAIT_OK;
  quality->brier = brier(rows, classes, logs, labels);
  quality->ece = calibration_error(rows, classes, logs, labels, quality->bins);
  return calibrate(rows, classes, logs, labels, &quality->temperature, &quality->calibrated_nll,
                   &quality->uncalibrated);
}
