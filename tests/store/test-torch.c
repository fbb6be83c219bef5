/* tests/store/test-torch.c: PyTorch's files in and out. torch-files.h holds files that PyTorch itself wrote; what is in
 * them is said in make-torch-files.py and written down again here. Files put together by hand are in test-torch-made.c.
 * tests/cli/torch.sh lets PyTorch read what is written here. */
#include <config.h>

#include <math.h>
#include <sys/stat.h>

#include "store/torch.h"

#include "torch-files.h"
#include "torch-rig.h"

static const float floats[] = {1, 2, 3, 4, 5, 6};

/* --- files of PyTorch --- */

static void ck_tensors(const struct arrays *arrays) {
  ck_assert_uint_eq(arrays_count(arrays), 19);
  ck_assert_str_eq(arrays_at(arrays, 0)->name, "packed"); /* in the order of the dict */
  CK_FLOATS(arrays, "packed", "2 3", 0, 1, 2, 3, 4, 5);
  float transposed[24];
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 2; j++)
      for (int k = 0; k < 3; k++)
        transposed[(i * 2 + j) * 3 + k] = (float)(12 * j + 4 * k + i);
  ck_assert_mem_eq(ck_array(arrays, "transposed", STRAIT_F32, "4 2 3"), transposed, sizeof transposed);
  CK_FLOATS(arrays, "slice", "4", 10, 13, 16, 19);
  CK_FLOATS(arrays, "expanded", "2 2", 7, 7, 7, 7);
  CK_FLOATS(arrays, "scalar", "", 3);
  ck_array(arrays, "empty", STRAIT_F32, "0 3");
  CK_FLOATS(arrays, "parameter", "2", 0.5f, 1);
  CK_FLOATS(arrays, "tied.a", "2", 1.5f, -2.5f);
  CK_FLOATS(arrays, "tied.b", "2", 1.5f, -2.5f);
  CK_FLOATS(arrays, "half", "4", 1, -0.5f, 65504, 0x1p-24f);
  CK_FLOATS(arrays, "bfloat16", "3", 1, -0.5f, 0x1p100f);
  const int64_t int64[] = {(int64_t)1 << 40, -1};
  ck_assert_mem_eq(ck_array(arrays, "int64", STRAIT_I64, "2"), int64, sizeof int64);
  const int32_t int32[] = {1 << 30, -2}, int16[] = {300, -300}, int8[] = {127, -128};
  ck_assert_mem_eq(ck_array(arrays, "int32", STRAIT_I32, "2"), int32, sizeof int32);
  ck_assert_mem_eq(ck_array(arrays, "int16", STRAIT_I32, "2"), int16, sizeof int16);
  ck_assert_mem_eq(ck_array(arrays, "int8", STRAIT_I32, "2"), int8, sizeof int8);
  ck_assert_mem_eq(ck_array(arrays, "uint8", STRAIT_U8, "2"), "\0\xff", 2);
  ck_assert_mem_eq(ck_array(arrays, "bool", STRAIT_U8, "2"), "\1\0", 2);
  CK_FLOATS(arrays, "six", "1 1 1 1 2 1", 0, 1);
  for (size_t i = 0; i < arrays_count(arrays); i++) /* what a kernel may ask of its operands */
    ck_assert_uint_eq((uintptr_t)arrays_at(arrays, i)->data % 4, 0);
}

/* torch_read itself: foreign_read cannot hold the float64 tensor, see below. */
static struct arrays *read_tensors(const char *path, int legacy) {
  struct arrays *arrays;
  ck_assert_msg(torch_read(&arrays, path, legacy, NULL, &notes) == STRAIT_OK, "%s", error_text());
  return arrays;
}

START_TEST(tensors) {
  for (int legacy = 0; legacy < 2; legacy++) {
    const char *path =
        legacy ? file_of(legacy_tensors, sizeof legacy_tensors) : file_of(zip_tensors, sizeof zip_tensors);
    notes.count = 0;
    struct arrays *arrays = read_tensors(path, legacy);
    ck_tensors(arrays);
    const double float64[] = {0.25, -1e300};
    ck_assert_mem_eq(ck_array(arrays, "double", STRAIT_F64, "2"), float64, sizeof float64);
    ck_assert_uint_eq(notes.count, 1);
    ck_note("skipped entries that are not named tensors: a note");
    arrays_free(arrays);
    ck_fails(path, NULL, STRAIT_EINVAL, "tensor double: element 1, -1e+300, is beyond the range of float32");
    ck_note("1 tensor of float16 became float32");
    ck_note("1 tensor of bfloat16 became float32");
    ck_note("1 tensor of int16 became int32");
    ck_note("1 tensor of int8 became int32");
    ck_note("1 tensor of bool became uint8");
    ck_assert_uint_eq(notes.count, 6);
  }
}
END_TEST

static void ck_checkpoint(const char *path, const char *key, size_t expected_notes) {
  struct arrays *arrays = ck_read(path, key);
  ck_assert_uint_eq(arrays_count(arrays), 6);
  CK_FLOATS(arrays, "0.weight", "1 2", 1, 2);
  CK_FLOATS(arrays, "0.bias", "1", 3);
  ck_array(arrays, "1.running_var", STRAIT_F32, "1");
  ck_assert_ptr_null(arrays_find(arrays, "1.num_batches_tracked"));
  ck_assert_uint_eq(notes.count, expected_notes);
  ck_note("dropped 1 counter num_batches_tracked");
  arrays_free(arrays);
}

START_TEST(checkpoints) {
  for (int legacy = 0; legacy < 2; legacy++) {
    const char *path =
        legacy ? file_of(legacy_checkpoint, sizeof legacy_checkpoint) : file_of(zip_checkpoint, sizeof zip_checkpoint);
    ck_checkpoint(path, NULL, 2);
    ck_note("took the tensors under the checkpoint's key \"model_state\"");
    ck_checkpoint(path, "model_state", 1);
  }
}
END_TEST

/* The keys of an optimiser's state are numbers, so that no path of words leads there. */
START_TEST(keys_that_lead_nowhere) {
  const char *path = file_of(zip_checkpoint, sizeof zip_checkpoint);
  ck_fails(path, "model", STRAIT_EINVAL,
           "no key \"model\" in the checkpoint; it holds \"epoch\" (int), \"model_state\" (7 tensors), "
           "\"optimizer_state\" (dict)");
  ck_fails(path, "epoch", STRAIT_EINVAL, "no tensors under the key \"epoch\"");
  ck_fails(path, "epoch/x", STRAIT_EINVAL, "no key \"x\"");
  ck_fails(path, "optimizer_state", STRAIT_EINVAL, "it holds \"state\" (dict), \"param_groups\" (list)");
  ck_fails(path, "optimizer_state/state", STRAIT_EINVAL,
           "it holds one of type int (1 tensor), one of type int (1 tensor)");
  ck_fails(path, "", STRAIT_EINVAL, "no key \"\"");
}
END_TEST

START_TEST(cut_at_every_length) {
  struct arrays *arrays;
  for (size_t length = 0; length < sizeof zip_tensors; length++) {
    ck_assert_int_ne(read_key(&arrays, file_of(zip_tensors, length), NULL), STRAIT_OK);
    ck_assert_int_eq(torch_read(&arrays, in_scratch("file.pt"), 0, NULL, &notes), STRAIT_EFORMAT);
  }
  for (size_t length = 0; length < sizeof legacy_tensors; length++)
    ck_assert_int_eq(torch_read(&arrays, file_of(legacy_tensors, length), 1, NULL, &notes), STRAIT_EFORMAT);
}
END_TEST

/* In a zip every byte that counts is under a sum, so whatever is flipped the tensors are right or refused. */
START_TEST(flipped_bits_of_a_zip) {
  size_t refused = 0;
  for (size_t i = 0; i < sizeof zip_checkpoint; i++) {
    unsigned char bytes[sizeof zip_checkpoint];
    struct arrays *arrays;
    memcpy(bytes, zip_checkpoint, sizeof bytes);
    bytes[i] ^= (unsigned char)(1 << i % 8);
    if (read_key(&arrays, file_of(bytes, sizeof bytes), "model_state") == STRAIT_OK) {
      CK_FLOATS(arrays, "0.weight", "1 2", 1, 2);
      CK_FLOATS(arrays, "0.bias", "1", 3);
      ck_assert_uint_eq(arrays_count(arrays), 6);
    } else {
      refused++;
    }
    arrays_free(arrays);
  }
  ck_assert_uint_gt(refused, 900); /* the pickle alone has 900 bytes; much of the rest is padding */
}
END_TEST

/* The legacy format has no sums: nothing may crash, and what is read has the shapes that it says. */
START_TEST(flipped_bits_of_legacy_files) {
  for (size_t i = 0; i < sizeof legacy_tensors; i++) {
    unsigned char bytes[sizeof legacy_tensors];
    struct arrays *arrays;
    memcpy(bytes, legacy_tensors, sizeof bytes);
    bytes[i] ^= (unsigned char)(1 << i % 8);
    if (torch_read(&arrays, file_of(bytes, sizeof bytes), 1, NULL, &notes) == STRAIT_OK) {
      unsigned char sum = 0;
      for (size_t k = 0; k < arrays_count(arrays); k++)
        for (size_t b = 0; b < array_bytes(arrays_at(arrays, k)); b++)
          sum ^= ((const unsigned char *)arrays_at(arrays, k)->data)[b];
      ck_assert_uint_le(sum, 255); /* every byte is there to be read */
    }
    arrays_free(arrays);
    notes.count = 0;
  }
}
END_TEST

/* --- which format --- */

START_TEST(other_files) {
  ck_fails(file_of("", 0), NULL, STRAIT_EFORMAT, "not a safetensors, .npz or PyTorch file");
  ck_fails(file_of("some text", 9), NULL, STRAIT_EFORMAT, "not a safetensors, .npz or PyTorch file");
  ck_fails(file_of("\x89HDF\r\n\x1a\n", 8), NULL, STRAIT_ENOTSUP, "an HDF5 file");
  ck_fails(file_of("\x93NUMPY\x01\x00", 8), NULL, STRAIT_ENOTSUP, "a single array without a name");
  ck_fails(file_of("version https://git-lfs.github.com/spec/v1\n", 43), NULL, STRAIT_ENOTSUP, "a pointer of Git LFS");
  ck_fails(file_of("<!doctype html>", 15), NULL, STRAIT_ENOTSUP, "a web page");
  ck_fails(file_of("\x1f\x8b\x08", 3), NULL, STRAIT_ENOTSUP, "compressed by gzip");
  ck_fails(file_of("\x80\x02}.", 4), NULL, STRAIT_EFORMAT, "a pickle, but not one written by torch.save");
  char tar[512] = "sys_info";
  memcpy(tar + 257, "ustar", 5);
  ck_fails(file_of(tar, sizeof tar), NULL, STRAIT_ENOTSUP,
           "a tar archive: unpack it; if PyTorch before 0.1.10 wrote it");
  ck_fails(in_scratch("nothing"), NULL, STRAIT_ENOENT, "nothing");
  ck_fails(scratch, NULL, STRAIT_EINVAL, "not a regular file");
  ck_assert_int_eq(mkfifo(in_scratch("fifo"), 0600), 0);
  ck_fails(in_scratch("fifo"), NULL, STRAIT_EINVAL, "not a regular file"); /* and does not wait for a writer */
  struct array array = {"w", STRAIT_F32, 1, {6}, floats};
  ck_assert_int_eq(npz_write(in_scratch("a.npz"), &array, 1, NULL, 0), STRAIT_OK);
  ck_fails(in_scratch("a.npz"), "w", STRAIT_EINVAL, "a key (\"w\") is for PyTorch's files; this one is npz");
}
END_TEST

START_TEST(doubles_become_floats) {
  const double x[] = {0.1, 1e-46, -INFINITY, 3};
  struct array array = array_f64("x", x, 4);
  ck_assert_int_eq(safetensors_write(in_scratch("a.safetensors"), &array, 1, NULL, 0), STRAIT_OK);
  struct arrays *arrays = ck_read(in_scratch("a.safetensors"), NULL);
  CK_FLOATS(arrays, "x", "4", 0.1f, 0, -INFINITY, 3);
  ck_note("1 tensor of float64 became float32");
  arrays_free(arrays);
}
END_TEST

/* --- writing --- */

static const double f64[3] = {1, 2.5, -3};
static const int64_t i64[2] = {7, -8};
static const int32_t i32[1] = {9};
static const struct array all[] = {{"fc.weight", STRAIT_F32, 2, {2, 3}, floats},
                                   {"\xc3\xa4", STRAIT_U8, 1, {3}, "\1\2\xff"},
                                   {"d", STRAIT_F64, 1, {3}, f64},
                                   {"i", STRAIT_I64, 2, {1, 2}, i64},
                                   {"scalar", STRAIT_I32, 0, {0}, i32},
                                   {"empty", STRAIT_F32, 3, {4, 0, 5}, NULL}};
#define COUNT (sizeof all / sizeof *all)

START_TEST(what_is_written_is_read) {
  const char *path = in_scratch("all.pt");
  ck_assert_msg(torch_write(path, all, COUNT) == STRAIT_OK, "%s", error_text());
  struct arrays *arrays = read_tensors(path, 0);
  ck_assert_uint_eq(arrays_count(arrays), COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    const struct array *a = arrays_at(arrays, i);
    ck_assert_str_eq(a->name, all[i].name);
    ck_assert_uint_eq(a->type, all[i].type);
    ck_assert_uint_eq(a->rank, all[i].rank);
    ck_assert_mem_eq(a->dims, all[i].dims, a->rank * sizeof *a->dims);
    if (array_bytes(a))
      ck_assert_mem_eq(a->data, all[i].data, array_bytes(a));
  }
  arrays_free(arrays);
  char *one, *two;
  size_t one_length, two_length;
  ck_assert_int_eq(torch_write(in_scratch("again.pt"), all, COUNT), STRAIT_OK);
  ck_assert_int_eq(file_read(path, 1 << 20, &one, &one_length), STRAIT_OK);
  ck_assert_int_eq(file_read(in_scratch("again.pt"), 1 << 20, &two, &two_length), STRAIT_OK);
  ck_assert_uint_eq(one_length, two_length);
  ck_assert_mem_eq(one, two, one_length);
  memory_free(one);
  memory_free(two);
  ck_assert_int_eq(entries_in(scratch), 2);
}
END_TEST

START_TEST(writes_that_fail) {
  struct array array = {"\xff", STRAIT_F32, 1, {6}, floats};
  ck_assert_int_eq(torch_write(in_scratch("a.pt"), &array, 1), STRAIT_EINVAL);
  ck_error_has("the name of array 1 is not UTF-8");
  const struct array twice[] = {all[0], all[0]};
  ck_assert_int_eq(torch_write(in_scratch("a.pt"), twice, 2), STRAIT_EINVAL);
  ck_error_has("two arrays are named");
  ck_assert_int_eq(torch_write(in_scratch("none/a.pt"), all, COUNT), STRAIT_EIO);
  ck_assert_int_eq(foreign_check_name("a.txt"), STRAIT_EINVAL);
  ck_assert_int_eq(foreign_check_name("a.th"), STRAIT_OK);
  ck_assert_int_eq(entries_in(scratch), 0);
}
END_TEST

START_TEST(formats_by_name) {
  static const char *const names[] = {"a.safetensors", "a.npz", "a.pt", "a.pth", "a.th"};
  static const char *const formats[] = {"safetensors", "npz", "PyTorch", "PyTorch", "PyTorch"};
  struct array array = {"w", STRAIT_F32, 1, {6}, floats};
  ck_assert_int_eq(safetensors_write(in_scratch("w.safetensors"), &array, 1, NULL, 0), STRAIT_OK);
  struct arrays *arrays = ck_read(in_scratch("w.safetensors"), NULL);
  for (int i = 0; i < 5; i++) {
    const char *format;
    struct arrays *back;
    ck_assert_int_eq(foreign_write(in_scratch(names[i]), arrays), STRAIT_OK);
    ck_assert_int_eq(foreign_read(&back, in_scratch(names[i]), NULL, &notes, &format), STRAIT_OK);
    ck_assert_str_eq(format, formats[i]);
    CK_FLOATS(back, "w", "6", 1, 2, 3, 4, 5, 6);
    arrays_free(back);
  }
  arrays_free(arrays);
}
END_TEST

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, set_up, tear_down);
  tcase_add_test(c, tensors);
  tcase_add_test(c, checkpoints);
  tcase_add_test(c, keys_that_lead_nowhere);
  tcase_add_test(c, cut_at_every_length);
  tcase_add_test(c, flipped_bits_of_a_zip);
  tcase_add_test(c, flipped_bits_of_legacy_files);
  tcase_add_test(c, other_files);
  tcase_add_test(c, doubles_become_floats);
  tcase_add_test(c, what_is_written_is_read);
  tcase_add_test(c, writes_that_fail);
  tcase_add_test(c, formats_by_name);
  return run_suite("torch", &c, 1);
}
