/* store/torch_write.c: tensors as torch.save since 1.6 writes them: a zip with a pickle of protocol 2 and a member for
 * each tensor's elements. The pickle numbers only the names that it repeats. */
#include <config.h>

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/loaded.h"
#include "store/pickle.h"
#include "store/torch.h"
#include "store/zip.h"

#define FOLDER "archive/" /* any name will do, but all members need the same */

/* The values that the pickle repeats, by their numbers in its memo. */
enum { MEMO_ORDERED_DICT, MEMO_REBUILD, MEMO_STORAGE, MEMO_CPU };

static const char *storage_name(uint32_t type) {
  switch (type) {
  case STRAIT_F32:
    return "FloatStorage";
  case STRAIT_F64:
    return "DoubleStorage";
  case STRAIT_I32:
    return "IntStorage";
  case STRAIT_I64:
    return "LongStorage";
  default:
    return "ByteStorage";
  }
}

static void put_bytes(struct text *text, const char *bytes, size_t count) { text_add_n(text, bytes, count); }

static void put_code(struct text *text, char code) { put_bytes(text, &code, 1); }

static void put_little(struct text *text, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; i++)
    put_code(text, (char)(number >> (8 * i) & 0xff));
}

/* BINUNICODE. */
static void put_string(struct text *text, const char *string) {
  put_code(text, 'X');
  put_little(text, strlen(string), 4);
  put_bytes(text, string, strlen(string));
}

/* BININT, or LONG1 beyond 31 bits; none is negative. */
static void put_integer(struct text *text, int64_t number) {
  if (number <= INT32_MAX) {
    put_code(text, 'J');
    put_little(text, (uint64_t)number, 4);
  } else {
    put_bytes(text, "\x8a\x08", 2);
    put_little(text, (uint64_t)number, 8);
  }
}

static void put_integers(struct text *text, const int64_t *number, uint32_t count) {
  put_code(text, '(');
  for (uint32_t i = 0; i < count; i++)
    put_integer(text, number[i]);
  put_code(text, 't');
}

static void put_memo(struct text *text, char code, char number) {
  put_code(text, code);
  put_code(text, number);
}

/* ("storage", torch.FloatStorage, "7", "cpu", elements), as a persistent id. `first`: the repeated strings come for
 * the first time. */
static void put_storage(struct text *text, const struct array *array, size_t number, int first) {
  struct text key = {0};
  text_add(&key, "%zu", number);
  put_code(text, '(');
  if (first) {
    put_string(text, "storage");
    put_memo(text, 'q', MEMO_STORAGE);
  } else
    put_memo(text, 'h', MEMO_STORAGE);
  text_add(text, "ctorch\n%s\n", storage_name(array->type));
  put_string(text, key.data ? key.data : "");
  if (first) {
    put_string(text, "cpu");
    put_memo(text, 'q', MEMO_CPU);
  } else
    put_memo(text, 'h', MEMO_CPU);
  put_integer(text, array_count(array));
  put_bytes(text, "tQ", 2);
  if (key.status)
    text->status = key.status;
  text_free(&key);
}

/* name, _rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict()). */
static void put_tensor(struct text *text, const struct array *array, size_t number) {
  int64_t strides[STRAIT_MAX_DIMS], step = 1;
  for (uint32_t i = array->rank; i > 0; i--) {
    strides[i - 1] = step;
    step *= array->dims[i - 1] ? array->dims[i - 1] : 1;
  }
  put_string(text, array->name);
  if (number == 0) {
    text_add(text, "ctorch._utils\n_rebuild_tensor_v2\n");
    put_memo(text, 'q', MEMO_REBUILD);
  } else
    put_memo(text, 'h', MEMO_REBUILD);
  put_code(text, '(');
  put_storage(text, array, number, number == 0);
  put_integer(text, 0);
  put_integers(text, array->dims, array->rank);
  put_integers(text, strides, array->rank);
  put_code(text, '\x89');
  put_memo(text, 'h', MEMO_ORDERED_DICT);
  put_bytes(text, ")RtR", 4);
}

static int write_pickle(struct text *text, const struct array *arrays, size_t count) {
  put_bytes(text, "\x80\x02", 2);
  text_add(text, "ccollections\nOrderedDict\n");
  put_memo(text, 'q', MEMO_ORDERED_DICT);
  put_bytes(text, ")R(", 3);
  for (size_t i = 0; i < count; i++)
    put_tensor(text, &arrays[i], i);
  put_bytes(text, "u.", 2);
  return text->status;
}

static int write_members(struct zip_writer *zip, const struct array *arrays, size_t count) {
  struct text pickle = {0}, name = {0};
  int status = write_pickle(&pickle, arrays, count);
  if (!status)
    status = zip_add(zip, FOLDER "data.pkl", pickle.data, pickle.length, NULL, 0);
  if (!status)
    status = zip_add(zip, FOLDER "byteorder", "little", 6, NULL, 0);
  for (size_t i = 0; i < count && !status; i++) {
    name.length = 0;
    text_add(&name, FOLDER "data/%zu", i);
    status = name.status ? name.status : zip_add(zip, name.data, NULL, 0, arrays[i].data, array_bytes(&arrays[i]));
  }
  if (!status)
    status = zip_add(zip, FOLDER "version", "3\n", 2, NULL, 0);
  text_free(&pickle);
  text_free(&name);
  return status;
}

int torch_write(const char *path, const struct array *arrays, size_t count) {
  struct zip_writer *zip;
  int status = arrays_check(arrays, count);
  for (size_t i = 0; i < count && !status; i++)
    if (!text_is_utf8(arrays[i].name, strlen(arrays[i].name)))
      status = error_set(STRAIT_EINVAL, "the name of array %zu is not UTF-8", i + 1);
  if (status)
    return error_wrap("cannot write %s", path);
  status = zip_begin(&zip, path, NULL, 0);
  if (status)
    return status;
  status = write_members(zip, arrays, count);
  if (status)
    zip_abandon(zip);
  return status ? status : zip_commit(zip);
}
