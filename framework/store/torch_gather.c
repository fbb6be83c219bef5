/* store/torch_gather.c: from a tensor's place in its storage, with any strides, to an array in C order. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "store/torch_objects.h"

/* --- element types --- */

static void put_float(void *to, int64_t i, uint32_t bits) { memcpy((char *)to + 4 * i, &bits, 4); }

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
    put_float(to, i, float_of_half(pair_at(from + i * stride)));
}

static void convert_bfloat16(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    put_float(to, i, pair_at(from + i * stride) << 16);
}

static void convert_int16(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    int32_t pair = (int32_t)pair_at(from + i * stride), value = pair - ((pair & 0x8000) << 1);
    memcpy((char *)to + 4 * i, &value, 4);
  }
}

static void convert_int8(void *to, const unsigned char *from, ptrdiff_t stride, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    int32_t byte = from[i * stride], value = byte - ((byte & 0x80) << 1);
    memcpy((char *)to + 4 * i, &value, 4);
  }
}

/* The order is that of the names' numbers in torch_objects.c. */
const struct torch_type torch_types[] = {
    {"FloatStorage", "float32", 4, STRAIT_F32, NULL},
    {"DoubleStorage", "float64", 8, STRAIT_F64, NULL},
    {"HalfStorage", "float16", 2, STRAIT_F32, convert_half},
    {"BFloat16Storage", "bfloat16", 2, STRAIT_F32, convert_bfloat16},
    {"IntStorage", "int32", 4, STRAIT_I32, NULL},
    {"LongStorage", "int64", 8, STRAIT_I64, NULL},
    {"ShortStorage", "int16", 2, STRAIT_I32, convert_int16},
    {"CharStorage", "int8", 1, STRAIT_I32, convert_int8},
    {"ByteStorage", "uint8", 1, STRAIT_U8, NULL},
    {"BoolStorage", "bool", 1, STRAIT_U8, NULL},
    {"ComplexFloatStorage", "complex64", 8, 0, NULL},
    {"ComplexDoubleStorage", "complex128", 16, 0, NULL},
    {NULL, NULL, 0, 0, NULL},
};

/* --- gathering --- */

/* Are the elements in C order without gaps? */
static int is_packed(const struct torch_tensor *tensor) {
  int64_t step = 1;
  for (size_t i = tensor->rank; i > 0; i--) {
    if (tensor->dims[i - 1] != 1 && tensor->strides[i - 1] != step)
      return 0;
    step *= tensor->dims[i - 1];
  }
  return 1;
}

/* `count` elements, `stride` elements apart. */
static void copy_row(const struct torch_type *type, void *to, const unsigned char *from, int64_t stride,
                     int64_t count) {
  ptrdiff_t step = (ptrdiff_t)(stride * (int64_t)type->bytes);
  if (type->convert) {
    type->convert(to, from, step, count);
    return;
  }
  for (int64_t i = 0; i < count; i++)
    memcpy((char *)to + i * (int64_t)type->bytes, from + i * step, type->bytes);
}

/* Row by row of the last dimension; the outer ones count like an odometer. */
static void copy_rows(const struct torch_tensor *tensor, void *to, size_t element, int64_t elements) {
  const struct torch_type *type = tensor->storage->type;
  size_t outer = tensor->rank ? tensor->rank - 1 : 0;
  int64_t row = tensor->rank ? tensor->dims[outer] : 1, stride = tensor->rank ? tensor->strides[outer] : 1;
  int64_t index[STRAIT_MAX_DIMS] = {0}, at = tensor->offset;
  for (int64_t done = 0; done < elements; done += row) {
    copy_row(type, (char *)to + done * (int64_t)element, tensor->storage->same->data + at * (int64_t)type->bytes,
             stride, row);
    for (size_t d = outer; d > 0; d--) {
      at += tensor->strides[d - 1];
      if (++index[d - 1] < tensor->dims[d - 1])
        break;
      at -= index[d - 1] * tensor->strides[d - 1];
      index[d - 1] = 0;
    }
  }
}

int torch_gather(struct arrays *arrays, const struct torch_named *named) {
  const struct torch_tensor *tensor = named->tensor;
  const struct torch_type *type = tensor->storage->type;
  struct array array = {.name = named->name, .type = type->type, .rank = (uint32_t)tensor->rank};
  size_t bytes;
  memcpy(array.dims, tensor->dims, sizeof array.dims);
  if (array_measure(&array, &bytes))
    return error_wrap("tensor %s", named->name);
  if (bytes && !type->convert && is_packed(tensor)) {
    array.data = tensor->storage->same->data + tensor->offset * (int64_t)type->bytes;
  } else {
    void *data = arena_alloc(arrays->arena, bytes, 1);
    if (!data)
      return error_wrap("tensor %s", named->name);
    if (bytes)
      copy_rows(tensor, data, element_bytes(array.type), array_count(&array));
    array.data = data;
  }
  return arrays_add(arrays, &array);
}
