/* tests/store/test-elements.c: every type of number in safetensors and .npz, in both orders of bytes and of dimensions.
 * The bytes are written out here; what they mean is IEEE 754 and two's complement. */
#include <config.h>

#include <math.h>

#include "base/text.h"
#include "store/elements.h"
#include "store/notes.h"
#include "store/zip.h"

#include "../base/scratch.h"

#define BYTES(literal) literal, sizeof literal - 1

/* Two numbers of each type, and what they become. */
static const struct {
  const char *safetensors, *npy; /* NULL: the format has none */
  const char *bytes;             /* little-endian */
  size_t length;
  uint32_t type;
  double expected[2];
} kinds[] = {
    {"F32", "f4", BYTES("\x00\x00\x80\x3f\x00\x00\x20\xc0"), STRAIT_F32, {1, -2.5}},
    {"F64", "f8", BYTES("\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x04\xc0"), STRAIT_F64, {1, -2.5}},
    {"F16", "f2", BYTES("\x00\x3c\x01\x80"), STRAIT_F32, {1, -0x1p-24}},
    {"BF16", NULL, BYTES("\x80\x3f\x80\xf1"), STRAIT_F32, {1, -0x1p100}},
    {"I64",
     "i8",
     BYTES("\x01\x00\x00\x00\x00\x01\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
     STRAIT_I64,
     {1099511627777., -1}},
    {"I32", "i4", BYTES("\x00\x00\x00\x80\x02\x01\x00\x00"), STRAIT_I32, {-2147483648., 258}},
    {"I16", "i2", BYTES("\xff\x7f\x00\x80"), STRAIT_I32, {32767, -32768}},
    {"I8", "i1", BYTES("\x7f\x80"), STRAIT_I32, {127, -128}},
    {"U8", "u1", BYTES("\x01\xff"), STRAIT_U8, {1, 255}},
    {"BOOL", "b1", BYTES("\x00\x01"), STRAIT_U8, {0, 1}},
    {"U16", "u2", BYTES("\xff\xff\x01\x02"), STRAIT_I32, {65535, 513}},
    {"U32", "u4", BYTES("\xff\xff\xff\xff\x01\x00\x00\x00"), STRAIT_I64, {4294967295., 1}},
    {"U64", "u8", BYTES("\x00\x00\x00\x00\x00\x00\x00\x40\x07\x00\x00\x00\x00\x00\x00\x00"), STRAIT_I64, {0x1p62, 7}},
};
#define KINDS (int)(sizeof kinds / sizeof *kinds)

static double number(const struct array *a, int64_t i) {
  switch (a->type) {
  case STRAIT_F32:
    return (double)((const float *)a->data)[i];
  case STRAIT_F64:
    return ((const double *)a->data)[i];
  case STRAIT_I32:
    return ((const int32_t *)a->data)[i];
  case STRAIT_I64:
    return (double)((const int64_t *)a->data)[i];
  default:
    return ((const uint8_t *)a->data)[i];
  }
}

static void ck_numbers(const struct arrays *arrays, const char *name, uint32_t type, const double *expected,
                       int64_t count) {
  const struct array *a = arrays_find(arrays, name);
  ck_assert_ptr_nonnull(a);
  ck_assert_uint_eq(a->type, type);
  ck_assert_int_eq(array_count(a), count);
  for (int64_t i = 0; i < count; i++)
    ck_assert_msg(number(a, i) == expected[i], "%s[%d] is %g, not %g", name, (int)i, number(a, i), expected[i]);
}

/* A safetensors file of one tensor "w", and "z" of four bytes behind it. */
static const char *safetensors(const char *dtype, const char *shape, const char *bytes, size_t length,
                               const char *other) {
  struct text text = {0};
  text_add(&text, "........{\"w\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[0,%zu]},", dtype, shape, length);
  text_add(&text, "\"z\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}}", other, "1", length,
           length + 4);
  const uint64_t header = text.length - 8;
  memcpy(text.data, &header, 8);
  text_add_n(&text, bytes, length);
  text_add_n(&text, "\0\0\0@", 4);
  ck_assert_int_eq(file_write(in_scratch("a"), text.data, text.length), STRAIT_OK);
  text_free(&text);
  return in_scratch("a");
}

START_TEST(types_of_safetensors) {
  struct arrays *arrays;
  const char *path = safetensors(kinds[_i].safetensors, "2", kinds[_i].bytes, kinds[_i].length, "F32");
  ck_assert_msg(safetensors_read(&arrays, path) == STRAIT_OK, "%s", error_text());
  ck_numbers(arrays, "w", kinds[_i].type, kinds[_i].expected, 2);
  ck_numbers(arrays, "z", STRAIT_F32, (const double[]){2}, 1);
  arrays_free(arrays);
}
END_TEST

START_TEST(what_is_not_read_stays_in_the_list) {
  static const char *const others[] = {"F8_E4M3", "F8_E5M2", "C64", "F4", "F31"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    struct arrays *arrays;
    const char *path = safetensors("F32", "1", "\0\0\200?", 4, others[i]);
    ck_assert_int_eq(safetensors_read(&arrays, path), STRAIT_ENOTSUP);
    ck_error_has("tensor \"z\": elements of type ");
    ck_error_has(others[i]);
    ck_assert_int_eq(safetensors_read_any(&arrays, path), STRAIT_OK);
    ck_numbers(arrays, "w", STRAIT_F32, (const double[]){1}, 1);
    ck_assert_ptr_nonnull(array_refusal(arrays_find(arrays, "z")));
    ck_assert_uint_eq(array_bytes(arrays_find(arrays, "z")), 0);
    arrays_free(arrays);
  }
  struct arrays *arrays; /* 2^63 and above have no place in int64 */
  ck_assert_int_eq(safetensors_read(&arrays, safetensors("U64", "1", "\0\0\0\0\0\0\0\200", 8, "F32")), STRAIT_ENOTSUP);
  ck_error_has("element 0, 9223372036854775808, is beyond the range of int64");
  /* Sizes are checked all the same. */
  ck_assert_int_eq(safetensors_read_any(&arrays, safetensors("F16", "2", "\0\0\0", 3, "F32")), STRAIT_EFORMAT);
  ck_error_has("it has 3 bytes of data, its shape and type ask for 4");
}
END_TEST

/* --- npz --- */

static const char *npz(const char *descr, const char *order, const char *shape, const char *bytes, size_t length) {
  struct text header = {0};
  struct zip_writer *zip;
  text_add(&header, "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", descr, order, shape);
  char head[10] = "\x93NUMPY\x01";
  head[8] = (char)header.length;
  struct text all = {0};
  text_add_n(&all, head, sizeof head);
  text_add_n(&all, header.data, header.length);
  ck_assert_int_eq(zip_begin(&zip, in_scratch("a.npz"), NULL, 0), STRAIT_OK);
  ck_assert_int_eq(zip_add(zip, "w.npy", all.data, all.length, bytes, length), STRAIT_OK);
  ck_assert_int_eq(zip_commit(zip), STRAIT_OK);
  text_free(&header);
  text_free(&all);
  return in_scratch("a.npz");
}

START_TEST(types_of_numpy) {
  if (!kinds[_i].npy)
    return;
  const size_t width = kinds[_i].length / 2;
  char swapped[16], descr[8];
  for (size_t i = 0; i < kinds[_i].length; i++)
    swapped[i] = kinds[_i].bytes[i / width * width + width - 1 - i % width];
  for (int big = 0; big < 2; big++) {
    struct arrays *arrays;
    snprintf(descr, sizeof descr, "%c%s", width == 1 ? '|' : big ? '>' : '<', kinds[_i].npy);
    const char *path = npz(descr, "False", "2,", big ? swapped : kinds[_i].bytes, kinds[_i].length);
    ck_assert_msg(npz_read(&arrays, path) == STRAIT_OK, "%s", error_text());
    ck_numbers(arrays, "w", kinds[_i].type, kinds[_i].expected, 2);
    arrays_free(arrays);
  }
}
END_TEST

/* Of Fortran order, the first dimension runs fastest: the bytes 0 to 11 in shape (2, 3, 2). */
START_TEST(fortran_order) {
  static const double expected[] = {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11};
  char bytes[24] = {0};
  struct arrays *arrays;
  for (int i = 0; i < 12; i++)
    bytes[i] = (char)i;
  ck_assert_int_eq(npz_read(&arrays, npz("|u1", "True", "2, 3, 2", bytes, 12)), STRAIT_OK);
  ck_numbers(arrays, "w", STRAIT_U8, expected, 12);
  arrays_free(arrays);
  for (int i = 0; i < 12; i++) { /* and big-endian besides */
    bytes[2 * i] = 0;
    bytes[2 * i + 1] = (char)i;
  }
  ck_assert_int_eq(npz_read(&arrays, npz(">i2", "True", "2, 3, 2", bytes, 24)), STRAIT_OK);
  ck_numbers(arrays, "w", STRAIT_I32, expected, 12);
  arrays_free(arrays);
  ck_assert_int_eq(npz_read(&arrays, npz("<f4", "True", "3, 0", "", 0)), STRAIT_OK);
  ck_assert_int_eq(array_count(arrays_find(arrays, "w")), 0);
  arrays_free(arrays);
  ck_assert_int_eq(npz_read(&arrays, npz("<f4", "True", "", "\0\0\200?", 4)), STRAIT_OK);
  ck_numbers(arrays, "w", STRAIT_F32, (const double[]){1}, 1);
  arrays_free(arrays);
}
END_TEST

START_TEST(what_numpy_has_besides) {
  static const char *const descrs[] = {"|S3", "<U3", "|O", "<c8", "<m8[s]", "|V2"};
  struct arrays *arrays;
  for (size_t i = 0; i < sizeof descrs / sizeof *descrs; i++) {
    const char *path = npz(descrs[i], "False", "1,", "xxxxxxxx", 8);
    ck_assert_int_eq(npz_read(&arrays, path), STRAIT_ENOTSUP);
    ck_error_has(descrs[i]);
    ck_assert_int_eq(npz_read_any(&arrays, path), STRAIT_OK);
    ck_assert_ptr_nonnull(array_refusal(arrays_at(arrays, 0)));
    arrays_free(arrays);
  }
  ck_assert_int_eq(npz_read_any(&arrays, npz("<f4", "False", "1,", "xxx", 3)), STRAIT_EFORMAT);
}
END_TEST

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, scratch_make, scratch_remove);
  tcase_add_loop_test(c, types_of_safetensors, 0, KINDS);
  tcase_add_test(c, what_is_not_read_stays_in_the_list);
  tcase_add_loop_test(c, types_of_numpy, 0, KINDS);
  tcase_add_test(c, fortran_order);
  tcase_add_test(c, what_numpy_has_besides);
  return run_suite("elements", &c, 1);
}
