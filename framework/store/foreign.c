/* store/foreign.c: one door to all formats of weights. */
#include <config.h>

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "store/elements.h"
#include "store/foreign.h"
#include "store/format.h"
#include "store/shards.h"
#include "store/torch.h"

/* --- what is made of the tensors --- */

/* Names stand on terminals and in the files of others: no control characters, of ASCII or of Unicode (C2 80 to C2 9F).
 */
static int check_names(const struct arrays *arrays) {
  for (size_t i = 0; i < arrays->count; i++)
    for (const unsigned char *c = (const unsigned char *)arrays->array[i].name; *c; c++)
      if (*c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
        return error_set(STRAIT_EFORMAT, "the name of tensor %zu has control characters", i + 1);
  return STRAIT_OK;
}

static int narrow(struct arrays *arrays, struct array *array) {
  const double *from = array->data;
  int64_t count = array_count(array);
  float *to = arena_alloc(arrays->arena, (size_t)count, sizeof *to);
  if (!to)
    return error_failure();
  for (int64_t i = 0; i < count; i++) {
    to[i] = (float)from[i];
    if (isinf(to[i]) && !isinf(from[i]))
      return error_set(STRAIT_EINVAL, "tensor %s: element %lld, %g, is beyond the range of float32", array->name,
                       (long long)i, from[i]);
  }
  array->type = STRAIT_F32;
  array->data = to;
  return STRAIT_OK;
}

static int narrow_all(struct arrays *arrays, struct notes *notes) {
  size_t count = 0;
  for (size_t i = 0; i < arrays->count; i++)
    if (arrays->array[i].type == STRAIT_F64) {
      if (narrow(arrays, &arrays->array[i]))
        return error_failure();
      count++;
    }
  return count ? note_add(notes, "%zu tensor%s of float64 became float32", count, count == 1 ? "" : "s") : STRAIT_OK;
}

static int drop_counters(struct arrays *arrays, struct notes *notes) {
  size_t kept = 0, count = arrays->count;
  for (size_t i = 0; i < count; i++) {
    const char *name = arrays->array[i].name;
    arrays->array[kept] = arrays->array[i];
    kept += strcmp(name, "num_batches_tracked") != 0 && !text_ends(name, ".num_batches_tracked");
  }
  arrays->count = kept;
  return kept < count
             ? note_add(notes, "dropped %zu counter%s num_batches_tracked", count - kept, count - kept == 1 ? "" : "s")
             : STRAIT_OK;
}

int foreign_finish(struct arrays *arrays, struct notes *notes) {
  for (size_t i = 0; i < arrays->count; i++) {
    const struct array *array = &arrays->array[i];
    if (array_refusal(array))
      return error_set(STRAIT_ENOTSUP, "tensor %s: %s; to leave it out, \"%s -\" in a --map", array->name,
                       array_refusal(array), array->name);
  }
  return narrow_all(arrays, notes);
}

/* --- reading --- */

struct reading {
  const char *key, *format;
  struct notes *notes;
};

static int read_one(struct arrays **arrays, const char *path, struct reading *r, int format) {
  r->format = format_name(format);
  if (r->key && format != FORMAT_TORCH_ZIP && format != FORMAT_TORCH_LEGACY)
    return error_set(STRAIT_EINVAL, "%s: a key (\"%s\") is for PyTorch's files; this one is %s", path, r->key,
                     r->format);
  if (format == FORMAT_SAFETENSORS)
    return safetensors_read_any(arrays, path);
  if (format == FORMAT_NPZ)
    return npz_read_any(arrays, path);
  return torch_read(arrays, path, format == FORMAT_TORCH_LEGACY, r->key, r->notes);
}

static int read_part(struct arrays **arrays, const char *path, void *context) {
  int format = 0, status = format_find(path, &format);
  if (!status && format == FORMAT_INDEX)
    status = error_set(STRAIT_EFORMAT, "%s is an index itself", path);
  return status ? status : read_one(arrays, path, context, format);
}

static int read_any(struct arrays **arrays, const char *path, struct reading *r) {
  int format = 0, status = format_find(path, &format);
  if (status)
    return status;
  if (format != FORMAT_INDEX)
    return read_one(arrays, path, r, format);
  status = shards_read(arrays, path, read_part, r);
  r->format = format_name(format);
  return status;
}

static int note_file(const struct arrays *arrays, const char *path, const char *format, struct notes *notes) {
  const int parts = shard_count(path);
  int status = element_notes(arrays, notes);
  if (!status && arrays->without_sums)
    status = note_add(notes, "its checksums are written as 0: damage to its numbers would not be found");
  if (!status && parts && format != format_name(FORMAT_INDEX))
    status =
        note_add(notes, "by its name it is one of %d parts; the file *.index.json beside it stands for all", parts);
  return status;
}

int foreign_read(struct arrays **result, const char *path, const char *key, struct notes *notes, const char **name) {
  struct arrays *arrays = NULL;
  struct reading r = {.key = key, .notes = notes};
  int status = read_any(&arrays, path, &r);
  *result = NULL;
  *name = r.format;
  if (status)
    return status;
  status = check_names(arrays);
  if (!status)
    status = drop_counters(arrays, notes);
  if (!status)
    status = note_file(arrays, path, r.format, notes);
  if (status) {
    arrays_free(arrays);
    return error_wrap("%s", path);
  }
  *result = arrays;
  return STRAIT_OK;
}

/* --- writing --- */

static const struct {
  const char *end;
  int format;
} ends[] = {{".safetensors", FORMAT_SAFETENSORS},
            {".npz", FORMAT_NPZ},
            {".pt", FORMAT_TORCH_ZIP},
            {".pth", FORMAT_TORCH_ZIP},
            {".th", FORMAT_TORCH_ZIP}};

static int format_of_name(const char *path, int *format) {
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (text_ends(path, ends[i].end))
      return *format = ends[i].format, STRAIT_OK;
  return error_set(STRAIT_EINVAL, "%s: the name's end says the format: .safetensors, .npz, .pt, .pth or .th", path);
}

int foreign_check_name(const char *path) {
  int format;
  return format_of_name(path, &format);
}

int foreign_write(const char *path, const struct arrays *arrays) {
  int format = 0;
  if (format_of_name(path, &format))
    return error_failure();
  if (format == FORMAT_SAFETENSORS)
    return safetensors_write(path, arrays->array, arrays->count, NULL, 0);
  return format == FORMAT_NPZ ? npz_write(path, arrays->array, arrays->count, NULL, 0)
                              : torch_write(path, arrays->array, arrays->count);
}
