/* store/npy.c: writes and reads npy headers, {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }. See NumPy's
 * documentation of numpy.lib.format. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "store/npy.h"

void npy_header(struct text *text, const struct array *array) {
  struct text dictionary = {0};
  const struct element *e = elements;
  while (e->name && (e->type != array->type || e->bytes != element_bytes(array->type)))
    e++;
  text_add(&dictionary, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", e->bytes == 1 ? '|' : '<', e->npy);
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

/* '<f4': the order of bytes, kind and size. */
static int take_type(struct cursor *c, struct array *array, struct npy_layout *layout) {
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
  const int ordered = *descr && strchr("<>|=", *descr) != NULL;
  layout->element = element_of_npy(descr + ordered);
  layout->swapped = *descr == '>';
  array->type = layout->element ? layout->element->type : 0;
  if (array->type)
    return STRAIT_OK;
  if (strcmp(descr + ordered, "V2") == 0)
    return error_set(STRAIT_ENOTSUP,
                     "elements of type '%s', two bytes without a meaning, as bfloat16 is saved; save it as float32",
                     descr);
  return error_set(STRAIT_ENOTSUP, "elements of type '%s' are not read; convert them to float32", descr);
}

static int take_order(struct cursor *c, struct npy_layout *layout) {
  layout->fortran = take(c, "True");
  return layout->fortran || take(c, "False") ? STRAIT_OK : bad_header();
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

int npy_dictionary(const char *text, struct array *array, struct npy_layout *layout) {
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
    int status = member == 1 ? take_type(c, array, layout) : member == 2 ? take_order(c, layout) : take_shape(c, array);
    if (status)
      return status;
  }
  take(c, "\n");
  return seen == 7 && !*c->at ? STRAIT_OK : bad_header();
}

static void swap_bytes(unsigned char *bytes, size_t count, size_t width) {
  for (; count; count--, bytes += width)
    for (size_t i = 0; i < width / 2; i++) {
      const unsigned char byte = bytes[i];
      bytes[i] = bytes[width - 1 - i];
      bytes[width - 1 - i] = byte;
    }
}

int npy_place(const struct npy_layout *layout, struct arrays *arrays, struct array *array, unsigned char *bytes) {
  int64_t strides[STRAIT_MAX_DIMS], step = 1;
  for (uint32_t i = 0; i < array->rank; i++) { /* of Fortran order */
    strides[i] = step;
    step *= array->dims[i];
  }
  if (layout->swapped)
    swap_bytes(bytes, (size_t)array_count(array), layout->element->bytes);
  return element_place(layout->element, arrays, array, layout->fortran ? strides : NULL, bytes);
}
