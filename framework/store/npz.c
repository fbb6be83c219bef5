/* store/npz.c: NumPy's .npz, a zip of NAME.npy. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/loaded.h"
#include "store/npy.h"
#include "store/zip.h"

/* What arrays may come to, in times the file's bytes and beyond them: deflated zeros swell a thousandfold. */
#define MOST_SWELLING 100
#define MOST_ARRAYS 10000
#define LONGEST_HEADER (1 << 16)
#define CHUNK ((size_t)1 << 20) /* memory is asked for as data arrive, from this size on */

/* --- writing --- */

/* NumPy takes any name; these are those that every zip reader takes alike. */
static int check_name(const char *name) {
  if (!*name || *name == '/' || strstr(name, ".."))
    return error_set(STRAIT_EINVAL, "an array may not be named \"%s\"", name);
  for (const char *c = name; *c; c++)
    if (*c <= ' ' || *c > '~' || *c == '\\')
      return error_set(STRAIT_EINVAL, "the name of array \"%s\" is not plain ASCII", name);
  return STRAIT_OK;
}

static int write_array(struct zip_writer *writer, const struct array *array) {
  struct text header = {0}, name = {0};
  npy_header(&header, array);
  text_add(&name, "%s.npy", array->name);
  int status = header.status ? header.status : name.status;
  if (!status)
    status = zip_add(writer, name.data, header.data, header.length, array->data, array_bytes(array));
  text_free(&header);
  text_free(&name);
  return status;
}

int npz_write(const char *path, const struct array *arrays, size_t count, const struct metadata *metadata,
              size_t pairs) {
  static const struct metadata none = {0};
  struct zip_writer *writer;
  int status = arrays_check(arrays, count);
  for (size_t i = 0; i < count && !status; i++)
    status = check_name(arrays[i].name);
  if (status)
    return error_wrap("cannot write %s", path);
  status = zip_begin(&writer, path, pairs ? metadata : &none, pairs);
  if (status)
    return status;
  for (size_t i = 0; i < count && !status; i++)
    status = write_array(writer, &arrays[i]);
  if (status)
    zip_abandon(writer);
  return status ? status : zip_commit(writer);
}

/* --- reading --- */

static int read_header(struct zip_reader *zip, struct array *array, struct npy_layout *layout) {
  unsigned char start[12] = {0};
  char text[LONGEST_HEADER + 1];
  int status = zip_read(zip, start, 10);
  if (status)
    return status;
  if (memcmp(start, "\x93NUMPY", 6) || start[6] < 1 || start[6] > 3 || start[7])
    return error_set(STRAIT_EFORMAT, "it is not npy data of version 1, 2 or 3");
  size_t length = start[8] | (size_t)start[9] << 8;
  if (start[6] > 1) { /* these have a length of four bytes */
    status = zip_read(zip, start + 10, 2);
    length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
  }
  if (!status && length > LONGEST_HEADER)
    return error_set(STRAIT_EFORMAT, "its npy header has %zu bytes, %d are the most", length, LONGEST_HEADER);
  if (!status)
    status = zip_read(zip, text, length);
  if (status)
    return status;
  text[length] = '\0';
  if (strlen(text) != length)
    return error_set(STRAIT_EFORMAT, "its npy header is damaged");
  return npy_dictionary(text, array, layout);
}

/* Reads the member's data to its end, where libarchive checks length and sum. What the header claims is believed, as
 * far as memory goes, only as data arrive. */
static int read_data(struct zip_reader *zip, struct arena *arena, size_t bytes, unsigned char **result) {
  unsigned char *data = NULL;
  size_t capacity = 0;
  int status = STRAIT_OK;
  for (size_t done = 0; done < bytes && !status;) {
    size_t part = bytes - done < CHUNK ? bytes - done : CHUNK;
    status = memory_grow(&data, &capacity, done + part, 1);
    if (!status)
      status = zip_read(zip, data + done, part);
    done += part;
  }
  if (!status)
    status = zip_end(zip, bytes);
  if (!status && !(*result = arena_alloc(arena, bytes, 1)))
    status = STRAIT_ENOMEM;
  if (!status && bytes)
    memcpy(*result, data, bytes);
  memory_free(data);
  return status;
}

/* STRAIT_ENOTSUP: what a program may leave out. */
static int read_numbers(struct zip_reader *zip, struct arrays *arrays, struct array *array, uint64_t *total) {
  struct npy_layout layout = {0};
  unsigned char *data = NULL;
  size_t bytes;
  int status = read_header(zip, array, &layout);
  if (!status)
    status = array_measure(array, &bytes);
  if (!status && array_swells(total, bytes, MOST_SWELLING, zip_file_bytes(zip)))
    status =
        error_set(STRAIT_ENOTSUP,
                  "the arrays come to more than %d times the file's %llu bytes; numpy.savez stores them as they are",
                  MOST_SWELLING, (unsigned long long)zip_file_bytes(zip));
  if (!status)
    status = read_data(zip, arrays->arena, bytes / element_bytes(array->type) * layout.element->bytes, &data);
  return status ? status : npy_place(&layout, arrays, array, data);
}

static int read_array(struct zip_reader *zip, struct arrays *arrays, const char *member, uint64_t *total) {
  struct array array = {0};
  if (!text_ends(member, ".npy"))
    return error_set(STRAIT_EFORMAT, "it is not a .npy member");
  array.name = arena_copy_n(arrays->arena, member, strlen(member) - 4);
  if (!array.name)
    return STRAIT_ENOMEM;
  if (arrays_find(arrays, array.name))
    return error_set(STRAIT_EFORMAT, "it is there twice");
  if (arrays->count >= MOST_ARRAYS)
    return error_set(STRAIT_EFORMAT, "more than %d arrays", MOST_ARRAYS);
  int status = read_numbers(zip, arrays, &array, total);
  if (status)
    status = arrays_refuse(arrays, &array, status);
  return status ? status : arrays_add(arrays, &array);
}

/* ours: it must be sealed. any: what cannot be read stays. */
static int read_file(struct arrays **result, const char *path, int ours, int any) {
  struct zip_reader *zip = NULL;
  struct arrays *arrays = NULL;
  const char *member = "";
  uint64_t total = 0, bytes;
  int status = arrays_create(&arrays), sealed = 0;
  *result = NULL;
  if (!status)
    status = zip_open(&zip, path);
  if (!status)
    arrays->without_sums = zip_without_sums(zip);
  if (!status)
    status = zip_check_seal(zip, arrays, &sealed);
  if (!status && ours && !sealed)
    status = error_set(STRAIT_EFORMAT, "there is no checksum at its end: it is damaged, or not written by strait");
  while (!status && !(status = zip_next(zip, &member, &bytes)) && member)
    if ((status = read_array(zip, arrays, member, &total)))
      error_wrap("%s", member);
  zip_close(zip);
  if (!status && !any)
    status = arrays_check_read(arrays);
  if (status) {
    arrays_free(arrays);
    return error_wrap("%s", path);
  }
  *result = arrays;
  return STRAIT_OK;
}

int npz_read(struct arrays **arrays, const char *path) { return read_file(arrays, path, 0, 0); }
int npz_read_any(struct arrays **arrays, const char *path) { return read_file(arrays, path, 0, 1); }
int npz_read_ours(struct arrays **arrays, const char *path) { return read_file(arrays, path, 1, 0); }
