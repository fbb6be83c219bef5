/* tests/store/test-torch-made.c: PyTorch's files put together by hand, after torch/serialization.py and
 * torch/_utils.py: what old and new versions write, and what nobody would. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <math.h>

#include "store/torch.h"
#include "store/zip.h"

#include "torch-rig.h"

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
  CK_LEGACY(HEAD, "cos\nsystem\nU\x02id\x85R.", "].", 0, 0, "it holds an object of os.system");
  CK_LEGACY("cos\nsystem\n)R.", "", "", 0, 0, "it does not begin with the magic number");
  CK_LEGACY(HEAD, SCALAR, "cos\nsystem\n)R.", 0, 0, "its list of storages is of type os.system");
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
    PUT(&f, "U\x02");
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
  ck_fails(legacy_file(&f), NULL, STRAIT_ENOTSUP, "tensor z: elements of type complex64 are not read");
  PUT(&f, HEAD "}U\x01s" TENSOR(STORAGE("Float", "a", "K\x06"), "K\x00(K\x01K\x01K\x01K\x01K\x01K\x01K\x01t(K\x01K\x01"
                                                                "K\x01K\x01K\x01K\x01K\x01t") "s.]U\x01"
                                                                                              "aa.");
  put_storage(&f, 6, floats, sizeof floats);
  ck_fails(legacy_file(&f), NULL, STRAIT_ENOTSUP, "tensor s: 7 dimensions, 6 are the most");
  /* Nobody wants it, so nobody minds. */
  PUT(&f, HEAD "}(U\x01z}U\x01z" TENSOR(STORAGE("ComplexFloat", "a", "K\x03"), "K\x00))") "sU\x06weight" TENSOR(
              STORAGE("Float", "b", "K\x06"), "K\x00))") "u.](U\x01"
                                                         "aU\x01"
                                                         "be.");
  put_storage(&f, 3, floats, sizeof floats);
  put_storage(&f, 6, floats, sizeof floats);
  struct arrays *arrays = ck_read(legacy_file(&f), NULL);
  CK_FLOATS(arrays, "weight", "", 1);
  ck_assert_uint_eq(arrays_count(arrays), 1);
  ck_note("skipped entries that are not named tensors: z");
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
           "it holds an object of os.system: nothing in a pickle is called");
  ck_fails(ZIP(MEMBER("a/data.pkl", "")), NULL, STRAIT_EFORMAT, "data.pkl: it ends too early");
  ck_fails(ZIP(DATA), NULL, STRAIT_EFORMAT, "neither of PyTorch (no data.pkl) nor of NumPy (no .npy)");
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

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, set_up, tear_down);
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
  return run_suite("torch-made", &c, 1);
}
