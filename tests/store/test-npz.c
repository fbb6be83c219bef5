/* tests/store/test-npz.c: results in and out. The npy headers are written by hand after NumPy's format; where python3
 * has NumPy, it reads what we wrote and we read what it wrote. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/arrays.h"
#include "store/npy.h"
#include "store/zip.h"

#include "../base/scratch.h"

static const double f64[3] = {1, 2.5, -3};
static const int64_t i64[2] = {7, -8};
static const float f32[6] = {1, 2, 3, 4, 5, 6};
static const uint8_t u8[3] = {1, 2, 255};
static const int32_t i32[1] = {9};
static const struct array all[] = {{"ts", STRAIT_F64, 1, {3}, f64},         {"i", STRAIT_I64, 1, {2}, i64},
                                   {"w.x-y_z", STRAIT_F32, 2, {2, 3}, f32}, {"u", STRAIT_U8, 3, {1, 3, 1}, u8},
                                   {"scalar", STRAIT_I32, 0, {0}, i32},     {"empty", STRAIT_F32, 2, {0, 5}, NULL}};
#define COUNT (sizeof all / sizeof *all)

static const struct metadata made[] = {{"strait.key", "0123456789abcdef0123456789abcdef"}, {"strait.numerics", "7"}};

static const char *write_all(const char *name) {
  const char *path = in_scratch(name);
  ck_assert_msg(npz_write(path, all, COUNT, made, 2) == STRAIT_OK, "%s", error_text());
  return path;
}

static char *bytes_of(const char *path, size_t *length) {
  char *data;
  ck_assert_int_eq(file_read(path, 1 << 24, &data, length), STRAIT_OK);
  return data;
}

/* The same type, shape and content. */
static void ck_same(const struct array *a, const struct array *b) {
  ck_assert_uint_eq(a->type, b->type);
  ck_assert_uint_eq(a->rank, b->rank);
  ck_assert_mem_eq(a->dims, b->dims, a->rank * sizeof *a->dims);
  if (array_bytes(a))
    ck_assert_mem_eq(a->data, b->data, array_bytes(a));
}

START_TEST(what_is_written_is_read) {
  struct arrays *arrays;
  ck_assert_msg(npz_read(&arrays, write_all("a.npz")) == STRAIT_OK, "%s", error_text());
  ck_assert_uint_eq(arrays_count(arrays), COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    ck_assert_str_eq(arrays_at(arrays, i)->name, all[i].name); /* in the order given */
    ck_same(arrays_at(arrays, i), &all[i]);
    ck_assert_uint_eq((uintptr_t)arrays_at(arrays, i)->data % 64, 0);
  }
  ck_assert_str_eq(arrays_metadata(arrays, "strait.key"), made[0].value);
  ck_assert_str_eq(arrays_metadata(arrays, "strait.numerics"), made[1].value);
  ck_assert_uint_eq(strlen(arrays_metadata(arrays, "strait.checksum")), 32);
  arrays_free(arrays);
}
END_TEST

START_TEST(large_arrays) { /* larger than the reader's and the writer's buffers */
  int64_t count = 400000;
  double *data = memory_alloc((size_t)count, sizeof *data);
  for (int64_t i = 0; i < count; i++)
    data[i] = (double)i / 3;
  struct array array = array_f64("x", data, count);
  struct arrays *arrays;
  ck_assert_int_eq(npz_write(in_scratch("a"), &array, 1, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(npz_read(&arrays, in_scratch("a")), STRAIT_OK);
  ck_same(arrays_find(arrays, "x"), &array);
  arrays_free(arrays);
  memory_free(data);
}
END_TEST

START_TEST(the_same_content_is_the_same_bytes) {
  size_t one, two;
  setenv("TZ", "Asia/Tokyo", 1); /* a zip holds local times: ours must not */
  char *first = bytes_of(write_all("a"), &one);
  setenv("TZ", "America/New_York", 1);
  char *second = bytes_of(write_all("b"), &two);
  unsetenv("TZ");
  ck_assert_uint_eq(one, two);
  ck_assert_mem_eq(first, second, one);
  memory_free(first);
  memory_free(second);
}
END_TEST

START_TEST(members_have_no_date_no_owner_no_compression) {
  struct archive *archive = archive_read_new();
  struct archive_entry *entry;
  size_t count = 0;
  archive_read_support_format_zip_seekable(archive);
  ck_assert_int_eq(archive_read_open_filename(archive, write_all("a"), 4096), ARCHIVE_OK);
  for (; archive_read_next_header(archive, &entry) == ARCHIVE_OK; count++) {
    ck_assert_int_eq(archive_entry_uid(entry), 0);
    ck_assert_int_eq(archive_entry_gid(entry), 0);
    ck_assert_uint_eq(archive_entry_perm(entry), 0644);
    ck_assert_ptr_nonnull(strstr(archive_format_name(archive), "uncompressed"));
    ck_assert(archive_entry_mtime(entry) < 315532800 + 86400); /* the first day of 1980, UTC, is the format's zero */
  }
  ck_assert_uint_eq(count, COUNT);
  archive_read_free(archive);
}
END_TEST

START_TEST(more_members_than_the_old_format_counts) {
  struct zip_writer *writer;
  struct zip_reader *reader;
  char name[16];
  const int many = 66000; /* over 65535 the count is in a ZIP64 record */
  ck_assert_int_eq(zip_begin(&writer, in_scratch("many"), NULL, 0), STRAIT_OK);
  for (int i = 0; i < many; i++) {
    snprintf(name, sizeof name, "m%d", i);
    ck_assert_int_eq(zip_add(writer, name, &i, sizeof i, NULL, 0), STRAIT_OK);
  }
  ck_assert_int_eq(zip_commit(writer), STRAIT_OK);
  ck_assert_int_eq(zip_open(&reader, in_scratch("many")), STRAIT_OK);
  for (int i = 0; i <= many; i++) {
    const char *found;
    uint64_t bytes;
    int value;
    ck_assert_int_eq(zip_next(reader, &found, &bytes), STRAIT_OK);
    if (i == many) {
      ck_assert_ptr_null(found);
      break;
    }
    snprintf(name, sizeof name, "m%d", i);
    ck_assert_str_eq(found, name);
    ck_assert_uint_eq(bytes, sizeof value);
    ck_assert_int_eq(zip_read(reader, &value, sizeof value), STRAIT_OK);
    ck_assert_int_eq(value, i);
  }
  zip_close(reader);
}
END_TEST

START_TEST(what_cannot_be_written_is_refused) {
  static const char *const names[] = {"", "/a", "../a", "a b", "\xc3\xa4", "a\\b", "a\n"};
  static const struct array twice[] = {{"a", STRAIT_U8, 1, {3}, u8}, {"a", STRAIT_U8, 1, {3}, u8}};
  static const struct array bad = {"a", 17, 1, {3}, u8};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct array array = array_f64(names[i], f64, 3);
    ck_assert_int_eq(npz_write(in_scratch("a"), &array, 1, NULL, 0), STRAIT_EINVAL);
  }
  ck_assert_int_eq(npz_write(in_scratch("a"), twice, 2, NULL, 0), STRAIT_EINVAL);
  ck_assert_int_eq(npz_write(in_scratch("a"), &bad, 1, NULL, 0), STRAIT_EINVAL);
  ck_assert_int_eq(npz_write(in_scratch("no/a"), all, 1, NULL, 0), STRAIT_EIO);
  ck_assert_int_eq(entries_in(scratch), 0);
}
END_TEST

/* --- the npy header --- */

START_TEST(headers_are_numpy_s) {
  static const struct {
    struct array array;
    const char *dictionary;
  } rows[] = {{{"x", STRAIT_F64, 1, {3}, NULL}, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"},
              {{"x", STRAIT_F32, 2, {2, 3}, NULL}, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"},
              {{"x", STRAIT_U8, 0, {0}, NULL}, "{'descr': '|u1', 'fortran_order': False, 'shape': (), }"},
              {{"x", STRAIT_I32, 3, {1, 0, 2}, NULL}, "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 0, 2), }"},
              {{"x", STRAIT_I64, 1, {123456789012}, NULL},
               "{'descr': '<i8', 'fortran_order': False, 'shape': (123456789012,), }"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct text text = {0};
    struct array read = {0};
    struct npy_layout layout;
    npy_header(&text, &rows[i].array);
    ck_assert_int_eq(text.status, STRAIT_OK);
    ck_assert_uint_eq(text.length % 64, 0);
    ck_assert_mem_eq(text.data, "\x93NUMPY\x01\x00", 8);
    ck_assert_uint_eq((unsigned char)text.data[8] + 256u * (unsigned char)text.data[9], text.length - 10);
    ck_assert_int_eq(strncmp(text.data + 10, rows[i].dictionary, strlen(rows[i].dictionary)), 0);
    ck_assert_uint_eq(10 + strlen(rows[i].dictionary) + strspn(text.data + 10 + strlen(rows[i].dictionary), " ") + 1,
                      text.length);
    ck_assert_int_eq(text.data[text.length - 1], '\n');
    ck_assert_int_eq(npy_dictionary(text.data + 10, &read, &layout), STRAIT_OK);
    ck_assert_uint_eq(read.type, rows[i].array.type);
    ck_assert_uint_eq(read.rank, rows[i].array.rank);
    ck_assert_mem_eq(read.dims, rows[i].array.dims, read.rank * sizeof *read.dims);
    text_free(&text);
  }
}
END_TEST

static const struct {
  const char *dictionary;
  int status;
} dictionaries[] = {
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", STRAIT_OK},
    {"{'shape':(3,4),'fortran_order':False,'descr':'<f8'}", STRAIT_OK},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3)}", STRAIT_OK},
    {"{'descr': '<f8', 'fortran_order': True, 'shape': (3,), }", STRAIT_OK},
    {"{'descr': '>f8', 'fortran_order': False, 'shape': (3,), }", STRAIT_OK},
    {"{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", STRAIT_OK},
    {"{'descr': '=f4', 'fortran_order': False, 'shape': (3,), }", STRAIT_OK},
    {"{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", STRAIT_OK},
    {"{'descr': '|V2', 'fortran_order': False, 'shape': (3,), }", STRAIT_ENOTSUP},
    {"{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", STRAIT_ENOTSUP},
    {"{'descr': '<U3', 'fortran_order': False, 'shape': (3,), }", STRAIT_ENOTSUP},
    {"{'descr': '', 'fortran_order': False, 'shape': (3,), }", STRAIT_ENOTSUP},
    {"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", STRAIT_ENOTSUP},
    {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,), }", STRAIT_ENOTSUP},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1), }", STRAIT_ENOTSUP},
    {"", STRAIT_EFORMAT},
    {"{", STRAIT_EFORMAT},
    {"{}", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False}", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), } x", STRAIT_EFORMAT},
    {"{'descr': '<f8' 'fortran_order': False, 'shape': (3,), }", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': false, 'shape': (3,), }", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3 4), }", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999999999,), }", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999999,), }", STRAIT_EFORMAT},
    {"{'descr': '<f8", STRAIT_EFORMAT},
    {"{'descr': '<f8888888888888888', 'fortran_order': False, 'shape': (3,), }", STRAIT_EFORMAT},
    {"{'descr': <f8, 'fortran_order': False, 'shape': (3,), }", STRAIT_EFORMAT},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': [3], }", STRAIT_EFORMAT},
};

START_TEST(dictionaries_are_read_strictly) {
  struct array array = {0};
  struct npy_layout layout;
  ck_assert_msg(npy_dictionary(dictionaries[_i].dictionary, &array, &layout) == dictionaries[_i].status, "%s: %s",
                dictionaries[_i].dictionary, error_text());
}
END_TEST

/* --- damage --- */

/* strait.format=1 strait.key=... strait.numerics=7 strait.checksum=... */
#define COMMENT (15 + 1 + 11 + 32 + 1 + 17 + 1 + 16 + 32)

START_TEST(every_cut_is_found) {
  struct stat status;
  const char *path = write_all("a");
  ck_assert_int_eq(stat(path, &status), 0);
  for (off_t length = status.st_size; length-- > 0;) {
    struct arrays *arrays = (struct arrays *)scratch;
    ck_assert_int_eq(truncate(path, length), 0);
    ck_assert_msg(npz_read_ours(&arrays, path) == STRAIT_EFORMAT, "cut at %ld: %s", (long)length, error_text());
    ck_assert_ptr_null(arrays);
    ck_error_has(path);
    if (length >= status.st_size - COMMENT) /* what is left is an archive of somebody's, with a torn comment */
      continue;
    ck_assert_msg(npz_read(&arrays, path) == STRAIT_EFORMAT, "cut at %ld: %s", (long)length, error_text());
    ck_assert_ptr_null(arrays);
  }
}
END_TEST

/* Every bit of what we wrote counts, where a file of ours is expected. Where anybody's is, the archive's own sums are
 * left of a file whose seal was hit: these are of its members, not of its tables, so that a flipped bit may go unseen,
 * but it never gives an array of a known name other content. */
START_TEST(no_flipped_bit_changes_an_array) {
  size_t length, found = 0;
  const char *path = write_all("a");
  char *data = bytes_of(path, &length);
  int fd = open(path, O_WRONLY);
  for (size_t bit = 0; bit < 8 * length; bit++) {
    struct arrays *arrays;
    char flipped = (char)(data[bit / 8] ^ 1 << bit % 8);
    ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)(bit / 8)), 1);
    ck_assert_msg(npz_read_ours(&arrays, path) == STRAIT_EFORMAT, "bit %zu: %s", bit, error_text());
    ck_assert_ptr_null(arrays);
    ck_error_has(path);
    if (npz_read(&arrays, path)) {
      found++;
      ck_error_has(path);
    } else {
      for (size_t i = 0; i < COUNT; i++)
        if (arrays_find(arrays, all[i].name))
          ck_same(arrays_find(arrays, all[i].name), &all[i]);
      arrays_free(arrays);
    }
    ck_assert_int_eq(pwrite(fd, &data[bit / 8], 1, (off_t)(bit / 8)), 1);
  }
  struct arrays *arrays;
  ck_assert_int_eq(npz_read_ours(&arrays, path), STRAIT_OK); /* it was the bits */
  arrays_free(arrays);
  close(fd);
  memory_free(data);
  ck_assert_uint_gt(found, 8 * 800); /* the members hold more than 800 bytes, each of which counts */
}
END_TEST

/* A file that fits its checksum, but says that it was made by something else, is explained. */
START_TEST(what_made_a_file_is_compared) {
  static const struct metadata other_key[] = {{"strait.key", "f"}, {"strait.numerics", "7"}},
                               other_version[] = {{"strait.key", "f"}, {"strait.numerics", "8"}};
  struct arrays *arrays;
  ck_assert_int_eq(npz_read_ours(&arrays, write_all("a")), STRAIT_OK);
  ck_assert_int_eq(arrays_check_made(arrays, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(arrays_check_made(arrays, made, 2), STRAIT_OK);
  ck_assert_int_eq(arrays_check_made(arrays, other_key, 2), STRAIT_EINVAL);
  ck_error_has("other options, data or plugins (key 01234567...; this stage has f...)");
  ck_assert_int_eq(arrays_check_made(arrays, other_version, 2), STRAIT_EINVAL);
  ck_error_has("another version of strait");
  ck_error_has("numerics 7; this one has 8");
  arrays_free(arrays);
  ck_assert_int_eq(npz_write(in_scratch("b"), all, COUNT, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(npz_read_ours(&arrays, in_scratch("b")), STRAIT_OK);
  ck_assert_int_eq(arrays_check_made(arrays, made, 2), STRAIT_EINVAL);
  ck_error_has("does not say what made it");
  arrays_free(arrays);
}
END_TEST

/* A later version of strait may say more; this one must not guess. The bytes are ours but for the format's digit, and
 * the checksum is made to fit. */
START_TEST(a_later_format_is_refused_by_name) {
  struct arrays *arrays;
  size_t length;
  char digest[33], *data = bytes_of(write_all("a"), &length);
  data[length - COMMENT + 14] = '2';
  hash_of(data, length - 32, digest);
  memcpy(data + length - 32, digest, 32);
  ck_assert_int_eq(file_write(in_scratch("b"), data, length), STRAIT_OK);
  ck_assert_int_eq(npz_read(&arrays, in_scratch("b")), STRAIT_ENOTSUP);
  ck_error_has("format 2; this version of strait reads format 1");
  ck_assert_int_eq(npz_read_ours(&arrays, in_scratch("b")), STRAIT_ENOTSUP);
  memory_free(data);
}
END_TEST

START_TEST(metadata_are_a_few_plain_words) {
  static const struct metadata bad[] = {{"a b", "c"}, {"a", "b c"}, {"", "c"},
                                        {"a", ""},    {"a=b", "c"}, {"a", "\xc3\xa4"}};
  static char wide[401];
  memset(wide, 'x', sizeof wide - 1);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_int_eq(npz_write(in_scratch("a"), all, COUNT, &bad[i], 1), STRAIT_EINVAL);
  ck_assert_int_eq(npz_write(in_scratch("a"), all, COUNT, &(struct metadata){"a", wide}, 1), STRAIT_EINVAL);
  ck_assert(!file_exists(in_scratch("a")));
}
END_TEST

/* Writes a zip of one member with these bytes. */
static const char *zip_of(const char *member, const char *data, size_t length, int deflate) {
  const char *path = in_scratch("zip");
  struct archive *archive = archive_write_new();
  struct archive_entry *entry = archive_entry_new();
  archive_write_set_format_zip(archive);
  archive_write_set_format_option(archive, "zip", "compression", deflate ? "deflate" : "store");
  ck_assert_int_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
  archive_entry_set_pathname(entry, member);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, (la_int64_t)length);
  archive_write_header(archive, entry);
  archive_write_data(archive, data, length);
  archive_entry_free(entry);
  ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
  archive_write_free(archive);
  return path;
}

static void ck_member(int deflate, int64_t dimension, size_t bytes, int status, const char *error) {
  struct array claim = array_f64("x", f64, dimension);
  struct text text = {0};
  struct arrays *arrays;
  npy_header(&text, &claim);
  text_add_n(&text, (const char *)f64, bytes);
  ck_assert_msg(npz_read(&arrays, zip_of("x.npy", text.data, text.length, deflate)) == status, "%s", error_text());
  if (status)
    ck_error_has(error);
  else
    ck_same(arrays_find(arrays, "x"), &claim);
  arrays_free(arrays);
  text_free(&text);
}

START_TEST(members_are_what_they_claim) {
  struct arrays *arrays;
  for (int deflate = 0; deflate < 2; deflate++) {
    ck_member(deflate, 3, 24, STRAIT_OK, "");
    ck_member(deflate, 2, 24, STRAIT_EFORMAT, "x.npy: there are more bytes than its 16");
    ck_member(deflate, 3, 23, STRAIT_EFORMAT, "x.npy: it ends after 23 of 24 bytes");
    ck_member(deflate, (int64_t)1 << 21, 24, STRAIT_EFORMAT, "x.npy: it ends after 24"); /* 16 MB that are not there */
    ck_member(deflate, (int64_t)1 << 22, 24, STRAIT_ENOTSUP,
              "\"x\": the arrays come to more than 100 times the file's");
    ck_member(deflate, (int64_t)1 << 40, 24, STRAIT_ENOTSUP,
              "\"x\": the arrays come to more than 100 times the file's");
    ck_member(deflate, INT64_MAX, 24, STRAIT_EFORMAT, "x.npy: its dimensions are too large");
  }
  ck_assert_int_eq(npz_read(&arrays, zip_of("x.txt", "hello", 5, 0)), STRAIT_EFORMAT);
  ck_error_has("x.txt: it is not a .npy member");
  ck_assert_int_eq(npz_read(&arrays, zip_of("x.npy", "hello world", 11, 0)), STRAIT_EFORMAT);
  ck_error_has("it is not npy data of version 1, 2 or 3");
  ck_assert_int_eq(npz_read(&arrays, zip_of("x.npy", "\x93NUMPY\x02\x00\x00\x00\x00\x10{", 13, 0)), STRAIT_EFORMAT);
  ck_error_has("npy header has 268435456 bytes");
  ck_assert_int_eq(npz_read(&arrays, zip_of("x.npy", "\x93NUMPY\x01\x00\x03\x00{\0}", 13, 0)), STRAIT_EFORMAT);
  ck_error_has("npy header is damaged");
  ck_assert_int_eq(npz_read(&arrays, in_scratch("none")), STRAIT_ENOENT);
  ck_assert_int_eq(npz_read(&arrays, scratch), STRAIT_EINVAL);
  file_write(in_scratch("text"), "no zip", 6);
  ck_assert_int_eq(npz_read(&arrays, in_scratch("text")), STRAIT_EFORMAT);
}
END_TEST

/* Deflated zeros, a thousandth of what they come to: 16 MB are let in, 64 are not. */
START_TEST(zeros) {
  static const int64_t counts[] = {(1 << 21) - 16, 1 << 23};
  for (int i = 0; i < 2; i++) {
    struct array claim = array_f64("x", NULL, counts[i]);
    const size_t bytes = (size_t)counts[i] * sizeof(double);
    struct text text = {0};
    struct arrays *arrays;
    npy_header(&text, &claim);
    char *data = memory_alloc(1, text.length + bytes);
    ck_assert_ptr_nonnull(data);
    memcpy(data, text.data, text.length);
    const char *path = zip_of("x.npy", data, text.length + bytes, 1);
    ck_assert_int_eq(npz_read(&arrays, path), i ? STRAIT_ENOTSUP : STRAIT_OK);
    if (i)
      ck_error_has("numpy.savez stores them as they are");
    else
      ck_assert_mem_eq(arrays_find(arrays, "x")->data, data + text.length, bytes);
    arrays_free(arrays);
    memory_free(data);
    text_free(&text);
  }
}
END_TEST

/* --- NumPy itself --- */

static const char *interpreter;

static int python(const char *script, const char *path) {
  char command[4096];
  snprintf(command, sizeof command, "%s -c \"import sys, numpy as np; p = '%s'\n%s\" >/dev/null 2>&1", interpreter,
           path, script);
  return system(command);
}

/* The first python3 that has NumPy. */
static int find_python(void) {
  static const char *const names[] = {"python3", "/usr/bin/python3"};
  for (int i = 0; i < 2; i++) {
    interpreter = names[i];
    if (python("", "") == 0)
      return 1;
  }
  return 0;
}

START_TEST(numpy_agrees) {
  if (!find_python()) {
    fprintf(stderr, "no python3 with numpy here: not compared with it\n");
    return;
  }
  ck_assert_int_eq(python("z = np.load(p)\n"
                          "assert z.files == ['ts', 'i', 'w.x-y_z', 'u', 'scalar', 'empty'], z.files\n"
                          "assert z['ts'].dtype == 'f8' and z['ts'].tolist() == [1, 2.5, -3]\n"
                          "assert z['i'].dtype == 'i8' and z['i'].tolist() == [7, -8]\n"
                          "assert z['w.x-y_z'].dtype == 'f4' and z['w.x-y_z'].tolist() == [[1, 2, 3], [4, 5, 6]]\n"
                          "assert z['u'].dtype == 'u1' and z['u'].tolist() == [[[1], [2], [255]]]\n"
                          "assert z['scalar'].dtype == 'i4' and z['scalar'].shape == () and z['scalar'] == 9\n"
                          "assert z['empty'].dtype == 'f4' and z['empty'].shape == (0, 5)\n",
                          write_all("ours.npz")),
                   0);
  for (int compressed = 0; compressed < 2; compressed++) {
    struct arrays *arrays;
    const char *path = in_scratch("theirs.npz");
    ck_assert_int_eq(python(compressed ? "np.savez_compressed(p, a=np.arange(6.).reshape(2, 3), b=np.int64(-4))"
                                       : "np.savez(p, a=np.arange(6.).reshape(2, 3), b=np.int64(-4))",
                            path),
                     0);
    ck_assert_msg(npz_read(&arrays, path) == STRAIT_OK, "%s", error_text());
    static const double a[] = {0, 1, 2, 3, 4, 5};
    static const int64_t b[] = {-4};
    ck_same(arrays_find(arrays, "a"), &(struct array){"a", STRAIT_F64, 2, {2, 3}, a});
    ck_same(arrays_find(arrays, "b"), &(struct array){"b", STRAIT_I64, 0, {0}, b});
    arrays_free(arrays);
  }
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("npz"), tcase_create("damage")};
  for (int i = 0; i < 2; i++)
    tcase_add_checked_fixture(cases[i], scratch_make, scratch_remove);
  tcase_add_test(cases[0], what_is_written_is_read);
  tcase_add_test(cases[0], large_arrays);
  tcase_add_test(cases[0], the_same_content_is_the_same_bytes);
  tcase_add_test(cases[0], members_have_no_date_no_owner_no_compression);
  tcase_add_test(cases[0], more_members_than_the_old_format_counts);
  tcase_add_test(cases[0], what_cannot_be_written_is_refused);
  tcase_add_test(cases[0], headers_are_numpy_s);
  tcase_add_loop_test(cases[0], dictionaries_are_read_strictly, 0, sizeof dictionaries / sizeof *dictionaries);
  tcase_add_test(cases[0], numpy_agrees);
  tcase_add_test(cases[1], every_cut_is_found);
  tcase_add_test(cases[1], no_flipped_bit_changes_an_array);
  tcase_add_test(cases[1], members_are_what_they_claim);
  tcase_add_test(cases[1], zeros);
  tcase_add_test(cases[1], what_made_a_file_is_compared);
  tcase_add_test(cases[1], a_later_format_is_refused_by_name);
  tcase_add_test(cases[1], metadata_are_a_few_plain_words);
  return run_suite("npz", cases, 2);
}
