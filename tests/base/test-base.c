/* tests/base/test-base.c: error chains, logging, memory and arenas, hashes, the request to stop. */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/stop.h"
#include "scratch.h"

/* --- errors --- */

START_TEST(chain_reads_outermost_first) {
  ck_assert_int_eq(error_set(STRAIT_EINVAL, "below the minimum %d", 0), STRAIT_EINVAL);
  ck_assert_int_eq(error_wrap("curve.bends = %d", -1), STRAIT_EINVAL);
  ck_assert_int_eq(error_wrap("experiment.ini:14"), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "experiment.ini:14: curve.bends = -1: below the minimum 0");
  ck_assert_int_eq(error_status(), STRAIT_EINVAL);
  error_set(STRAIT_EIO, "new");
  ck_assert_str_eq(error_text(), "new");
  error_clear();
  ck_assert_int_eq(error_status(), STRAIT_OK);
  ck_assert_str_eq(error_text(), "");
}
END_TEST

START_TEST(chain_takes_itself_as_argument) {
  error_set(STRAIT_EIO, "inner");
  error_set(STRAIT_EFORMAT, "<%s>", error_text());
  ck_assert_str_eq(error_text(), "<inner>");
  error_wrap("(%s)", error_text());
  ck_assert_str_eq(error_text(), "(<inner>): <inner>");
}
END_TEST

START_TEST(chain_is_bounded) {
  error_set(STRAIT_EIO, "cause");
  for (int i = 0; i < 1000; i++)
    error_wrap("layer %d", i);
  size_t length = strlen(error_text());
  ck_assert_uint_eq(length, sizeof((struct error_chain *)0)->text - 1);
  ck_assert_str_eq(error_text() + length - 3, "..."); /* the user sees that something is missing */
  ck_assert_int_eq(strncmp(error_text(), "layer 999: layer 998: ", 22), 0);
}
END_TEST

START_TEST(errno_is_named) {
  char *data;
  size_t length;
  ck_assert_int_eq(file_read("/nonexistent/x", 1, &data, &length), STRAIT_ENOENT);
  ck_assert_str_eq(error_text(), "cannot read /nonexistent/x: No such file or directory");
}
END_TEST

START_TEST(a_failure_without_a_cause_is_no_success) {
  error_clear();
  ck_assert_int_eq(error_wrap("layer"), STRAIT_EBUG);
  ck_assert_int_eq(error_set(STRAIT_OK, "text"), STRAIT_EBUG);
  ck_assert_int_eq(error_failure(), STRAIT_EBUG);
  error_clear();
  ck_assert_int_eq(error_failure(), STRAIT_EBUG);
  ck_assert_str_eq(error_text(), "failed without a recorded cause");
  error_set(STRAIT_EIO, "text");
  ck_assert_int_eq(error_failure(), STRAIT_EIO);
  ck_assert_str_eq(error_text(), "text");
}
END_TEST

static void *fail_elsewhere(void *context) {
  error_set(STRAIT_ENOMEM, "in the thread");
  error_take(context);
  ck_assert_int_eq(error_status(), STRAIT_OK);
  return NULL;
}

START_TEST(chains_belong_to_threads) {
  struct error_chain chain;
  pthread_t thread;
  error_set(STRAIT_EIO, "mine");
  ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &chain), 0);
  pthread_join(thread, NULL);
  ck_assert_str_eq(error_text(), "mine");
  ck_assert_int_eq(error_give(&chain), STRAIT_ENOMEM);
  ck_assert_str_eq(error_text(), "in the thread");
}
END_TEST

/* --- log --- */

static char logged[256];
static void keep(void *context, unsigned level, const char *message) {
  snprintf(logged, sizeof logged, "%s%u:%s", (const char *)context, level, message);
}

START_TEST(log_goes_to_the_sink_from_the_level_on) {
  char context[] = ">";
  log_to(keep, context);
  log_message(STRAIT_LOG_WARNING, "%s %d", "w", 1);
  ck_assert_str_eq(logged, ">2:w 1");
  log_message(STRAIT_LOG_DEBUG, "not by default");
  ck_assert_str_eq(logged, ">2:w 1");
  log_level(STRAIT_LOG_DEBUG);
  log_message(STRAIT_LOG_DEBUG, "now");
  ck_assert_str_eq(logged, ">0:now");
  log_level(STRAIT_LOG_INFO);
  log_to(NULL, NULL);
}
END_TEST

/* --- memory --- */

START_TEST(memory_is_zero_and_aligned) {
  for (size_t bytes = 0; bytes < 300; bytes += 37) {
    unsigned char *memory = memory_alloc(bytes, 1);
    ck_assert_ptr_nonnull(memory);
    ck_assert_uint_eq((uintptr_t)memory % 64, 0);
    for (size_t i = 0; i < bytes; i++)
      ck_assert_uint_eq(memory[i], 0);
    memory_free(memory);
  }
}
END_TEST

START_TEST(memory_that_cannot_be_is_refused) {
  static const size_t sizes[][2] = {{SIZE_MAX, 2}, {SIZE_MAX / 2, 4}, {SIZE_MAX, 1}, {SIZE_MAX - 32, 1}, {1, SIZE_MAX}};
  struct arena *arena = arena_create();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    error_clear();
    ck_assert_ptr_null(memory_alloc(sizes[i][0], sizes[i][1]));
    ck_assert_int_eq(error_status(), STRAIT_ENOMEM);
    error_clear();
    ck_assert_ptr_null(arena_alloc(arena, sizes[i][0], sizes[i][1]));
    ck_assert_int_eq(error_status(), STRAIT_ENOMEM);
  }
  int *array = NULL;
  size_t capacity = 0;
  ck_assert_int_eq(memory_grow(&array, &capacity, SIZE_MAX / 2, sizeof *array), STRAIT_ENOMEM);
  ck_assert_ptr_null(array);
  ck_assert_uint_eq(capacity, 0);
  arena_free(arena);
}
END_TEST

START_TEST(arrays_grow_and_keep_what_they_hold) {
  int *array = NULL, moves = 0;
  size_t capacity = 0;
  for (int i = 0; i < 10000; i++) {
    size_t before = capacity;
    ck_assert_int_eq(memory_grow(&array, &capacity, (size_t)i + 1, sizeof *array), STRAIT_OK);
    moves += before != capacity;
    array[i] = i;
  }
  ck_assert_int_lt(moves, 20); /* doubling: 8 * 2^11 > 10000 */
  for (int i = 0; i < 10000; i++)
    ck_assert_int_eq(array[i], i);
  memory_free(array);
}
END_TEST

START_TEST(arena_pieces_are_apart) {
  struct arena *arena = arena_create();
  unsigned char *piece[200];
  for (size_t i = 0; i < 200; i++) { /* some are larger than a block */
    size_t bytes = i % 7 == 3 ? 30000 : i % 50;
    piece[i] = arena_alloc(arena, bytes, 1);
    ck_assert_ptr_nonnull(piece[i]);
    ck_assert_uint_eq((uintptr_t)piece[i] % 64, 0);
    for (size_t k = 0; k < bytes; k++)
      ck_assert_uint_eq(piece[i][k], 0);
    memset(piece[i], (int)i + 1, bytes);
    ck_assert_str_eq(arena_copy(arena, "abc"), "abc");
    ck_assert_str_eq(arena_copy_n(arena, "abcdef", 4), "abcd");
    ck_assert_str_eq(arena_format(arena, "%d-%s", 12, "x"), "12-x");
  }
  for (size_t i = 0; i < 200; i++)
    for (size_t k = 0; k < (i % 7 == 3 ? 30000 : i % 50); k++)
      ck_assert_uint_eq(piece[i][k], i + 1);
  arena_free(arena);
  arena_free(NULL);
}
END_TEST

/* --- hashes --- */

START_TEST(hash_is_xxh3) {
  /* From xxhsum -H2 0.8.1, of no bytes and of "strait". */
  char digest[33];
  hash_of("", 0, digest);
  ck_assert_str_eq(digest, "99aa06d3014798d86001c324468d497f");
  hash_of("strait", 6, digest);
  ck_assert_str_eq(digest, "7e9878626e6346390ef4040b05780468");
}
END_TEST

START_TEST(hash_runs) {
  char whole[33], pieces[33], other[33];
  struct hash *hash = hash_create();
  hash_of("abcdef", 6, whole);
  hash_bytes(hash, "ab", 2);
  hash_bytes(hash, NULL, 0);
  hash_bytes(hash, "cdef", 4);
  hash_digest(hash, pieces);
  ck_assert_str_eq(pieces, whole);
  hash_integer(hash, -2); /* the digest is "so far" */
  hash_digest(hash, pieces);
  hash_of("abcdef\xfe\xff\xff\xff\xff\xff\xff\xff", 14, whole);
  ck_assert_str_eq(pieces, whole);
  hash_free(hash);

  struct hash *a = hash_create(), *b = hash_create();
  hash_text(a, "ab"), hash_text(a, "c");
  hash_text(b, "a"), hash_text(b, "bc");
  hash_digest(a, whole);
  hash_digest(b, other);
  ck_assert_str_ne(whole, other);
  hash_free(a);
  hash_free(b);
  hash_free(NULL);
}
END_TEST

START_TEST(hash_of_name_and_index) {
  /* FNV-1a of "" is its offset basis, of "a" 0xaf63dc4c8601ec8c (the FNV authors' table); the outputs of splitmix64
   * with these seeds were computed with Python's integers. */
  ck_assert_uint_eq(hash_name_index("", 0), UINT64_C(0xc3817c016ba4ff30));
  ck_assert_uint_eq(hash_name_index("a", 0), UINT64_C(0x5f29c2aadd9b8527));
  ck_assert_uint_eq(hash_name_index("a", 1000000), UINT64_C(0xab6dd4eede42b688));
}
END_TEST

/* --- stop --- */

/* Runs body in a child; its wait status. */
static int in_child(void (*body)(void)) {
  int status;
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    body();
    _exit(0);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  return status;
}

static void one_signal(void) {
  stop_install(0);
  if (stop_requested() || stop_check() != STRAIT_OK)
    _exit(1);
  raise(SIGTERM);
  if (stop_requested() != SIGTERM || stop_check() != STRAIT_ESTOP || strcmp(error_text(), "stopped by SIGTERM"))
    _exit(2);
  raise(SIGHUP); /* changes nothing any more */
  if (stop_requested() != SIGTERM)
    _exit(3);
}
static void two_signals(void) {
  stop_install(0);
  raise(SIGTERM);
  raise(SIGINT);
  _exit(4);
}
static void one_signal_twice(void) { /* timeout(1) sends it to its child, then to the child's group */
  stop_install(0);
  raise(SIGTERM);
  raise(SIGTERM);
  if (stop_requested() != SIGTERM)
    _exit(6);
}
static void again_later(void) {
  stop_install(0);
  raise(SIGTERM);
  usleep(600000);
  raise(SIGTERM);
  _exit(7);
}
static void parent_insists(void) {
  stop_install(1);
  raise(SIGINT);
  usleep(600000);
  raise(SIGTERM);
  if (stop_requested() != SIGINT)
    _exit(8);
}
/* A batch system's warning, sent more than once. */
static void a_warning(void) {
  stop_install(0);
  raise(SIGUSR1);
  usleep(600000);
  raise(SIGUSR1);
  if (stop_requested() != SIGUSR1 || stop_check() != STRAIT_ESTOP || strcmp(error_text(), "stopped by SIGUSR1"))
    _exit(9);
}
static int put_file(const char *path) {
  FILE *file = fopen(path, "w");
  return file && fputs("stop\n", file) >= 0 && fclose(file) == 0;
}
/* The file that was there before is no request; one that takes its place, or comes where none was, is. */
static void a_file(void) {
  char path[] = "/tmp/strait-stop-XXXXXX", other[64];
  int fd = mkstemp(path);
  snprintf(other, sizeof other, "%s.new", path);
  stop_watch(path);
  usleep(250000);
  if (fd < 0 || stop_requested() || stop_check() != STRAIT_OK)
    _exit(10);
  if (!put_file(other) || rename(other, path))
    _exit(11);
  usleep(250000);
  if (stop_requested() != SIGTERM || strcmp((stop_check(), error_text()), "stopped by strait stop"))
    _exit(12);
  unlink(path);
}
static void a_file_where_none_was(void) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/strait-stop-%ld", (long)getpid());
  stop_watch(path);
  stop_look();
  if (stop_requested() || !put_file(path))
    _exit(13);
  stop_look(); /* at once */
  unlink(path);
  if (stop_requested() != SIGTERM)
    _exit(14);
}
static void under_nohup(void) {
  signal(SIGHUP, SIG_IGN);
  stop_install(0);
  raise(SIGHUP);
  if (stop_requested())
    _exit(5);
}

START_TEST(the_first_signal_asks_the_second_ends) {
  int status = in_child(one_signal);
  ck_assert(WIFEXITED(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
  static void (*const asked[])(void) = {a_warning, a_file, a_file_where_none_was};
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    status = in_child(asked[i]);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
  }
  status = in_child(two_signals);
  ck_assert(WIFSIGNALED(status));
  ck_assert_int_eq(WTERMSIG(status), SIGINT);
  status = in_child(again_later);
  ck_assert(WIFSIGNALED(status));
  ck_assert_int_eq(WTERMSIG(status), SIGTERM);
  void (*const go_on[])(void) = {one_signal_twice, parent_insists, under_nohup};
  for (size_t i = 0; i < sizeof go_on / sizeof *go_on; i++) {
    status = in_child(go_on[i]);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
  }
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("error"), tcase_create("log"), tcase_create("memory"), tcase_create("hash"),
                    tcase_create("stop")};
  tcase_add_test(cases[0], chain_reads_outermost_first);
  tcase_add_test(cases[0], chain_takes_itself_as_argument);
  tcase_add_test(cases[0], chain_is_bounded);
  tcase_add_test(cases[0], errno_is_named);
  tcase_add_test(cases[0], a_failure_without_a_cause_is_no_success);
  tcase_add_test(cases[0], chains_belong_to_threads);
  tcase_add_test(cases[1], log_goes_to_the_sink_from_the_level_on);
  tcase_add_test(cases[2], memory_is_zero_and_aligned);
  tcase_add_test(cases[2], memory_that_cannot_be_is_refused);
  tcase_add_test(cases[2], arrays_grow_and_keep_what_they_hold);
  tcase_add_test(cases[2], arena_pieces_are_apart);
  tcase_add_test(cases[3], hash_is_xxh3);
  tcase_add_test(cases[3], hash_runs);
  tcase_add_test(cases[3], hash_of_name_and_index);
  tcase_add_test(cases[4], the_first_signal_asks_the_second_ends);
  return run_suite("base", cases, sizeof cases / sizeof *cases);
}
