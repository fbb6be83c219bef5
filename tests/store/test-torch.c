/* tests/store/test-torch.c: PyTorch's files in and out. torch-files.h holds files that PyTorch itself wrote; what is in
 * them is said in make-torch-files.py and written down again here. Others are put together by hand after
 * torch/serialization.py. tests/cli/torch.sh lets PyTorch read what is written here. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "store/foreign.h"
#include "store/torch.h"
#include "store/zip.h"

#include "../base/scratch.h"
#include "torch-files.h"

static struct notes notes;

static void set_up(void) {
  scratch_make();
  notes = (struct notes){.arena = scratch_arena};
}
static void tear_down(void) {
  notes_free(&notes);
  scratch_remove();
}

static const char *file_of(const void *bytes, size_t length) {
  const char *path = in_scratch("file.pt");
  int fd = open(path, O_WRONLY | O_CREAT, 0600); /* neither synced nor emptied first: there are thousands */
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
  ck_assert_int_eq(ftruncate(fd, (off_t)length), 0);
  ck_assert_int_eq(close(fd), 0);
  return path;
}

static int read_key(struct arrays **arrays, const char *path, const char *key) {
  const char *format;
  notes.count = 0;
  error_clear();
  int status = foreign_read(arrays, path, key, &notes, &format);
  ck_assert_int_eq(error_status(), status);
  ck_assert((*arrays == NULL) == (status != STRAIT_OK));
  return status;
}

static struct arrays *ck_read(const char *path, const char *key) {
  struct arrays *arrays;
  ck_assert_msg(read_key(&arrays, path, key) == STRAIT_OK, "%s", error_text());
  return arrays;
}

static void ck_fails(const char *path, const char *key, int status, const char *why) {
  struct arrays *arrays;
  ck_assert_int_eq(read_key(&arrays, path, key), status);
  ck_error_has(why);
  ck_error_has(path);
}

static void ck_note(const char *line) {
  for (size_t i = 0; i < notes.count; i++)
    if (strcmp(notes.line[i], line) == 0)
      return;
  ck_abort_msg("no note \"%s\"", line);
}

/* An array of this type and shape; "4 2 3", "" for a scalar. */
static const void *ck_array(const struct arrays *arrays, const char *name, uint32_t type, const char *shape) {
  struct text text = {0};
  const struct array *a = arrays_find(arrays, name);
  ck_assert_msg(a != NULL, "no %s", name);
  ck_assert_uint_eq(a->type, type);
  for (uint32_t i = 0; i < a->rank; i++)
    text_add(&text, "%s%lld", i ? " " : "", (long long)a->dims[i]);
  ck_assert_str_eq(text.data ? text.data : "", shape);
  text_free(&text);
  return a->data;
}
#define CK_FLOATS(arrays, name, shape, ...)                                                                            \
  do {                                                                                                                 \
    const float expected_[] = {__VA_ARGS__};                                                                           \
    const void *data_ = ck_array(arrays, name, STRAIT_F32, shape);                                                     \
    ck_assert_uint_eq(array_bytes(arrays_find(arrays, name)), sizeof expected_);                                       \
    ck_assert_mem_eq(data_, expected_, sizeof expected_);                                                              \
  } while (0)

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
    ck_assert_uint_eq(notes.count, 5);
    ck_note("left out what is no named tensor: a note");
    ck_note("1 tensor of float16 became float32");
    ck_note("1 tensor of bfloat16 became float32");
    ck_note("1 tensor of int16 became int32");
    ck_note("1 tensor of int8 became int32");
    arrays_free(arrays);
    ck_fails(path, NULL, STRAIT_EINVAL, "tensor double: element 1, -1e+300, is beyond the range of float32");
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

/* --- legacy files by hand --- */

#define MAGIC "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define PROTOCOL "\x80\x02M\xe9\x03."
#define SYSTEM "\x80\x02}U\x0dlittle_endian\x88s."
#define HEAD MAGIC PROTOCOL SYSTEM
/* What PyTorch 0.1 on Python 2 wrote: str, and tensors of four arguments. */
#define STORAGE(type, key, count)                                                                                      \
  "(U\x07storagectorch\n" type "Storage\nU\x01" key "U\x03"                                                            \
  "cpu" count "NtQ"
#define TENSOR(storage, place) "ctorch._utils\n_rebuild_tensor\n(" storage place "tR"

struct legacy {
  struct text text;
};
static void put(struct legacy *legacy, const void *bytes, size_t length) { text_add_n(&legacy->text, bytes, length); }
#define PUT(legacy, literal) put(legacy, literal, sizeof literal - 1)
static void put_storage(struct legacy *legacy, int64_t count, const void *data, size_t bytes) {
  put(legacy, &count, sizeof count);
  put(legacy, data, bytes);
}
static const char *legacy_file(struct legacy *legacy) {
  ck_assert_int_eq(legacy->text.status, STRAIT_OK);
  const char *path = file_of(legacy->text.data, legacy->text.length);
  text_free(&legacy->text);
  return path;
}
static const float floats[] = {1, 2, 3, 4, 5, 6};

START_TEST(files_of_old_pytorch) {
  struct legacy f = {0};
  PUT(&f, HEAD);
  PUT(&f, "\x80\x02"
          "ccollections\nOrderedDict\n](](U\x01w" TENSOR(STORAGE("Float", "a", "K\x06"),
                                                         "K\x01K\x02K\x02\x86K\x01K\x02\x86") "ee\x85R.");
  PUT(&f, "\x80\x02]U\x01"
          "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  struct arrays *arrays = ck_read(legacy_file(&f), NULL);
  CK_FLOATS(arrays, "w", "2 2", 2, 4, 3, 5);
  arrays_free(arrays);
}
END_TEST

/* Two windows on one storage, (key, first element, elements); offsets count from the window's start. */
START_TEST(windows_on_a_storage) {
  struct legacy f = {0};
  PUT(&f, HEAD "}(U\x01vctorch._utils\n_rebuild_tensor\n((U\x07storagectorch\nFloatStorage\nU\x01"
               "aU\x03"
               "cpuK\x06"
               "U\x02v0K\x02K\x03\x87tQK\x01K\x02\x85K\x01\x85tRu.");
  PUT(&f, "]U\x01"
          "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  struct arrays *arrays = ck_read(legacy_file(&f), NULL);
  CK_FLOATS(arrays, "v", "2", 4, 5);
  arrays_free(arrays);
}
END_TEST

START_TEST(bad_legacy_files) {
  struct legacy f = {0};
#define SCALAR "}U\x01w" TENSOR(STORAGE("Float", "a", "K\x06"), "K\x00))") "s."
#define CK_LEGACY(head, objects, keys, elements, bytes, why)                                                           \
  do {                                                                                                                 \
    PUT(&f, head objects keys);                                                                                        \
    put_storage(&f, elements, floats, bytes);                                                                          \
    const char *path_ = legacy_file(&f);                                                                               \
    struct arrays *arrays_;                                                                                            \
    notes.count = 0;                                                                                                   \
    ck_assert_int_ne(torch_read(&arrays_, path_, 1, NULL, &notes), STRAIT_OK);                                         \
    ck_error_has(why);                                                                                                 \
  } while (0)
  CK_LEGACY("K\x01." PROTOCOL SYSTEM, SCALAR,
            "]U\x01"
            "aa.",
            6, 24, "magic number");
  CK_LEGACY(MAGIC "K\x01." SYSTEM, SCALAR,
            "]U\x01"
            "aa.",
            6, 24, "its version is not 1001");
  CK_LEGACY(MAGIC PROTOCOL "}.", SCALAR,
            "]U\x01"
            "aa.",
            6, 24, "does not say that its numbers are little-endian");
  CK_LEGACY(MAGIC PROTOCOL "}U\x0dlittle_endian\x89s.", SCALAR,
            "]U\x01"
            "aa.",
            6, 24, "little-endian");
  CK_LEGACY(HEAD, "K\x01.", "].", 6, 24, "it holds a value of type int where a dict of tensors is wanted");
  CK_LEGACY(HEAD, "}.", "].", 6, 24, "it holds no dict of tensors; it holds nothing");
  CK_LEGACY(HEAD, SCALAR,
            "U\x01"
            "a.",
            6, 24, "its list of storages is of type str");
  CK_LEGACY(HEAD, SCALAR,
            "]U\x01"
            "ba.",
            6, 24, "storage 1 of its list is nobody's");
  CK_LEGACY(HEAD, SCALAR,
            "]K\x01"
            "a.",
            6, 24, "storage 1 of its list is nobody's");
  CK_LEGACY(HEAD, SCALAR,
            "](U\x01"
            "aU\x01"
            "ae.",
            6, 24, "storage 2 of its list is there twice");
  CK_LEGACY(HEAD, SCALAR,
            "]U\x01"
            "aa.",
            5, 24, "storage a: it has 5 elements, 6 are described");
  CK_LEGACY(HEAD, SCALAR,
            "]U\x01"
            "aa.",
            6, 23, "storage a: the file ends too early");
  CK_LEGACY(HEAD, SCALAR, "].", 6, 24, "32 bytes follow its last storage");
  CK_LEGACY(HEAD, SCALAR,
            "]U\x01"
            "aaN.",
            6, 24, "more or less than one value");
  CK_LEGACY(HEAD, SCALAR,
            "]" STORAGE("Float", "b", "K\x01") "0U\x01"
                                               "aa.",
            6, 24, "describes more of them");
  CK_LEGACY(HEAD, "cos\nsystem\nU\x02id\x85R.", "].", 0, 0, "its objects: at byte 0: refuses to call os.system");
  CK_LEGACY("cos\nsystem\n)R.", "", "", 0, 0, "its magic number: at byte 0: refuses to call os.system");
  CK_LEGACY(HEAD, SCALAR, "cos\nsystem\n)R.", 0, 0, "its list of storages: at byte 0: refuses to call os.system");
}
END_TEST

/* One number of a storage of 2^62, of which the file has none. */
START_TEST(sizes_that_are_lies) {
  struct legacy f = {0};
  PUT(&f, HEAD "}U\x01w" TENSOR(STORAGE("Float", "a", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x1f"), "K\x00))") "s.]U\x01"
                                                                                                              "aa.");
  put_storage(&f, INT64_MAX / 4, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_EFORMAT, "the file ends too early");
}
END_TEST

/* A file of a few hundred bytes may come to 16 MB, not more. */
START_TEST(swelling) {
  struct legacy f = {0};
  PUT(&f, HEAD "}U\x01w" TENSOR(STORAGE("Float", "a", "K\x06"), "K\x05J\x00\x00\x10\x00\x85K\x00\x85") "s.]U\x01"
                                                                                                       "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  struct arrays *arrays = ck_read(legacy_file(&f), NULL); /* 2^20 times the 6 */
  const float *w = ck_array(arrays, "w", STRAIT_F32, "1048576");
  ck_assert_float_eq(w[0], 6);
  ck_assert_float_eq(w[1048575], 6);
  arrays_free(arrays);
  PUT(&f, HEAD "}U\x01w" TENSOR(STORAGE("Float", "a", "K\x06"), "K\x05J\x00\x00\x00\x01\x85K\x00\x85") "s.]U\x01"
                                                                                                       "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_ENOTSUP, "more than 16 times the file's");
#define HUGE_ "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"
  PUT(&f, HEAD "}U\x01w" TENSOR(STORAGE("Float", "a", "K\x06"), "K\x05" HUGE_ HUGE_ "\x86K\x00K\x00\x86") "s.]U\x01"
                                                                                                          "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_EFORMAT, "its dimensions are too large");
  /* A tensor under many names. */
  PUT(&f, HEAD "}(U\x01w" TENSOR(STORAGE("Float", "a", "K\x06"), "K\x05J\x00\x00\x10\x00\x85K\x00\x85") "q\x01");
  for (char c = 'A'; c < 'I'; c++) {
    PUT(&f, "U\x01");
    put(&f, &c, 1);
    PUT(&f, "h\x01");
  }
  PUT(&f, "u.]U\x01"
          "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_ENOTSUP, "more than 16 times the file's");
}
END_TEST

/* A file of 40 kB that stands for 16 million entries, and a tensor of 65 dimensions: what takes long is not begun. */
START_TEST(much_from_little) {
  struct legacy f = {0};
  PUT(&f, HEAD "}(U\x01"
               "d}q\x01(");
  for (int16_t i = 0; i < 4000; i++) {
    PUT(&f, "M");
    put(&f, &i, sizeof i);
    PUT(&f, "N");
  }
  PUT(&f, "u");
  for (int16_t i = 0; i < 4000; i++) {
    PUT(&f, "M");
    put(&f, &i, sizeof i);
    PUT(&f, "h\x01");
  }
  PUT(&f, "u.].");
  ck_fails(legacy_file(&f), NULL, STRAIT_EFORMAT, "its entries hold more than 10000000 others");
  PUT(&f, HEAD "}U\x01wctorch._utils\n_rebuild_tensor\n(" STORAGE("Float", "a", "K\x06") "K\x00(");
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < 65; i++)
      PUT(&f, "K\x01");
    put(&f, pass ? "t" : "t(", pass ? 1 : 2);
  }
  PUT(&f, "tRs.]U\x01"
          "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_EFORMAT, "more dimensions than torch allows");
}
END_TEST

START_TEST(tensors_that_are_not_read) {
  struct legacy f = {0};
  PUT(&f, HEAD "}U\x01z" TENSOR(STORAGE("ComplexFloat", "a", "K\x03"), "K\x00))") "s.]U\x01"
                                                                                  "aa.");
  put_storage(&f, 3, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_ENOTSUP, "tensor z is of type complex64");
  PUT(&f, HEAD "}U\x01s" TENSOR(STORAGE("Float", "a", "K\x06"), "K\x00(K\x01K\x01K\x01K\x01K\x01K\x01K\x01t(K\x01K\x01"
                                                                "K\x01K\x01K\x01K\x01K\x01t") "s.]U\x01"
                                                                                              "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_ENOTSUP, "tensor s has 7 dimensions, 6 are the most");
  /* Nobody wants it, so nobody minds. */
  PUT(&f, HEAD "}(U\x01z}U\x01z" TENSOR(STORAGE("ComplexFloat", "a", "K\x03"), "K\x00))") "sU\x01w" TENSOR(
              STORAGE("Float", "b", "K\x06"), "K\x00))") "u.](U\x01"
                                                         "aU\x01"
                                                         "be.");
  put_storage(&f, 3, floats, sizeof floats);
  put_storage(&f, 6, floats, sizeof floats);
  struct arrays *arrays = ck_read(legacy_file(&f), NULL);
  CK_FLOATS(arrays, "w", "", 1);
  ck_assert_uint_eq(arrays_count(arrays), 1);
  ck_note("left out what is no named tensor: z");
  arrays_free(arrays);
}
END_TEST

START_TEST(names_of_tensors) {
  struct legacy f = {0};
#define CK_NAME(name, why)                                                                                             \
  do {                                                                                                                 \
    PUT(&f, HEAD "}" name TENSOR(STORAGE("Float", "a", "K\x06"), "K\x00))") "s.]U\x01"                                 \
                                                                            "aa.");                                    \
    put_storage(&f, 6, floats, sizeof floats);                                                                         \
    ck_fails(legacy_file(&f), NULL, STRAIT_EFORMAT, why);                                                              \
  } while (0)
  CK_NAME("X\x04\x00\x00\x00\x1b[2J", "the name of tensor 1 has control characters");
  CK_NAME("X\x02\x00\x00\x00\xc2\x9b", "the name of tensor 1 has control characters");
  CK_NAME("X\x03\x00\x00\x00"
          "a\0b",
          "no tensor can be named \"a\\x00b\"");
  CK_NAME("X\x00\x00\x00\x00", "no tensor can be named \"\"");
}
END_TEST

/* All 65536 numbers of binary16, against (-1)^s 2^(e-15) (1 + f/1024) and its special cases. */
START_TEST(halves) {
  struct legacy f = {0};
  uint16_t *all = arena_alloc(scratch_arena, 65536, sizeof *all);
  ck_assert_ptr_nonnull(all);
  for (unsigned i = 0; i < 65536; i++)
    all[i] = (uint16_t)i;
  PUT(&f,
      HEAD "}U\x01w" TENSOR(STORAGE("Half", "a", "J\x00\x00\x01\x00"), "K\x00J\x00\x00\x01\x00\x85K\x01\x85") "s.]U\x01"
                                                                                                              "aa.");
  put_storage(&f, 65536, all, 65536 * sizeof *all);
  struct arrays *arrays = ck_read(legacy_file(&f), NULL);
  const float *w = ck_array(arrays, "w", STRAIT_F32, "65536");
  for (int i = 0; i < 65536; i++) {
    int exponent = i >> 10 & 31, fraction = i & 1023;
    double sign = i & 0x8000 ? -1 : 1;
    double expected = exponent == 31 ? INFINITY
                      : exponent     ? ldexp(1 + fraction / 1024., exponent - 15)
                                     : ldexp(fraction / 1024., -14);
    if (exponent == 31 && fraction)
      ck_assert(isnan(w[i]));
    else
      ck_assert_msg((double)w[i] == sign * expected && !signbit(w[i]) == !(i & 0x8000), "%04x", (unsigned)i);
  }
  arrays_free(arrays);
}
END_TEST

/* --- zips by hand --- */

#define ZIP_SCALAR                                                                                                     \
  "}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x01"                                \
  "0U\x03"                                                                                                             \
  "cpuK\x06tQK\x00))\x89NtRs."

struct member {
  const char *name;
  const void *data;
  size_t bytes;
};
#define MEMBER(name, literal)                                                                                          \
  { name, literal, sizeof literal - 1 }
#define PICKLE MEMBER("a/data.pkl", ZIP_SCALAR)
#define DATA                                                                                                           \
  { "a/data/0", floats, sizeof floats }

static const char *zip_file(const struct member *members, size_t count) {
  const char *path = in_scratch("file.pt");
  struct zip_writer *zip;
  ck_assert_int_eq(zip_begin(&zip, path, NULL, 0), STRAIT_OK);
  for (size_t i = 0; i < count; i++)
    ck_assert_int_eq(zip_add(zip, members[i].name, members[i].data, members[i].bytes, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(zip_commit(zip), STRAIT_OK);
  return path;
}
#define ZIP(...)                                                                                                       \
  zip_file((const struct member[]){__VA_ARGS__}, sizeof((const struct member[]){__VA_ARGS__}) / sizeof(struct member))

START_TEST(zips) {
  struct arrays *arrays = ck_read(ZIP(PICKLE, DATA), NULL);
  CK_FLOATS(arrays, "w", "", 1);
  arrays_free(arrays);
  /* The order of members is no matter; other members are none of ours. */
  arrays = ck_read(ZIP(MEMBER("a/version", "3\n"), DATA, MEMBER("a/data/1", "x"), MEMBER("other", "y"), PICKLE,
                       MEMBER("a/byteorder", "little")),
                   NULL);
  arrays_free(arrays);
}
END_TEST

START_TEST(bad_zips) {
  ck_fails(ZIP(PICKLE), NULL, STRAIT_EFORMAT, "storage 0: its data are not in the file");
  ck_fails(ZIP(PICKLE, {"b/data/0", floats, sizeof floats}), NULL, STRAIT_EFORMAT, "its data are not in the file");
  ck_fails(ZIP(PICKLE, {"a/data/0", floats, 20}), NULL, STRAIT_EFORMAT,
           "storage 0: it has 20 bytes, its 6 elements of float32 have 24");
  ck_fails(ZIP(PICKLE, DATA, DATA), NULL, STRAIT_EFORMAT, "storage 0: it is there twice");
  ck_fails(ZIP(PICKLE, PICKLE, DATA), NULL, STRAIT_EFORMAT, "there is a second data.pkl");
  ck_fails(ZIP(PICKLE, DATA, MEMBER("a/byteorder", "big")), NULL, STRAIT_ENOTSUP, "not little-endian");
  ck_fails(ZIP(PICKLE, DATA, MEMBER("a/byteorder", "a long word")), NULL, STRAIT_ENOTSUP, "not little-endian");
  ck_fails(ZIP(PICKLE, DATA, MEMBER("a/constants.pkl", "")), NULL, STRAIT_ENOTSUP, "it is a TorchScript program");
  ck_fails(ZIP(MEMBER("a/data.pkl", "cos\nsystem\nU\x02id\x85R."), DATA), NULL, STRAIT_ENOTSUP,
           "data.pkl: at byte 0: refuses to call os.system");
  ck_fails(ZIP(MEMBER("a/data.pkl", "")), NULL, STRAIT_EFORMAT, "data.pkl: it ends too early");
  ck_fails(ZIP(DATA), NULL, STRAIT_EFORMAT, "it is no .npy member"); /* not PyTorch's: it is taken for an .npz */
  struct arrays *arrays;
  ck_assert_int_eq(torch_read(&arrays, ZIP(DATA), 0, NULL, &notes), STRAIT_EFORMAT);
  ck_error_has("no data.pkl");
}
END_TEST

/* 256 MB of zeros in 256 kB: refused before anything is unpacked. */
START_TEST(compressed_zips) {
  static const char zeros[1 << 16];
  const char *path = in_scratch("file.pt"), pickle[] = ZIP_SCALAR;
  struct archive *archive = archive_write_new();
  struct archive_entry *entry = archive_entry_new();
  ck_assert_int_eq(archive_write_set_format_zip(archive), ARCHIVE_OK);
  ck_assert_int_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
  for (int i = 0; i < 2; i++) {
    int64_t bytes = i ? (int64_t)1 << 28 : (int64_t)sizeof pickle - 1;
    archive_entry_clear(entry);
    archive_entry_set_pathname(entry, i ? "a/data/0" : "a/data.pkl");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, bytes);
    ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    for (int64_t done = 0; done < bytes;) {
      size_t part = bytes - done < (int64_t)sizeof zeros ? (size_t)(bytes - done) : sizeof zeros;
      ck_assert_int_eq(archive_write_data(archive, i ? zeros : pickle, part), (la_ssize_t)part);
      done += (int64_t)part;
    }
  }
  archive_entry_free(entry);
  ck_assert_int_eq(archive_write_free(archive), ARCHIVE_OK);
  ck_fails(path, NULL, STRAIT_ENOTSUP, "its members are compressed");
}
END_TEST

/* --- which format --- */

START_TEST(other_files) {
  ck_fails(file_of("", 0), NULL, STRAIT_EFORMAT, "no safetensors, .npz or PyTorch file");
  ck_fails(file_of("\x89HDF\r\n\x1a\n", 8), NULL, STRAIT_EFORMAT, "no safetensors, .npz or PyTorch file");
  ck_fails(file_of("\x80\x02}.", 4), NULL, STRAIT_EFORMAT, "a pickle, but none of torch.save");
  char tar[512] = "sys_info";
  memcpy(tar + 257, "ustar", 5);
  ck_fails(file_of(tar, sizeof tar), NULL, STRAIT_ENOTSUP, "a tar archive, as PyTorch wrote before 0.1.10");
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
  tcase_add_test(c, files_of_old_pytorch);
  tcase_add_test(c, windows_on_a_storage);
  tcase_add_test(c, bad_legacy_files);
  tcase_add_test(c, sizes_that_are_lies);
  tcase_add_test(c, swelling);
  tcase_add_test(c, much_from_little);
  tcase_add_test(c, tensors_that_are_not_read);
  tcase_add_test(c, names_of_tensors);
  tcase_add_test(c, halves);
  tcase_add_test(c, zips);
  tcase_add_test(c, bad_zips);
  tcase_add_test(c, compressed_zips);
  tcase_add_test(c, other_files);
  tcase_add_test(c, doubles_become_floats);
  tcase_add_test(c, what_is_written_is_read);
  tcase_add_test(c, writes_that_fail);
  tcase_add_test(c, formats_by_name);
  return run_suite("torch", &c, 1);
}
