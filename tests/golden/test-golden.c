/* The networks of models/ at full size against PyTorch: parameter counts and names, loss, logits and gradients, in
 * training and evaluation mode, on every kernel set this CPU has, by direct convolutions and by the faster ones. What
 * the files hold and how: make.py. Only the sizes of float32's own errors are in the bounds (PyTorch's, kept in the
 * files); a wrong formula anywhere gives errors of order one. */
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "compute/team.h"
#include "golden.h"
#include "network/program.h"

#include <check.h> /* last: it defines a macro named fail */

#define OK(call) ck_assert_msg((call) >= 0, "%s: %s", #call, error_text())

/* Those that take long come last. */
static const char *const names[] = {"mlp",           "convfc",        "cifarresnet-20",   "preresnet-20",
                                    "preresnet-110", "preresnet-164", "cifarresnet-20-b", "vgg16",
                                    "vgg16-bn",      "vgg19",         "vgg19-bn",         "resnet18-cifar",
                                    "resnet18",      "resnet34",      "resnet50",         "wideresnet-28-10"};
static const char *const kernels[] = {"portable", "avx2", "avx512"};
#define NAMES ((int)(sizeof names / sizeof names[0]))
#define QUICK 5 /* the rest with STRAIT_GOLDEN=all */
#define KERNELS ((int)(sizeof kernels / sizeof kernels[0]))

static const double logits_bound = 1e-4, gradient_bound = 1e-3;

struct bench {
  int exact; /* convolutions are direct sums */
  struct golden golden;
  const char *label;
  struct team *team;
  struct device *device;
  int64_t weights;
  float *gradient;
  float *logits;
  double loss;
};

static void upload_all(struct bench *b, struct program *program) {
  const struct golden *golden = &b->golden;
  const struct layout *weights = network_weights(golden->network), *statistics = network_statistics(golden->network);
  int64_t inputs = golden->batch * golden->signature.dims[0] * golden->signature.dims[1] * golden->signature.dims[2];
  float *vector = malloc((size_t)(weights->count + statistics->count + inputs) * sizeof *vector);
  int32_t *labels = malloc((size_t)golden->batch * sizeof *labels);
  ck_assert(vector && labels);
  golden_fill(golden, weights, vector);
  b->device->ops->upload(b->device, program_weights(program), vector, weights->count);
  golden_fill(golden, statistics, vector);
  b->device->ops->upload(b->device, program_statistics(program), vector, statistics->count);
  golden_input(golden, vector, labels);
  b->device->ops->upload(b->device, program_input(program), vector, inputs);
  b->device->ops->upload(b->device, program_target(program), labels, golden->batch);
  free(vector);
  free(labels);
}

/* One program's loss, logits and, if it trains, gradient. */
static void compute(struct bench *b, int use, int training) {
  struct program *program;
  struct loss_sums sums;
  struct run run = {.samples = b->golden.batch, .batch_statistics = training};
  OK(program_create(&program, b->golden.network, b->device, b->golden.batch, use | (b->exact ? PROGRAM_EXACT : 0), 0));
  upload_all(b, program);
  program_forward(program, &run);
  program_loss(program, &run, &sums);
  b->loss = sums.loss / (double)sums.rows;
  b->device->ops->download(b->device, b->logits, program_output(program),
                           b->golden.batch * b->golden.signature.classes);
  if (use == PROGRAM_TRAIN) {
    program_backward(program, &run);
    b->device->ops->download(b->device, b->gradient, program_gradient(program), b->weights);
  }
  program_free(program);
}

static double next_number(char **line) {
  char *end;
  double value = strtod(*line, &end);
  ck_assert_ptr_ne(*line, end);
  *line = end;
  return value;
}

/* What make.py derives: of PyTorch's own float32 error three times, and three tenths of the error that it has where its
 * weights are moved by ten units; by Winograd's algorithm, whose rounding is ten times as large, ten and three times.
 */
static double bound_of(const struct bench *b, double stated, double float32_error, double of_ten) {
  return fmax(stated, b->exact ? fmax(3 * float32_error, .3 * of_ten) : fmax(10 * float32_error, 3 * of_ten));
}

static void check_logits(const struct bench *b, char *line, double float32_error) {
  int64_t count = b->golden.batch * b->golden.signature.classes;
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < count; i++) {
    double wanted = next_number(&line);
    difference += (b->logits[i] - wanted) * (b->logits[i] - wanted);
    norm += wanted * wanted;
  }
  double error = sqrt(difference / norm);
  ck_assert_msg(error <= bound_of(b, logits_bound, float32_error, 0), "%s: logits differ by %g", b->label, error);
}

/* The error of gradient g against the line's norm, sum and projections, each at most the L2 error of the tensor, the
 * projections in the mean. */
static double tensor_error(const struct segment *s, const float *g, double norm, double sum, double floor, char *line) {
  double squares = 0, got_sum = 0, got[16] = {0}, differences = 0;
  int projections = 0;
  for (int64_t i = 0; i < s->count; i++) {
    uint64_t signs = hash_name_index(s->name, (uint64_t)i);
    squares += (double)g[i] * g[i];
    got_sum += g[i];
    for (int j = 0; j < 16; j++)
      got[j] += signs >> j & 1 ? -g[i] : g[i];
  }
  for (; *line && projections < 16; projections++) {
    double difference = got[projections] - next_number(&line) * 1e-4 * norm;
    differences += difference * difference;
  }
  ck_assert_int_ge(projections, 8);
  double error = fmax(fabs(sqrt(squares) - norm), fabs(got_sum - sum) / sqrt((double)s->count));
  return fmax(error, sqrt(differences / projections)) / fmax(norm, floor);
}

/* "NAME norm sum error p_0 ... p_15", or error/error-of-ten-units; number: of the tensor. */
static void check_tensor(const struct bench *b, char *line, double total, int number) {
  const struct layout *layout = network_weights(b->golden.network);
  ck_assert_int_lt(number, layout->segments);
  const struct segment *s = &layout->segment[number];
  ck_assert_str_eq(strsep(&line, " "), s->name);
  double norm = next_number(&line), sum = next_number(&line), float32_error = next_number(&line), of_ten = 0;
  if (*line == '/') {
    line++;
    of_ten = next_number(&line);
  }
  double error = tensor_error(s, b->gradient + s->offset, norm, sum, 1e-6 * total, line);
  ck_assert_msg(error <= bound_of(b, gradient_bound, float32_error, of_ten),
                "%s: gradient of %s differs by %g, PyTorch's float32 by %g", b->label, s->name, error, float32_error);
}

/* Reads the lines of one mode and compares. */
static void check_mode(struct bench *b, int training) {
  char *word, *line;
  double float32_error = 0, total = 0;
  const int tensors = network_weights(b->golden.network)->segments;
  for (int number = 0; number < tensors;) {
    line = golden_line(&b->golden, &word);
    ck_assert_ptr_nonnull(line);
    if (!strcmp(word, "mode")) {
      ck_assert_str_eq(line, training ? "training" : "evaluation");
      compute(b, PROGRAM_TRAIN, training);
    } else if (!strcmp(word, "loss")) {
      double wanted = next_number(&line);
      ck_assert_msg(fabs(b->loss - wanted) <= logits_bound * wanted, "%s: loss %.9g, not %.9g", b->label, b->loss,
                    wanted);
    } else if (!strcmp(word, "logits-error")) {
      float32_error = next_number(&line);
    } else if (!strcmp(word, "logits")) {
      check_logits(b, line, float32_error);
      if (!training) {
        compute(b, PROGRAM_EVALUATE, 0);
        check_logits(b, line, float32_error);
      }
    } else if (!strcmp(word, "gradient-norm")) {
      total = next_number(&line);
    } else {
      ck_assert_str_eq(word, "tensor");
      check_tensor(b, line, total, number++);
    }
  }
}

START_TEST(networks_equal_pytorch) {
  struct bench b = {.label = names[_i / KERNELS / 2], .exact = _i % 2};
  char path[4096], label[64];
  OK(team_create(&b.team, 2));
  if (device_create(&b.device, NULL, b.team, kernels[_i / 2 % KERNELS]) < 0) {
    team_free(b.team); /* not this CPU's */
    return;
  }
  snprintf(path, sizeof path, "%s/tests/golden/%s.txt", getenv("srcdir") ? getenv("srcdir") : ".", b.label);
  snprintf(label, sizeof label, "%s, %s%s", b.label, kernels[_i / 2 % KERNELS], b.exact ? ", exact" : "");
  b.label = label;
  OK(golden_open(&b.golden, path));
  b.weights = network_weights(b.golden.network)->count;
  ck_assert_int_eq(b.weights, b.golden.parameters);
  b.gradient = malloc((size_t)b.weights * sizeof *b.gradient);
  b.logits = malloc((size_t)(b.golden.batch * b.golden.signature.classes) * sizeof *b.logits);
  ck_assert(b.gradient && b.logits);
  check_mode(&b, 1);
  check_mode(&b, 0);
  ck_assert(b.golden.next == NULL || !*b.golden.next);
  free(b.gradient);
  free(b.logits);
  golden_close(&b.golden);
  device_free(b.device);
  team_free(b.team);
}
END_TEST

int main(void) {
  const char *which = getenv("STRAIT_GOLDEN"), *valgrind = getenv("VALGRIND_COMMAND");
  const int all = which && !strcmp(which, "all"), slow = valgrind && *valgrind;
  const int count = all ? NAMES : slow ? QUICK - 1 : QUICK; /* PreResNet-110 takes half an hour under valgrind */
  Suite *suite = suite_create("golden");
  TCase *tcase = tcase_create("golden");
  tcase_set_timeout(tcase, 600);
  tcase_add_loop_test(tcase, networks_equal_pytorch, 0, count * KERNELS * 2);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
