/* store/npy.c: writes and reads npy headers, {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }. See NumPy's
 * documentation of numpy.lib.format. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "store/npy.h"

static const struct {
  const char *descr;
  uint32_t type;
} types[] = {{"<f8", STRAIT_F64}, {"<f4", STRAIT_F32}, {"<i8", STRAIT_I64}, {"<i4", STRAIT_I32}, {"|u1", STRAIT_U8}};
#define TYPES (sizeof types / sizeof *types)

void npy_header(struct text *text, const struct array *array) {
  struct text dictionary = {0};
  for (size_t i = 0; i < TYPES; i++)
    if (types[i].type == array->type)
      text_add(&dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (", types[i].descr);
  for (uint32_t i = 0; i < array->rank; i++)
    text_add(&dictionary, "%s%lld%s", i ? " " : "", (long long)array->dims[i],
             array->rank == 1 || i + 1 < array->rank ? "," : "");
  text_add(&dictionary, "), }");
  while (!dictionary.status && (10 + dictionary.length + 1) % 64)
    text_add_n(&dictionary, " ", 1);
  text_add(&dictionary, "\n");
  if (dictionary.status) {
    text->status = dictionary.status;
  } else {
    const char length[2] = {(char)(dictionary.length & 0xff), (char)(dictionary.length >> 8)};
    text_add_n(text, "\x93NUMPY\x01\x00", 8);
    text_add_n(text, length, 2);
    text_add_n(text, dictionary.data, dictionary.length);
  }
  text_free(&dictionary);
}

/* A cursor in the dictionary. */
struct cursor {
  const char *at;
};

/* Skips blanks and takes the word if it comes next. */
static int take(struct cursor *c, const char *word) {
  c->at += strspn(c->at, " ");
  if (strncmp(c->at, word, strlen(word)))
    return 0;
  c->at += strlen(word);
  return 1;
}

static int bad_header(void) { return error_set(STRAIT_EFORMAT, "its npy header is damaged"); }

static int take_type(struct cursor *c, struct array *array) {
  char descr[16] = "";
  if (take(c, "["))
    return error_set(STRAIT_ENOTSUP, "records of several fields are not read");
  if (!take(c, "'"))
    return bad_header();
  size_t length = strcspn(c->at, "'");
  if (!c->at[length] || length >= sizeof descr)
    return bad_header();
  memcpy(descr, c->at, length);
  c->at += length + 1;
  for (size_t i = 0; i < TYPES; i++)
    if (!strcmp(types[i].descr, descr))
      array->type = types[i].type;
  return array->type
             ? STRAIT_OK
             : error_set(STRAIT_ENOTSUP, "elements of type '%s'; convert them to <f4, <f8, <i4, <i8 or |u1", descr);
}

static int take_order(struct cursor *c) {
  if (take(c, "False"))
    return STRAIT_OK;
  return take(c, "True") ? error_set(STRAIT_ENOTSUP, "it is in Fortran order; save it in C order") : bad_header();
}

static int take_dimension(struct cursor *c, int64_t *dimension) {
  char digits[20] = "";
  size_t length = strspn(c->at, "0123456789");
  if (!length || length >= sizeof digits)
    return bad_header();
  memcpy(digits, c->at, length);
  c->at += length;
  return text_integer(digits, dimension) ? bad_header() : STRAIT_OK;
}

static int take_shape(struct cursor *c, struct array *array) {
  if (!take(c, "("))
    return bad_header();
  for (int comma = 1; !take(c, ")"); comma = take(c, ",")) {
    if (!comma)
      return bad_header();
    if (array->rank == STRAIT_MAX_DIMS)
      return error_set(STRAIT_ENOTSUP, "more than %d dimensions", STRAIT_MAX_DIMS);
    int status = take_dimension(c, &array->dims[array->rank++]);
    if (status)
      return status;
  }
  return STRAIT_OK;
}

int npy_dictionary(const char *text, struct array *array) {
  struct cursor cursor = {text}, *c = &cursor;
  unsigned seen = 0;
  array->type = array->rank = 0;
  if (!take(c, "{"))
    return bad_header();
  for (int comma = 1; !take(c, "}"); comma = take(c, ",")) {
    unsigned member = take(c, "'descr'") ? 1 : take(c, "'fortran_order'") ? 2 : take(c, "'shape'") ? 4 : 0;
    if (!comma || !member || seen & member || !take(c, ":"))
      return bad_header();
    seen |= member;
    int status = member == 1 ? take_type(c, array) : member == 2 ? take_order(c) : take_shape(c, array);
    if (status)
      return status;
  }
  take(c, "\n");
  return seen == 7 && !*c->at ? STRAIT_OK : bad_header();
}
