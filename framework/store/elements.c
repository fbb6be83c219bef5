/* store/elements.c: one table of the types of numbers, the conversions to ours, and gathering along strides. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "store/elements.h"
#include "store/notes.h"

/* --- conversions --- */

static void put_word(void *to, int64_t i, uint32_t bits) { memcpy((char *)to + 4 * i, &bits, 4); }

static uint32_t pair_at(const unsigned char *bytes) { return bytes[0] | (uint32_t)bytes[1] << 8; }

/* IEEE 754 binary16: sign 1, exponent 5 (bias 15), fraction 10. All of its values are floats. */
static uint32_t float_of_half(uint32_t half) {
  uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3ff;
  if (exponent == 31)
    return sign | 0x7f800000 | fraction << 13;
  if (exponent)
    return sign | (exponent + 112) << 23 | fraction << 13;
  if (!fraction)
    return sign;
  exponent = 113; /* below the normal range: shift until the leading one is out */
  while (!(fraction & 0x400)) {
    fraction <<= 1;
    exponent--;
  }
  return sign | exponent << 23 | (fraction & 0x3ff) << 13;
}

static void convert_half(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    put_word(to, i, float_of_half(pair_at(from + i * stride)));
}

static void convert_bfloat16(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    put_word(to, i, pair_at(from + i * stride) << 16);
}

static void convert_int16(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    int32_t pair = (int32_t)pair_at(from + i * stride);
    put_word(to, i, (uint32_t)(pair - ((pair & 0x8000) << 1)));
  }
}

static void convert_uint16(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    put_word(to, i, pair_at(from + i * stride));
}

static void convert_int8(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    int32_t byte = from[i * stride];
    put_word(to, i, (uint32_t)(byte - ((byte & 0x80) << 1)));
  }
}

static void convert_uint32(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    int64_t wide = pair_at(from + i * stride) | (int64_t)pair_at(from + i * stride + 2) << 16;
    memcpy((char *)to + 8 * i, &wide, 8);
  }
}

/* --- the table --- */

#define UINT64 "uint64"
/* PyTorch's QInt8Storage and the like hold the codes of quantised tensors, which are refused where they are made. */
const struct element elements[] = {
    {"float32", "FloatStorage", "F32", "f4", 4, STRAIT_F32, NULL},
    {"float64", "DoubleStorage", "F64", "f8", 8, STRAIT_F64, NULL},
    {"float16", "HalfStorage", "F16", "f2", 2, STRAIT_F32, convert_half},
    {"bfloat16", "BFloat16Storage", "BF16", NULL, 2, STRAIT_F32, convert_bfloat16},
    {"int64", "LongStorage", "I64", "i8", 8, STRAIT_I64, NULL},
    {"int32", "IntStorage", "I32", "i4", 4, STRAIT_I32, NULL},
    {"int16", "ShortStorage", "I16", "i2", 2, STRAIT_I32, convert_int16},
    {"int8", "CharStorage", "I8", "i1", 1, STRAIT_I32, convert_int8},
    {"uint8", "ByteStorage", "U8", "u1", 1, STRAIT_U8, NULL},
    {"bool", "BoolStorage", "BOOL", "b1", 1, STRAIT_U8, NULL},
    {"uint16", NULL, "U16", "u2", 2, STRAIT_I32, convert_uint16},
    {"uint32", NULL, "U32", "u4", 4, STRAIT_I64, convert_uint32},
    {UINT64, NULL, "U64", "u8", 8, STRAIT_I64, NULL},
    {"complex32", "ComplexHalfStorage", NULL, NULL, 4, 0, NULL},
    {"complex64", "ComplexFloatStorage", "C64", "c8", 8, 0, NULL},
    {"complex128", "ComplexDoubleStorage", NULL, "c16", 16, 0, NULL},
    {"float8_e4m3fn", NULL, "F8_E4M3", NULL, 1, 0, NULL},
    {"float8_e5m2", NULL, "F8_E5M2", NULL, 1, 0, NULL},
    {"float8_e4m3fnuz", NULL, "F8_E4M3FNUZ", NULL, 1, 0, NULL},
    {"float8_e5m2fnuz", NULL, "F8_E5M2FNUZ", NULL, 1, 0, NULL},
    {"float8_e8m0fnu", NULL, "F8_E8M0", NULL, 1, 0, NULL},
    {"float6_e2m3", NULL, "F6_E2M3", NULL, 0, 0, NULL},
    {"float6_e3m2", NULL, "F6_E3M2", NULL, 0, 0, NULL},
    {"float4_e2m1fn_x2", NULL, "F4", NULL, 0, 0, NULL},
    {"qint8", "QInt8Storage", NULL, NULL, 1, 0, NULL},
    {"quint8", "QUInt8Storage", NULL, NULL, 1, 0, NULL},
    {"qint32", "QInt32Storage", NULL, NULL, 4, 0, NULL},
    {"quint4x2", "QUInt4x2Storage", NULL, NULL, 1, 0, NULL},
    {"quint2x4", "QUInt2x4Storage", NULL, NULL, 1, 0, NULL},
    {"bytes of no type", "UntypedStorage", NULL, NULL, 1, 0, NULL}, /* the tensor says what they are */
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};
_Static_assert(sizeof elements / sizeof *elements <= ELEMENT_KINDS, "a count for each");

const struct element *element_of_safetensors(const char *word) {
  for (const struct element *e = elements; e->name; e++)
    if (e->safetensors && strcmp(e->safetensors, word) == 0)
      return e;
  return NULL;
}

const struct element *element_of_npy(const char *word) {
  for (const struct element *e = elements; e->name; e++)
    if (e->npy && strcmp(e->npy, word) == 0)
      return e;
  return NULL;
}

/* --- gathering --- */

/* `count` numbers, `stride` elements apart. */
static void copy_row(const struct element *e, void *to, const unsigned char *from, int64_t stride, int64_t count) {
  ptrdiff_t step = (ptrdiff_t)(stride * (int64_t)e->bytes);
  if (e->convert) {
    e->convert(to, from, step, count);
  } else if (stride == 1) {
    memcpy(to, from, (size_t)count * e->bytes);
  } else {
    for (int64_t i = 0; i < count; i++)
      memcpy((char *)to + i * (int64_t)e->bytes, from + i * step, e->bytes);
  }
}

/* Row by row of the last dimension; the outer ones count like an odometer. */
static void gather(const struct element *element, const struct array *shape, const int64_t *strides,
                   const unsigned char *from, char *to) {
  const size_t outer = shape->rank ? shape->rank - 1 : 0, width = element_bytes(element->type);
  const int64_t row = shape->rank ? shape->dims[outer] : 1, stride = shape->rank ? strides[outer] : 1;
  const int64_t count = array_count(shape);
  int64_t index[STRAIT_MAX_DIMS] = {0}, at = 0;
  for (int64_t done = 0; done < count; done += row) {
    copy_row(element, to + done * (int64_t)width, from + at * (int64_t)element->bytes, stride, row);
    for (size_t d = outer; d > 0; d--) {
      at += strides[d - 1];
      if (++index[d - 1] < shape->dims[d - 1])
        break;
      at -= index[d - 1] * strides[d - 1];
      index[d - 1] = 0;
    }
  }
}

static void pack(const struct array *shape, int64_t *strides) {
  int64_t step = 1;
  for (uint32_t i = shape->rank; i > 0; i--) {
    strides[i - 1] = step;
    step *= shape->dims[i - 1];
  }
}

static int is_packed(const struct array *shape, const int64_t *strides) {
  int64_t packed[STRAIT_MAX_DIMS];
  pack(shape, packed);
  for (uint32_t i = 0; i < shape->rank; i++)
    if (shape->dims[i] != 1 && strides[i] != packed[i])
      return 0;
  return 1;
}

static int check_unsigned(const struct array *array) {
  const int64_t *number = array->data, count = array_count(array);
  for (int64_t i = 0; i < count; i++)
    if (number[i] < 0)
      return error_set(STRAIT_ENOTSUP, "element %lld, %llu, is beyond the range of int64", (long long)i,
                       (unsigned long long)number[i]);
  return STRAIT_OK;
}

int element_place(const struct element *element, struct arrays *arrays, struct array *array, const int64_t *strides,
                  unsigned char *from) {
  int64_t packed[STRAIT_MAX_DIMS];
  pack(array, packed);
  array->data = from;
  if (array_count(array) && (element->convert || (strides && !is_packed(array, strides)))) {
    char *to = arena_alloc(arrays->arena, (size_t)array_count(array), element_bytes(element->type));
    if (!to)
      return error_failure();
    gather(element, array, strides ? strides : packed, from, to);
    array->data = to;
  }
  arrays->converted[element - elements]++;
  return strcmp(element->name, UINT64) == 0 ? check_unsigned(array) : STRAIT_OK;
}

int element_negate(struct arrays *arrays, struct array *array) {
  const int64_t count = array_count(array);
  char *to = arena_alloc(arrays->arena, (size_t)count, element_bytes(array->type));
  if (!to)
    return error_failure();
  for (int64_t i = 0; i < count; i++)
    switch (array->type) {
    case STRAIT_F32:
      ((float *)to)[i] = -((const float *)array->data)[i];
      break;
    case STRAIT_F64:
      ((double *)to)[i] = -((const double *)array->data)[i];
      break;
    case STRAIT_I32: /* in two's complement, where the least number stays what it is */
      ((uint32_t *)to)[i] = -((const uint32_t *)array->data)[i];
      break;
    case STRAIT_I64:
      ((uint64_t *)to)[i] = -((const uint64_t *)array->data)[i];
      break;
    }
  array->data = to;
  return STRAIT_OK;
}

/* --- what is told of it --- */

static const char *type_name(uint32_t type) {
  for (const struct element *e = elements; e->name; e++)
    if (e->type == type && !e->convert)
      return e->name;
  return "";
}

int element_notes(const struct arrays *arrays, struct notes *notes) {
  for (const struct element *e = elements; e->name; e++) {
    const size_t n = arrays->converted[e - elements];
    if (n && e->type && e->name != type_name(e->type) &&
        note_add(notes, "%zu tensor%s of %s became %s", n, n == 1 ? "" : "s", e->name, type_name(e->type)))
      return error_failure();
  }
  return STRAIT_OK;
}
