/* tests/experiment/test-ini.c: the INI reader: what is read, and every fault with its line. Expected values follow from
 * experiment/ini.h and the INI rules of strait-experiment(5). */
#include <config.h>

#include "base/text.h"
#include "experiment/ini.h"

#include "../base/scratch.h"

static struct ini *ini;

static void teardown(void) {
  ini_free(ini);
  ini = NULL;
}

/* Reads; all faults become the error. */
static int read_ini(struct ini **result, const char *text, size_t length) {
  struct faults faults = {0};
  int status = ini_text(result, "e.ini", text, length, &faults);
  status = status ? status : faults_report(&faults);
  faults_free(&faults);
  if (status) {
    ini_free(*result);
    *result = NULL;
  }
  return status;
}

static void parse(const char *text) {
  ini_free(ini);
  ck_assert_msg(read_ini(&ini, text, strlen(text)) == STRAIT_OK, "%s", error_text());
}

static void ck_setting(size_t section, size_t i, const char *key, const char *value, int line) {
  ck_assert_uint_lt(section, ini->count);
  ck_assert_uint_lt(i, ini->sections[section].count);
  ck_assert_str_eq(ini->sections[section].settings[i].key, key);
  ck_assert_str_eq(ini->sections[section].settings[i].value, value);
  ck_assert_int_eq(ini->sections[section].settings[i].line, line);
}

static void ck_section(size_t i, const char *verb, const char *name, int line, size_t count) {
  ck_assert_uint_lt(i, ini->count);
  ck_assert_str_eq(ini->sections[i].verb, verb);
  ck_assert_pstr_eq(ini->sections[i].name, name);
  ck_assert_int_eq(ini->sections[i].line, line);
  ck_assert_uint_eq(ini->sections[i].count, count);
}

START_TEST(an_experiment) {
  parse("# an experiment\n"
        "\n"
        "[defaults]\n"
        "dataset       = fashion-mnist\n"
        "model.hidden=128 128   # two layers\n"
        "  ; an indented comment\n"
        "\n"
        "[train left]\n"
        "seed = 1\n"
        "[train right]\n"
        "[ connect\tarc ]   ; blanks and a comment\n"
        "ends = left right\n"
        "weight-decay =\n"
        "start = file:a=b;c#d\n");
  ck_assert_str_eq(ini->file, "e.ini");
  ck_assert_uint_eq(ini->count, 4);
  ck_section(0, "defaults", NULL, 3, 2);
  ck_setting(0, 0, "dataset", "fashion-mnist", 4);
  ck_setting(0, 1, "model.hidden", "128 128", 5);
  ck_section(1, "train", "left", 8, 1);
  ck_setting(1, 0, "seed", "1", 9);
  ck_section(2, "train", "right", 10, 0); /* an empty section is recorded */
  ck_section(3, "connect", "arc", 11, 3);
  ck_setting(3, 0, "ends", "left right", 12);
  ck_setting(3, 1, "weight-decay", "", 13);
  ck_setting(3, 2, "start", "file:a=b;c#d", 14); /* no blank in front, so no comment; only the first '=' divides */
}
END_TEST

START_TEST(lists_go_on_in_indented_lines) {
  parse("[scan all]\n"
        "paths = arc # the curve\n"
        "  line(left,right)   ; straight\n"
        "\n"
        "# between\n"
        "\tchain(a, b)\n"
        "empty =\n"
        " first\n"
        " second\n"
        "points = 61\n");
  ck_section(0, "scan", "all", 1, 3);
  ck_setting(0, 0, "paths", "arc line(left,right) chain(a, b)", 2);
  ck_setting(0, 1, "empty", "first second", 7);
  ck_setting(0, 2, "points", "61", 10);
}
END_TEST

START_TEST(line_ends_and_marks) {
  parse("\xef\xbb\xbf[train a]\r\nseed = 1\r\n  2 3\r\n\r\nrate = x\r\n[train b]");
  ck_assert_uint_eq(ini->count, 2);
  ck_setting(0, 0, "seed", "1 2 3", 2);
  ck_setting(0, 1, "rate", "x", 5);
  ck_section(1, "train", "b", 6, 0); /* the last line needs no end */
  parse("[train a]\nlabel = Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x90\x9f\n");
  ck_setting(0, 0, "label", "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x90\x9f", 2);
}
END_TEST

START_TEST(comments) {
  parse("[train a] # note\n"
        "a = 1 # note\n"
        "b = 1\t; note\n"
        "c = x#y;z\n"
        "d = # nothing\n"
        "#e = 1\n"
        ";f = 1\n"
        "  # indented\n"
        "g = 1;#\n");
  ck_section(0, "train", "a", 1, 5);
  ck_setting(0, 0, "a", "1", 2);
  ck_setting(0, 1, "b", "1", 3);
  ck_setting(0, 2, "c", "x#y;z", 4);
  ck_setting(0, 3, "d", "", 5);
  ck_setting(0, 4, "g", "1;#", 9); /* neither has a blank in front */
}
END_TEST

#define A49 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
  const char *text, *error;
} faults[] = {
    {"", "e.ini: no section in it; an experiment has at least one, as [train a]"},
    {"# only a comment\n\n", "e.ini: no section in it; an experiment has at least one, as [train a]"},
    {"\xef\xbb\xbf", "e.ini: no section in it; an experiment has at least one, as [train a]"},
    {"a = 1\n", "e.ini:1: \"a = 1\" stands before the first section; put it under [defaults]"},
    {"[train a]\nseed = 1\n[train b]\n\n[train a]\n",
     "e.ini:5: section [train a] appears twice, first in line 1; merge the two"},
    {"[train a]\n[ train   a ]\n", "e.ini:2: section [ train   a ] appears twice, first in line 1; merge the two"},
    {"[defaults]\n[defaults]\n", "e.ini:2: section [defaults] appears twice, first in line 1; merge the two"},
    {"[train a]\nseed = 1\n\nseed = 1\n",
     "e.ini:4: seed is set twice in [train a]; the first is in line 2: remove one"},
    {"[train a]\nseed : 1\n", "e.ini:2: \"seed : 1\": a ':' where '=' is wanted; write KEY = VALUE"},
    {"[train a]\nseed : a = 1\n", "e.ini:2: \"seed : a = 1\": a ':' where '=' is wanted; write KEY = VALUE"},
    {"[train a]\nseed\n", "e.ini:2: \"seed\" has no '='; write KEY = VALUE"},
    {"[train a]\nseed # = 1\n", "e.ini:2: \"seed\" has no '='; write KEY = VALUE"},
    {"[train a]\n= 1\n", "e.ini:2: \"= 1\" has no key in front of the '='; write KEY = VALUE"},
    {"[train a]\n  seed = 1\n",
     "e.ini:2: \"seed = 1\" is indented, but holds a '='; begin a key at the start of its line"},
    {"[train a]\nseed = 1\n\trate = 2\n",
     "e.ini:3: \"rate = 2\" is indented, but holds a '='; begin a key at the start of its line"},
    {"[train a]\n  1 2\n",
     "e.ini:2: \"1 2\" is indented, so it continues a list, but there is no key above it in this section"},
    {"[train b]\nseed = 1\n[train a]\n  1 2\n",
     "e.ini:4: \"1 2\" is indented, so it continues a list, but there is no key above it in this section"},
    {"  1 2\n", "e.ini:1: \"1 2\" is indented, so it continues a list, but there is no key above it"},
    {"[train a]\nseed = 1\n [train b]\n",
     "e.ini:3: \"[train b]\" is indented; begin a section at the start of its line"},
    {"[train a\n", "e.ini:1: \"[train a\" has no ']' at its end"},
    {"[train # a]\n", "e.ini:1: \"[train\" has no ']' at its end"},
    {"[train a] seed = 1\n", "e.ini:1: \" seed = 1\" follows the ']' of a section; put it in a line of its own"},
    {"[train a[0]]\n", "e.ini:1: \"]\" follows the ']' of a section; put it in a line of its own"},
    {"[]\n", "e.ini:1: a section without a word in it; write [verb name]"},
    {"[ \t ]\n", "e.ini:1: a section without a word in it; write [verb name]"},
    {"[train a b]\n", "e.ini:1: section [train a b] has more than two words; write [verb name]"},
    {"[" A49 "a]\n", "e.ini:1: a section of more than 49 bytes between its brackets; names have 32 at most"},
    {"[train a]\nlabel = \x01\n", "e.ini:2: a control character (byte 0x01); an experiment is plain text"},
    {"[train a]\nlabel = \x7f\n", "e.ini:2: a control character (byte 0x7f); an experiment is plain text"},
    {"[train a]\nseed = 1\rrate = 2\n", "e.ini:2: a control character (byte 0x0d); an experiment is plain text"},
    {"[train a]\n# caf\xe9\n", "e.ini:2: byte 0xe9 is not UTF-8; is this an experiment? If so, save it as UTF-8"},
    {"[train a]\nx = \xc0\x80\n", "e.ini:2: byte 0xc0 is not UTF-8; is this an experiment? If so, save it as UTF-8"},
    {"[train a]\nx = \xed\xa0\x80\n",
     "e.ini:2: byte 0xed is not UTF-8; is this an experiment? If so, save it as UTF-8"},
    {"[train a]\nx = \xf4\x90\x80\x80\n",
     "e.ini:2: byte 0xf4 is not UTF-8; is this an experiment? If so, save it as UTF-8"},
    {"[train a]\nx = \xe2\x82", "e.ini:2: byte 0xe2 is not UTF-8; is this an experiment? If so, save it as UTF-8"},
    {"\xff\xfe[\x01", "e.ini:1: byte 0xff is not UTF-8; is this an experiment? If so, save it as UTF-8"},
    {"\x7f"
     "ELF",
     "e.ini:1: a control character (byte 0x7f); an experiment is plain text"},
};

START_TEST(each_fault_names_its_line) {
  struct ini *none = (struct ini *)scratch;
  ck_assert_int_eq(read_ini(&none, faults[_i].text, strlen(faults[_i].text)), STRAIT_EINVAL);
  ck_assert_ptr_null(none);
  ck_assert_str_eq(error_text(), faults[_i].error);
}
END_TEST

START_TEST(a_nul_is_refused) {
  static const char text[] = "[train a]\nseed = 1\0 2\n";
  ck_assert_int_eq(read_ini(&ini, text, sizeof text - 1), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(), "e.ini:2: a control character (byte 0x00); an experiment is plain text");
}
END_TEST

/* Lines of each length around one, two and three times the 200 bytes that inih's buffer has. The next line must not be
 * lost (release 59 drops it after a line of 199 bytes without a newline). */
START_TEST(lines_of_any_length) {
  for (int length = 1; length < 640; length++) {
    struct text text = {0}, value = {0};
    for (int i = 0; i < length; i++)
      text_add(&value, "%c", 'a' + i % 26);
    text_add(&text, "[train a]\nk = %s\nl =\n  %s  # %s\nm = 1\n[train b]\nn = %s", value.data, value.data, value.data,
             value.data);
    parse(text.data);
    ck_section(0, "train", "a", 1, 3);
    ck_setting(0, 0, "k", value.data, 2);
    ck_setting(0, 1, "l", value.data, 3);
    ck_setting(0, 2, "m", "1", 5);
    ck_setting(1, 0, "n", value.data, 7);
    text_free(&text);
    text_free(&value);
  }
}
END_TEST

/* Wherever a long line is divided, the value stays as it was: blanks, characters of several bytes, and '#' and ';'
 * within words, at random places. */
START_TEST(what_long_lines_hold) {
  static const char *const parts[] = {
      "x", "  ", " ", "\t", "#", ";", "=", ":", "[", "]", "\"", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9d\x84\x9e", "yz"};
  uint32_t state = 1;
  for (int k = 0; k < 2000; k++) {
    struct text text = {0}, value = {0};
    text_add(&value, "v");
    int blank = 0;
    for (int i = 0; i < 50 + k % 300; i++) {
      state = state * 1664525 + 1013904223;
      const char *part = parts[(state >> 16) % (sizeof parts / sizeof *parts)];
      if (blank && strchr("#;", *part)) /* would be a comment */
        part = "w";
      text_add(&value, "%s", part);
      blank = strchr(" \t", *part) != NULL;
    }
    text_add(&value, "v");
    text_add(&text, "[train a]\nk = %s\nl = 1\n", value.data);
    parse(text.data);
    ck_section(0, "train", "a", 1, 2);
    ck_setting(0, 0, "k", value.data, 2);
    ck_setting(0, 1, "l", "1", 3);
    text_free(&text);
    text_free(&value);
  }
}
END_TEST

START_TEST(long_blanks_keys_and_sections) {
  struct text text = {0};
  char key[151];
  text_add(&text, "[train a]\nk =%400sv%400sw\n", "", "");
  parse(text.data);
  ck_assert_uint_eq(strlen(ini->sections[0].settings[0].value), 402);
  text_free(&text);
  parse("[" A49 "]\n");
  ck_section(0, A49, NULL, 1, 0);
  memset(key, 'k', 150);
  key[150] = '\0';
  text_add(&text, "[train a]\n%s = 1\n 2\n", key);
  parse(text.data);
  ck_setting(0, 0, key, "1 2", 2);
  text_free(&text);
  text_add(&text, "[train a]\n%s%s = 1\n", key, key); /* no key is as long as that */
  ini_free(ini);
  ck_assert_int_eq(read_ini(&ini, text.data, text.length), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(),
                   "e.ini:2: a line of 304 bytes with no place to divide it for inih: its key is too long, or it "
                   "repeats '#' or ';'; is this an experiment?");
  text_free(&text);
}
END_TEST

/* All faults in the order of their lines; what belongs to a faulty section or key is left out, the rest is read. */
START_TEST(several_faults) {
  static const char text[] = "[train a]\n"
                             "seed : 1\n"
                             " 2 3\n"
                             "epochs = 3\n"
                             "epochs = 4\n"
                             "  5\n"
                             "[train a]\n"
                             "seed\n"
                             "[train b\n"
                             "x = 1\n"
                             "[train c]\n"
                             "y = \x01\n"
                             "z = 1\n";
  struct faults found = {0};
  ck_assert_int_eq(ini_text(&ini, "e.ini", text, sizeof text - 1, &found), STRAIT_OK);
  ck_assert_uint_eq(ini->count, 2);
  ck_section(0, "train", "a", 1, 1);
  ck_setting(0, 0, "epochs", "3", 4);
  ck_section(1, "train", "c", 11, 1);
  ck_setting(1, 0, "z", "1", 13);
  ck_assert(ini->sections[0].damaged && ini->sections[1].damaged);
  ck_assert_int_eq(faults_report(&found), STRAIT_EINVAL);
  ck_assert_str_eq(error_text(),
                   "e.ini:2: \"seed : 1\": a ':' where '=' is wanted; write KEY = VALUE\n"
                   "strait: e.ini:5: epochs is set twice in [train a]; the first is in line 4: remove one\n"
                   "strait: e.ini:7: section [train a] appears twice, first in line 1; merge the two\n"
                   "strait: e.ini:9: \"[train b\" has no ']' at its end\n"
                   "strait: e.ini:12: a control character (byte 0x01); an experiment is plain text");
}
END_TEST

START_TEST(many_sections_and_keys) {
  struct text text = {0};
  for (int i = 0; i < 100; i++) {
    text_add(&text, "[train s%d]\n", i);
    for (int k = 0; k < i; k++)
      text_add(&text, "k%d = %d\n", k, k * i);
  }
  parse(text.data);
  ck_assert_uint_eq(ini->count, 100);
  for (size_t i = 0; i < 100; i++) {
    ck_assert_uint_eq(ini->sections[i].count, i);
    for (size_t k = 0; k < i; k++) {
      char key[16], value[16];
      snprintf(key, sizeof key, "k%zu", k);
      snprintf(value, sizeof value, "%zu", k * i);
      ck_setting(i, k, key, value, ini->sections[i].line + 1 + (int)k);
    }
  }
  text_free(&text);
}
END_TEST

/* A list may have as many lines as the file; copies of all that came before, at each, would be gigabytes. */
START_TEST(a_list_of_many_lines) {
  struct text text = {0}, value = {0};
  text_add(&text, "[scan all]\nt = 0\n");
  text_add(&value, "0");
  for (int i = 0; i < 100000; i++) {
    text_add(&text, " 1\n");
    text_add(&value, " 1");
  }
  parse(text.data);
  ck_setting(0, 0, "t", value.data, 2);
  text_free(&text);
  text_free(&value);
}
END_TEST

START_TEST(more_keys_and_sections_than_can_be_meant) {
  struct text text = {0};
  struct ini *none = NULL;
  text_add(&text, "[train a]\n");
  for (int k = 0; k < 1001; k++)
    text_add(&text, "k%d = 1\n", k);
  ck_assert_int_eq(read_ini(&none, text.data, text.length), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "e.ini:1002: more than 1000 keys in [train a]"));
  text.length = 0;
  for (int k = 0; k < 20001; k++)
    text_add(&text, "[train s%d]\n", k);
  ck_assert_int_eq(read_ini(&none, text.data, text.length), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "e.ini:20001: more than 20000 sections"));
  text_free(&text);
}
END_TEST

START_TEST(files) {
  struct faults found = {0};
  scratch_make();
  file_write(in_scratch("e.ini"), "[train a]\nseed = 1\n", 19);
  ck_assert_int_eq(ini_read(&ini, in_scratch("e.ini"), &found), STRAIT_OK);
  ck_assert_str_eq(ini->file, in_scratch("e.ini"));
  ck_setting(0, 0, "seed", "1", 2);
  ini_free(ini);
  ck_assert_int_eq(ini_read(&ini, in_scratch("none.ini"), &found), STRAIT_ENOENT);
  ck_assert_ptr_null(ini);
  ck_error_has("none.ini");
  ck_assert_int_eq(ini_read(&ini, scratch, &found), STRAIT_EINVAL);
  char *large = memory_alloc((1 << 20) + 1, 1);
  memset(large, '#', (1 << 20) + 1);
  file_write(in_scratch("large.ini"), large, (1 << 20) + 1);
  memory_free(large);
  ck_assert_int_eq(ini_read(&ini, in_scratch("large.ini"), &found), STRAIT_EFORMAT);
  scratch_remove();
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("ini")};
  tcase_add_checked_fixture(cases[0], error_clear, teardown);
  tcase_add_test(cases[0], an_experiment);
  tcase_add_test(cases[0], lists_go_on_in_indented_lines);
  tcase_add_test(cases[0], line_ends_and_marks);
  tcase_add_test(cases[0], comments);
  tcase_add_loop_test(cases[0], each_fault_names_its_line, 0, sizeof faults / sizeof *faults);
  tcase_add_test(cases[0], a_nul_is_refused);
  tcase_add_test(cases[0], several_faults);
  tcase_add_test(cases[0], lines_of_any_length);
  tcase_add_test(cases[0], what_long_lines_hold);
  tcase_add_test(cases[0], long_blanks_keys_and_sections);
  tcase_add_test(cases[0], many_sections_and_keys);
  tcase_add_test(cases[0], a_list_of_many_lines);
  tcase_add_test(cases[0], more_keys_and_sections_than_can_be_meant);
  tcase_add_test(cases[0], files);
  return run_suite("ini", cases, 1);
}
