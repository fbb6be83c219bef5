/* store/pickle.c: the machine that reads pickles: a stack, marks in it, and a memo of numbered values. The instructions
 * are those of Python's pickletools. Those that would call what the file names make opaque values; the textual ones of
 * protocols 0 and 1, which nobody writes weights with, and those that need buffers outside of the file are refused. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/pickle_machine.h"

/* --- containers, the stack and the memo --- */

static int op_append(struct pickle_machine *m) { return machine_add(m, PICKLE_LIST, 1); }
static int op_appends(struct pickle_machine *m) { return machine_add(m, PICKLE_LIST, 0); }
static int op_set_item(struct pickle_machine *m) { return machine_add(m, PICKLE_DICT, 2); }
static int op_set_items(struct pickle_machine *m) { return machine_add(m, PICKLE_DICT, 0); }
static int op_empty_list(struct pickle_machine *m) { return machine_container(m, PICKLE_LIST, NULL, 0); }
static int op_empty_dict(struct pickle_machine *m) { return machine_container(m, PICKLE_DICT, NULL, 0); }
static int op_empty_tuple(struct pickle_machine *m) { return machine_container(m, PICKLE_TUPLE, NULL, 0); }

static int op_tuple(struct pickle_machine *m) { return machine_collect(m, PICKLE_TUPLE); }
static int op_list(struct pickle_machine *m) { return machine_collect(m, PICKLE_LIST); }
static int op_dict(struct pickle_machine *m) { return machine_collect(m, PICKLE_DICT); }

static int op_tuple1(struct pickle_machine *m) { return machine_tuple(m, 1); }
static int op_tuple2(struct pickle_machine *m) { return machine_tuple(m, 2); }
static int op_tuple3(struct pickle_machine *m) { return machine_tuple(m, 3); }

static int op_mark(struct pickle_machine *m) {
  if (m->mark_count >= MOST_MARKS)
    return error_set(STRAIT_ENOTSUP, "it is nested more than %d deep", MOST_MARKS);
  m->marks[m->mark_count++] = m->depth;
  return STRAIT_OK;
}

static int op_pop(struct pickle_machine *m) {
  struct pickle_value value;
  if (m->mark_count && m->marks[m->mark_count - 1] == m->depth)
    return m->mark_count--, STRAIT_OK; /* a mark counts as a value here */
  return machine_pop(m, &value);
}

static int op_pop_mark(struct pickle_machine *m) {
  struct pickle_value *from = NULL;
  size_t count = 0;
  return machine_pop_mark(m, &from, &count);
}

static int op_dup(struct pickle_machine *m) {
  struct pickle_value *value = NULL;
  if (machine_top(m, &value))
    return error_failure();
  struct pickle_value copy = *value; /* the stack may move */
  return machine_push(m, &copy);
}

static int numbered(struct pickle_machine *m, size_t bytes, int (*run)(struct pickle_machine *, uint64_t)) {
  uint64_t number;
  int status = machine_number(m, bytes, &number);
  return status ? status : run(m, number);
}

static int op_put1(struct pickle_machine *m) { return numbered(m, 1, machine_put); }
static int op_put4(struct pickle_machine *m) { return numbered(m, 4, machine_put); }
static int op_get1(struct pickle_machine *m) { return numbered(m, 1, machine_get); }
static int op_get4(struct pickle_machine *m) { return numbered(m, 4, machine_get); }
static int op_memoize(struct pickle_machine *m) { return machine_put(m, m->memo_used); }

/* --- plain values --- */

static int push_integer(struct pickle_machine *m, int64_t integer) {
  return machine_push(m, &(struct pickle_value){.type = PICKLE_INTEGER, .integer = integer});
}

static int op_none(struct pickle_machine *m) { return machine_push(m, &(struct pickle_value){.type = PICKLE_NONE}); }
static int op_true(struct pickle_machine *m) {
  return machine_push(m, &(struct pickle_value){.type = PICKLE_BOOL, .integer = 1});
}
static int op_false(struct pickle_machine *m) { return machine_push(m, &(struct pickle_value){.type = PICKLE_BOOL}); }

static int op_int1(struct pickle_machine *m) {
  uint64_t n;
  return machine_number(m, 1, &n) ? error_failure() : push_integer(m, (int64_t)n);
}

static int op_int2(struct pickle_machine *m) {
  uint64_t n;
  return machine_number(m, 2, &n) ? error_failure() : push_integer(m, (int64_t)n);
}

static int op_int4(struct pickle_machine *m) {
  uint64_t n;
  return machine_number(m, 4, &n) ? error_failure() : push_integer(m, (int64_t)n - ((int64_t)(n >> 31 & 1) << 32));
}

/* Two's complement of any length; up to 8 bytes it is a number, beyond that only its bytes are kept. */
static int push_long(struct pickle_machine *m, uint64_t count) {
  const unsigned char *bytes = NULL;
  if (machine_take(m, (size_t)count, &bytes)) /* at most 4 bytes of length */
    return error_failure();
  if (count > 8)
    return machine_push(
        m, &(struct pickle_value){.type = PICKLE_LONG, .length = (size_t)count, .text = (const char *)bytes});
  uint64_t n = count && bytes[count - 1] & 0x80 ? UINT64_MAX : 0;
  for (size_t i = (size_t)count; i > 0; i--)
    n = n << 8 | bytes[i - 1];
  int64_t integer;
  memcpy(&integer, &n, sizeof integer);
  return push_integer(m, integer);
}

static int op_long1(struct pickle_machine *m) { return numbered(m, 1, push_long); }
static int op_long4(struct pickle_machine *m) { return numbered(m, 4, push_long); }

/* The one number that is big-endian. */
static int op_float(struct pickle_machine *m) {
  const unsigned char *bytes = NULL;
  struct pickle_value value = {.type = PICKLE_REAL};
  uint64_t n = 0;
  if (machine_take(m, 8, &bytes))
    return error_failure();
  for (int i = 0; i < 8; i++)
    n = n << 8 | bytes[i];
  memcpy(&value.real, &n, sizeof value.real);
  return machine_push(m, &value);
}

/* --- text --- */

static int push_text(struct pickle_machine *m, size_t length_bytes, int unicode, int is_text) {
  uint64_t length;
  const unsigned char *bytes = NULL;
  int status = machine_number(m, length_bytes, &length);
  if (!status && length > m->length)
    return error_set(STRAIT_EFORMAT, "it ends too early: the file is cut or damaged");
  if (!status)
    status = machine_take(m, (size_t)length, &bytes);
  if (status)
    return status;
  struct pickle_value value = {.type = PICKLE_STRING, .length = (size_t)length, .text = (const char *)bytes};
  if (!is_text || !text_is_utf8(value.text, value.length)) {
    if (unicode)
      return machine_damaged("a string is not UTF-8");
    value.type = PICKLE_BYTES; /* Python 2's str may be any bytes */
  }
  return machine_push(m, &value);
}

static int op_unicode1(struct pickle_machine *m) { return push_text(m, 1, 1, 1); }
static int op_unicode4(struct pickle_machine *m) { return push_text(m, 4, 1, 1); }
static int op_unicode8(struct pickle_machine *m) { return push_text(m, 8, 1, 1); }
static int op_string1(struct pickle_machine *m) { return push_text(m, 1, 0, 1); }
static int op_string4(struct pickle_machine *m) { return push_text(m, 4, 0, 1); }
static int op_bytes1(struct pickle_machine *m) { return push_text(m, 1, 0, 0); }
static int op_bytes4(struct pickle_machine *m) { return push_text(m, 4, 0, 0); }
static int op_bytes8(struct pickle_machine *m) { return push_text(m, 8, 0, 0); }

/* --- names and what stands for calls --- */

static int op_global(struct pickle_machine *m) {
  struct pickle_value module, name;
  if (machine_line(m, &module) || machine_line(m, &name))
    return error_failure();
  return machine_name(m, &module, &name);
}

static int op_stack_global(struct pickle_machine *m) {
  struct pickle_value module, name;
  if (machine_pop(m, &name) || machine_pop(m, &module))
    return error_failure();
  if (module.type != PICKLE_STRING || name.type != PICKLE_STRING)
    return machine_damaged("a name is not a string");
  return machine_name(m, &module, &name);
}

/* A name by a number that only the program which registered it knows. */
static int extension(struct pickle_machine *m, uint64_t number) {
  const struct pickle_value module = {.type = PICKLE_STRING, .length = 7, .text = "copyreg"};
  struct pickle_value name = {.type = PICKLE_STRING};
  name.text = arena_format(m->rules->arena, "extension %llu", (unsigned long long)number);
  if (!name.text)
    return error_failure();
  name.length = strlen(name.text);
  return machine_name(m, &module, &name);
}
static int op_extension1(struct pickle_machine *m) { return numbered(m, 1, extension); }
static int op_extension2(struct pickle_machine *m) { return numbered(m, 2, extension); }
static int op_extension4(struct pickle_machine *m) { return numbered(m, 4, extension); }

static int push_opaque(struct pickle_machine *m, const struct pickle_value *called) {
  struct pickle_value result;
  return machine_opaque(m, called, &result) ? error_failure() : machine_push(m, &result);
}

/* The arguments of a call, with those of keywords where it has some, and then what is called. */
static int take_call(struct pickle_machine *m, struct pickle_value *arguments, struct pickle_value *called) {
  if (machine_pop(m, arguments) || machine_pop(m, called))
    return error_failure();
  if (arguments->type != PICKLE_TUPLE || (called->type != PICKLE_NAME && called->type != PICKLE_OPAQUE))
    return error_set(STRAIT_EFORMAT, "it calls a value of type %s with one of type %s: the file is damaged",
                     pickle_type_name(called), pickle_type_name(arguments));
  return STRAIT_OK;
}

static int op_reduce(struct pickle_machine *m) {
  struct pickle_value arguments, called, result = {.type = PICKLE_NONE};
  if (take_call(m, &arguments, &called))
    return error_failure();
  if (called.type == PICKLE_OPAQUE || !called.name->make)
    return push_opaque(m, &called);
  int status = machine_count(m);
  if (!status)
    status = called.name->make(m, arguments.items->item, arguments.items->count, &result);
  return status ? error_wrap("%s.%s", called.name->module, called.name->name) : machine_push(m, &result);
}

/* cls.__new__(cls, *arguments): never one of the table's, which are functions and types that are not made so. */
static int op_new_object(struct pickle_machine *m) {
  struct pickle_value arguments, called;
  return take_call(m, &arguments, &called) ? error_failure() : push_opaque(m, &called);
}

static int op_new_object_ex(struct pickle_machine *m) {
  struct pickle_value keywords;
  return machine_pop(m, &keywords) ? error_failure() : op_new_object(m);
}

/* INST has the name in itself, OBJ finds the class behind the mark; both take what lies above the mark. */
static int op_inst(struct pickle_machine *m) {
  struct pickle_value *from = NULL, name;
  size_t count = 0;
  if (machine_pop_mark(m, &from, &count) || op_global(m) || machine_pop(m, &name))
    return error_failure();
  return push_opaque(m, &name);
}

static int op_object(struct pickle_machine *m) {
  struct pickle_value *from = NULL;
  size_t count = 0;
  if (machine_pop_mark(m, &from, &count))
    return error_failure();
  if (!count)
    return machine_damaged("it makes an object of no class");
  const struct pickle_value called = from[0];
  return push_opaque(m, &called);
}

/* Attributes of an object, as an OrderedDict's _metadata: they are no part of the weights. */
static int op_build(struct pickle_machine *m) {
  struct pickle_value state, *object;
  if (machine_pop(m, &state) || machine_top(m, &object))
    return error_failure();
  if (object->type == PICKLE_OPAQUE)
    return STRAIT_OK;
  if (object->type != PICKLE_DICT || state.type != PICKLE_DICT)
    return error_set(STRAIT_ENOTSUP, "refuses to set the state of a value of type %s", pickle_type_name(object));
  return STRAIT_OK;
}

static int op_persistent(struct pickle_machine *m) {
  struct pickle_value id, result = {.type = PICKLE_NONE};
  if (machine_pop(m, &id))
    return error_failure();
  if (!m->rules->persistent)
    return error_set(STRAIT_ENOTSUP, "it refers to something outside of the pickle");
  int status = machine_count(m);
  if (!status)
    status = m->rules->persistent(m, &id, 1, &result);
  return status ? status : machine_push(m, &result);
}

/* --- the machine --- */

static int op_protocol(struct pickle_machine *m) {
  uint64_t version;
  if (machine_number(m, 1, &version))
    return error_failure();
  if (version < 2 || version > 5)
    return error_set(STRAIT_ENOTSUP, "pickle protocol %llu; 2 to 5 are read", (unsigned long long)version);
  return STRAIT_OK;
}

static int op_frame(struct pickle_machine *m) {
  uint64_t length;
  if (machine_number(m, 8, &length))
    return error_failure();
  return length > m->length - m->at ? error_set(STRAIT_EFORMAT, "it ends too early: the file is cut or damaged")
                                    : STRAIT_OK;
}

static int op_stop(struct pickle_machine *m) {
  m->stopped = 1;
  return STRAIT_OK;
}

static const struct instruction {
  const char *name;
  int (*run)(struct pickle_machine *); /* NULL: refused */
} instructions[256] = {
    ['('] = {"MARK", op_mark},
    [')'] = {"EMPTY_TUPLE", op_empty_tuple},
    ['.'] = {"STOP", op_stop},
    ['0'] = {"POP", op_pop},
    ['1'] = {"POP_MARK", op_pop_mark},
    ['2'] = {"DUP", op_dup},
    ['B'] = {"BINBYTES", op_bytes4},
    ['C'] = {"SHORT_BINBYTES", op_bytes1},
    ['F'] = {"FLOAT", NULL},
    ['G'] = {"BINFLOAT", op_float},
    ['I'] = {"INT", NULL},
    ['J'] = {"BININT", op_int4},
    ['K'] = {"BININT1", op_int1},
    ['L'] = {"LONG", NULL},
    ['M'] = {"BININT2", op_int2},
    ['N'] = {"NONE", op_none},
    ['P'] = {"PERSID", NULL},
    ['Q'] = {"BINPERSID", op_persistent},
    ['R'] = {"REDUCE", op_reduce},
    ['S'] = {"STRING", NULL},
    ['T'] = {"BINSTRING", op_string4},
    ['U'] = {"SHORT_BINSTRING", op_string1},
    ['V'] = {"UNICODE", NULL},
    ['X'] = {"BINUNICODE", op_unicode4},
    [']'] = {"EMPTY_LIST", op_empty_list},
    ['a'] = {"APPEND", op_append},
    ['b'] = {"BUILD", op_build},
    ['c'] = {"GLOBAL", op_global},
    ['d'] = {"DICT", op_dict},
    ['e'] = {"APPENDS", op_appends},
    ['g'] = {"GET", NULL},
    ['h'] = {"BINGET", op_get1},
    ['i'] = {"INST", op_inst},
    ['j'] = {"LONG_BINGET", op_get4},
    ['l'] = {"LIST", op_list},
    ['o'] = {"OBJ", op_object},
    ['p'] = {"PUT", NULL},
    ['q'] = {"BINPUT", op_put1},
    ['r'] = {"LONG_BINPUT", op_put4},
    ['s'] = {"SETITEM", op_set_item},
    ['t'] = {"TUPLE", op_tuple},
    ['u'] = {"SETITEMS", op_set_items},
    ['}'] = {"EMPTY_DICT", op_empty_dict},
    [0x80] = {"PROTO", op_protocol},
    [0x81] = {"NEWOBJ", op_new_object},
    [0x82] = {"EXT1", op_extension1},
    [0x83] = {"EXT2", op_extension2},
    [0x84] = {"EXT4", op_extension4},
    [0x85] = {"TUPLE1", op_tuple1},
    [0x86] = {"TUPLE2", op_tuple2},
    [0x87] = {"TUPLE3", op_tuple3},
    [0x88] = {"NEWTRUE", op_true},
    [0x89] = {"NEWFALSE", op_false},
    [0x8a] = {"LONG1", op_long1},
    [0x8b] = {"LONG4", op_long4},
    [0x8c] = {"SHORT_BINUNICODE", op_unicode1},
    [0x8d] = {"BINUNICODE8", op_unicode8},
    [0x8e] = {"BINBYTES8", op_bytes8},
    [0x8f] = {"EMPTY_SET", op_empty_list},
    [0x90] = {"ADDITEMS", op_appends},
    [0x91] = {"FROZENSET", op_list},
    [0x92] = {"NEWOBJ_EX", op_new_object_ex},
    [0x93] = {"STACK_GLOBAL", op_stack_global},
    [0x94] = {"MEMOIZE", op_memoize},
    [0x95] = {"FRAME", op_frame},
    [0x96] = {"BYTEARRAY8", op_bytes8},
    [0x97] = {"NEXT_BUFFER", NULL},
    [0x98] = {"READONLY_BUFFER", NULL},
};

static int step(struct pickle_machine *m) {
  const unsigned char *code;
  size_t at = m->at;
  if (machine_take(m, 1, &code))
    return error_failure();
  const struct instruction *instruction = &instructions[*code];
  if (!instruction->name)
    return error_set(STRAIT_EFORMAT, "at byte %zu: 0x%02x is not a pickle instruction: the file is damaged", at, *code);
  if (!instruction->run)
    return error_set(STRAIT_ENOTSUP, "at byte %zu: the instruction %s is refused", at, instruction->name);
  return instruction->run(m) ? error_wrap("at byte %zu", at) : STRAIT_OK;
}

int pickle_read(const struct pickle_rules *rules, const void *data, size_t length, size_t *used,
                struct pickle_value *value) {
  struct pickle_machine *m = memory_alloc(1, sizeof *m);
  int status = m ? STRAIT_OK : STRAIT_ENOMEM;
  *value = (struct pickle_value){.type = PICKLE_NONE};
  if (!status) {
    m->rules = rules;
    m->data = data;
    m->length = length;
  }
  if (!status && length > PICKLE_LONGEST)
    status = error_set(STRAIT_ENOTSUP, "%zu bytes of pickle, %d are the most", length, PICKLE_LONGEST);
  while (!status && !m->stopped)
    status = step(m);
  if (!status && (m->mark_count || m->depth != 1))
    status = machine_damaged("it ends with more or less than one value");
  if (!status && !used && m->at != length)
    status = error_set(STRAIT_EFORMAT, "%zu bytes follow its end: the file is damaged", length - m->at);
  if (!status)
    *value = m->stack[0];
  if (!status && used)
    *used = m->at;
  if (m) {
    memory_free(m->stack);
    memory_free(m->memo);
  }
  memory_free(m);
  return status;
}
