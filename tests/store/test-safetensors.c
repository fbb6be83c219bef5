/* tests/store/test-safetensors.c: weights in and out. The expected bytes and the foreign files are written by hand
 * after the format's documentation; every damage must be found. */
#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "store/arrays.h"

#include "../base/scratch.h"

static const double f64[3] = {1, 2.5, -3};
static const int64_t i64[2] = {7, -8};
static const float f32[6] = {1, 2, 3, 4, 5, 6};
static const uint8_t u8[3] = {1, 2, 255};
static const int32_t i32[1] = {9};
/* Of all types; a scalar; an empty one; the odd one out (3 bytes) in the middle. */
static const struct array all[] = {{"fc.weight", STRAIT_F32, 2, {2, 3}, f32},
                                   {"u", STRAIT_U8, 1, {3}, u8},
                                   {"d", STRAIT_F64, 1, {3}, f64},
                                   {"i", STRAIT_I64, 1, {2}, i64},
                                   {"scalar", STRAIT_I32, 0, {0}, i32},
                                   {"empty", STRAIT_F32, 3, {4, 0, 5}, NULL}};
#define COUNT (sizeof all / sizeof *all)
static const struct metadata metadata[] = {{"model", "mlp"}, {"note", "\"quoted\" \xc3\xa4"}};

static const char *write_all(const char *name) {
  const char *path = in_scratch(name);
  ck_assert_msg(safetensors_write(path, all, COUNT, metadata, 2) == STRAIT_OK, "%s", error_text());
  return path;
}

static char *bytes_of(const char *path, size_t *length) {
  char *data;
  ck_assert_int_eq(file_read(path, 1 << 24, &data, length), STRAIT_OK);
  return data;
}

START_TEST(what_is_written_is_read) {
  struct arrays *arrays;
  ck_assert_int_eq(safetensors_read(&arrays, write_all("a.safetensors")), STRAIT_OK);
  ck_assert_uint_eq(arrays_count(arrays), COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    const struct array *array = arrays_at(arrays, i); /* in the order given */
    ck_assert_str_eq(array->name, all[i].name);
    ck_assert_uint_eq(array->type, all[i].type);
    ck_assert_uint_eq(array->rank, all[i].rank);
    ck_assert_mem_eq(array->dims, all[i].dims, array->rank * sizeof *array->dims);
    ck_assert_uint_eq(array_bytes(array), array_bytes(&all[i]));
    ck_assert_uint_eq((uintptr_t)array->data % 64, 0);
    if (array_bytes(array))
      ck_assert_mem_eq(array->data, all[i].data, array_bytes(array));
    ck_assert_ptr_eq(arrays_find(arrays, all[i].name), array);
  }
  ck_assert_ptr_null(arrays_find(arrays, "other"));
  ck_assert_str_eq(arrays_metadata(arrays, "model"), "mlp");
  ck_assert_str_eq(arrays_metadata(arrays, "note"), metadata[1].value);
  ck_assert_ptr_nonnull(arrays_metadata(arrays, "strait.checksum"));
  ck_assert_ptr_null(arrays_metadata(arrays, "other"));
  arrays_free(arrays);
  arrays_free(NULL);
}
END_TEST

START_TEST(sizes) {
  ck_assert_int_eq(array_count(&all[0]), 6);
  ck_assert_uint_eq(array_bytes(&all[0]), 24);
  ck_assert_int_eq(array_count(&all[4]), 1); /* a scalar */
  ck_assert_int_eq(array_count(&all[5]), 0);
  struct array x = array_f64("x", f64, 3), y = array_i64("y", i64, 2);
  ck_assert_uint_eq(array_bytes(&x), 24);
  ck_assert_uint_eq(y.type, STRAIT_I64);
}
END_TEST

START_TEST(the_same_content_is_the_same_bytes) {
  size_t one, two;
  char *first = bytes_of(write_all("a"), &one), *second = bytes_of(write_all("b"), &two);
  ck_assert_uint_eq(one, two);
  ck_assert_mem_eq(first, second, one);
  memory_free(first);
  memory_free(second);
}
END_TEST

/* The bytes by hand: the header in the given order, the data by falling element size so that each lies aligned. */
START_TEST(the_bytes_are_those_of_the_format) {
  static const char header[] = "{\"__metadata__\":{\"strait.checksum\":\"%s\",\"strait.format\":\"1\"},"
                               "\"u\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]},"
                               "\"d\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}";
  static const struct array arrays[] = {{"u", STRAIT_U8, 1, {3}, u8}, {"d", STRAIT_F64, 0, {0}, f64}};
  char expected[512] = {0}, digest[33] = "00000000000000000000000000000000", *data;
  size_t length;
  for (int pass = 0; pass < 2; pass++) { /* the checksum is the hash of the file with a checksum of zeros */
    int n = snprintf(expected + 8, sizeof expected - 8, header, digest);
    while (n % 8)
      expected[8 + n++] = ' ';
    expected[0] = (char)(n & 0xff);
    expected[1] = (char)(n >> 8);
    memcpy(expected + 8 + n, f64, 8);
    memcpy(expected + 8 + n + 8, u8, 3);
    length = 8 + (size_t)n + 11;
    if (pass == 0)
      hash_of(expected, length, digest);
  }
  ck_assert_int_eq(safetensors_write(in_scratch("a"), arrays, 2, NULL, 0), STRAIT_OK);
  size_t written;
  data = bytes_of(in_scratch("a"), &written);
  ck_assert_uint_eq(written, length);
  ck_assert_mem_eq(data, expected, length);
  memory_free(data);
}
END_TEST

START_TEST(an_empty_file_of_arrays) {
  struct arrays *arrays;
  ck_assert_int_eq(safetensors_write(in_scratch("a"), NULL, 0, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(safetensors_read(&arrays, in_scratch("a")), STRAIT_OK);
  ck_assert_uint_eq(arrays_count(arrays), 0);
  arrays_free(arrays);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused) {
  static const struct array twice[] = {
      {"a", STRAIT_U8, 1, {3}, u8}, {"b", STRAIT_U8, 1, {3}, u8}, {"a", STRAIT_U8, 1, {3}, u8}};
  static const struct array bad[] = {{"a", 9, 1, {3}, u8},
                                     {"a", STRAIT_U8, 1, {-3}, u8},
                                     {"a", STRAIT_U8, 7, {1, 1, 1, 1, 1, 1}, u8},
                                     {"a", STRAIT_F64, 2, {INT64_MAX, INT64_MAX}, f64},
                                     {"__metadata__", STRAIT_U8, 1, {3}, u8},
                                     {"\xff", STRAIT_U8, 1, {3}, u8}};
  static const struct metadata reserved[] = {{"strait.checksum", "x"}}, again[] = {{"k", "1"}, {"k", "2"}},
                               bytes[] = {{"k", "\xff"}};
  ck_assert_int_eq(safetensors_write(in_scratch("a"), twice, 3, NULL, 0), STRAIT_EINVAL);
  ck_error_has("two arrays are named \"a\"");
  ck_error_has(in_scratch("a"));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_int_eq(safetensors_write(in_scratch("a"), &bad[i], 1, NULL, 0), STRAIT_EINVAL);
  ck_assert_int_eq(safetensors_write(in_scratch("a"), all, 1, reserved, 1), STRAIT_EINVAL);
  ck_assert_int_eq(safetensors_write(in_scratch("a"), all, 1, again, 2), STRAIT_EINVAL);
  ck_assert_int_eq(safetensors_write(in_scratch("a"), all, 1, bytes, 1), STRAIT_EINVAL);
  ck_assert_int_eq(entries_in(scratch), 0);
}
END_TEST

/* --- damage --- */

static void ck_damage_is_found(const char *path, const char *what, size_t at) {
  struct arrays *arrays = (struct arrays *)scratch;
  ck_assert_msg(safetensors_read(&arrays, path) == STRAIT_EFORMAT, "%s %zu: status %d", what, at, error_status());
  ck_assert_ptr_null(arrays);
  ck_error_has(path);
}

START_TEST(every_cut_is_found) {
  struct stat status;
  const char *path = write_all("a");
  ck_assert_int_eq(stat(path, &status), 0);
  ck_assert_int_eq(truncate(path, status.st_size + 1), 0);
  ck_damage_is_found(path, "longer by", 1);
  for (off_t length = status.st_size; length-- > 0;) {
    ck_assert_int_eq(truncate(path, length), 0);
    ck_damage_is_found(path, "cut at", (size_t)length);
  }
}
END_TEST

START_TEST(every_flipped_bit_is_found) {
  size_t length;
  const char *path = write_all("a");
  char *data = bytes_of(path, &length);
  int fd = open(path, O_WRONLY);
  for (size_t bit = 0; bit < 8 * length; bit++) {
    char flipped = (char)(data[bit / 8] ^ 1 << bit % 8);
    ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)(bit / 8)), 1);
    ck_damage_is_found(path, "bit", bit);
    ck_assert_int_eq(pwrite(fd, &data[bit / 8], 1, (off_t)(bit / 8)), 1);
  }
  struct arrays *arrays;
  ck_assert_int_eq(safetensors_read(&arrays, path), STRAIT_OK); /* it was the bits */
  arrays_free(arrays);
  close(fd);
  memory_free(data);
}
END_TEST

/* Writes a file with this header and data of `bytes` bytes 0, 1, 2... */
static const char *foreign(const char *header, size_t bytes) {
  const char *path = in_scratch("foreign");
  FILE *file = fopen(path, "wb");
  uint64_t n = strlen(header);
  for (int i = 0; i < 8; i++)
    fputc((int)(n >> 8 * i & 0xff), file);
  fputs(header, file);
  for (size_t i = 0; i < bytes; i++)
    fputc((int)i, file);
  fclose(file);
  return path;
}

#define TENSOR(name, dtype, shape, begin, end)                                                                         \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"

START_TEST(files_of_others_are_read) {
  struct arrays *arrays;
  static const uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  /* Without metadata, members of a tensor in another order, the data not aligned, and not in the header's order. */
  const char *path = foreign("{\"w\":{\"shape\":[1,2],\"data_offsets\":[1,9],\"dtype\":\"F32\"}," TENSOR(
                                 "u", "U8", "1", "0", "1") "," TENSOR("none", "I64", "0", "9", "9") "}   ",
                             9);
  ck_assert_msg(safetensors_read(&arrays, path) == STRAIT_OK, "%s", error_text());
  ck_assert_uint_eq(arrays_count(arrays), 3);
  ck_assert_str_eq(arrays_at(arrays, 0)->name, "w");
  ck_assert_mem_eq(arrays_find(arrays, "w")->data, bytes + 1, 8);
  ck_assert_mem_eq(arrays_find(arrays, "u")->data, bytes, 1);
  arrays_free(arrays);
  path = foreign("{\"__metadata__\":{\"format\":\"pt\"}," TENSOR("u", "U8", "", "0", "1") "}", 1);
  ck_assert_int_eq(safetensors_read(&arrays, path), STRAIT_OK);
  ck_assert_str_eq(arrays_metadata(arrays, "format"), "pt");
  arrays_free(arrays);
}
END_TEST

static const struct {
  const char *header;
  size_t bytes;
  int status;
  const char *error;
} lies[] = {
    {"{" TENSOR("w", "F8_E4M3", "4", "0", "4") "}", 4, STRAIT_ENOTSUP,
     "tensor \"w\": elements of type F8_E4M3 are not read; convert"},
    {"{" TENSOR("w", "F31", "1", "0", "4") "}", 4, STRAIT_ENOTSUP, "tensor \"w\": elements of type F31 are not read"},
    {"{" TENSOR("w", "F16", "2", "0", "2") "}", 2, STRAIT_EFORMAT, "2 bytes of data, its shape and type ask for 4"},
    {"{" TENSOR("w", "U8", "1,1,1,1,1,1,1", "0", "1") "}", 1, STRAIT_ENOTSUP, "7 dimensions, 6 are the most"},
    {"{" TENSOR("w", "F32", "2", "0", "4") "}", 4, STRAIT_EFORMAT, "4 bytes of data, its shape and type ask for 8"},
    {"{" TENSOR("w", "F32", "1", "0", "8") "}", 4, STRAIT_EFORMAT, "tensor \"w\": its data are outside the file"},
    {"{" TENSOR("w", "F32", "1", "-4", "0") "}", 4, STRAIT_EFORMAT, "its data are outside the file"},
    {"{" TENSOR("w", "F32", "1", "4", "0") "}", 4, STRAIT_EFORMAT, "its data are outside the file"},
    {"{" TENSOR("w", "F32", "-1", "0", "4") "}", 4, STRAIT_EFORMAT, "dimension 0 is -1"},
    {"{" TENSOR("w", "F32", "1.0", "0", "4") "}", 4, STRAIT_EFORMAT, "dimension 0 is not an integer"},
    {"{" TENSOR("w", "F32", "1", "0", "4.0") "}", 4, STRAIT_EFORMAT,
     "not described by dtype, shape and two data_offsets"},
    /* 2^32 * 2^32 * 4 bytes is 0 modulo 2^64 */
    {"{" TENSOR("w", "F32", "4294967296,4294967296", "0", "0") "}", 0, STRAIT_EFORMAT, "its dimensions are too large"},
    {"{" TENSOR("w", "F64", "9223372036854775807,0", "0", "0") "}", 0, STRAIT_EFORMAT, "its dimensions are too large"},
    {"{" TENSOR("w", "F32", "99999999999999999999", "0", "0") "}", 0, STRAIT_EFORMAT, "its header is damaged"},
    {"{" TENSOR("a", "F32", "1", "0", "4") "," TENSOR("b", "F32", "1", "2", "6") "}", 6, STRAIT_EFORMAT,
     "tensor \"b\": its data overlap those of another"},
    {"{" TENSOR("a", "F32", "1", "0", "4") "," TENSOR("b", "F32", "1", "0", "4") "}", 4, STRAIT_EFORMAT, "overlap"},
    {"{" TENSOR("a", "F32", "1", "0", "4") "," TENSOR("b", "F32", "1", "5", "9") "}", 9, STRAIT_EFORMAT,
     "tensor \"b\": its data leave a gap in front"},
    {"{" TENSOR("a", "F32", "1", "0", "4") "}", 5, STRAIT_EFORMAT, "5 bytes of data, its tensors have 4"},
    {"{" TENSOR("a", "F32", "1", "0", "4") "," TENSOR("a", "F32", "1", "4", "8") "}", 8, STRAIT_EFORMAT,
     "duplicate object key"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}", 1, STRAIT_EFORMAT,
     "not described by"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, STRAIT_EFORMAT, "not described by"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]}}", 1, STRAIT_EFORMAT, "it has no shape"},
    {"{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, STRAIT_EFORMAT, "its dtype is not a string"},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, STRAIT_EFORMAT, "not described by"},
    {"{\"a\":1}", 0, STRAIT_EFORMAT, "tensor \"a\": it is not described by"},
    {"{\"__metadata__\":1}", 0, STRAIT_EFORMAT, "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"k\":1}}", 0, STRAIT_EFORMAT, "__metadata__: \"k\" is not a string"},
    {"{\"__metadata__\":{\"strait.format\":\"1\"}}", 0, STRAIT_EFORMAT, "its checksum is damaged"},
    {"{\"__metadata__\":{\"strait.checksum\":\"1234\"}}", 0, STRAIT_EFORMAT, "its checksum is damaged"},
    {"{\"__metadata__\":{\"strait.checksum\":\"99aa06d3014798d86001c324468d497f\"}}", 0, STRAIT_EFORMAT,
     "its bytes do not have the checksum"},
    {"[]", 0, STRAIT_EFORMAT, "not a JSON object"},
    {"{", 0, STRAIT_EFORMAT, "its header is damaged"},
    {"", 0, STRAIT_EFORMAT, "its header is damaged"},
};

START_TEST(no_size_is_believed) {
  struct arrays *arrays = (struct arrays *)scratch;
  ck_assert_int_eq(safetensors_read(&arrays, foreign(lies[_i].header, lies[_i].bytes)), lies[_i].status);
  ck_assert_ptr_null(arrays);
  ck_error_has(lies[_i].error);
  ck_error_has(in_scratch("foreign"));
}
END_TEST

START_TEST(the_header_s_length_is_not_believed) {
  static const unsigned char lengths[][8] = {{255, 255, 255, 255, 255, 255, 255, 255}, {0, 0, 0, 0, 0, 0, 0, 128}, {3}};
  struct arrays *arrays;
  for (size_t i = 0; i < 3; i++) {
    char data[] = "........{}";
    memcpy(data, lengths[i], 8);
    file_write(in_scratch("a"), data, 10);
    ck_assert_int_eq(safetensors_read(&arrays, in_scratch("a")), STRAIT_EFORMAT);
    ck_error_has("it is truncated or damaged, or not a safetensors file");
  }
}
END_TEST

START_TEST(a_header_of_too_many_parts) {
  struct text header = {0};
  text_add(&header, "{\"a\":[0");
  for (int i = 0; i < 2000000; i++)
    text_add(&header, ",0");
  text_add(&header, "]}");
  ck_assert_int_eq(header.status, STRAIT_OK);
  struct arrays *arrays;
  ck_assert_int_eq(safetensors_read(&arrays, foreign(header.data, 0)), STRAIT_EFORMAT);
  ck_error_has("its header has more than 2000000 parts");
  text_free(&header);
}
END_TEST

START_TEST(what_is_no_file) {
  struct arrays *arrays;
  ck_assert_int_eq(safetensors_read(&arrays, in_scratch("none")), STRAIT_ENOENT);
  ck_error_has("none");
  ck_assert_int_eq(safetensors_read(&arrays, scratch), STRAIT_EINVAL);
  ck_assert_int_eq(mkfifo(in_scratch("pipe"), 0600), 0);
  ck_assert_int_eq(safetensors_read(&arrays, in_scratch("pipe")), STRAIT_EINVAL);
  ck_error_has("not a regular file");
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("writing"), tcase_create("damage")};
  for (int i = 0; i < 2; i++)
    tcase_add_checked_fixture(cases[i], scratch_make, scratch_remove);
  tcase_add_test(cases[0], what_is_written_is_read);
  tcase_add_test(cases[0], sizes);
  tcase_add_test(cases[0], the_same_content_is_the_same_bytes);
  tcase_add_test(cases[0], the_bytes_are_those_of_the_format);
  tcase_add_test(cases[0], an_empty_file_of_arrays);
  tcase_add_test(cases[0], what_cannot_be_written_is_refused);
  tcase_add_test(cases[1], every_cut_is_found);
  tcase_add_test(cases[1], every_flipped_bit_is_found);
  tcase_add_test(cases[1], files_of_others_are_read);
  tcase_add_loop_test(cases[1], no_size_is_believed, 0, sizeof lies / sizeof *lies);
  tcase_add_test(cases[1], the_header_s_length_is_not_believed);
  tcase_add_test(cases[1], a_header_of_too_many_parts);
  tcase_add_test(cases[1], what_is_no_file);
  return run_suite("safetensors", cases, 2);
}
