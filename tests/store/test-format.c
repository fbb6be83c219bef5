/* tests/store/test-format.c: a file's format is what its whole structure says, whatever its name and its first bytes
 * are; and weights in several files. */
#include <config.h>

#include "store/format.h"
#include "store/zip.h"

#include <sys/stat.h>

#include "torch-rig.h"

static const float one[] = {1};

/* A safetensors file of w = 1 whose header is padded to this length. */
static void put_safetensors(const char *name, const char *tensor, uint64_t length) {
  struct text text = {0};
  text_add(&text, "........{\"%s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", tensor);
  if (!length)
    length = text.length - 8;
  while (text.length - 8 < length)
    text_add_n(&text, " ", 1);
  memcpy(text.data, &length, 8);
  text_add_n(&text, (const char *)one, sizeof one);
  ck_assert_int_eq(file_write(in_scratch(name), text.data, text.length), STRAIT_OK);
  text_free(&text);
}

/* Lengths whose first bytes are those of pickles, zips, NumPy, gzip, JSON, web pages; and all others near by. */
START_TEST(headers_of_every_length) {
  static const uint64_t lengths[] = {
      0x80,   0x180, 0x280, 0x480,  0x280 + 0x8a0000, 0x4b50, 0x3044b50 & 0xffffff, 0x93, 0x4e93,
      0x8b1f, 0x7b,  0x3c,  0x213c, 0x7f80,           0x7d80};
  for (size_t i = 0; i < 300 + sizeof lengths / sizeof *lengths; i++) {
    put_safetensors("a.pt", "w", i < 300 ? 64 + i : lengths[i - 300]);
    struct arrays *arrays = ck_read(in_scratch("a.pt"), NULL);
    CK_FLOATS(arrays, "w", "", 1);
    arrays_free(arrays);
  }
}
END_TEST

/* The name says nothing. */
START_TEST(names_of_files) {
  static const char *const names[] = {"a.safetensors", "a.npz", "a.pt", "a", "a.index.json"};
  const struct array array = {.name = "w", .type = STRAIT_F32, .data = one};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    int format;
    put_safetensors(names[i], "w", 0);
    ck_assert_int_eq(format_find(in_scratch(names[i]), &format), STRAIT_OK);
    ck_assert_int_eq(format, FORMAT_SAFETENSORS);
    ck_assert_int_eq(npz_write(in_scratch(names[i]), &array, 1, NULL, 0), STRAIT_OK);
    ck_assert_int_eq(format_find(in_scratch(names[i]), &format), STRAIT_OK);
    ck_assert_int_eq(format, FORMAT_NPZ);
  }
}
END_TEST

static void put_zip(const char *name, const char *member) {
  struct zip_writer *zip;
  ck_assert_int_eq(zip_begin(&zip, in_scratch(name), NULL, 0), STRAIT_OK);
  ck_assert_int_eq(zip_add(zip, member, "x", 1, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(zip_commit(zip), STRAIT_OK);
}

START_TEST(archives) {
  int format;
  put_zip("a", "some/data.pkl");
  ck_assert_int_eq(format_find(in_scratch("a"), &format), STRAIT_OK);
  ck_assert_int_eq(format, FORMAT_TORCH_ZIP);
  put_zip("a", "some/data.pkl.npy");
  ck_assert_int_eq(format_find(in_scratch("a"), &format), STRAIT_OK);
  ck_assert_int_eq(format, FORMAT_NPZ);
  put_zip("a", "config.json");
  ck_fails(in_scratch("a"), NULL, STRAIT_EFORMAT, "neither of PyTorch (no data.pkl) nor of NumPy (no .npy)");
}
END_TEST

START_TEST(distributed_checkpoints) {
  put_zip("__0_0.distcp", "archive/data.pkl"); /* a part is a row of PyTorch's files, and looks like one */
  ck_fails(in_scratch("__0_0.distcp"), NULL, STRAIT_ENOTSUP, "one part of a distributed checkpoint");
  ck_error_has("dcp_to_torch_save");
  put_zip(".metadata", "x");
  ck_fails(scratch, NULL, STRAIT_ENOTSUP, "the folder of a distributed checkpoint");
  unlink(in_scratch(".metadata"));
  put_zip("model.safetensors.index.json", "x");
  ck_fails(scratch, NULL, STRAIT_EINVAL, "is a folder; name the file model.safetensors.index.json in it");
}
END_TEST

static const char *index_of(const char *text) {
  ck_assert_int_eq(file_write(in_scratch("model.safetensors.index.json"), text, strlen(text)), STRAIT_OK);
  return in_scratch("model.safetensors.index.json");
}

START_TEST(parts_with_an_index) {
  put_safetensors("model-00001-of-00002.safetensors", "a", 0);
  put_safetensors("model-00002-of-00002.safetensors", "b", 0);
  const char *path =
      index_of("{\"metadata\": {\"total_size\": 8}, \"weight_map\": {\"b\": \"model-00002-of-00002.safetensors\", "
               "\"a\": \"model-00001-of-00002.safetensors\"}}");
  struct arrays *arrays = ck_read(path, NULL);
  ck_assert_uint_eq(arrays_count(arrays), 2);
  CK_FLOATS(arrays, "a", "", 1);
  CK_FLOATS(arrays, "b", "", 1);
  arrays_free(arrays);
  arrays = ck_read(in_scratch("model-00001-of-00002.safetensors"), NULL);
  ck_note("by its name it is one of 2 parts; the file *.index.json beside it stands for all");
  arrays_free(arrays);
  ck_fails(path, "a", STRAIT_EINVAL, "a key (\"a\") is for PyTorch's files");
  ck_fails(index_of("{\"weight_map\": {\"c\": \"model-00001-of-00002.safetensors\"}}"), NULL, STRAIT_EFORMAT,
           "tensor \"c\" is not in model-00001-of-00002.safetensors, where the index has it");
  ck_fails(index_of("{\"weight_map\": {\"a\": \"none.safetensors\"}}"), NULL, STRAIT_ENOENT, "none.safetensors");
  ck_fails(index_of("{\"weight_map\": {\"a\": \"../a.safetensors\"}}"), NULL, STRAIT_EFORMAT,
           "which is not a file in its folder");
  ck_fails(index_of("{\"weight_map\": {\"a\": \"model.safetensors.index.json\"}}"), NULL, STRAIT_EFORMAT,
           "is an index itself");
  ck_fails(index_of("{\"weight_map\": {\"a\": 1}}"), NULL, STRAIT_EFORMAT, "\"a\" names no file");
  ck_fails(index_of("{\"weights\": {}}"), NULL, STRAIT_EFORMAT, "has no weight_map");
  ck_fails(index_of("{\"weight_map\": {"), NULL, STRAIT_EFORMAT, "model.safetensors.index.json");
}
END_TEST

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, set_up, tear_down);
  tcase_add_test(c, headers_of_every_length);
  tcase_add_test(c, names_of_files);
  tcase_add_test(c, archives);
  tcase_add_test(c, distributed_checkpoints);
  tcase_add_test(c, parts_with_an_index);
  return run_suite("format", &c, 1);
}
