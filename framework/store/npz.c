/* store/npz.c: NumPy's .npz, a zip of NAME.npy, through libarchive. Written without compression, without dates and
 * owners, so that equal arrays are equal bytes. */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/loaded.h"
#include "store/npy.h"

/* Bytes of arrays in one file that are read: deflated zeros swell a thousandfold. */
#define LARGEST ((uint64_t)4 << 30)
#define MOST_ARRAYS 10000
#define LONGEST_HEADER (1 << 16)
#define CHUNK ((size_t)1 << 20) /* memory is asked for as data arrive, from this size on */

static int archive_failure(struct archive *archive, int otherwise) {
  const char *text = archive_error_string(archive);
  int number = archive_errno(archive);
  return error_set(number == ENOMEM ? STRAIT_ENOMEM
                   : number == EIO  ? STRAIT_EIO
                                    : otherwise,
                   "%s", text ? text : "it is damaged");
}

/* --- writing --- */

static la_ssize_t write_bytes(struct archive *archive, void *context, const void *data, size_t length) {
  if (file_put(context, data, length)) {
    archive_set_error(archive, EIO, "%s", error_text());
    return -1;
  }
  return (la_ssize_t)length;
}

/* NumPy takes any name; these are those that every zip reader takes alike. */
static int check_name(const char *name) {
  if (!*name || *name == '/' || strstr(name, ".."))
    return error_set(STRAIT_EINVAL, "an array may not be named \"%s\"", name);
  for (const char *c = name; *c; c++)
    if (*c <= ' ' || *c > '~' || *c == '\\')
      return error_set(STRAIT_EINVAL, "the name of array \"%s\" is not plain ASCII", name);
  return STRAIT_OK;
}

static int write_array(struct archive *archive, struct archive_entry *entry, const struct array *array) {
  struct text header = {0}, name = {0};
  size_t bytes = array_bytes(array);
  npy_header(&header, array);
  text_add(&name, "%s.npy", array->name);
  int status = header.status ? header.status : name.status;
  if (!status) {
    /* No date: libarchive then writes the earliest that a zip can hold, whatever the time zone. */
    archive_entry_clear(entry);
    archive_entry_set_pathname(entry, name.data);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)(header.length + bytes));
    if (archive_write_header(archive, entry) != ARCHIVE_OK ||
        archive_write_data(archive, header.data, header.length) != (la_ssize_t)header.length ||
        (bytes && archive_write_data(archive, array->data, bytes) != (la_ssize_t)bytes) ||
        archive_write_finish_entry(archive) != ARCHIVE_OK)
      status = archive_failure(archive, STRAIT_EIO);
  }
  text_free(&header);
  text_free(&name);
  return status;
}

static int write_archive(struct file_writer *writer, const struct array *arrays, size_t count) {
  struct archive *archive = archive_write_new();
  struct archive_entry *entry = archive_entry_new();
  int status = STRAIT_OK;
  if (!archive || !entry)
    status = error_set(STRAIT_ENOMEM, "out of memory");
  else if (archive_write_set_format_zip(archive) != ARCHIVE_OK ||
           archive_write_set_format_option(archive, "zip", "compression", "store") != ARCHIVE_OK ||
           archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
           archive_write_open(archive, writer, NULL, write_bytes, NULL) != ARCHIVE_OK)
    status = archive_failure(archive, STRAIT_EIO);
  for (size_t i = 0; i < count && !status; i++)
    status = write_array(archive, entry, &arrays[i]);
  if (!status && archive_write_close(archive) != ARCHIVE_OK)
    status = archive_failure(archive, STRAIT_EIO);
  archive_entry_free(entry);
  if (status && archive)
    archive_write_fail(archive); /* or else free would go on writing */
  archive_write_free(archive);
  return status;
}

int npz_write(const char *path, const struct array *arrays, size_t count) {
  struct file_writer *writer;
  int status = arrays_check(arrays, count);
  for (size_t i = 0; i < count && !status; i++)
    status = check_name(arrays[i].name);
  if (status)
    return error_wrap("cannot write %s", path);
  status = file_begin(&writer, path);
  if (status)
    return status;
  status = write_archive(writer, arrays, count);
  if (status) {
    file_abandon(writer);
    return error_wrap("cannot write %s", path);
  }
  return file_commit(writer);
}

/* --- reading --- */

/* Exactly count bytes of the member. */
static int read_exactly(struct archive *archive, void *data, size_t count) {
  for (size_t done = 0; done < count;) {
    la_ssize_t n = archive_read_data(archive, (char *)data + done, count - done);
    if (n < 0)
      return archive_failure(archive, STRAIT_EFORMAT);
    if (n == 0)
      return error_set(STRAIT_EFORMAT, "it ends after %zu of %zu bytes", done, count);
    done += (size_t)n;
  }
  return STRAIT_OK;
}

static int read_header(struct archive *archive, struct array *array) {
  unsigned char start[12] = {0};
  char text[LONGEST_HEADER + 1];
  int status = read_exactly(archive, start, 10);
  if (status)
    return status;
  if (memcmp(start, "\x93NUMPY", 6) || start[6] < 1 || start[6] > 3 || start[7])
    return error_set(STRAIT_EFORMAT, "it is no npy data of version 1, 2 or 3");
  size_t length = start[8] | (size_t)start[9] << 8;
  if (start[6] > 1) { /* these have a length of four bytes */
    status = read_exactly(archive, start + 10, 2);
    length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
  }
  if (!status && length > LONGEST_HEADER)
    return error_set(STRAIT_EFORMAT, "its npy header has %zu bytes, %d are the most", length, LONGEST_HEADER);
  if (!status)
    status = read_exactly(archive, text, length);
  if (status)
    return status;
  text[length] = '\0';
  if (strlen(text) != length)
    return error_set(STRAIT_EFORMAT, "its npy header is damaged");
  return npy_dictionary(text, array);
}

/* Reads the member's data to its end, where libarchive checks length and sum. What the header claims is believed, as
 * far as memory goes, only as data arrive. */
static int read_data(struct archive *archive, struct arena *arena, struct array *array, size_t bytes) {
  unsigned char *data = NULL;
  size_t capacity = 0;
  char excess;
  int status = STRAIT_OK;
  for (size_t done = 0; done < bytes && !status;) {
    size_t part = bytes - done < CHUNK ? bytes - done : CHUNK;
    status = memory_grow(&data, &capacity, done + part, 1);
    if (!status)
      status = read_exactly(archive, data + done, part);
    done += part;
  }
  if (!status) {
    la_ssize_t n = archive_read_data(archive, &excess, 1);
    if (n)
      status = n < 0 ? archive_failure(archive, STRAIT_EFORMAT)
                     : error_set(STRAIT_EFORMAT, "there are more bytes than its %zu", bytes);
  }
  if (!status) {
    array->data = arena_alloc(arena, bytes, 1);
    status = array->data ? STRAIT_OK : STRAIT_ENOMEM;
  }
  if (!status && bytes)
    memcpy((void *)(uintptr_t)array->data, data, bytes);
  memory_free(data);
  return status;
}

static int read_array(struct archive *archive, struct arrays *arrays, const char *member, uint64_t *total) {
  struct array array = {0};
  size_t bytes;
  if (!text_ends(member, ".npy"))
    return error_set(STRAIT_EFORMAT, "it is no .npy member");
  array.name = arena_copy_n(arrays->arena, member, strlen(member) - 4);
  if (!array.name)
    return STRAIT_ENOMEM;
  if (arrays_find(arrays, array.name))
    return error_set(STRAIT_EFORMAT, "it is there twice");
  if (arrays->count >= MOST_ARRAYS)
    return error_set(STRAIT_EFORMAT, "more than %d arrays", MOST_ARRAYS);
  int status = read_header(archive, &array);
  if (!status)
    status = array_measure(&array, &bytes);
  if (!status && (bytes > LARGEST || (*total += bytes) > LARGEST))
    status = error_set(STRAIT_ENOTSUP, "more than %llu bytes of arrays", (unsigned long long)LARGEST);
  if (!status)
    status = read_data(archive, arrays->arena, &array, bytes);
  return status ? status : arrays_add(arrays, &array);
}

static int read_archive(struct archive *archive, struct arrays *arrays) {
  struct archive_entry *entry;
  uint64_t total = 0;
  int result;
  while ((result = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
    const char *member = archive_entry_pathname(entry);
    if (!member)
      return error_set(STRAIT_EFORMAT, "a member's name is not plain ASCII");
    if (read_array(archive, arrays, member, &total))
      return error_wrap("%s", member);
  }
  return result == ARCHIVE_EOF ? STRAIT_OK : archive_failure(archive, STRAIT_EFORMAT);
}

int npz_read(struct arrays **result, const char *path) {
  struct archive *archive = NULL;
  struct arrays *arrays = NULL;
  *result = NULL;
  if (!file_exists(path))
    return error_set(STRAIT_ENOENT, "no file %s", path);
  if (file_is_folder(path))
    return error_set(STRAIT_EINVAL, "%s is a folder", path);
  int status = arrays_create(&arrays);
  if (!status && !(archive = archive_read_new()))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  /* The seekable reader: it goes by the table at the end, so a file that was cut is found at once. */
  if (!status && (archive_read_support_format_zip_seekable(archive) != ARCHIVE_OK ||
                  archive_read_open_filename(archive, path, 1 << 16) != ARCHIVE_OK))
    status = archive_failure(archive, STRAIT_EFORMAT);
  if (!status)
    status = read_archive(archive, arrays);
  archive_read_free(archive);
  if (status) {
    arrays_free(arrays);
    return error_wrap("%s", path);
  }
  *result = arrays;
  return STRAIT_OK;
}
