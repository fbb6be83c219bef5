/* tests/store/test-folder.c: JSON documents and stage folders: the lock between processes, what a killed owner leaves,
 * setting aside, the log. Expected values follow from the two headers and from JSON. */
#include <config.h>

#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/folder.h"

#include "../base/scratch.h"

static char *text_of(const char *path) {
  char *data;
  size_t length;
  ck_assert_msg(file_read(path, 1 << 20, &data, &length) == STRAIT_OK, "%s", error_text());
  char *copy = arena_copy_n(scratch_arena, data, length);
  memory_free(data);
  return copy;
}

/* --- documents --- */

static json_t *sample(void) {
  return json_pack("{s:s, s:i, s:[f,f,f], s:{}, s:[], s:[{s:b},[i,i]], s:n}", "zeta", "a\"\xc3\xa4\n", "alpha", 3,
                   "reals", 0.1, 10.0, -2.5e-7, "none", "nil", "rows", "done", 1, 1, 2, "null");
}

START_TEST(documents_are_laid_out_one_way) {
  json_t *value = sample();
  ck_assert_int_eq(document_write(in_scratch("a.json"), value), STRAIT_OK);
  /* The digits are read back below; here it is where they stand that counts. */
  char *text_read = text_of(in_scratch("a.json")), *digits = strstr(text_read, "\"checksum\": \"");
  ck_assert_ptr_nonnull(digits);
  memset(digits + 13, '?', strspn(digits + 13, "0123456789abcdef"));
  ck_assert_str_eq(text_read, "{\n"
                              "  \"zeta\": \"a\\\"\xc3\xa4\\n\",\n"
                              "  \"alpha\": 3,\n"
                              "  \"reals\": [0.1, 10.0, -2.5e-7],\n"
                              "  \"none\": {},\n"
                              "  \"nil\": [],\n"
                              "  \"rows\": [\n"
                              "    {\n"
                              "      \"done\": true\n"
                              "    },\n"
                              "    [1, 2]\n"
                              "  ],\n"
                              "  \"null\": null,\n"
                              "  \"checksum\": \"????????????????????????????????\"\n"
                              "}\n");
  struct text text = {0};
  document_print(&text, value, 1);
  ck_assert_str_eq(text.data,
                   "{\"zeta\":\"a\\\"\xc3\xa4\\n\",\"alpha\":3,\"reals\":[0.1,10.0,-2.5e-7],\"none\":{},\"nil\":[],"
                   "\"rows\":[{\"done\":true},[1,2]],\"null\":null}");
  text_free(&text);
  json_t *again;
  ck_assert_int_eq(document_read(in_scratch("a.json"), &again), STRAIT_OK);
  ck_assert(json_equal(value, again));
  json_decref(again);
  json_decref(value);
}
END_TEST

START_TEST(reals_are_short_and_exact) {
  static const struct {
    double value;
    const char *text;
  } rows[] = {{0.05, "0.05"},       {1, "1.0"},
              {100, "100.0"},       {0, "0.0"},
              {-1234.5, "-1234.5"}, {0.1 + 0.2, "0.30000000000000004"},
              {1e22, "1e22"},       {123456789012345, "123456789012345.0"},
              {5e-324, "5e-324"},   {1e15, "1e15"},
              {1e16, "1e16"},       {1234567e10, "1.234567e16"},
              {1e-5, "1e-5"},       {-1.5e-300, "-1.5e-300"},
              {-0.0, "-0.0"},       {NAN, "null"},
              {INFINITY, "null"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct text text = {0};
    json_t *value = document_number(rows[i].value);
    document_print(&text, value, 1);
    ck_assert_str_eq(text.data, rows[i].text);
    json_decref(value);
    text_free(&text);
  }
  uint64_t state = 1;
  for (int i = 0; i < 2000; i++) { /* any bits read back the same */
    double number;
    state = state * 6364136223846793005u + 1442695040888963407u;
    memcpy(&number, &state, sizeof number);
    if (!isfinite(number))
      continue;
    struct text text = {0};
    json_t *value = json_real(number);
    document_print(&text, value, 1);
    json_t *again = json_loads(text.data, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(again);
    ck_assert(json_is_real(again));
    double read = json_real_value(again);
    ck_assert_mem_eq(&read, &number, sizeof number);
    json_decref(value);
    json_decref(again);
    text_free(&text);
  }
}
END_TEST

/* Every bit of a document, one after the other: each is found, and the file named. */
START_TEST(flipped_bits_are_found) {
  json_t *value = _i ? json_object() : sample(), *again;
  const char *path = in_scratch("a.json");
  char *bytes;
  size_t length;
  ck_assert_int_eq(document_write(path, value), STRAIT_OK);
  ck_assert_int_eq(file_read(path, 1 << 20, &bytes, &length), STRAIT_OK);
  for (size_t i = 0; i < 8 * length; i++) {
    bytes[i / 8] ^= (char)(1 << i % 8);
    ck_assert_int_eq(file_write(path, bytes, length), STRAIT_OK);
    ck_assert_msg(document_read(path, &again) == STRAIT_EFORMAT, "bit %zu: %s", i, error_text());
    ck_assert_ptr_null(again);
    ck_error_has(path);
    bytes[i / 8] ^= (char)(1 << i % 8);
  }
  for (size_t i = 0; i < length; i++) { /* and what was cut off */
    ck_assert_int_eq(file_write(path, bytes, i), STRAIT_OK);
    ck_assert_msg(document_read(path, &again) == STRAIT_EFORMAT, "%zu bytes: %s", i, error_text());
  }
  ck_assert_int_eq(file_write(path, bytes, length), STRAIT_OK);
  ck_assert_int_eq(document_read(path, &again), STRAIT_OK); /* it was the bits */
  ck_assert(json_equal(value, again));
  json_decref(again);
  json_decref(value);
  memory_free(bytes);
}
END_TEST

START_TEST(unsealed_documents_are_refused) {
  json_t *value = (json_t *)scratch, *array = json_array(), *sealed = json_pack("{s:s}", "checksum", "mine");
  file_write(in_scratch("a.json"), "{\n  \"a\": 1\n}\n", 13);
  ck_assert_int_eq(document_read(in_scratch("a.json"), &value), STRAIT_EFORMAT);
  ck_assert_ptr_null(value);
  ck_error_has("there is no checksum at its end");
  ck_assert_int_eq(document_write(in_scratch("b.json"), array), STRAIT_EBUG);
  ck_assert_int_eq(document_write(in_scratch("b.json"), sealed), STRAIT_EBUG);
  ck_assert(!file_exists(in_scratch("b.json")));
  json_decref(array);
  json_decref(sealed);
}
END_TEST

START_TEST(bad_documents_name_file_and_line) {
  json_t *value = (json_t *)scratch;
  char text[700];
  file_write(in_scratch("a.json"), "{\n\"a\": 1,\n\"b\": }\n", 18);
  ck_assert_int_eq(document_read(in_scratch("a.json"), &value), STRAIT_EFORMAT);
  ck_assert_ptr_null(value);
  snprintf(text, sizeof text, "%s:3: ", in_scratch("a.json"));
  ck_error_has(text);
  file_write(in_scratch("a.json"), "{\"a\": 1, \"a\": 2}", 16);
  ck_assert_int_eq(document_read(in_scratch("a.json"), &value), STRAIT_EFORMAT);
  ck_error_has("duplicate");
  ck_assert_int_eq(document_read(in_scratch("none.json"), &value), STRAIT_ENOENT);
  json_t *deep = json_array();
  for (int i = 0; i < 100; i++) {
    json_t *outer = json_array();
    json_array_append_new(outer, deep);
    deep = outer;
  }
  json_t *whole = json_object();
  json_object_set_new(whole, "deep", deep);
  ck_assert_int_eq(document_write(in_scratch("b.json"), whole), STRAIT_EBUG);
  ck_assert(!file_exists(in_scratch("b.json")));
  json_decref(whole);
}
END_TEST

/* --- folders --- */

START_TEST(a_folder_has_one_owner) {
  struct folder *folder, *second;
  char text[64];
  ck_assert_int_eq(folder_open(&folder, in_scratch("runs/quick/arc")), STRAIT_OK);
  ck_assert_str_eq(folder_path(folder), in_scratch("runs/quick/arc"));
  ck_assert_int_eq(folder_open(&second, in_scratch("runs/quick/arc")), STATUS_BUSY);
  ck_assert_ptr_null(second);
  ck_error_has(in_scratch("runs/quick/arc"));
  snprintf(text, sizeof text, "is in use by process %ld", (long)getpid());
  ck_error_has(text);
  ck_assert_int_eq(folder_open(&second, in_scratch("runs/quick/left")), STRAIT_OK); /* another folder is free */
  folder_close(second);
  folder_close(folder);
  ck_assert_int_eq(entries_in(in_scratch("runs/quick/arc")), 0); /* the lock's file is gone */
  ck_assert_int_eq(folder_open(&folder, in_scratch("runs/quick/arc")), STRAIT_OK);
  folder_close(folder);
  folder_close(NULL);
}
END_TEST

START_TEST(another_process_is_kept_out_until_the_owner_dies) {
  struct folder *folder;
  int ready[2];
  char byte;
  ck_assert_int_eq(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    if (folder_open(&folder, in_scratch("arc")) || write(ready[1], "r", 1) != 1)
      _exit(1);
    pause();
    _exit(2);
  }
  close(ready[1]);
  ck_assert_int_eq(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  ck_assert_int_eq(folder_open(&folder, in_scratch("arc")), STATUS_BUSY);
  char text[64];
  snprintf(text, sizeof text, "is in use by process %ld", (long)child);
  ck_error_has(text);
  file_write(in_scratch("arc/w.safetensors.123-0.tmp"), "half", 4); /* what a killed writer leaves */
  file_make_folders(in_scratch("arc/sub"));
  file_write(in_scratch("arc/sub/curve.npz.77-3.tmp"), "half", 4);
  file_write(in_scratch("arc/w.safetensors"), "whole", 5);
  kill(child, SIGKILL);
  ck_assert_int_eq(waitpid(child, NULL, 0), child);
  ck_assert_int_eq(folder_open(&folder, in_scratch("arc")), STRAIT_OK); /* .lock is there, but nobody holds it */
  ck_assert_int_eq(entries_in(in_scratch("arc")), 3);                   /* .lock, sub, the whole file */
  ck_assert_int_eq(entries_in(in_scratch("arc/sub")), 0);
  folder_close(folder);
}
END_TEST

START_TEST(many_processes_take_turns) {
  /* Each child takes the folder many times and, while it has it, makes a file that must not be there before. */
  enum { CHILDREN = 4, TURNS = 50 };
  for (int i = 0; i < CHILDREN; i++) {
    if (fork())
      continue;
    for (int turn = 0; turn < TURNS;) {
      struct folder *folder;
      int status = folder_open(&folder, in_scratch("arc"));
      if (status == STATUS_BUSY && strstr(error_text(), "is in use by"))
        continue;
      if (status || mkdir(in_scratch("arc/mine"), 0700) || rmdir(in_scratch("arc/mine")))
        _exit(1);
      folder_close(folder);
      turn++;
    }
    _exit(0);
  }
  for (int i = 0; i < CHILDREN; i++) {
    int status;
    ck_assert_int_gt(wait(&status), 0);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
  }
}
END_TEST

START_TEST(old_results_are_set_aside) {
  struct folder *folder, *second;
  const char *aside;
  ck_assert_int_eq(folder_open(&folder, in_scratch("arc")), STRAIT_OK);
  ck_assert_int_eq(folder_set_aside(folder, &aside), STRAIT_OK); /* empty: nothing to keep */
  ck_assert_int_eq(entries_in(scratch), 1);
  for (int n = 1; n <= 3; n++) {
    char text[8];
    snprintf(text, sizeof text, "%d", n);
    file_write(in_scratch("arc/result"), text, 1);
    json_t *value = json_integer(n);
    ck_assert_int_eq(folder_log(folder, value), STRAIT_OK);
    ck_assert_int_eq(folder_set_aside(folder, &aside), STRAIT_OK);
    ck_assert_int_eq(entries_in(in_scratch("arc")), 1);     /* .lock */
    ck_assert_int_eq(folder_log(folder, value), STRAIT_OK); /* the log is the new folder's */
    json_decref(value);
    ck_assert_int_eq(folder_open(&second, in_scratch("arc")), STATUS_BUSY); /* still ours */
  }
  ck_assert_str_eq(text_of(in_scratch("arc.~1~/result")), "1");
  ck_assert_str_eq(text_of(in_scratch("arc.~3~/result")), "3");
  ck_assert_str_eq(text_of(in_scratch("arc.~3~/log.jsonl")), "2\n3\n");
  ck_assert_int_eq(entries_in(in_scratch("arc.~3~")), 2); /* without a lock */
  file_remove_tree(in_scratch("arc.~1~"));
  file_make_folders(in_scratch("arc.old.~9~")); /* not arc's */
  file_write(in_scratch("arc/result"), "4", 1);
  ck_assert_int_eq(folder_set_aside(folder, &aside), STRAIT_OK);
  ck_assert_str_eq(text_of(in_scratch("arc.~4~/result")), "4"); /* the newest has the highest number */
  folder_close(folder);
}
END_TEST

START_TEST(results_are_taken_back) {
  struct folder *folder, *second;
  const char *aside;
  struct arena *arena = arena_create();
  const char *path = arena_copy(arena, in_scratch("arc"));
  ck_assert_int_eq(folder_any_aside(in_scratch("nowhere")), 0);
  ck_assert_int_eq(folder_open(&folder, path), STRAIT_OK);
  ck_assert_int_eq(folder_any_aside(scratch), 0);
  file_write(in_scratch("arc/result"), "1", 1);
  ck_assert_int_eq(folder_set_aside(folder, &aside), STRAIT_OK);
  ck_assert_str_eq(aside, in_scratch("arc.~1~"));
  /* The folder is empty: nothing is set aside in turn. */
  ck_assert_int_eq(folder_take_back(folder, 1, &aside), STRAIT_OK);
  ck_assert_ptr_null(aside);
  ck_assert_str_eq(text_of(in_scratch("arc/result")), "1");
  ck_assert_int_eq(entries_in(scratch), 1);
  ck_assert_int_eq(folder_open(&second, path), STATUS_BUSY); /* still ours */
  /* Results of two others; the first is taken back, and the third gets a number of its own. */
  ck_assert_int_eq(folder_set_aside(folder, &aside), STRAIT_OK);
  file_write(in_scratch("arc/result"), "2", 1);
  ck_assert_int_eq(folder_set_aside(folder, &aside), STRAIT_OK);
  file_write(in_scratch("arc/result"), "3", 1);
  ck_assert_int_eq(folder_take_back(folder, 1, &aside), STRAIT_OK);
  ck_assert_str_eq(aside, in_scratch("arc.~3~"));
  ck_assert_str_eq(text_of(in_scratch("arc/result")), "1");
  ck_assert_str_eq(text_of(in_scratch("arc.~2~/result")), "2");
  ck_assert_str_eq(text_of(in_scratch("arc.~3~/result")), "3");
  ck_assert_int_eq(entries_in(in_scratch("arc.~3~")), 1); /* without a lock */
  ck_assert_int_eq(folder_open(&second, path), STATUS_BUSY);
  file_make_folders(in_scratch("arc.old.~9~")); /* not arc's */
  ck_assert_int_eq(folder_next_aside(arena, path, 100), 3);
  ck_assert_int_eq(folder_next_aside(arena, path, 3), 2);
  ck_assert_int_eq(folder_next_aside(arena, path, 2), 0);
  /* What is not there, or in use, leaves all as it was. */
  ck_assert_int_lt(folder_take_back(folder, 7, &aside), 0);
  ck_assert_int_eq(folder_open(&second, in_scratch("arc.~2~")), STRAIT_OK);
  ck_assert_int_eq(folder_take_back(folder, 2, &aside), STATUS_BUSY);
  folder_close(second);
  ck_assert_str_eq(text_of(in_scratch("arc/result")), "1");
  ck_assert_int_eq(entries_in(scratch), 4);
  folder_close(folder);
  ck_assert_int_eq(entries_in(in_scratch("arc")), 1); /* the lock went with it */
  arena_free(arena);
}
END_TEST

START_TEST(names_that_are_set_aside) {
  ck_assert_int_eq(folder_is_aside("arc.~1~"), 1);
  ck_assert_int_eq(folder_is_aside("/runs/a.~1~/arc.~27~"), 27);
  static const char *const others[] = {
      "arc",     "arc.~~",    "arc.~0~",  "arc.~01~",          "arc.~1", "arc~1~", ".~1~",
      "arc.~x~", "a.~1~/arc", "arc.~-1~", "arc.~99999999999~", ""};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    ck_assert_msg(!folder_is_aside(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(the_log_has_whole_lines) {
  struct folder *folder;
  json_t *value = json_pack("{s:i, s:f}", "epoch", 1, "rate", 0.05);
  file_make_folders(in_scratch("arc"));
  file_write(in_scratch("arc/log.jsonl"), "{\"epoch\":0}\n{\"epo", 17); /* the owner was killed here */
  ck_assert_int_eq(folder_open(&folder, in_scratch("arc")), STRAIT_OK);
  ck_assert_int_eq(folder_log(folder, value), STRAIT_OK);
  ck_assert_int_eq(folder_log(folder, value), STRAIT_OK);
  folder_close(folder);
  ck_assert_int_eq(folder_open(&folder, in_scratch("arc")), STRAIT_OK);
  ck_assert_int_eq(folder_log(folder, value), STRAIT_OK);
  folder_close(folder);
  json_decref(value);
  ck_assert_str_eq(text_of(in_scratch("arc/log.jsonl")), "{\"epoch\":0}\n{\"epo\n"
                                                         "{\"epoch\":1,\"rate\":0.05}\n"
                                                         "{\"epoch\":1,\"rate\":0.05}\n"
                                                         "{\"epoch\":1,\"rate\":0.05}\n");
}
END_TEST

START_TEST(a_file_in_the_way) {
  struct folder *folder;
  file_write(in_scratch("arc"), "x", 1);
  ck_assert_int_eq(folder_open(&folder, in_scratch("arc")), STRAIT_EIO);
  ck_assert_ptr_null(folder);
  ck_error_has(in_scratch("arc"));
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("document"), tcase_create("folder")};
  for (int i = 0; i < 2; i++)
    tcase_add_checked_fixture(cases[i], scratch_make, scratch_remove);
  tcase_add_test(cases[0], documents_are_laid_out_one_way);
  tcase_add_test(cases[0], reals_are_short_and_exact);
  tcase_add_test(cases[0], bad_documents_name_file_and_line);
  tcase_add_loop_test(cases[0], flipped_bits_are_found, 0, 2);
  tcase_add_test(cases[0], unsealed_documents_are_refused);
  tcase_add_test(cases[1], a_folder_has_one_owner);
  tcase_add_test(cases[1], another_process_is_kept_out_until_the_owner_dies);
  tcase_add_test(cases[1], many_processes_take_turns);
  tcase_add_test(cases[1], old_results_are_set_aside);
  tcase_add_test(cases[1], results_are_taken_back);
  tcase_add_test(cases[1], names_that_are_set_aside);
  tcase_add_test(cases[1], the_log_has_whole_lines);
  tcase_add_test(cases[1], a_file_in_the_way);
  return run_suite("folder", cases, 2);
}
