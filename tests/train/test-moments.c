/* Checkpoints in a folder: their names, which of them stay, and which is read. Most files here are empty: a name is all
 * that counts until one is read. */
#include "fixture.h"

#include <unistd.h>

#include "base/file.h"
#include "train/moments.h"

static char folder[512];
static void setup(void) { make_folder(folder, sizeof folder); }
static void teardown(void) { OK(file_remove_tree(folder)); }

static struct moments moments(struct arena *arena) {
  return (struct moments){.folder = folder, .arena = arena, .epoch = 10, .end = 45};
}

static void touch(const char *name, size_t bytes) {
  char path[600], data[5000] = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  OK(file_write(path, data, bytes));
}
static int is_there(const char *name) {
  char path[600];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return file_exists(path);
}

/* The moments in the folder, newest first, as their names. */
static void expect(const struct moments *m, const char *wanted) {
  struct moment *found;
  size_t count;
  char text[400] = "";
  OK(moments_find(m, &found, &count));
  for (size_t i = 0; i < count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", found[i].base);
  ck_assert_str_eq(text, wanted);
}

static void expect_file(const struct moments *m, int64_t source, int64_t iteration, const char *wanted) {
  char *file = moment_file(m, (struct moment){.source = source, .iteration = iteration}, MOMENT_STATE);
  ck_assert_ptr_nonnull(file);
  ck_assert_str_eq(strrchr(file, '/') + 1, wanted);
}

START_TEST(test_names) {
  struct arena *arena = arena_create();
  struct moments m = moments(arena);
  expect_file(&m, 0, 20, "epoch-2.state.safetensors");
  expect_file(&m, 0, 21, "iteration-21.state.safetensors");
  expect_file(&m, 0, 45, "final.state.safetensors");
  m.end = 0;
  expect_file(&m, 0, 45, "iteration-45.state.safetensors");
  m.sources = 1;
  expect_file(&m, 3, 20, "source-3-iteration-20.state.safetensors");
  arena_free(arena);
}
END_TEST

/* In order of iterations, not of names; and only what is a name of a moment of this training. */
START_TEST(test_find) {
  struct arena *arena = arena_create();
  struct moments m = moments(arena);
  static const char *const names[] = {"epoch-2.state.safetensors",
                                      "iteration-9.state.safetensors",
                                      "final.state.safetensors",
                                      "epoch-10x.state.safetensors",
                                      "epoch-.state.safetensors",
                                      "iteration-21.state.safetensors",
                                      "iteration-22.safetensors",
                                      "epoch-1.state.safetensors.12-0.tmp",
                                      "source-1-iteration-30.state.safetensors",
                                      "source-0-iteration-40.state.safetensors"};
  expect(&m, "");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    touch(names[i], 0);
  expect(&m, "final iteration-21 epoch-2 iteration-9");
  m.end = 0; /* a curve has no moment of this name */
  expect(&m, "iteration-21 epoch-2 iteration-9");
  m.sources = 1;
  expect(&m, "source-1-iteration-30 source-0-iteration-40");
  m.folder = "/nonexistent/folder";
  expect(&m, "");
  arena_free(arena);
}
END_TEST

/* A killed process may leave weights without the state; nothing else is touched. */
START_TEST(test_sweep) {
  struct arena *arena = arena_create();
  struct moments m = moments(arena);
  touch("epoch-1.safetensors", 0);
  touch("epoch-1.state.safetensors", 0);
  touch("epoch-2.point-1.safetensors", 0);
  touch("iteration-21.safetensors", 0);
  touch("point-1.safetensors", 0);
  touch("iteration-22.npz", 0);
  OK(moments_sweep(&m));
  ck_assert(is_there("epoch-1.safetensors") && is_there("epoch-1.state.safetensors"));
  ck_assert(is_there("point-1.safetensors") && is_there("iteration-22.npz"));
  ck_assert(!is_there("epoch-2.point-1.safetensors") && !is_there("iteration-21.safetensors"));
  arena_free(arena);
}
END_TEST

static void touch_all(void) {
  static const char *const names[] = {"epoch-1", "iteration-12", "iteration-14",
                                      "epoch-2", "iteration-22", "iteration-25"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s.safetensors", names[i]);
    touch(name, 600);
    snprintf(name, sizeof name, "%s.state.safetensors", names[i]);
    touch(name, 400);
  }
}

static int is_result(const void *context, const struct moment *moment) {
  (void)context;
  return moment->iteration == 12;
}

START_TEST(test_rotate) {
  struct arena *arena = arena_create();
  struct moments m = moments(arena);
  struct rotation r = {.now = {.iteration = 25}, .begun = 20, .spare = 2, .wanted = is_result};
  touch_all();
  OK(moments_rotate(&m, &r));
  expect(&m, "iteration-25 iteration-22 epoch-2 iteration-12");
  ck_assert(!is_there("epoch-1.safetensors") && is_there("epoch-2.safetensors"));
  /* 1000 bytes each: two fit, the oldest goes. A result does not count. */
  r.limit = .0025;
  OK(moments_rotate(&m, &r));
  expect(&m, "iteration-25 iteration-22 iteration-12");
  touch_all();
  r.begun_stays = 1;
  OK(moments_rotate(&m, &r));
  expect(&m, "iteration-25 iteration-22 epoch-2 iteration-12");
  r.limit = 1e-9; /* the newest always stays */
  r.begun_stays = 0;
  OK(moments_rotate(&m, &r));
  expect(&m, "iteration-25 iteration-12");
  /* What is newer than now is of a way that was given up. */
  touch_all();
  r = (struct rotation){.now = {.iteration = 14}, .begun = 10, .spare = 2};
  OK(moments_rotate(&m, &r));
  expect(&m, "iteration-14 iteration-12 epoch-1");
  r = (struct rotation){.now = {.iteration = 14}, .begun = -1};
  OK(moments_rotate(&m, &r));
  expect(&m, "");
  arena_free(arena);
}
END_TEST

/* Of an ensemble: an iteration of another source is another moment. */
START_TEST(test_sources) {
  struct arena *arena = arena_create();
  struct moments m = moments(arena);
  static const char *const names[] = {"source-0-iteration-30", "source-1-iteration-0", "source-1-iteration-10",
                                      "source-1-iteration-12", "source-2-iteration-5"};
  m.sources = 1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s.state.safetensors", names[i]);
    touch(name, 10);
  }
  const struct rotation r = {.now = {.source = 1, .iteration = 12}, .begun = 10, .spare = 2};
  OK(moments_forget(&m, (struct moment){.source = 1, .iteration = 12}));
  expect(&m, "source-1-iteration-12 source-1-iteration-10 source-1-iteration-0 source-0-iteration-30");
  OK(moments_rotate(&m, &r));
  expect(&m, "source-1-iteration-12 source-1-iteration-10 source-1-iteration-0");
  OK(moments_forget(&m, (struct moment){.source = 1}));
  expect(&m, "source-1-iteration-0");
  arena_free(arena);
}
END_TEST

/* There and back; a damaged one is passed over, and `latest` bounds what is read. */
START_TEST(test_load) {
  const struct wanted curve = {.limit = 60, .iterations = 14, .norm = 1, .curve = "bezier", .bends = "bends=2"};
  struct fixture f = make(&curve);
  struct moments m = {.folder = folder, .arena = f.arena, .epoch = 4, .network = f.network};
  struct snapshot *six = train(&f, 6), *eight = train(&f, 8), *read;
  struct training *training = start(&f, &read);
  int loaded;
  six->halvings = 3;
  OK(moments_load_snapshot(&m, 14, read, &loaded));
  ck_assert_int_eq(loaded, 0);
  OK(moment_save(&m, six));
  OK(moment_save(&m, eight));
  ck_assert(is_there("epoch-2.point-1.safetensors") && !is_there("epoch-2.point-0.safetensors"));
  OK(moments_load_snapshot(&m, 14, read, &loaded));
  ck_assert(loaded && same(read, eight) && read->halvings == 0);
  OK(moments_load_snapshot(&m, 7, read, &loaded));
  ck_assert(loaded && same(read, six) && read->halvings == 3);
  OK(moments_load_snapshot(&m, 5, read, &loaded));
  ck_assert_int_eq(loaded, 0);
  touch("epoch-2.point-2.safetensors", 100);
  OK(moments_load_snapshot(&m, 14, read, &loaded));
  ck_assert(loaded && same(read, six));
  touch("iteration-6.state.safetensors", 100);
  OK(moments_load_snapshot(&m, 14, read, &loaded));
  ck_assert_int_eq(loaded, 0);
  training_free(training);
  snapshot_free(read);
  snapshot_free(eight);
  snapshot_free(six);
  unmake(&f);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("moments");
  TCase *tests = tcase_create("moments");
  tcase_set_timeout(tests, 60);
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_names);
  tcase_add_test(tests, test_find);
  tcase_add_test(tests, test_sweep);
  tcase_add_test(tests, test_rotate);
  tcase_add_test(tests, test_sources);
  tcase_add_test(tests, test_load);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
