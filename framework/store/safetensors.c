/* store/safetensors.c: weights in the safetensors format: 8 bytes, the little-endian length of a JSON header; the
 * header; the data. See https://huggingface.co/docs/safetensors for the format.
 *
 * Ours carry two members in `__metadata__`: strait.checksum, a hash of the whole file in which the checksum's own
 * digits count as zeros, and strait.format, which tells a file that lost its checksum from one that never had any. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/document.h"
#include "store/elements.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "store/ writes memory as it is, and its formats are little-endian"
#endif

#define LONGEST_HEADER (100 * 1000 * 1000) /* the format's own limit */
#define MOST_MARKS 2000000                 /* of a header that is read: some 200,000 tensors */
#define FORMAT "strait.format"
#define CHECKSUM "strait.checksum"
#define NO_CHECKSUM "00000000000000000000000000000000"
#define DIGITS 32

/* Where the checksum's digits are in a header; NULL when there are none. JSON writes a '"' inside a string as \", so
 * the pattern cannot begin there. */
static char *find_digits(char *header) {
  static const char pattern[] = "\"" CHECKSUM "\":\"";
  char *digits = strstr(header, pattern);
  if (!digits)
    return NULL;
  digits += sizeof pattern - 1;
  return strlen(digits) > DIGITS && digits[DIGITS] == '"' ? digits : NULL;
}

static void put_length(uint64_t length, unsigned char bytes[8]) {
  for (int i = 0; i < 8; i++)
    bytes[i] = (unsigned char)(length >> (8 * i));
}

static uint64_t get_length(const unsigned char bytes[8]) {
  uint64_t length = 0;
  for (int i = 7; i >= 0; i--)
    length = length << 8 | bytes[i];
  return length;
}

/* --- writing --- */

/* order: the arrays by falling size of their elements, so that each lies aligned behind the header; else as given. */
static void order_data(const struct array *arrays, size_t count, size_t *order) {
  size_t n = 0;
  for (size_t bytes = 8; bytes; bytes--)
    for (size_t i = 0; i < count; i++)
      if (element_bytes(arrays[i].type) == bytes)
        order[n++] = i;
}

static int is_ascii(const char *string) {
  while (*string && (unsigned char)*string < 128)
    string++;
  return !*string;
}

/* jansson took no string: it is not UTF-8, or memory is out, which is all that can be wrong with plain ASCII. */
static int refused(const char *what, const char *name, const char *value) {
  if (!is_ascii(name) || !is_ascii(value))
    return error_set(STRAIT_EINVAL, "%s \"%s\" is not UTF-8", what, name);
  return error_set(STRAIT_ENOMEM, "out of memory");
}

static int describe_pairs(json_t *header, const struct metadata *metadata, size_t pairs) {
  json_t *object = json_object();
  if (json_object_set_new(header, "__metadata__", object) ||
      json_object_set_new(object, CHECKSUM, json_string(NO_CHECKSUM)) ||
      json_object_set_new(object, FORMAT, json_string("1")))
    return error_set(STRAIT_ENOMEM, "out of memory");
  for (size_t i = 0; i < pairs; i++) {
    if (json_object_get(object, metadata[i].key))
      return error_set(STRAIT_EINVAL, "the metadata \"%s\" are there twice", metadata[i].key);
    if (json_object_set_new(object, metadata[i].key, json_string(metadata[i].value)))
      return refused("the metadata", metadata[i].key, metadata[i].value);
  }
  return STRAIT_OK;
}

static int describe_array(json_t *header, const struct array *array, uint64_t begin) {
  json_t *shape = json_array(), *tensor = NULL;
  const char *dtype = "";
  for (const struct element *e = elements; e->name && !*dtype; e++)
    if (e->type == array->type && e->bytes == element_bytes(array->type))
      dtype = e->safetensors;
  for (uint32_t i = 0; i < array->rank; i++)
    if (json_array_append_new(shape, json_integer(array->dims[i])))
      goto no_memory;
  tensor = json_pack("{s:s, s:O, s:[I,I]}", "dtype", dtype, "shape", shape, "data_offsets", (json_int_t)begin,
                     (json_int_t)(begin + array_bytes(array)));
  json_decref(shape);
  shape = NULL;
  if (!tensor)
    goto no_memory;
  if (json_object_get(header, array->name)) { /* arrays_check leaves only one name */
    json_decref(tensor);
    return error_set(STRAIT_EINVAL, "an array may not be named \"%s\"", array->name);
  }
  if (json_object_set_new(header, array->name, tensor))
    return refused("the name of array", array->name, "");
  return STRAIT_OK;
no_memory:
  json_decref(shape);
  return error_set(STRAIT_ENOMEM, "out of memory");
}

/* The header's text, padded to 8 bytes, with a checksum of zeros. */
static int make_header(const struct array *arrays, size_t count, const size_t *order, const struct metadata *metadata,
                       size_t pairs, struct text *text) {
  uint64_t *begin = memory_alloc(count, sizeof *begin), offset = 0;
  json_t *header = json_object();
  int status = !begin    ? STRAIT_ENOMEM
               : !header ? error_set(STRAIT_ENOMEM, "out of memory")
                         : describe_pairs(header, metadata, pairs);
  for (size_t i = 0; i < count && !status; i++) {
    begin[order[i]] = offset;
    offset += array_bytes(&arrays[order[i]]);
  }
  for (size_t i = 0; i < count && !status; i++)
    status = describe_array(header, &arrays[i], begin[i]);
  if (!status) {
    document_print(text, header, 1); /* json_dumps leaves keys out, and says nothing, when memory runs out */
    while (!status && !text->status && text->length % 8)
      text_add_n(text, " ", 1);
    status = status ? status : text->status;
  }
  if (!status && text->length > LONGEST_HEADER)
    status = error_set(STRAIT_EINVAL, "a header of %zu bytes, %d is the most", text->length, LONGEST_HEADER);
  json_decref(header);
  memory_free(begin);
  return status;
}

static int write_file(const char *path, const struct array *arrays, size_t count, const size_t *order,
                      struct text *header) {
  unsigned char length[8];
  char digest[DIGITS + 1], *digits = find_digits(header->data);
  if (!digits)
    return error_set(STRAIT_EBUG, "a header without room for its checksum");
  struct file_writer *writer;
  struct hash *hash = hash_create();
  if (!hash)
    return STRAIT_ENOMEM;
  put_length(header->length, length);
  hash_bytes(hash, length, sizeof length);
  hash_bytes(hash, header->data, header->length);
  for (size_t i = 0; i < count; i++)
    hash_bytes(hash, arrays[order[i]].data, array_bytes(&arrays[order[i]]));
  hash_digest(hash, digest);
  hash_free(hash);
  memcpy(digits, digest, DIGITS);

  int status = file_begin(&writer, path);
  if (status)
    return status;
  file_put(writer, length, sizeof length);
  file_put(writer, header->data, header->length);
  for (size_t i = 0; i < count; i++)
    file_put(writer, arrays[order[i]].data, array_bytes(&arrays[order[i]]));
  return file_commit(writer);
}

int safetensors_write(const char *path, const struct array *arrays, size_t count, const struct metadata *metadata,
                      size_t pairs) {
  struct text header = {0};
  size_t *order = memory_alloc(count, sizeof *order);
  int status = order ? arrays_check(arrays, count) : STRAIT_ENOMEM;
  if (!status) {
    order_data(arrays, count, order);
    status = make_header(arrays, count, order, metadata, pairs, &header);
  }
  status = status ? error_wrap("cannot write %s", path) : write_file(path, arrays, count, order, &header);
  text_free(&header);
  memory_free(order);
  return status;
}

/* --- reading --- */

/* A tensor's place in the data. */
struct extent {
  uint64_t begin, end;
  size_t array;
  const struct element *element; /* NULL: it is not read */
};

struct reading {
  FILE *file;
  uint64_t size; /* of the file */
  unsigned char length[8];
  char *header;
  uint64_t header_length;
  json_t *json;
  struct arrays *arrays;
  struct extent *extents; /* one an array */
  size_t capacity;
};

/* What makes a JSON text's parts; each takes a hundred bytes and more once it is parsed. */
static size_t count_marks(const char *text, size_t length) {
  size_t marks = 0;
  for (size_t i = 0; i < length; i++)
    marks += text[i] == ',' || text[i] == '[' || text[i] == '{';
  return marks;
}

/* Reads length and header, and parses it. */
static int read_header(struct reading *r) {
  struct stat status;
  json_error_t error;
  if (fstat(fileno(r->file), &status) || !S_ISREG(status.st_mode))
    return error_set(STRAIT_EINVAL, "not a regular file");
  r->size = (uint64_t)status.st_size;
  if (fread(r->length, 1, 8, r->file) != 8)
    return error_set(STRAIT_EFORMAT, "%llu bytes are too few for a safetensors file", (unsigned long long)r->size);
  r->header_length = get_length(r->length);
  if (r->header_length > r->size - 8 || r->header_length > LONGEST_HEADER)
    return error_set(
        STRAIT_EFORMAT,
        "its header should have %llu bytes, the file has %llu: it is truncated or damaged, or not a safetensors file",
        (unsigned long long)r->header_length, (unsigned long long)r->size);
  r->header = memory_alloc(r->header_length + 1, 1);
  if (!r->header)
    return STRAIT_ENOMEM;
  if (fread(r->header, 1, r->header_length, r->file) != r->header_length)
    return error_set(STRAIT_EIO, "cannot read its header");
  if (count_marks(r->header, r->header_length) > MOST_MARKS)
    return error_set(STRAIT_EFORMAT, "its header has more than %d parts: no network has so many tensors", MOST_MARKS);
  int parsed = document_parse(r->header, r->header_length, 0, &r->json, &error);
  if (parsed)
    return parsed == STRAIT_EFORMAT ? error_wrap("its header is damaged, or this is not a safetensors file") : parsed;
  if (!json_is_object(r->json))
    return error_set(STRAIT_EFORMAT, "its header is not a JSON object");
  return STRAIT_OK;
}

static int take_metadata(struct arrays *arrays, json_t *object) {
  const char *key;
  json_t *value;
  if (!json_is_object(object))
    return error_set(STRAIT_EFORMAT, "__metadata__ is not an object");
  json_object_foreach(object, key, value) {
    if (!json_is_string(value))
      return error_set(STRAIT_EFORMAT, "__metadata__: \"%s\" is not a string", key);
    struct metadata pair = {arena_copy(arrays->arena, key), arena_copy(arrays->arena, json_string_value(value))};
    if (!pair.key || !pair.value ||
        memory_grow(&arrays->metadata, &arrays->pairs_capacity, arrays->pairs + 1, sizeof pair))
      return STRAIT_ENOMEM;
    arrays->metadata[arrays->pairs++] = pair;
  }
  return STRAIT_OK;
}

static int take_type(struct array *array, const json_t *dtype, const struct element **element) {
  const char *name = json_string_value(dtype);
  if (!name)
    return error_set(STRAIT_EFORMAT, "its dtype is not a string");
  *element = element_of_safetensors(name);
  array->type = *element ? (*element)->type : 0;
  return array->type ? STRAIT_OK
                     : error_set(STRAIT_ENOTSUP, "elements of type %.32s are not read; convert them to F32", name);
}

static int take_shape(struct array *array, const json_t *shape) {
  size_t rank = json_array_size(shape);
  if (!json_is_array(shape))
    return error_set(STRAIT_EFORMAT, "it has no shape");
  if (rank > STRAIT_MAX_DIMS)
    return error_set(STRAIT_ENOTSUP, "%zu dimensions, %d are the most", rank, STRAIT_MAX_DIMS);
  array->rank = (uint32_t)rank;
  for (size_t i = 0; i < rank; i++) {
    json_t *dimension = json_array_get(shape, i);
    if (!json_is_integer(dimension))
      return error_set(STRAIT_EFORMAT, "dimension %zu is not an integer", i);
    array->dims[i] = json_integer_value(dimension);
  }
  return STRAIT_OK;
}

/* Where the data are; whether the tensors fit together is check_extents' business. */
static int take_extent(struct reading *r, const json_t *tensor, struct extent *extent) {
  const json_t *offsets = json_object_get(tensor, "data_offsets");
  json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
  if (json_object_size(tensor) != 3 || json_array_size(offsets) != 2 || !json_is_integer(begin) ||
      !json_is_integer(end))
    return error_set(STRAIT_EFORMAT, "it is not described by dtype, shape and two data_offsets");
  *extent = (struct extent){.begin = (uint64_t)json_integer_value(begin),
                            .end = (uint64_t)json_integer_value(end),
                            .array = r->arrays->count};
  if (json_integer_value(begin) < 0 || extent->end < extent->begin || extent->end > r->size - 8 - r->header_length)
    return error_set(STRAIT_EFORMAT, "its data are outside the file: it is cut or damaged");
  if (memory_grow(&r->extents, &r->capacity, r->arrays->count + 1, sizeof *extent))
    return STRAIT_ENOMEM;
  return STRAIT_OK;
}

/* Type and shape, which must ask for as many bytes as there are. */
static int take_description(struct array *array, const json_t *tensor, struct extent *extent) {
  const struct element *element = NULL;
  size_t bytes = 0;
  int status = take_type(array, json_object_get(tensor, "dtype"), &element);
  if (!status)
    status = take_shape(array, json_object_get(tensor, "shape"));
  if (!status)
    status = array_measure(array, &bytes);
  if (status)
    return status;
  bytes = bytes / element_bytes(element->type) * element->bytes;
  if (extent->end - extent->begin != bytes)
    return error_set(STRAIT_EFORMAT, "it has %llu bytes of data, its shape and type ask for %zu",
                     (unsigned long long)(extent->end - extent->begin), bytes);
  extent->element = element;
  return STRAIT_OK;
}

static int take_tensor(struct reading *r, struct array *array, const json_t *tensor) {
  struct extent extent;
  int status = take_extent(r, tensor, &extent);
  if (status)
    return status;
  status = take_description(array, tensor, &extent);
  r->extents[r->arrays->count] = extent;
  if (status)
    status = arrays_refuse(r->arrays, array, status);
  return status ? status : arrays_add(r->arrays, array);
}

static int take_header(struct reading *r) {
  const char *name;
  json_t *value;
  json_object_foreach(r->json, name, value) {
    struct array array = {.name = arena_copy(r->arrays->arena, name)};
    if (!array.name)
      return STRAIT_ENOMEM;
    if (!strcmp(name, "__metadata__")) {
      int status = take_metadata(r->arrays, value);
      if (status)
        return status;
    } else if (take_tensor(r, &array, value)) {
      return error_wrap("tensor \"%s\"", name);
    }
  }
  return STRAIT_OK;
}

static int compare_extents(const void *a, const void *b) {
  const struct extent *x = a, *y = b;
  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

/* Sorts the extents; each byte of the data must belong to one tensor. */
static int check_extents(struct reading *r) {
  uint64_t at = 0, all = r->size - 8 - r->header_length;
  size_t count = r->arrays->count;
  if (count)
    qsort(r->extents, count, sizeof *r->extents, compare_extents);
  for (size_t i = 0; i < count; at = r->extents[i++].end)
    if (r->extents[i].begin != at)
      return error_set(STRAIT_EFORMAT, "tensor \"%s\": its data %s", r->arrays->array[r->extents[i].array].name,
                       r->extents[i].begin < at ? "overlap those of another" : "leave a gap in front");
  if (at != all)
    return error_set(STRAIT_EFORMAT, "%llu bytes of data, its tensors have %llu", (unsigned long long)all,
                     (unsigned long long)at);
  return STRAIT_OK;
}

/* Starts the hash over the file; NULL there when the file carries no checksum. The header's own digits become zeros. */
static int begin_hash(struct reading *r, struct hash **hash) {
  const char *expected = arrays_metadata(r->arrays, CHECKSUM);
  char *digits = find_digits(r->header);
  *hash = NULL;
  if (!expected && !arrays_metadata(r->arrays, FORMAT))
    return STRAIT_OK;
  if (!expected || strlen(expected) != DIGITS || !digits || memcmp(digits, expected, DIGITS))
    return error_set(STRAIT_EFORMAT, "its checksum is damaged");
  *hash = hash_create();
  if (!*hash)
    return STRAIT_ENOMEM;
  memcpy(digits, NO_CHECKSUM, DIGITS);
  hash_bytes(*hash, r->length, sizeof r->length);
  hash_bytes(*hash, r->header, r->header_length);
  return STRAIT_OK;
}

/* Reads one tensor's data, the next in the file. What is not read is passed, under the hash all the same. */
static int read_tensor(struct reading *r, const struct extent *extent, struct hash *hash) {
  struct array *array = &r->arrays->array[extent->array];
  const size_t bytes = (size_t)(extent->end - extent->begin);
  unsigned char *data = arena_alloc(r->arrays->arena, bytes, 1);
  if (!data)
    return error_failure();
  if (fread(data, 1, bytes, r->file) != bytes)
    return error_set(STRAIT_EIO, "cannot read its data");
  if (hash)
    hash_bytes(hash, data, bytes);
  if (!extent->element)
    return STRAIT_OK;
  const int status = element_place(extent->element, r->arrays, array, NULL, data);
  return status ? arrays_refuse(r->arrays, array, status) : STRAIT_OK;
}

static int check_hash(const struct reading *r, const struct hash *hash) {
  char digest[DIGITS + 1];
  hash_digest(hash, digest);
  if (memcmp(digest, arrays_metadata(r->arrays, CHECKSUM), DIGITS))
    return error_set(STRAIT_EFORMAT, "its bytes do not have the checksum that it carries: the file is damaged, or a "
                                     "program changed it and kept the metadata " CHECKSUM " and " FORMAT);
  const char *format = arrays_metadata(r->arrays, FORMAT);
  if (format && strcmp(format, "1") != 0)
    return error_set(STRAIT_ENOTSUP, "it is of format %s; this version of strait reads format 1", format);
  return STRAIT_OK;
}

/* The extents are in the order of the data, without gaps. */
static int read_data(struct reading *r) {
  struct hash *hash;
  int status = begin_hash(r, &hash);
  for (size_t i = 0; i < r->arrays->count && !status; i++)
    if ((status = read_tensor(r, &r->extents[i], hash)))
      error_wrap("tensor \"%s\"", r->arrays->array[r->extents[i].array].name);
  if (!status && hash)
    status = check_hash(r, hash);
  hash_free(hash);
  return status;
}

static int read_file(struct arrays **arrays, const char *path, int any) {
  struct reading r = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), status;
  *arrays = NULL;
  if (fd < 0 || !(r.file = fdopen(fd, "rb"))) {
    status = error_errno(errno == ENOENT ? STRAIT_ENOENT : STRAIT_EIO, "cannot read %s", path);
    if (fd >= 0)
      close(fd);
    return status;
  }
  status = arrays_create(&r.arrays);
  if (!status)
    status = read_header(&r);
  if (!status)
    status = take_header(&r);
  if (!status)
    status = check_extents(&r);
  if (!status)
    status = read_data(&r);
  if (!status && !any)
    status = arrays_check_read(r.arrays);
  if (status) {
    status = error_wrap("%s", path);
    arrays_free(r.arrays);
  } else {
    *arrays = r.arrays;
  }
  json_decref(r.json);
  memory_free(r.header);
  memory_free(r.extents);
  fclose(r.file);
  return status;
}

int safetensors_read(struct arrays **arrays, const char *path) { return read_file(arrays, path, 0); }
int safetensors_read_any(struct arrays **arrays, const char *path) { return read_file(arrays, path, 1); }
