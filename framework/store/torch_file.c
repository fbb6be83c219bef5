/* store/torch_file.c: the two file formats of torch.save, down to the bytes of each storage. A storage that no wanted
 * tensor uses is passed over unread. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "store/loaded.h"
#include "store/torch.h"
#include "store/torch_objects.h"
#include "store/zip.h"

/* Tied weights share a storage, and an expanded tensor repeats a few numbers: what a file may come to in memory. */
#define MOST_SWELLING 16

struct torch_file {
  int fd;
  uint64_t size;
  struct torch_objects objects;
  struct pickle_value root;
  struct arrays *arrays; /* the storages' bytes live in its arena */
  struct torch_named *named;
  size_t count;
};

/* Up to count bytes at `offset`; fewer only at the file's end. */
static int read_at(const struct torch_file *file, void *data, size_t count, uint64_t offset, size_t *got) {
  *got = 0;
  while (*got < count) {
    ssize_t n = pread(file->fd, (char *)data + *got, count - *got, (off_t)(offset + *got));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return error_errno(STRAIT_EIO, "cannot read it");
    if (n == 0)
      break;
    *got += (size_t)n;
  }
  return STRAIT_OK;
}

static int open_file(struct torch_file *file, const char *path) {
  struct stat status;
  file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file->fd < 0)
    return errno == ENOENT || errno == ENOTDIR ? error_set(STRAIT_ENOENT, "there is no such file")
                                               : error_errno(STRAIT_EIO, "cannot open it");
  if (fstat(file->fd, &status) || !S_ISREG(status.st_mode))
    return error_set(STRAIT_EINVAL, "not a regular file");
  file->size = (uint64_t)status.st_size;
  return STRAIT_OK;
}

/* The tensors that are meant, once the pickle is read: their storages are the wanted ones. */
static int choose(struct torch_file *file, const char *key, struct notes *notes) {
  uint64_t total = 0;
  int status = torch_settle(&file->objects);
  if (!status)
    status = torch_select(&file->root, key, file->objects.arena, notes, &file->named, &file->count);
  for (size_t i = 0; i < file->count && !status; i++) {
    const struct torch_tensor *tensor = file->named[i].tensor;
    if (tensor->refusal)
      continue;
    struct array array = {.type = tensor->element->type, .rank = (uint32_t)tensor->rank};
    size_t bytes = 0;
    memcpy(array.dims, tensor->dims, sizeof array.dims);
    status = array_measure(&array, &bytes);
    tensor->storage->same->wanted = 1;
    if (!status && array_swells(&total, bytes, MOST_SWELLING, (uint64_t)file->size))
      status = error_set(STRAIT_ENOTSUP, "its tensors come to more than %d times the file's %llu bytes", MOST_SWELLING,
                         (unsigned long long)file->size);
  }
  return status;
}

/* Room for a storage's bytes; the caller has seen that the file has as many. */
static int make_room(struct torch_file *file, struct torch_storage *storage) {
  storage->data = arena_alloc(file->arrays->arena, torch_storage_bytes(storage), 1);
  return storage->data ? STRAIT_OK : error_failure();
}

static int fail_storage(struct torch_file *file, const struct torch_storage *storage) {
  const char *key = pickle_quote(file->objects.arena, storage->key, storage->key_length);
  return key ? error_wrap("storage %s", key) : error_failure();
}

/* --- the zip format --- */

/* NAME/data.pkl, NAME/data/KEY, NAME/byteorder. */
struct zip_layout {
  char *folder; /* "NAME/" */
  char *pickle;
  size_t pickle_bytes;
};

static int read_pickle_member(struct torch_file *file, struct zip_reader *zip, const char *name, uint64_t bytes,
                              struct zip_layout *layout) {
  if (layout->pickle)
    return error_set(STRAIT_EFORMAT, "there is a second data.pkl");
  if (bytes > PICKLE_LONGEST || bytes > file->size)
    return error_set(STRAIT_ENOTSUP, "%llu bytes of pickle, %d are the most", (unsigned long long)bytes,
                     PICKLE_LONGEST);
  layout->folder = arena_copy_n(file->objects.arena, name, strlen(name) - strlen("data.pkl"));
  layout->pickle = arena_alloc(file->objects.arena, (size_t)bytes, 1);
  layout->pickle_bytes = (size_t)bytes;
  int status = layout->folder && layout->pickle ? zip_read(zip, layout->pickle, (size_t)bytes) : STRAIT_ENOMEM;
  return status ? status : zip_end(zip, (size_t)bytes);
}

static int check_byte_order(struct zip_reader *zip, uint64_t bytes) {
  char order[8] = "";
  int status = bytes < sizeof order ? zip_read(zip, order, (size_t)bytes) : STRAIT_OK;
  if (!status && strcmp(order, "little"))
    status = error_set(STRAIT_ENOTSUP, "its numbers are not little-endian; save it again on a machine where they are");
  return status;
}

static int read_zip_layout(struct torch_file *file, const char *path, struct zip_layout *layout) {
  struct zip_reader *zip;
  const char *name = "";
  uint64_t bytes;
  int script = 0, status = zip_open(&zip, path);
  if (!status)
    file->arrays->without_sums = zip_without_sums(zip);
  while (!status && !(status = zip_next(zip, &name, &bytes)) && name) {
    script |= text_ends(name, "/constants.pkl");
    if (text_ends(name, "/data.pkl"))
      status = read_pickle_member(file, zip, name, bytes, layout);
    else if (text_ends(name, "/byteorder"))
      status = check_byte_order(zip, bytes);
  }
  zip_close(zip);
  if (!status && script)
    status = error_set(STRAIT_ENOTSUP, "it is a TorchScript program; in Python, torch.jit.load it and torch.save its "
                                       "state_dict()");
  if (!status && !layout->pickle)
    status = error_set(STRAIT_EFORMAT, "it has no data.pkl, so torch.save did not write it");
  return status;
}

static int read_zip_member(struct torch_file *file, struct zip_reader *zip, const char *key, uint64_t bytes) {
  struct torch_storage *storage = torch_find(&file->objects, key, strlen(key));
  if (!storage || !storage->wanted)
    return STRAIT_OK;
  int status = STRAIT_OK;
  if (storage->passed++)
    status = error_set(STRAIT_EFORMAT, "it is there twice");
  else if (bytes != torch_storage_bytes(storage))
    status = error_set(STRAIT_EFORMAT, "it has %llu bytes, its %lld elements of %s have %zu", (unsigned long long)bytes,
                       (long long)storage->count, storage->element->name, torch_storage_bytes(storage));
  if (!status)
    status = make_room(file, storage);
  if (!status)
    status = zip_read(zip, storage->data, (size_t)bytes);
  if (!status)
    status = zip_end(zip, (size_t)bytes);
  return status ? fail_storage(file, storage) : STRAIT_OK;
}

/* No storage's bytes are asked for twice, and together they are not more than the file: deflated zeros swell. */
static int read_zip_storages(struct torch_file *file, const char *path, const struct zip_layout *layout) {
  struct zip_reader *zip;
  struct text prefix = {0};
  const char *name = "";
  uint64_t bytes, total = 0;
  text_add(&prefix, "%sdata/", layout->folder);
  int status = prefix.status ? prefix.status : zip_open(&zip, path);
  if (status)
    zip = NULL;
  while (!status && !(status = zip_next(zip, &name, &bytes)) && name) {
    if (!text_starts(name, prefix.data))
      continue;
    if (__builtin_add_overflow(total, bytes, &total) || total > file->size)
      status = error_set(STRAIT_ENOTSUP, "its members are compressed; torch.save stores them as they are");
    else
      status = read_zip_member(file, zip, name + prefix.length, bytes);
  }
  zip_close(zip);
  text_free(&prefix);
  return status;
}

static int read_zip(struct torch_file *file, const char *path, const char *key, struct notes *notes) {
  struct zip_layout layout = {0};
  int status = read_zip_layout(file, path, &layout);
  if (!status && (status = torch_pickle(&file->objects, layout.pickle, layout.pickle_bytes, NULL, &file->root)))
    error_wrap("data.pkl");
  if (!status)
    status = choose(file, key, notes);
  return status ? status : read_zip_storages(file, path, &layout);
}

/* --- the legacy format --- */

/* The first pickle: the number 0x1950a86a20f9469cfc6c. */
static const unsigned char magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
#define LEGACY_PROTOCOL 1001

struct legacy {
  char *head; /* the file's beginning, where the pickles are */
  size_t bytes, at;
};

static int next_pickle(struct torch_file *file, struct legacy *legacy, const char *what, struct pickle_value *value) {
  size_t used;
  if (torch_pickle(&file->objects, legacy->head + legacy->at, legacy->bytes - legacy->at, &used, value))
    return error_wrap("%s", what);
  legacy->at += used;
  return STRAIT_OK;
}

static int check_system(const struct pickle_value *system) {
  for (size_t i = 0; system->type == PICKLE_DICT && i + 1 < system->items->count; i += 2) {
    const struct pickle_value *key = &system->items->item[i];
    if (pickle_is_text(key, "little_endian") && key[1].type == PICKLE_BOOL && key[1].integer)
      return STRAIT_OK;
  }
  return error_set(STRAIT_ENOTSUP, "it does not say that its numbers are little-endian");
}

static int read_legacy_head(struct torch_file *file, struct legacy *legacy) {
  struct pickle_value value;
  size_t wanted = file->size < PICKLE_LONGEST ? (size_t)file->size : PICKLE_LONGEST;
  legacy->head = arena_alloc(file->objects.arena, wanted, 1);
  if (!legacy->head)
    return error_failure();
  int status = read_at(file, legacy->head, wanted, 0, &legacy->bytes);
  if (!status)
    status = next_pickle(file, legacy, "its magic number", &value);
  if (!status && (value.type != PICKLE_LONG || value.length != sizeof magic || memcmp(value.text, magic, sizeof magic)))
    status = error_set(STRAIT_EFORMAT, "it does not begin with the magic number of torch.save");
  if (!status)
    status = next_pickle(file, legacy, "its version", &value);
  if (!status && (value.type != PICKLE_INTEGER || value.integer != LEGACY_PROTOCOL))
    status = error_set(STRAIT_ENOTSUP, "its version is not %d", LEGACY_PROTOCOL);
  if (!status)
    status = next_pickle(file, legacy, "its system", &value);
  if (!status)
    status = check_system(&value);
  if (!status)
    status = next_pickle(file, legacy, "its objects", &file->root);
  return status;
}

/* One storage at `at`: eight bytes with its count, then the elements. */
static int read_legacy_storage(struct torch_file *file, struct torch_storage *storage, uint64_t *at) {
  int64_t count;
  size_t got, bytes = torch_storage_bytes(storage);
  if (!storage->element)
    return error_set(STRAIT_ENOTSUP, "it is of %s, whose length is not known here", storage->unknown);
  int status = read_at(file, &count, sizeof count, *at, &got);
  if (status)
    return status;
  *at += sizeof count;
  if (got != sizeof count || bytes > file->size - *at)
    return error_set(STRAIT_EFORMAT, "the file ends too early: it is cut or damaged");
  if (count != storage->count)
    return error_set(STRAIT_EFORMAT, "it has %lld elements, %lld are described: the file is damaged", (long long)count,
                     (long long)storage->count);
  if (storage->wanted) {
    if (make_room(file, storage) || read_at(file, storage->data, bytes, *at, &got))
      return error_failure();
    if (got != bytes)
      return error_set(STRAIT_EFORMAT, "the file ends too early: it is cut or damaged");
  }
  *at += bytes;
  return STRAIT_OK;
}

static int read_legacy_storages(struct torch_file *file, const struct pickle_value *keys, uint64_t at) {
  if (keys->type != PICKLE_LIST)
    return error_set(STRAIT_EFORMAT, "its list of storages is of type %s: the file is damaged", pickle_type_name(keys));
  for (size_t i = 0; i < keys->items->count; i++) {
    const struct pickle_value *key = &keys->items->item[i];
    struct torch_storage *storage =
        key->type == PICKLE_STRING ? torch_find(&file->objects, key->text, key->length) : NULL;
    if (!storage || storage->passed++)
      return error_set(STRAIT_EFORMAT, "storage %zu of its list is %s: the file is damaged", i + 1,
                       storage ? "there twice" : "nobody's");
    if (read_legacy_storage(file, storage, &at))
      return fail_storage(file, storage);
  }
  if (at != file->size)
    return error_set(STRAIT_EFORMAT, "%llu bytes follow its last storage: the file is damaged",
                     (unsigned long long)(file->size - at));
  return STRAIT_OK;
}

static int read_legacy(struct torch_file *file, const char *key, struct notes *notes) {
  struct legacy legacy = {0};
  struct pickle_value keys;
  int status = read_legacy_head(file, &legacy);
  if (!status)
    status = choose(file, key, notes);
  size_t known = file->objects.count;
  if (!status)
    status = next_pickle(file, &legacy, "its list of storages", &keys);
  if (!status && file->objects.count != known)
    status = error_set(STRAIT_EFORMAT, "its list of storages describes more of them: the file is damaged");
  return status ? status : read_legacy_storages(file, &keys, legacy.at);
}

/* --- both --- */

/* One tensor's numbers, whose storage is read. */
static int place_tensor(struct torch_file *file, const struct torch_tensor *tensor, struct array *array) {
  const struct torch_storage *storage = tensor->storage->same;
  size_t bytes;
  array->type = tensor->element->type;
  array->rank = (uint32_t)tensor->rank;
  memcpy(array->dims, tensor->dims, sizeof array->dims);
  if (!storage->data && storage->count) {
    error_set(STRAIT_EFORMAT, "its data are not in the file: it is damaged");
    return fail_storage(file, storage);
  }
  int status = array_measure(array, &bytes);
  unsigned char *first = storage->data;
  if (!status && bytes)
    first += tensor->offset * tensor->element->bytes;
  if (!status)
    status = element_place(tensor->element, file->arrays, array, tensor->strides, first);
  return !status && tensor->negated ? element_negate(file->arrays, array) : status;
}

static int gather(struct torch_file *file) {
  int status = STRAIT_OK;
  for (size_t i = 0; i < file->count && !status; i++) {
    const struct torch_named *named = &file->named[i];
    struct array array = {.name = arena_copy(file->arrays->arena, named->name)};
    if (!array.name)
      return error_failure();
    status = named->tensor->refusal ? error_set(STRAIT_ENOTSUP, "%s", named->tensor->refusal)
                                    : place_tensor(file, named->tensor, &array);
    if (status)
      status = arrays_refuse(file->arrays, &array, status);
    status = status ? error_wrap("tensor %s", named->name) : arrays_add(file->arrays, &array);
  }
  return status;
}

/* PROTO, perhaps FRAME and its eight bytes, LONG1 with the number, STOP. */
int torch_is_legacy(const void *head, size_t bytes) {
  const unsigned char *code = head, *end = code + bytes;
  if (bytes < 2 || code[0] != 0x80)
    return 0;
  code += 2;
  if (code < end && *code == 0x95)
    code += 9;
  return end - code > (ptrdiff_t)sizeof magic + 2 && code[0] == 0x8a && code[1] == sizeof magic &&
         memcmp(code + 2, magic, sizeof magic) == 0 && code[2 + sizeof magic] == '.';
}

int torch_read(struct arrays **arrays, const char *path, int legacy, const char *key, struct notes *notes) {
  struct torch_file file = {.fd = -1};
  *arrays = NULL;
  file.objects.arena = arena_create();
  int status = file.objects.arena ? arrays_create(&file.arrays) : STRAIT_ENOMEM;
  if (!status)
    status = open_file(&file, path);
  if (!status)
    status = legacy ? read_legacy(&file, key, notes) : read_zip(&file, path, key, notes);
  if (!status)
    status = gather(&file);
  if (!status) {
    *arrays = file.arrays;
    file.arrays = NULL;
  } else
    error_wrap("%s", path);
  if (file.fd >= 0)
    close(file.fd);
  arrays_free(file.arrays);
  torch_objects_free(&file.objects);
  arena_free(file.objects.arena);
  return status;
}
