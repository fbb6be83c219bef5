/* Weights and states in files: there and back bit for bit, and what is refused with which words. */
#include "fixture.h"

#include "../data/sequence.h"

#include <math.h>

#include "base/file.h"
#include "train/checkpoint.h"

static char folder[512];
static void setup(void) { make_folder(folder, sizeof folder); }
static void teardown(void) { ck_assert_int_eq(file_remove_tree(folder), STRAIT_OK); }
static const char *in_folder(const char *name) {
  static char path[600];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static const struct wanted plain = {.limit = 60, .iterations = 10, .norm = 1};
static const struct wanted curve = {.limit = 60, .iterations = 10, .norm = 1, .curve = "bezier"};

START_TEST(test_weights) {
  struct fixture f = make(&plain);
  struct snapshot *s = train(&f, 5);
  const struct metadata metadata[] = {{"epoch", "1"}};
  struct arrays *file;
  float *theta = memory_alloc((size_t)s->count, sizeof(float));
  float *statistics = memory_alloc((size_t)s->buffers, sizeof(float));
  OK(checkpoint_write_weights(in_folder("w"), f.network, s->theta[0], s->statistics, metadata, 1));
  OK(checkpoint_read_weights(in_folder("w"), f.network, theta, statistics, NULL, 0));
  ck_assert_mem_eq(theta, s->theta[0], (size_t)s->count * sizeof(float));
  ck_assert_mem_eq(statistics, s->statistics, (size_t)s->buffers * sizeof(float));

  /* What torch would see: its names and shapes. */
  OK(safetensors_read(&file, in_folder("w")));
  const struct array *a = arrays_find(file, "fc1.weight");
  ck_assert(a && a->rank == 2 && a->dims[0] == 12 && a->dims[1] == 64);
  a = arrays_find(file, "bn1.running_var");
  ck_assert(a && a->rank == 1 && a->dims[0] == 12);
  ck_assert_int_eq(arrays_count(file), 8); /* fc1, bn1 and out by two, and bn1's statistics */
  ck_assert_str_eq(arrays_metadata(file, "epoch"), "1");
  ck_assert_str_eq(arrays_metadata(file, "strait.model"), "tiny");
  arrays_free(file);
  memory_free(theta);
  memory_free(statistics);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

/* A file as others write it: tensors in another order, torch's counters among them, or without statistics. */
START_TEST(test_foreign_files) {
  struct fixture f = make(&plain);
  struct snapshot *s = train(&f, 5);
  struct arrays *file;
  struct array shuffled[9];
  const int64_t batches[] = {5};
  float *theta = memory_alloc((size_t)s->count, sizeof(float)), statistics[24];
  OK(checkpoint_write_weights(in_folder("w"), f.network, s->theta[0], s->statistics, NULL, 0));
  OK(safetensors_read(&file, in_folder("w")));
  for (size_t i = 0; i < 8; i++)
    shuffled[i] = *arrays_at(file, 7 - i);
  shuffled[8] = array_i64("bn1.num_batches_tracked", batches, 1);
  OK(safetensors_write(in_folder("s"), shuffled, 9, NULL, 0));
  OK(checkpoint_read_weights(in_folder("s"), f.network, theta, statistics, NULL, 0));
  ck_assert_mem_eq(theta, s->theta[0], (size_t)s->count * sizeof(float));
  ck_assert_mem_eq(statistics, s->statistics, sizeof statistics);
  arrays_free(file);

  OK(checkpoint_write_weights(in_folder("n"), f.network, s->theta[0], NULL, NULL, 0));
  OK(checkpoint_read_weights(in_folder("n"), f.network, theta, NULL, NULL, 0));
  ck_assert_int_eq(checkpoint_read_weights(in_folder("n"), f.network, theta, statistics, NULL, 0), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "\"bn1.running_mean\" is missing"));
  memory_free(theta);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

/* NaN and infinities in a file that is otherwise whole: named, with the tensor and the place. */
START_TEST(test_weights_are_finite) {
  static const float values[] = {NAN, INFINITY, -INFINITY};
  struct fixture f = make(&plain);
  struct snapshot *s = train(&f, 0);
  float *theta = memory_alloc((size_t)f.count, sizeof(float)), before = s->theta[0][5];
  s->theta[0][5] = values[_i];
  OK(checkpoint_write_weights(in_folder("w"), f.network, s->theta[0], s->statistics, NULL, 0));
  ck_assert_int_eq(checkpoint_read_weights(in_folder("w"), f.network, theta, NULL, NULL, 0), STRAIT_EFORMAT);
  ck_assert_msg(strstr(error_text(), "tensor fc1.weight: its element 5 is ") && strstr(error_text(), in_folder("w")),
                "%s", error_text());
  s->theta[0][5] = before;
  OK(checkpoint_write_weights(in_folder("w"), f.network, s->theta[0], s->statistics, NULL, 0));
  OK(checkpoint_read_weights(in_folder("w"), f.network, theta, NULL, NULL, 0));
  memory_free(theta);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

/* Of a network with another width, another depth, without batch norm, with another type, not there, no such file. */
START_TEST(test_other_weights) {
  struct wanted other = plain;
  struct fixture f = make(&plain), g;
  struct snapshot *s = train(&f, 0);
  OK(checkpoint_write_weights(in_folder("w"), f.network, s->theta[0], s->statistics, NULL, 0));
  static const struct {
    const char *hidden, *text;
    int norm;
  } cases[] = {
      {"13", "\"fc1.weight\" is (12, 64) where the network has (13, 64)", 1},
      {"12 12", "\"out.weight\" where the network has \"fc2.weight\"", 1},
      {"12", "\"bn1.weight\" is not of this network", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    other.hidden = cases[i].hidden;
    other.norm = cases[i].norm;
    g = make(&other);
    float *theta = memory_alloc((size_t)g.count, sizeof(float));
    ck_assert_int_eq(checkpoint_read_weights(in_folder("w"), g.network, theta, NULL, NULL, 0), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), cases[i].text) && strstr(error_text(), in_folder("w")), "%s", error_text());
    memory_free(theta);
    unmake(&g);
  }
  ck_assert_int_eq(checkpoint_read_weights(in_folder("none"), f.network, s->theta[0], NULL, NULL, 0), STRAIT_ENOENT);

  struct arrays *file;
  struct array doubles[8];
  double *wide = memory_alloc(64 * 12, sizeof *wide);
  OK(safetensors_read(&file, in_folder("w")));
  for (size_t i = 0; i < 8; i++) {
    doubles[i] = *arrays_at(file, i);
    doubles[i].type = STRAIT_F64;
    doubles[i].data = wide;
  }
  OK(safetensors_write(in_folder("d"), doubles, 8, NULL, 0));
  ck_assert_int_eq(checkpoint_read_weights(in_folder("d"), f.network, s->theta[0], NULL, NULL, 0), STRAIT_EFORMAT);
  ck_assert_ptr_nonnull(strstr(error_text(), "is not float32"));
  arrays_free(file);
  memory_free(wide);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

/* One flipped bit, and a file that ends early. */
START_TEST(test_damaged) {
  struct fixture f = make(&plain);
  struct snapshot *s = train(&f, 5);
  char *data;
  size_t length;
  OK(checkpoint_write_state(in_folder("state"), s, NULL, 0));
  OK(file_read(in_folder("state"), 1 << 24, &data, &length));
  data[length - 100] ^= 4;
  OK(file_write(in_folder("flipped"), data, length));
  data[length - 100] ^= 4;
  OK(file_write(in_folder("short"), data, length - 1));
  ck_assert_int_eq(checkpoint_read_state(in_folder("flipped"), s, NULL, 0), STRAIT_EFORMAT);
  ck_assert_ptr_nonnull(strstr(error_text(), "flipped"));
  ck_assert_int_eq(checkpoint_read_state(in_folder("short"), s, NULL, 0), STRAIT_EFORMAT);
  OK(checkpoint_read_state(in_folder("state"), s, NULL, 0));
  memory_free(data);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

START_TEST(test_other_states) {
  struct fixture f = make(&plain), g = make(&curve);
  struct snapshot *s = train(&f, 5), *c = train(&g, 5), *other;
  OK(checkpoint_write_state(in_folder("plain"), s, NULL, 0));
  OK(checkpoint_write_state(in_folder("curve"), c, NULL, 0));
  OK(checkpoint_write_weights(in_folder("weights"), f.network, s->theta[0], NULL, NULL, 0));

  ck_assert_int_eq(checkpoint_read_state(in_folder("plain"), c, NULL, 0), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "of 1 control points, this training has 3"));
  ck_assert_int_eq(checkpoint_read_state(in_folder("weights"), s, NULL, 0), STRAIT_EFORMAT);
  ck_assert_ptr_nonnull(strstr(error_text(), "it is not a training state"));

  for (int which = 0; which < 2; which++) { /* free ends; adamw */
    OK(snapshot_create(&other, f.network, 3, which != 0, which != 0));
    for (int i = 0; i < 3; i++)
      memcpy(other->theta[i], c->theta[i], (size_t)c->count * sizeof(float));
    ck_assert_int_eq(checkpoint_read_state(in_folder("curve"), other, NULL, 0), STRAIT_EINVAL);
    ck_assert_ptr_nonnull(strstr(error_text(), "another optimiser or other free points"));
    snapshot_free(other);
  }

  c->theta[2][3] += 1;
  ck_assert_int_eq(checkpoint_read_state(in_folder("curve"), c, NULL, 0), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "it belongs to other weights"));
  snapshot_free(s);
  snapshot_free(c);
  unmake(&f);
  unmake(&g);
}
END_TEST

/* Trains from a snapshot on, in a training of its own. */
static void go_on(struct fixture *f, struct snapshot *s, int64_t until) {
  struct training *training;
  OK(training_create(&training, &f->plan));
  OK(training_load(training, s));
  OK(training_run(training, until, 0));
  OK(training_save(training, s));
  training_free(training);
}

/* What layers carry from step to step is in a checkpoint: a training that was cut goes on to the same bytes; without
 * it, to others. */
START_TEST(test_carried) {
  struct device_ops table;
  struct wanted streams = plain;
  sequence = usual_sequence;
  sequence.tokens[0] = 2000;
  streams.dataset = &sequence_class;
  tiny_carries = _i, tiny_tokens = 1;
  struct fixture f = make(&streams);
  tiny_carries = -1;
  leaky_add(f.device, &table);
  struct snapshot *whole = train(&f, 7), *s = train(&f, 4), *read;
  ck_assert_int_eq(snapshot_carried(s), 16 * 4 * 12);
  int64_t carried = 0;
  for (int64_t i = 0; i < snapshot_carried(s); i++)
    carried += s->state[i] != 0;
  ck_assert_int_gt(carried, 16); /* ReLU leaves some */
  OK(checkpoint_write_state(in_folder("state"), s, NULL, 0));
  struct arrays *file;
  OK(safetensors_read(&file, in_folder("state")));
  ck_assert_uint_eq(arrays_find(file, "state.0")->type, _i ? STRAIT_I32 : STRAIT_F32);
  arrays_free(file);
  struct training *other = start(&f, &read);
  memcpy(read->theta[0], s->theta[0], (size_t)s->count * sizeof(float));
  OK(checkpoint_read_state(in_folder("state"), read, NULL, 0));
  ck_assert(same(read, s));
  go_on(&f, read, 7);
  ck_assert(same(read, whole));
  memset(s->state, 0, (size_t)snapshot_carried(s) * sizeof(float));
  go_on(&f, s, 7);
  ck_assert(!same(s, whole));
  training_free(other);
  snapshot_free(whole);
  snapshot_free(s);
  snapshot_free(read);
  unmake(&f);
}
END_TEST

/* Evenly spaced, the ends bit for bit. The inner ones by the same formula in double, rounded once. */
START_TEST(test_spread) {
  struct fixture f = make(&plain);
  struct snapshot *s;
  float *first = memory_alloc((size_t)f.count, sizeof(float)), *last = memory_alloc((size_t)f.count, sizeof(float));
  float statistics[24];
  network_initialise(f.network, 1, first, statistics);
  network_initialise(f.network, 2, last, statistics);
  OK(snapshot_create(&s, f.network, 5, 1, 0));
  snapshot_spread(s, first, last);
  ck_assert_mem_eq(s->theta[0], first, (size_t)f.count * sizeof(float));
  ck_assert_mem_eq(s->theta[4], last, (size_t)f.count * sizeof(float));
  for (int i = 1; i < 4; i++)
    for (int64_t j = 0; j < f.count; j++)
      ck_assert_double_eq_tol(s->theta[i][j], first[j] + i / 4. * ((double)last[j] - first[j]), 1e-7);
  ck_assert(!s->velocity[0] && s->velocity[1] && s->velocity[3] && !s->velocity[4] && !s->square);
  memory_free(first);
  memory_free(last);
  snapshot_free(s);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("checkpoint");
  TCase *tests = tcase_create("checkpoint");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_weights);
  tcase_add_test(tests, test_foreign_files);
  tcase_add_loop_test(tests, test_weights_are_finite, 0, 3);
  tcase_add_test(tests, test_other_weights);
  tcase_add_test(tests, test_damaged);
  tcase_add_test(tests, test_other_states);
  tcase_add_loop_test(tests, test_carried, 0, 2);
  tcase_add_test(tests, test_spread);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
