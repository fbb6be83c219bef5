/* tests/base/test-reader.c: file_open on plain files, .gz files and members of folders and archives. The files are made
 * here with zlib and libarchive; what is read must be what went in. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/text.h"
#include "scratch.h"

/* --- making files --- */

/* The gzip of data; *length is in and out. */
static char *gzip_of(const char *data, size_t *length) {
  z_stream z = {0};
  ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  size_t room = deflateBound(&z, *length);
  char *packed = memory_alloc(room, 1);
  z.next_in = (unsigned char *)(uintptr_t)data;
  z.avail_in = (uInt)*length;
  z.next_out = (unsigned char *)packed;
  z.avail_out = (uInt)room;
  ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
  *length = room - z.avail_out;
  deflateEnd(&z);
  return packed;
}

static void write_gzip(const char *path, const char *data, size_t length) {
  char *packed = gzip_of(data, &length);
  ck_assert_int_eq(file_write(path, packed, length), STRAIT_OK);
  memory_free(packed);
}

struct member {
  const char *name, *data; /* data NULL: a folder */
  const char *symlink, *hardlink;
};

static void write_archive(const char *path, const char *format, const char *filter, const struct member *members) {
  struct archive *archive = archive_write_new();
  ck_assert_int_eq(archive_write_set_format_by_name(archive, format), ARCHIVE_OK);
  if (filter)
    ck_assert_int_eq(archive_write_add_filter_by_name(archive, filter), ARCHIVE_OK);
  ck_assert_int_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
  for (const struct member *m = members; m->name; m++) {
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, m->name);
    archive_entry_set_filetype(entry, m->symlink ? AE_IFLNK : m->data || m->hardlink ? AE_IFREG : AE_IFDIR);
    archive_entry_set_perm(entry, 0755);
    if (m->symlink)
      archive_entry_set_symlink(entry, m->symlink);
    else if (m->hardlink)
      archive_entry_set_hardlink(entry, m->hardlink);
    else
      archive_entry_set_size(entry, m->data ? (la_int64_t)strlen(m->data) : 0);
    ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    if (m->data)
      ck_assert_int_eq(archive_write_data(archive, m->data, strlen(m->data)), (la_ssize_t)strlen(m->data));
    archive_entry_free(entry);
  }
  ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
  archive_write_free(archive);
}

/* --- reading them --- */

static void observe(void *context, const void *data, size_t bytes) { text_add_n(context, data, bytes); }

/* The whole stream is this text, read `step` bytes at a time, and the observer saw it all. */
static void ck_reads_by(const char *path, const char *member, const char *text, int64_t step) {
  strait_reader *reader;
  struct text all = {0}, observed = {0};
  char buffer[4096];
  int64_t n;
  ck_assert_msg(file_open(path, member, observe, &observed, &reader) == STRAIT_OK, "%s", error_text());
  while ((n = strait_read(reader, buffer, step)) > 0) {
    text_add_n(&all, buffer, (size_t)n);
    ck_assert(n == step || all.length == strlen(text)); /* fewer only at the end */
  }
  ck_assert_msg(n == 0, "%s", error_text());
  ck_assert_int_eq(strait_read(reader, buffer, step), 0); /* the end stays the end */
  strait_close(reader);
  ck_assert_uint_eq(all.length, strlen(text));
  ck_assert_uint_eq(observed.length, strlen(text));
  if (all.length) {
    ck_assert_str_eq(all.data, text);
    ck_assert_str_eq(observed.data, text);
  }
  text_free(&all);
  text_free(&observed);
}

static void ck_reads(const char *path, const char *member, const char *text) {
  ck_reads_by(path, member, text, 4096);
  ck_reads_by(path, member, text, 3);
}

static void ck_opens_not(const char *path, const char *member, int status, const char *part) {
  strait_reader *reader = (strait_reader *)scratch;
  ck_assert_int_eq(file_open(path, member, NULL, NULL, &reader), status);
  ck_assert_ptr_null(reader);
  ck_error_has(part);
}

/* Reads to the end or a failure, which it returns. */
static int64_t read_through(const char *path, const char *member, int64_t *total) {
  strait_reader *reader;
  char buffer[1000];
  int64_t n = file_open(path, member, NULL, NULL, &reader);
  *total = 0;
  if (n)
    return n;
  while ((n = strait_read(reader, buffer, sizeof buffer)) > 0)
    *total += n;
  if (n < 0)
    ck_assert_int_eq(strait_read(reader, buffer, 1), n); /* sticky */
  strait_close(reader);
  return n;
}

START_TEST(plain_files) {
  file_write(in_scratch("a"), "hello", 5);
  file_write(in_scratch("empty"), "", 0);
  ck_reads(in_scratch("a"), NULL, "hello");
  ck_reads(in_scratch("empty"), NULL, "");
  strait_reader *reader;
  char buffer[1];
  ck_assert_int_eq(file_open(in_scratch("a"), NULL, NULL, NULL, &reader), STRAIT_OK);
  ck_assert_int_eq(strait_read(reader, buffer, 0), 0);
  ck_assert_int_eq(strait_read(reader, buffer, -1), STRAIT_EINVAL);
  strait_close(reader);
  strait_close(NULL);
}
END_TEST

START_TEST(what_is_not_there) {
  char text[1200];
  snprintf(text, sizeof text, "no file %s (nor %s.gz)", in_scratch("a"), in_scratch("a"));
  ck_opens_not(in_scratch("a"), NULL, STRAIT_ENOENT, text);
  ck_opens_not(in_scratch("a"), "m", STRAIT_ENOENT, text);
  snprintf(text, sizeof text, "no file %s/m (nor %s/m.gz)", scratch, scratch);
  ck_opens_not(scratch, "m", STRAIT_ENOENT, text);
  snprintf(text, sizeof text, "no file %s", in_scratch("a.gz"));
  ck_opens_not(in_scratch("a.gz"), NULL, STRAIT_ENOENT, text);
  ck_opens_not(scratch, NULL, STRAIT_EINVAL, "not a regular file");
  ck_assert_int_eq(mkfifo(in_scratch("pipe"), 0600), 0);
  ck_opens_not(in_scratch("pipe"), NULL, STRAIT_EINVAL, "not a regular file"); /* without waiting for a writer */
}
END_TEST

START_TEST(members_lead_nowhere_else) {
  static const char *const bad[] = {"", "..", "../a", "a/..", "a/../b", "/etc/passwd", "a/b/../../../c"};
  file_make_folders(in_scratch("d"));
  file_write(in_scratch("a"), "x", 1);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_opens_not(in_scratch("d"), bad[i], STRAIT_EINVAL, "is not a member name");
  file_write(in_scratch("d/..a"), "dots", 4);
  ck_reads(in_scratch("d"), "..a", "dots"); /* a name, not a way up */
}
END_TEST

START_TEST(gzip_is_undone) {
  write_gzip(in_scratch("a.gz"), "hello", 5);
  ck_reads(in_scratch("a.gz"), NULL, "hello");
  ck_reads(in_scratch("a"), NULL, "hello");
  ck_reads(scratch, "a", "hello");
  ck_reads(scratch, "a.gz", "hello");
  file_write(in_scratch("a"), "plain", 5); /* NAME before NAME.gz */
  ck_reads(in_scratch("a"), NULL, "plain");
  ck_reads(scratch, "a", "plain");
  write_gzip(in_scratch("empty.gz"), "", 0);
  ck_reads(in_scratch("empty.gz"), NULL, "");
}
END_TEST

START_TEST(gzip_streams_may_follow_each_other) {
  struct text both = {0};
  size_t one = 5, two = 6;
  char *first = gzip_of("hello", &one), *second = gzip_of(" world", &two);
  text_add_n(&both, first, one);
  text_add_n(&both, second, two);
  text_add_n(&both, "\0\0\0\0", 4); /* padding of tapes: gzip ignores it too */
  file_write(in_scratch("a.gz"), both.data, both.length);
  ck_reads(in_scratch("a.gz"), NULL, "hello world");
  text_free(&both);
  memory_free(first);
  memory_free(second);
}
END_TEST

START_TEST(damaged_gzip_is_found) {
  char text[3000];
  uint32_t state = 1;
  for (size_t i = 0; i < sizeof text;
       i++) /* letters that hardly compress: the file has more than one byte of each part */
    text[i] = (char)('a' + (state = state * 1664525 + 1013904223) / 0x10000000);
  size_t length = sizeof text;
  char *packed = gzip_of(text, &length);
  int64_t total;
  for (size_t cut = 0; cut < length; cut += cut < 30 || cut > length - 30 ? 1 : 37) {
    file_write(in_scratch("a.gz"), packed, cut);
    ck_assert_int_eq(read_through(in_scratch("a.gz"), NULL, &total), STRAIT_EFORMAT);
    ck_error_has(cut ? "end too early" : "a.gz");
  }
  for (size_t at = 10; at < length;
       at += at < 40 || at > length - 20 ? 1 : 41) { /* the header's date and name carry no sum */
    packed[at] ^= 4;
    file_write(in_scratch("a.gz"), packed, length);
    packed[at] ^= 4;
    ck_assert_int_eq(read_through(in_scratch("a.gz"), NULL, &total), STRAIT_EFORMAT);
    ck_error_has("a.gz");
  }
  file_write(in_scratch("a.gz"), "no gzip at all", 14);
  ck_assert_int_eq(read_through(in_scratch("a.gz"), NULL, &total), STRAIT_EFORMAT);
  ck_error_has("not sound gzip data");
  memory_free(packed);
}
END_TEST

static const struct member members[] = {{"set/", NULL, NULL, NULL},
                                        {"set/xdata.bin", "decoy", NULL, NULL},
                                        {"set/data.bin.txt", "decoy", NULL, NULL},
                                        {"./set/data.bin", "the data", NULL, NULL},
                                        {"set/other/data.bin", "another", NULL, NULL},
                                        {"top", "on top", NULL, NULL},
                                        {"set/empty", "", NULL, NULL},
                                        {NULL, NULL, NULL, NULL}};

START_TEST(members_of_archives) {
  static const struct {
    const char *name, *format, *filter;
  } kinds[] = {{"a.tar", "ustar", NULL},  {"a.tar.gz", "pax", "gzip"},   {"a.tgz", "gnutar", "gzip"},
               {"a.tar.xz", "pax", "xz"}, {"a.tar.bz2", "pax", "bzip2"}, {"a.tar.zst", "pax", "zstd"},
               {"a.zip", "zip", NULL},    {"no-ending", "zip", NULL}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const char *path = in_scratch(kinds[i].name);
    write_archive(path, kinds[i].format, kinds[i].filter, members);
    ck_reads(path, "data.bin", "the data");
    ck_reads(path, "set/data.bin", "the data");
    ck_reads(path, "other/data.bin", "another");
    ck_reads(path, "top", "on top");
    ck_reads(path, "empty", "");
    ck_opens_not(path, "ata.bin", STRAIT_ENOENT, "no member ata.bin in it (nor ata.bin.gz)");
    ck_opens_not(path, "set", STRAIT_ENOENT, "no member set"); /* a folder is no member to read */
    ck_opens_not(path, "../data.bin", STRAIT_EINVAL, "is not a member name");
  }
}
END_TEST

START_TEST(gzip_inside_archives) {
  size_t length = 5;
  char *packed = gzip_of("hello", &length), *text = arena_alloc(scratch_arena, 1, length + 1);
  memcpy(text, packed, length);
  ck_assert_msg(memchr(text, 0, length) != NULL, "strlen would do for gzip data: mend write_archive's callers");
  memory_free(packed);
  /* Its zeros do not go through strlen, so write this archive by hand. */
  struct archive *archive = archive_write_new();
  archive_write_set_format_zip(archive);
  ck_assert_int_eq(archive_write_open_filename(archive, in_scratch("a.zip")), ARCHIVE_OK);
  for (int i = 0; i < 2; i++) { /* x.gz; and y.gz in front of y */
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, i ? "d/y.gz" : "d/x.gz");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)length);
    archive_write_header(archive, entry);
    archive_write_data(archive, text, length);
    archive_entry_free(entry);
  }
  struct archive_entry *entry = archive_entry_new();
  archive_entry_set_pathname(entry, "d/y");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, 5);
  archive_write_header(archive, entry);
  archive_write_data(archive, "plain", 5);
  archive_entry_free(entry);
  ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
  archive_write_free(archive);
  ck_reads(in_scratch("a.zip"), "x", "hello");
  ck_reads(in_scratch("a.zip"), "x.gz", "hello");
  ck_reads(in_scratch("a.zip"), "y", "plain");
  ck_reads(in_scratch("a.zip"), "y.gz", "hello");
}
END_TEST

START_TEST(links_in_archives_are_not_followed) {
  const struct member links[] = {{"real", "x", NULL, NULL},
                                 {"soft", NULL, "/etc/passwd", NULL},
                                 {"hard", NULL, NULL, "real"},
                                 {NULL, NULL, NULL, NULL}};
  write_archive(in_scratch("a.tar"), "pax", NULL, links);
  ck_reads(in_scratch("a.tar"), "real", "x");
  ck_opens_not(in_scratch("a.tar"), "soft", STRAIT_ENOTSUP, "link to /etc/passwd");
  ck_opens_not(in_scratch("a.tar"), "hard", STRAIT_ENOTSUP, "link to real");
}
END_TEST

/* A name and a link's target of 900 kB come in a head each, in front of the member's own. */
START_TEST(heads_of_members_are_bounded) {
  char *name = memory_alloc(900001, 1);
  memset(name, 'a', 900000);
  const struct member long_one[] = {{name, NULL, name, NULL}, {"m", "y", NULL, NULL}, {NULL, NULL, NULL, NULL}};
  write_archive(in_scratch("a.tar.gz"), "gnutar", "gzip", long_one);
  ck_opens_not(in_scratch("a.tar.gz"), "m", STRAIT_EFORMAT, "a member's head is longer than 1048576 bytes");
  char *data = memory_alloc(3 << 20, 1); /* data that are passed over are no head */
  memset(data, 'd', (3 << 20) - 1);
  const struct member large_one[] = {{"a", data, NULL, NULL}, {"m", "y", NULL, NULL}, {NULL, NULL, NULL, NULL}};
  write_archive(in_scratch("b.tar.gz"), "pax", "gzip", large_one);
  ck_reads(in_scratch("b.tar.gz"), "m", "y");
  memory_free(data);
  memory_free(name);
}
END_TEST

START_TEST(damaged_archives_are_found) {
  char *data;
  size_t length;
  int64_t total;
  file_write(in_scratch("a"), "this is no archive, whatever its name says", 42);
  ck_opens_not(in_scratch("a"), "m", STRAIT_EFORMAT, "cannot read the archive");
  file_write(in_scratch("empty"), "", 0);
  ck_opens_not(in_scratch("empty"), "m", STRAIT_EFORMAT, "cannot read the archive");
  write_archive(in_scratch("a.tar.gz"), "pax", "gzip", members);
  ck_assert_int_eq(file_read(in_scratch("a.tar.gz"), 1 << 20, &data, &length), STRAIT_OK);
  for (size_t cut = 1; cut < length - 60; cut++) { /* the last bytes are the tar's own empty blocks */
    file_write(in_scratch("cut"), data, cut);
    ck_assert_int_lt(read_through(in_scratch("cut"), "empty", &total), 0);
  }
  memory_free(data);
}
END_TEST

/* The peak of this process's memory so far, in kilobytes. */
static long peak(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

START_TEST(a_bomb_costs_no_memory) {
  enum { MEGABYTES = 192 };
  static char zeros[1 << 20];
  const char *path = in_scratch("bomb.tar.gz");
  struct archive *archive = archive_write_new();
  struct archive_entry *entry = archive_entry_new();
  archive_write_set_format_ustar(archive);
  archive_write_add_filter_gzip(archive);
  archive_write_set_filter_option(archive, "gzip", "compression-level", "1");
  ck_assert_int_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
  archive_entry_set_pathname(entry, "zeros");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, (la_int64_t)MEGABYTES << 20);
  archive_write_header(archive, entry);
  for (int i = 0; i < MEGABYTES; i++)
    archive_write_data(archive, zeros, sizeof zeros);
  archive_entry_free(entry);
  ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
  archive_write_free(archive);
  long before = peak();
  int64_t total;
  ck_assert_int_eq(read_through(path, "zeros", &total), 0);
  ck_assert_int_eq(total, (int64_t)MEGABYTES << 20);
  ck_opens_not(path, "behind", STRAIT_ENOENT, "no member behind");
  ck_assert_int_lt(peak() - before, 64 << 10); /* a third of the content: buffers and libraries need a few megabytes */
}
END_TEST

int main(void) {
  TCase *cases[] = {tcase_create("reader")};
  tcase_add_checked_fixture(cases[0], scratch_make, scratch_remove);
  tcase_add_test(cases[0], plain_files);
  tcase_add_test(cases[0], what_is_not_there);
  tcase_add_test(cases[0], members_lead_nowhere_else);
  tcase_add_test(cases[0], gzip_is_undone);
  tcase_add_test(cases[0], gzip_streams_may_follow_each_other);
  tcase_add_test(cases[0], damaged_gzip_is_found);
  tcase_add_test(cases[0], members_of_archives);
  tcase_add_test(cases[0], gzip_inside_archives);
  tcase_add_test(cases[0], links_in_archives_are_not_followed);
  tcase_add_test(cases[0], heads_of_members_are_bounded);
  tcase_add_test(cases[0], damaged_archives_are_found);
  tcase_add_test(cases[0], a_bomb_costs_no_memory);
  return run_suite("reader", cases, 1);
}
