/* tests/store/test-pickle.c: the reader of pickles. The byte strings are written by hand after Python's pickletools, or
 * copied from Python where a test says so. What is hostile must become a name and no more, what is damaged must be
 * found, and nothing may crash: the loops over cuts, flips and random edits are there for the sanitizers. */
#include <config.h>

#include "base/text.h"
#include "store/pickle.h"
#include "store/torch_objects.h"

#include "../base/scratch.h"

/* --- a table of our own --- */

static int make_pair(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                     struct pickle_value *result) {
  (void)machine;
  if (count != 2)
    return error_set(STRAIT_EFORMAT, "two are needed");
  *result = arguments[1];
  return STRAIT_OK;
}
static int make_persistent(struct pickle_machine *machine, const struct pickle_value *arguments, size_t count,
                           struct pickle_value *result) {
  ck_assert_uint_eq(count, 1);
  *result = (struct pickle_value){
      .type = PICKLE_OBJECT, .kind = 7, .object = pickle_rules_of(machine)->context, .length = arguments->length};
  return STRAIT_OK;
}
static const struct pickle_name table[] = {{"collections", "OrderedDict", pickle_ordered_dict, 0},
                                           {"mine", "second", make_pair, 0},
                                           {"mine", "word", NULL, 5},
                                           {NULL, NULL, NULL, 0}};

/* Reads a string literal, which may hold NULs; the whole of it must be the pickle. */
static int read_bytes(const void *bytes, size_t length, struct pickle_value *value) {
  struct pickle_rules rules = {
      .names = table, .persistent = make_persistent, .arena = scratch_arena, .context = (void *)(uintptr_t)table};
  return pickle_read(&rules, bytes, length, NULL, value);
}
#define READ(literal, value) read_bytes(literal, sizeof literal - 1, value)

static struct pickle_value ck_read(const void *bytes, size_t length) {
  struct pickle_value value;
  ck_assert_msg(read_bytes(bytes, length, &value) == STRAIT_OK, "%s", error_text());
  return value;
}
#define CK_READ(literal) ck_read(literal, sizeof literal - 1)

static void ck_fails_bytes(const void *bytes, size_t length, int status, const char *why) {
  struct pickle_value value;
  error_clear();
  ck_assert_int_eq(read_bytes(bytes, length, &value), status);
  ck_assert_int_eq(error_status(), status);
  ck_error_has(why);
}
#define CK_FAILS(literal, status, why) ck_fails_bytes(literal, sizeof literal - 1, status, why)

static void ck_integer(const struct pickle_value *value, int64_t expected) {
  ck_assert_uint_eq(value->type, PICKLE_INTEGER);
  ck_assert_int_eq(value->integer, expected);
}

/* --- what is read --- */

/* {'a': [1, -2, 300, 70000, -2**31, 2**40, 2**80, 2.5], 'b': (None, True, False), 'c': '\u00e4\u20ac', 'd': {},
 * 'e': ()}, from pickle.dumps of Python 3.11, protocols 2 and 4. */
static const char python_2[] = "\x80\x02}q\x00(X\x01\x00\x00\x00"
                               "aq\x01]q\x02(K\x01J\xfe\xff\xff\xffM,\x01Jp\x11\x01\x00J\x00\x00\x00\x80"
                               "\x8a\x06\x00\x00\x00\x00\x00\x01\x8a\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
                               "G@\x04\x00\x00\x00\x00"
                               "\x00\x00"
                               "eX\x01\x00\x00\x00"
                               "bq\x03N\x88\x89\x87q\x04X\x01\x00\x00\x00"
                               "cq\x05X\x05\x00\x00\x00\xc3\xa4"
                               "\xe2\x82\xac"
                               "q\x06X\x01\x00\x00\x00"
                               "dq\x07}q\x08X\x01\x00\x00\x00"
                               "eq\t)u.";
static const char python_4[] =
    "\x80\x04\x95_\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
    "a\x94]\x94(K\x01J\xfe\xff\xff\xffM,\x01Jp\x11\x01\x00J"
    "\x00\x00\x00\x80\x8a\x06\x00\x00\x00\x00\x00\x01\x8a\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
    "G@\x04"
    "\x00\x00\x00\x00\x00\x00"
    "e\x8c\x01"
    "b\x94N\x88\x89\x87\x94\x8c\x01"
    "c\x94\x8c\x05\xc3\xa4\xe2\x82\xac\x94"
    "\x8c\x01"
    "d\x94}\x94\x8c\x01"
    "e\x94)u.";

static void ck_python(const struct pickle_value *value) {
  static const int64_t integers[] = {1, -2, 300, 70000, -((int64_t)1 << 31), (int64_t)1 << 40};
  ck_assert_uint_eq(value->type, PICKLE_DICT);
  ck_assert_uint_eq(value->items->count, 10);
  const struct pickle_value *item = value->items->item;
  for (int i = 0; i < 5; i++)
    ck_assert(pickle_is_text(&item[2 * i], (const char *[]){"a", "b", "c", "d", "e"}[i]));
  ck_assert_uint_eq(item[1].type, PICKLE_LIST);
  ck_assert_uint_eq(item[1].items->count, 8);
  for (int i = 0; i < 6; i++)
    ck_integer(&item[1].items->item[i], integers[i]);
  const struct pickle_value *large = &item[1].items->item[6], *real = large + 1;
  ck_assert_uint_eq(large->type, PICKLE_LONG);
  ck_assert_uint_eq(large->length, 11);
  ck_assert_int_eq(large->text[10], 1);
  ck_assert_uint_eq(real->type, PICKLE_REAL);
  ck_assert_double_eq(real->real, 2.5);
  ck_assert_uint_eq(item[3].type, PICKLE_TUPLE);
  ck_assert_uint_eq(item[3].items->count, 3);
  ck_assert_uint_eq(item[3].items->item[0].type, PICKLE_NONE);
  ck_assert_uint_eq(item[3].items->item[1].type, PICKLE_BOOL);
  ck_assert_int_eq(item[3].items->item[1].integer, 1);
  ck_assert_int_eq(item[3].items->item[2].integer, 0);
  ck_assert(pickle_is_text(&item[5], "\xc3\xa4\xe2\x82\xac"));
  ck_assert_uint_eq(item[7].type, PICKLE_DICT);
  ck_assert_uint_eq(item[7].items->count, 0);
  ck_assert_uint_eq(item[9].type, PICKLE_TUPLE);
  ck_assert_uint_eq(item[9].items->count, 0);
}

START_TEST(values_of_python) {
  struct pickle_value two = CK_READ(python_2), four = CK_READ(python_4);
  ck_python(&two);
  ck_python(&four);
}
END_TEST

START_TEST(each_instruction) {
  struct pickle_value v = CK_READ("\x8a\x00.");
  ck_integer(&v, 0);
  v = CK_READ("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.");
  ck_integer(&v, INT64_MAX);
  v = CK_READ("\x8b\x02\x00\x00\x00\x00\x80.");
  ck_integer(&v, -32768);
  v = CK_READ("M\xff\xff.");
  ck_integer(&v, 65535);
  v = CK_READ("U\x02hi."); /* Python 2's str */
  ck_assert(pickle_is_text(&v, "hi"));
  v = CK_READ("T\x02\x00\x00\x00hi.");
  ck_assert(pickle_is_text(&v, "hi"));
  v = CK_READ("U\x01\xff."); /* ... and when it is no text */
  ck_assert_uint_eq(v.type, PICKLE_BYTES);
  v = CK_READ("C\x02hi.");
  ck_assert_uint_eq(v.type, PICKLE_BYTES);
  ck_assert_uint_eq(v.length, 2);
  v = CK_READ("B\x01\x00\x00\x00h.");
  ck_assert_uint_eq(v.length, 1);
  v = CK_READ("\x8e\x01\x00\x00\x00\x00\x00\x00\x00h.");
  ck_assert_uint_eq(v.length, 1);
  v = CK_READ("\x8d\x02\x00\x00\x00\x00\x00\x00\x00hi.");
  ck_assert(pickle_is_text(&v, "hi"));
  v = CK_READ("K\x01K\x02K\x03\x87."); /* TUPLE3 */
  ck_assert_uint_eq(v.items->count, 3);
  ck_integer(&v.items->item[2], 3);
  v = CK_READ("(K\x01K\x02l."); /* LIST */
  ck_assert_uint_eq(v.type, PICKLE_LIST);
  ck_assert_uint_eq(v.items->count, 2);
  v = CK_READ("(K\x01K\x02"
              "d."); /* DICT */
  ck_assert_uint_eq(v.type, PICKLE_DICT);
  v = CK_READ("}K\x01K\x02s."); /* SETITEM */
  ck_integer(&v.items->item[1], 2);
  v = CK_READ("]K\x09"
              "a."); /* APPEND */
  ck_integer(&v.items->item[0], 9);
  v = CK_READ("K\x01K\x02"
              "0."); /* POP */
  ck_integer(&v, 1);
  v = CK_READ("K\x01(0."); /* POP of a mark */
  ck_integer(&v, 1);
  v = CK_READ("K\x01(K\x02K\x03"
              "1."); /* POP_MARK */
  ck_integer(&v, 1);
  v = CK_READ("K\x04"
              "2\x86."); /* DUP, TUPLE2 */
  ck_integer(&v.items->item[0], 4);
  ck_integer(&v.items->item[1], 4);
  v = CK_READ("K\x05r\x10\x00\x00\x00"
              "0j\x10\x00\x00\x00."); /* LONG_BINPUT, LONG_BINGET */
  ck_integer(&v, 5);
  v = CK_READ("K\x05\x94K\x06\x94\x86h\x00h\x01\x86\x86."); /* MEMOIZE numbers from 0 */
  ck_integer(&v.items->item[1].items->item[0], 5);
  ck_integer(&v.items->item[1].items->item[1], 6);
}
END_TEST

START_TEST(names_and_makers) {
  struct pickle_value v = CK_READ("cmine\nword\n.");
  ck_assert_uint_eq(v.type, PICKLE_NAME);
  ck_assert_uint_eq(v.name->what, 5);
  v = CK_READ("\x8c\x04mine\x8c\x04word\x93.");
  ck_assert_uint_eq(v.type, PICKLE_NAME);
  v = CK_READ("cmine\nsecond\nK\x01K\x02\x86R.");
  ck_integer(&v, 2);
  CK_FAILS("cmine\nsecond\nK\x01\x85R.", STRAIT_EFORMAT, "mine.second: two are needed");
  v = CK_READ("X\x03\x00\x00\x00keyQ.");
  ck_assert_uint_eq(v.type, PICKLE_OBJECT);
  ck_assert_uint_eq(v.kind, 7);
  ck_assert_uint_eq(v.length, 3);
  ck_assert_ptr_eq(v.object, table);
}
END_TEST

START_TEST(ordered_dicts) {
  struct pickle_value v = CK_READ("ccollections\nOrderedDict\n)R(K\x01K\x02K\x03K\x04u."); /* Python 3 */
  ck_assert_uint_eq(v.type, PICKLE_DICT);
  ck_assert_uint_eq(v.items->count, 4);
  v = CK_READ("ccollections\nOrderedDict\n](](K\x01K\x02"
              "e](K\x03K\x04"
              "ee\x85R."); /* Python 2 */
  ck_assert_uint_eq(v.type, PICKLE_DICT);
  ck_assert_uint_eq(v.items->count, 4);
  ck_integer(&v.items->item[3], 4);
  /* Its attributes, as a state_dict's _metadata, are passed over. */
  v = CK_READ("ccollections\nOrderedDict\n)R}U\x09_metadataK\x01sb.");
  ck_assert_uint_eq(v.items->count, 0);
  CK_FAILS("ccollections\nOrderedDict\nK\x01\x85R.", STRAIT_EFORMAT, "one list of pairs or nothing");
  CK_FAILS("ccollections\nOrderedDict\n](K\x01"
           "e\x85R.",
           STRAIT_EFORMAT, "item 0 of its list is not a pair");
}
END_TEST

/* Values may hold themselves; reading such is no work. */
START_TEST(circles) {
  struct pickle_value v = CK_READ("]q\x00h\x00"
                                  "a.");
  ck_assert_uint_eq(v.items->count, 1);
  ck_assert_ptr_eq(v.items->item[0].items, v.items);
}
END_TEST

START_TEST(several_in_a_row) {
  static const char bytes[] = "K\x01.K\x02.rest";
  struct pickle_rules rules = {.names = table, .arena = scratch_arena};
  struct pickle_value v;
  size_t used;
  ck_assert_int_eq(pickle_read(&rules, bytes, sizeof bytes - 1, &used, &v), STRAIT_OK);
  ck_assert_uint_eq(used, 3);
  ck_integer(&v, 1);
  ck_assert_int_eq(pickle_read(&rules, bytes + used, sizeof bytes - 1 - used, &used, &v), STRAIT_OK);
  ck_assert_uint_eq(used, 3);
  ck_integer(&v, 2);
  CK_FAILS("K\x01.K", STRAIT_EFORMAT, "1 bytes follow its end");
}
END_TEST

/* --- what is not called --- */

static void ck_opaque(const void *bytes, size_t length, const char *name) {
  struct pickle_value v = ck_read(bytes, length);
  ck_assert_uint_eq(v.type, PICKLE_OPAQUE);
  ck_assert_str_eq(v.text, name);
  ck_assert_str_eq(pickle_type_name(&v), name);
}
#define CK_OPAQUE(literal, name) ck_opaque(literal, sizeof literal - 1, name)

/* What fickling, pickletools' documentation and the proofs of concept in torch's issues use: names, and nothing else.
 */
START_TEST(hostile_names) {
  CK_OPAQUE("cos\nsystem\n(X\x02\x00\x00\x00idtR.", "os.system");
  CK_OPAQUE("cposix\nsystem\nU\x02id\x85R.", "posix.system");
  CK_OPAQUE("cbuiltins\neval\nU\x01"
            "1\x85R.",
            "builtins.eval");
  CK_OPAQUE("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.", "os.system");
  CK_OPAQUE("(ios\nsystem\n.", "os.system");
  CK_OPAQUE("(U\x02idios\nsystem\n.", "os.system");  /* INST takes what lies above the mark */
  CK_OPAQUE("(cos\nsystem\nU\x02ido.", "os.system"); /* OBJ */
  CK_OPAQUE("cbuiltins\ngetattr\n.", "builtins.getattr");
  /* Nothing like a known name will do. */
  CK_OPAQUE("ccollections\nOrderedDict.__init__\n.", "collections.OrderedDict.__init__");
  CK_OPAQUE("ccollections.x\nOrderedDict\n.", "collections.x.OrderedDict");
  CK_OPAQUE("cmine\nword\x00\n.", "mine.word\\x00");
  CK_OPAQUE("c\n\n.", ".");
  CK_OPAQUE("c\x1b[2J\n\xc2\x9bx\n.", "\\x1b[2J.\\xc2\\x9bx"); /* a terminal's codes do not reach a terminal */
  /* What is called in turn is no more. */
  CK_OPAQUE("cbuiltins\ngetattr\nNN\x86R)R.", "builtins.getattr");
  /* A known name that cannot be called, or is called as only a class can be. */
  CK_OPAQUE("cmine\nword\n)R.", "mine.word");
  CK_OPAQUE("cmine\nsecond\n)\x81.", "mine.second");
  CK_OPAQUE("ccollections\nOrderedDict\n)}\x92.", "collections.OrderedDict");
  CK_OPAQUE("\x82\x07.", "copyreg.extension 7");
  CK_OPAQUE("\x83\x00\x01.", "copyreg.extension 256");
  CK_OPAQUE("\x84\x01\x00\x00\x00.", "copyreg.extension 1");
}
END_TEST

/* What training scripts put beside weights, from pickle.dumps of Python 3.11 and numpy 1.24. Their state is passed
 * over, and so are the items of containers that are not known. */
START_TEST(things_of_python) {
  /* argparse.Namespace(lr=0.1), protocols 2 and 4 */
  CK_OPAQUE("\x80\x02"
            "cargparse\nNamespace\nq\x00)\x81q\x01}q\x02X\x02\x00\x00\x00lrq\x03G?\xb9\x99\x99\x99\x99\x99\x9asb.",
            "argparse.Namespace");
  CK_OPAQUE("\x80\x04\x95.\x00\x00\x00\x00\x00\x00\x00\x8c\x08"
            "argparse\x94\x8c\tNamespace\x94\x93\x94)\x81\x94}\x94\x8c\x02lr\x94G?\xb9\x99\x99\x99\x99\x99\x9asb.",
            "argparse.Namespace");
  /* numpy.float64(0.5): a call with a value whose state was set */
  CK_OPAQUE(
      "\x80\x02"
      "cnumpy.core.multiarray\nscalar\nq\x00"
      "cnumpy\ndtype\nq\x01X\x02\x00\x00\x00"
      "f8q\x02\x89\x88\x87q\x03Rq\x04(K\x03X\x01\x00\x00\x00<q\x05NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x06"
      "b"
      "c_"
      "codecs\nencode\nq\x07X\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00q\x08X\x06\x00\x00\x00latin1q\t\x86q\nRq"
      "\x0b\x86q\x0cR.",
      "numpy.core.multiarray.scalar");
  /* collections.deque([1, 2]) and a subclass of dict with an item */
  CK_OPAQUE("ccollections\ndeque\n)R(K\x01K\x02"
            "e.",
            "collections.deque");
  CK_OPAQUE("cmy\nDict\n)\x81U\x01"
            "aK\x01sU\x01"
            "bK\x02s}b.",
            "my.Dict");
  /* {1, 2} and frozenset({3}), protocol 4; bytearray(b"hi"), protocol 5 */
  struct pickle_value v = CK_READ("\x80\x04\x8f\x94(K\x01K\x02\x90.");
  ck_assert_uint_eq(v.type, PICKLE_LIST);
  ck_assert_uint_eq(v.items->count, 2);
  v = CK_READ("\x80\x04(K\x03\x91\x94.");
  ck_assert_uint_eq(v.items->count, 1);
  v = CK_READ("\x80\x05\x96\x02\x00\x00\x00\x00\x00\x00\x00hi.");
  ck_assert_uint_eq(v.type, PICKLE_BYTES);
  ck_assert_uint_eq(v.length, 2);
}
END_TEST

START_TEST(refused_instructions) {
  CK_FAILS("Pid\n.", STRAIT_ENOTSUP, "PERSID is refused");
  CK_FAILS("I01\n.", STRAIT_ENOTSUP, "INT is refused");
  CK_FAILS("S'x'\n.", STRAIT_ENOTSUP, "STRING is refused");
  CK_FAILS("\x97.", STRAIT_ENOTSUP, "NEXT_BUFFER is refused");
  CK_FAILS("]}b.", STRAIT_ENOTSUP, "refuses to set the state of a value of type list");
  CK_FAILS("}]b.", STRAIT_ENOTSUP, "refuses to set the state of a value of type dict");
  CK_FAILS("cmine\nword\n}b.", STRAIT_ENOTSUP, "refuses to set the state of a value of type name");
  CK_FAILS("\x80\x01.", STRAIT_ENOTSUP, "protocol 1");
  CK_FAILS("\x80\x06.", STRAIT_ENOTSUP, "protocol 6");
  struct pickle_rules rules = {.names = table, .arena = scratch_arena}; /* no persistent ids */
  struct pickle_value value;
  ck_assert_int_eq(pickle_read(&rules, "NQ.", 3, NULL, &value), STRAIT_ENOTSUP);
}
END_TEST

START_TEST(damage) {
  CK_FAILS("", STRAIT_EFORMAT, "ends too early");
  CK_FAILS(".", STRAIT_EFORMAT, "more or less than one value");
  CK_FAILS("NN.", STRAIT_EFORMAT, "more or less than one value");
  CK_FAILS("N(.", STRAIT_EFORMAT, "more or less than one value");
  CK_FAILS("\xff.", STRAIT_EFORMAT, "0xff is not a pickle instruction");
  CK_FAILS("0.", STRAIT_EFORMAT, "a value that is not there");
  CK_FAILS("1.", STRAIT_EFORMAT, "a mark that is not there");
  CK_FAILS("N2(2.", STRAIT_EFORMAT, "a value that is not there"); /* nothing below a mark is reached */
  CK_FAILS("N(\x85.", STRAIT_EFORMAT, "a value that is not there");
  CK_FAILS("](K\x01(e.", STRAIT_EFORMAT, "adds items to a value of type int");
  CK_FAILS("}(K\x01u.", STRAIT_EFORMAT, "no value");
  CK_FAILS("(K\x01"
           "d.",
           STRAIT_EFORMAT, "no value");
  CK_FAILS("}K\x01s.", STRAIT_EFORMAT, "a value that is not there");
  CK_FAILS("NK\x01"
           "a.",
           STRAIT_EFORMAT, "adds items to a value of type None");
  CK_FAILS(")K\x01"
           "a.",
           STRAIT_EFORMAT, "adds items to a value of type tuple");
  CK_FAILS("]K\x01K\x02s.", STRAIT_EFORMAT, "adds items to a value of type list");
  CK_FAILS("h\x00.", STRAIT_EFORMAT, "value 0, which it has not numbered");
  CK_FAILS("Nq\x03h\x02.", STRAIT_EFORMAT, "value 2, which it has not numbered");
  CK_FAILS("q\x00.", STRAIT_EFORMAT, "a value that is not there");
  CK_FAILS("NNR.", STRAIT_EFORMAT, "calls a value of type None with one of type None");
  CK_FAILS("cmine\nsecond\n]R.", STRAIT_EFORMAT, "calls a value of type name with one of type list");
  CK_FAILS("X\x01\x00\x00\x00\xff.", STRAIT_EFORMAT, "not UTF-8");
  CK_FAILS("X\x03\x00\x00\x00\xed\xa0\x80.", STRAIT_EFORMAT, "not UTF-8"); /* a surrogate */
  CK_FAILS("X\x02\x00\x00\x00\xc0\x80.", STRAIT_EFORMAT, "not UTF-8");     /* overlong */
  CK_FAILS("X\x03\x00\x00\x00\xe2\x82.", STRAIT_EFORMAT, "not UTF-8");     /* cut: the third byte is '.' */
  CK_FAILS("X\xff\xff\xff\xff.", STRAIT_EFORMAT, "ends too early");
  CK_FAILS("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", STRAIT_EFORMAT, "ends too early");
  CK_FAILS("\x8e\xf6\xff\xff\xff\xff\xff\xff\xff.", STRAIT_EFORMAT, "ends too early");
  CK_FAILS("\x8b\xff\xff\xff\xff.", STRAIT_EFORMAT, "ends too early");
  CK_FAILS("\x95\xff\xff\xff\xff\xff\xff\xff\xffN.", STRAIT_EFORMAT, "ends too early");
  CK_FAILS("cos", STRAIT_EFORMAT, "ends too early");
  CK_FAILS("cos\nsystem", STRAIT_EFORMAT, "ends too early");
  CK_FAILS("K\x01K\x02\x93.", STRAIT_EFORMAT, "a name is not a string");
  CK_FAILS("cos\nsystem\n]\x81.", STRAIT_EFORMAT, "calls a value of type os.system with one of type list");
  CK_FAILS("N)\x81.", STRAIT_EFORMAT, "calls a value of type None");
  CK_FAILS("(o.", STRAIT_EFORMAT, "an object of no class");
  CK_FAILS("(No.", STRAIT_EFORMAT, "calls a value of type None");
  CK_FAILS("ios\nsystem\n.", STRAIT_EFORMAT, "a mark that is not there");
}
END_TEST

/* --- bombs --- */

/* `count` times the piece, then the end. */
static void ck_bomb(const char *start, const char *piece, size_t count, const char *why) {
  struct text text = {0};
  text_add_n(&text, start, strlen(start));
  for (size_t i = 0; i < count; i++)
    text_add_n(&text, piece, strlen(piece));
  text_add(&text, ".");
  ck_assert_int_eq(text.status, STRAIT_OK);
  ck_fails_bytes(text.data, text.length, STRAIT_ENOTSUP, why);
  text_free(&text);
}

START_TEST(bombs) {
  ck_bomb("", "(", 5000, "nested more than 1000 deep");
  ck_bomb("", "(](", 5000, "nested more than 1000 deep");
  ck_bomb("", "N", 1100000, "wait on its stack");
  ck_bomb("N", "2", 1100000, "wait on its stack");
  ck_bomb("", ")0", 1100000, "more than 1048576 lists, tuples, dicts and tensors");
  ck_bomb("", "cmine\nsecond\nNN\x86R0", 600000, "more than 1048576 lists, tuples, dicts and tensors");
  ck_bomb("]", "(NNNNNNNNNNe", 500000, "more than 4194304 items");
  CK_FAILS("Nr\xff\xff\xff\xff.", STRAIT_ENOTSUP, "numbers a value 4294967295");
  CK_FAILS("Nr\x00\x00\x10\x00.", STRAIT_ENOTSUP, "1048575 is the most");
  /* A thousand pairs, made into an OrderedDict again and again: four bytes of file for 2000 items. */
  struct text text = {0};
  text_add(&text, "](");
  for (int i = 0; i < 1000; i++)
    text_add(&text, "NN\x86");
  text_add(&text, "e\x85q\x01"
                  "0ccollections\nOrderedDict\nq\x02"
                  "0");
  for (int i = 0; i < 5000; i++)
    text_add(&text, "h\x02h\x01R0");
  text_add(&text, "N.");
  ck_fails_bytes(text.data, text.length, STRAIT_ENOTSUP, "more than 4194304 items");
  text_free(&text);
  /* Nine lists, each of ten references to the one before: 10^9 leaves for whoever would expand them. Reading does not.
   */
  text_add_n(&text,
             "](NNNNNNNNNNeq\x01"
             "0",
             16);
  for (char i = 1; i < 9; i++) {
    const char get[2] = {'h', i}, put[3] = {'q', (char)(i + 1), '0'};
    text_add_n(&text, "](", 2);
    for (int k = 0; k < 10; k++)
      text_add_n(&text, get, 2);
    text_add_n(&text, "e", 1);
    text_add_n(&text, put, 3);
  }
  text_add_n(&text, "h\x09.", 3);
  struct pickle_value value = ck_read(text.data, text.length);
  ck_assert_uint_eq(value.items->count, 10);
  text_free(&text);
  char *large = memory_alloc(PICKLE_LONGEST + 1, 1);
  ck_assert_ptr_nonnull(large);
  ck_fails_bytes(large, PICKLE_LONGEST + 1, STRAIT_ENOTSUP, "are the most");
  memory_free(large);
}
END_TEST

/* --- nothing crashes --- */

/* A pickle with PyTorch's own names and every kind of instruction that they need, and plain values besides. */
static const char weights[] =
    "\x80\x02}q\x00(X\x05\x00\x00\x00"
    "epochq\x01K\x07X\x05\x00\x00\x00stateq\x02"
    "ccollections\nOrderedDict\nq\x03)R"
    "q\x04(X\x01\x00\x00\x00wq\x05"
    "ctorch._utils\n_rebuild_tensor_v2\nq\x06((X\x07\x00\x00\x00storageq\x07"
    "ctorch\n"
    "HalfStorage\nq\x08X\x01\x00\x00\x00"
    "0q\x09X\x03\x00\x00\x00"
    "cpuq\nM\x00\x01tq\x0bQK\x02K\x02K\x03\x86q\x0c"
    "J\x03\x00\x00\x00\x8a\x01\x01\x86q\x0d\x89h\x03)Rq\x0etq\x0fRq\x10X\x01\x00\x00\x00xq\x11"
    "ctorch._utils\n"
    "_rebuild_parameter\nq\x12h\x10\x88h\x03)R\x87Ru}X\x09\x00\x00\x00_metadataNsbX\x01\x00\x00\x00oG?\xb9\x99\x99"
    "\x99\x99\x99\x9aX\x01\x00\x00\x00p](K\x01K\x02"
    "eu.";

static int read_weights(const void *bytes, size_t length, struct pickle_value *value) {
  struct torch_objects objects = {.arena = arena_create()};
  ck_assert_ptr_nonnull(objects.arena);
  error_clear();
  int status = torch_pickle(&objects, bytes, length, NULL, value);
  if (!status)
    status = torch_settle(&objects);
  ck_assert_int_eq(error_status(), status);
  if (status) {
    ck_assert(*error_text());
    ck_assert(status == STRAIT_EFORMAT || status == STRAIT_ENOTSUP);
  }
  torch_objects_free(&objects);
  arena_free(objects.arena);
  return status;
}

/* A copy of exactly the size, so that AddressSanitizer sees the first byte beyond. */
static char *exact_copy(const char *bytes, size_t length) {
  char *copy = malloc(length ? length : 1);
  ck_assert_ptr_nonnull(copy);
  memcpy(copy, bytes, length);
  return copy;
}

START_TEST(cut_at_every_length) {
  struct pickle_value value;
  ck_assert_int_eq(read_weights(weights, sizeof weights - 1, &value), STRAIT_OK);
  for (size_t length = 0; length < sizeof weights - 1; length++) {
    char *copy = exact_copy(weights, length);
    ck_assert_int_eq(read_weights(copy, length, &value), STRAIT_EFORMAT);
    ck_error_has("ends too early");
    free(copy);
  }
}
END_TEST

START_TEST(every_byte_changed) {
  struct pickle_value value;
  size_t length = sizeof weights - 1;
  static const char others[] = "().012QRXbcehjqrstu}]\x80\x85\x8a\x8b\x8c\x93\x94\x95\xff";
  for (size_t i = 0; i < length; i++)
    for (size_t k = 0; k < 8 + sizeof others; k++) {
      char *copy = exact_copy(weights, length);
      copy[i] = k < 8 ? (char)(copy[i] ^ 1 << k) : others[k - 8];
      read_weights(copy, length, &value);
      free(copy);
    }
}
END_TEST

static uint32_t draw(uint64_t *state) { /* Knuth's MMIX generator: the same edits each time */
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

/* Bytes changed, taken out, doubled, and pieces swapped in from elsewhere, several at once. */
START_TEST(random_edits) {
  uint64_t state = 1;
  size_t refused = 0;
  for (int round = 0; round < 5000; round++) {
    char bytes[1024];
    size_t length = sizeof weights - 1;
    struct pickle_value value;
    memcpy(bytes, weights, length);
    for (uint32_t edits = 1 + draw(&state) % 6; edits; edits--) {
      size_t at = draw(&state) % length, from = draw(&state) % length, count = 1 + draw(&state) % 8;
      switch (draw(&state) % 4) {
      case 0:
        bytes[at] = (char)draw(&state);
        break;
      case 1:
        count = count > length - at - 1 ? 0 : count;
        memmove(bytes + at, bytes + at + count, length - at - count);
        length -= count;
        break;
      case 2:
        count = length + count > sizeof bytes ? 0 : count;
        memmove(bytes + at + count, bytes + at, length - at);
        length += count;
        break;
      default:
        count = count > length - at ? length - at : count;
        count = count > length - from ? length - from : count;
        memmove(bytes + at, bytes + from, count);
      }
    }
    char *copy = exact_copy(bytes, length);
    refused += read_weights(copy, length, &value) != STRAIT_OK;
    free(copy);
  }
  ck_assert_uint_gt(refused, 4000); /* a few edits hit numbers and names, where anything is legal */
}
END_TEST

/* --- tensors in pickles --- */

START_TEST(tensors) {
  struct torch_objects objects = {.arena = scratch_arena};
  struct pickle_value value;
  ck_assert_msg(torch_pickle(&objects, weights, sizeof weights - 1, NULL, &value) == STRAIT_OK, "%s", error_text());
  ck_assert_int_eq(torch_settle(&objects), STRAIT_OK);
  ck_assert_uint_eq(objects.count, 1);
  const struct torch_storage *storage = torch_find(&objects, "0", 1);
  ck_assert_ptr_nonnull(storage);
  ck_assert_ptr_null(torch_find(&objects, "1", 1));
  ck_assert_ptr_null(torch_find(&objects, "", 0));
  ck_assert_int_eq(storage->count, 256);
  ck_assert_str_eq(storage->element->name, "float16");
  ck_assert_uint_eq(torch_storage_bytes(storage), 512);
  const struct pickle_items *state = value.items->item[3].items;
  const struct torch_tensor *w = state->item[1].object;
  ck_assert_uint_eq(state->item[1].kind, TORCH_TENSOR);
  ck_assert_ptr_eq(state->item[3].object, w); /* the parameter is the tensor */
  ck_assert_int_eq(w->offset, 2);
  ck_assert_uint_eq(w->rank, 2);
  ck_assert_int_eq(w->dims[0], 2);
  ck_assert_int_eq(w->dims[1], 3);
  ck_assert_int_eq(w->strides[0], 3);
  ck_assert_int_eq(w->strides[1], 1);
  torch_objects_free(&objects);
}
END_TEST

/* A tensor of these numbers on a storage of 12 floats: "KnKn..." is what a test writes. */
static int read_tensor(const char *arguments, size_t length, const char *id, size_t id_length) {
  struct text text = {0};
  struct pickle_value value;
  text_add(&text, "ctorch._utils\n_rebuild_tensor_v2\n(");
  text_add_n(&text, id, id_length);
  text_add(&text, "Q");
  text_add_n(&text, arguments, length);
  text_add(&text, "\x89NtR.");
  int status = read_weights(text.data, text.length, &value);
  text_free(&text);
  return status;
}
#define STORAGE                                                                                                        \
  "(U\x07storagectorch\nFloatStorage\nU\x01"                                                                           \
  "aU\x03"                                                                                                             \
  "cpuK\x0ct"
#define TENSOR(literal) read_tensor(literal, sizeof literal - 1, STORAGE, sizeof STORAGE - 1)
#define ID(literal) read_tensor("K\x00))", 4, literal, sizeof literal - 1)
#define CK_TENSOR_FAILS(call, why)                                                                                     \
  do {                                                                                                                 \
    ck_assert_int_eq(call, STRAIT_EFORMAT);                                                                            \
    ck_error_has(why);                                                                                                 \
  } while (0)
#define HUGE_ "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f" /* 2^63 - 1 */

START_TEST(places_of_tensors) {
  ck_assert_int_eq(TENSOR("K\x00))"), STRAIT_OK);                           /* a scalar */
  ck_assert_int_eq(TENSOR("K\x0b))"), STRAIT_OK);                           /* the last element */
  ck_assert_int_eq(TENSOR("K\x00K\x03K\x04\x86K\x04K\x01\x86"), STRAIT_OK); /* all 12 */
  ck_assert_int_eq(TENSOR("K\x00K\x0c\x85K\x00\x85"), STRAIT_OK);           /* one element, repeated */
  ck_assert_int_eq(TENSOR("K\x63K\x00\x85K\x01\x85"), STRAIT_OK);           /* nothing, wherever it is */
  ck_assert_int_eq(TENSOR("K\x00K\x01\x85" HUGE_ "\x85"), STRAIT_OK);       /* an unused stride */
  CK_TENSOR_FAILS(TENSOR("K\x0c))"), "reaches beyond its storage");
  CK_TENSOR_FAILS(TENSOR("K\x01K\x03K\x04\x86K\x04K\x01\x86"), "reaches beyond its storage");
  CK_TENSOR_FAILS(TENSOR("K\x00K\x02\x85K\x0c\x85"), "reaches beyond its storage");
  CK_TENSOR_FAILS(TENSOR("K\x00" HUGE_ "\x85K\x01\x85"), "reaches beyond its storage");
  CK_TENSOR_FAILS(TENSOR("K\x00" HUGE_ "\x85" HUGE_ "\x85"), "reaches beyond its storage");
  CK_TENSOR_FAILS(TENSOR("K\x00" HUGE_ HUGE_ "\x86K\x01K\x01\x86"), "reaches beyond its storage");
  CK_TENSOR_FAILS(TENSOR(HUGE_ "K\x02\x85"
                               "K\x01\x85"),
                  "reaches beyond its storage");
  CK_TENSOR_FAILS(TENSOR("J\xff\xff\xff\xff))"), "not described as such"); /* -1 */
  CK_TENSOR_FAILS(TENSOR("K\x00J\xff\xff\xff\xff\x85K\x01\x85"), "not a number of at least 0");
  CK_TENSOR_FAILS(TENSOR("K\x00K\x01\x85J\xff\xff\xff\xff\x85"), "not a number of at least 0");
  CK_TENSOR_FAILS(TENSOR("K\x00K\x01\x85N\x85"), "not a number of at least 0");
  CK_TENSOR_FAILS(TENSOR("K\x00K\x01\x85)"), "not described as such");
  CK_TENSOR_FAILS(TENSOR("K\x00](K\x01"
                         "eK\x01\x85"),
                  "not described as such");
  CK_TENSOR_FAILS(TENSOR("N))"), "not described as such");
}
END_TEST

START_TEST(descriptions_of_storages) {
  ck_assert_int_eq(ID(STORAGE), STRAIT_OK);
  ck_assert_int_eq(ID("(U\x07storagectorch\nFloatStorage\nU\x01"
                      "aU\x03"
                      "cpuK\x0cNt"),
                   STRAIT_OK);
  ck_assert_int_eq(ID("(U\x07storagectorch\nFloatStorage\nU\x01"
                      "aU\x03"
                      "cpuK\x0cU\x01vK\x04K\x08\x87t"),
                   STRAIT_OK);
  CK_TENSOR_FAILS(ID("(U\x07storagectorch\nFloatStorage\nU\x01"
                     "aU\x03"
                     "cpuK\x0cU\x01vK\x05K\x08\x87t"),
                  "a view reaches beyond its storage");
  CK_TENSOR_FAILS(ID("(U\x07storagectorch\nFloatStorage\nU\x01"
                     "aU\x03"
                     "cpuK\x0cU\x01v" HUGE_ HUGE_ "\x87t"),
                  "a view reaches beyond its storage");
  CK_TENSOR_FAILS(ID("(U\x07storagectorch\nFloatStorage\nU\x01"
                     "aU\x03"
                     "cpuK\x0cU\x01v\x85t"),
                  "view is not described as such");
  CK_TENSOR_FAILS(ID("(U\x07storagectorch\nFloatStorage\nU\x01"
                     "aU\x03"
                     "cpu" HUGE_ "t"),
                  "larger than memory");
  CK_TENSOR_FAILS(ID("(U\x07storagectorch\nFloatStorage\nU\x01"
                     "aU\x03"
                     "cpuJ\xff\xff\xff\xfft"),
                  "not described");
  CK_TENSOR_FAILS(ID("(U\x06modulectorch\nFloatStorage\nU\x01"
                     "aU\x03"
                     "cpuK\x0ct"),
                  "not described as such");
  CK_TENSOR_FAILS(ID("(U\x07storagectorch._utils\n_rebuild_tensor\nU\x01"
                     "aU\x03"
                     "cpuK\x0ct"),
                  "not described");
  CK_TENSOR_FAILS(ID("(U\x07storageNU\x01"
                     "aU\x03"
                     "cpuK\x0ct"),
                  "not described as such");
  CK_TENSOR_FAILS(ID("U\x01"
                     "a"),
                  "not described as such");
  CK_TENSOR_FAILS(ID(")"), "not described as such");
  /* One key, two lengths. */
  static const char twice[] = STORAGE "Q(U\x07storagectorch\nFloatStorage\nU\x01"
                                      "aU\x03"
                                      "cpuK\x0btQ\x86.";
  struct pickle_value value;
  ck_assert_int_eq(read_weights(twice, sizeof twice - 1, &value), STRAIT_EFORMAT);
  ck_error_has("storage a is described in two ways");
}
END_TEST

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_test(c, values_of_python);
  tcase_add_test(c, each_instruction);
  tcase_add_test(c, names_and_makers);
  tcase_add_test(c, ordered_dicts);
  tcase_add_test(c, circles);
  tcase_add_test(c, several_in_a_row);
  tcase_add_test(c, hostile_names);
  tcase_add_test(c, things_of_python);
  tcase_add_test(c, refused_instructions);
  tcase_add_test(c, damage);
  tcase_add_test(c, bombs);
  tcase_add_test(c, cut_at_every_length);
  tcase_add_test(c, every_byte_changed);
  tcase_add_test(c, random_edits);
  tcase_add_test(c, tensors);
  tcase_add_test(c, places_of_tensors);
  tcase_add_test(c, descriptions_of_storages);
  return run_suite("pickle", &c, 1);
}
