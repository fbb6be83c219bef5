/* landscape/quality.c: how good class probabilities are. Pure arithmetic, in double, in row order. */
#include "landscape/quality.h"

#include <float.h>
#include <math.h>

#include "base/error.h"

static int64_t predicted(const float *p, int64_t classes) {
  int64_t best = 0;
  for (int64_t c = 1; c < classes; c++)
    if (p[c] > p[best])
      best = c;
  return best;
}

void judge(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels, struct metrics *metrics) {
  double nll = 0;
  int64_t errors = 0;
  for (int64_t i = 0; i < rows; i++) {
    const float *p = probabilities + i * classes;
    double right = (double)p[labels[i]];
    nll -= log(right < (double)FLT_MIN ? (double)FLT_MIN : right);
    errors += predicted(p, classes) != labels[i] || isnan(right);
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

void mean_of_two(int64_t count, const float *a, const float *b, float *mean) {
  for (int64_t i = 0; i < count; i++)
    mean[i] = (float)(((double)a[i] + (double)b[i]) / 2);
}

/* --- temperature --- */

#define COLDEST .01
#define HOTTEST 100.
enum { STEPS = 100 };

/* One row at b = 1/T: -log of the label's scaled probability, and its first two derivatives by b. z: log p. */
static double row_nll(const double *z, int64_t classes, int32_t label, double b, double *first, double *second) {
  double top = z[0], sum = 0, mean = 0, square = 0;
  for (int64_t c = 1; c < classes; c++)
    top = z[c] > top ? z[c] : top;
  for (int64_t c = 0; c < classes; c++) {
    double above = z[c] - top, e = exp(b * above);
    sum += e, mean += e * above, square += e * above * above;
  }
  mean /= sum, square /= sum;
  *first += mean - (z[label] - top);
  *second += square - mean * mean;
  /* cppcheck-suppress invalidFunctionArg ; the greatest adds 1 */
  return log(sum) - b * (z[label] - top);
}

struct part {
  int64_t rows, classes, first, stride; /* rows first, first + stride, ... */
  const double *z;
  const int32_t *labels;
};

static double part_nll(const struct part *h, double b, double *first, double *second) {
  double nll = 0;
  *first = *second = 0;
  for (int64_t i = h->first; i < h->rows; i += h->stride)
    nll += row_nll(h->z + i * h->classes, h->classes, h->labels[i], b, first, second);
  return nll;
}

/* The nll is convex in b = 1/T, so it is least where its derivative is 0, or at a limit. Newton's steps on log b; the
 * bracket is halved where one leaves it, and later on at every other step, so that it always ends. */
static double fit(const struct part *h) {
  double low = log(1 / HOTTEST), high = log(1 / COLDEST), at = 0, first, second;
  part_nll(h, 1 / COLDEST, &first, &second);
  if (first <= 0)
    return COLDEST;
  part_nll(h, 1 / HOTTEST, &first, &second);
  if (first >= 0)
    return HOTTEST;
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

static double *logarithms(int64_t count, const float *probabilities) {
  double *z = memory_alloc((size_t)count, sizeof *z);
  for (int64_t i = 0; z && i < count; i++)
    z[i] = log(probabilities[i] < FLT_MIN ? (double)FLT_MIN : (double)probabilities[i]);
  return z;
}

int fit_temperature(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
                    double *temperature) {
  double *z = logarithms(rows * classes, probabilities);
  const struct part all = {rows, classes, 0, 1, z, labels};
  *temperature = z && rows ? fit(&all) : 1;
  memory_free(z);
  return z ? STRAIT_OK : error_failure();
}

void temper(int64_t rows, int64_t classes, double temperature, float *probabilities) {
  for (int64_t i = 0; i < rows; i++) {
    float *p = probabilities + i * classes;
    double top = (double)p[predicted(p, classes)], sum = 0;
    for (int64_t c = 0; c < classes; c++)
      sum += pow((double)p[c] / top, 1 / temperature);
    for (int64_t c = 0; c < classes; c++)
      p[c] = (float)(pow((double)p[c] / top, 1 / temperature) / sum);
  }
}

int calibrate(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels, double *temperature,
              double *nll) {
  double *z = logarithms(rows * classes, probabilities), fitted[2] = {0}, sum = 0, first, second;
  *temperature = *nll = NAN;
  if (!z)
    return error_failure();
  for (int half = 0; rows > 1 && half < 2; half++) {
    struct part own = {rows, classes, half, 2, z, labels}, other = {rows, classes, 1 - half, 2, z, labels};
    fitted[half] = fit(&own);
    sum += part_nll(&other, 1 / fitted[half], &first, &second);
  }
  if (rows > 1) {
    *temperature = (fitted[0] + fitted[1]) / 2;
    *nll = sum / (double)rows;
  }
  memory_free(z);
  return STRAIT_OK;
}

/* --- all of it --- */

enum { BINS = 15 };
static double calibration_error(int64_t rows, int64_t classes, const float *p, const int32_t *labels) {
  double confidence[BINS] = {0}, right[BINS] = {0}, sum = 0;
  for (int64_t i = 0; i < rows; i++) {
    int64_t best = predicted(p + i * classes, classes);
    double sure = (double)p[i * classes + best];
    int bin = (int)ceil(sure * BINS) - 1;
    bin = bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
    confidence[bin] += sure;
    right[bin] += best == labels[i];
  }
  for (int bin = 0; bin < BINS; bin++)
    sum += fabs(confidence[bin] - right[bin]);
  return sum / (double)rows;
}

static double brier(int64_t rows, int64_t classes, const float *p, const int32_t *labels) {
  double sum = 0;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t c = 0; c < classes; c++) {
      double off = (double)p[i * classes + c] - (c == labels[i]);
      sum += off * off;
    }
  return sum / (double)rows;
}

int quality_of(int64_t rows, int64_t classes, const float *probabilities, const int32_t *labels,
               struct quality *quality) {
  *quality = (struct quality){NAN, NAN, NAN, NAN};
  if (rows < 1)
    return STRAIT_OK;
  quality->brier = brier(rows, classes, probabilities, labels);
  quality->ece = calibration_error(rows, classes, probabilities, labels);
  return calibrate(rows, classes, probabilities, labels, &quality->temperature, &quality->calibrated_nll);
}
