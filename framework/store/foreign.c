/* store/foreign.c: one door to all formats of weights. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "store/foreign.h"
#include "store/loaded.h"
#include "store/torch.h"

enum { SAFETENSORS, NPZ, TORCH_ZIP, TORCH_LEGACY };
static const char *const format_names[] = {"safetensors", "npz", "PyTorch", "PyTorch, legacy format"};

/* --- which format --- */

/* A regular file's first bytes, zeros behind its end. */
static int read_head(const char *path, unsigned char *head, size_t count) {
  struct stat status;
  int result = STRAIT_OK, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return error_errno(errno == ENOENT || errno == ENOTDIR ? STRAIT_ENOENT : STRAIT_EIO, "cannot read %s", path);
  memset(head, 0, count);
  if (fstat(fd, &status) || !S_ISREG(status.st_mode))
    result = error_set(STRAIT_EINVAL, "%s is not a regular file", path);
  else if (pread(fd, head, count, 0) < 0)
    result = error_errno(STRAIT_EIO, "cannot read %s", path);
  close(fd);
  return result;
}

static int find_format(const char *path, int *format) {
  unsigned char head[512];
  int status = read_head(path, head, sizeof head), is_torch = 0;
  if (status)
    return status;
  if (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0) {
    status = torch_is_zip(path, &is_torch);
    *format = is_torch ? TORCH_ZIP : NPZ;
  } else if (head[0] == 0x80 && torch_is_legacy(head, 64)) {
    *format = TORCH_LEGACY;
  } else if (head[0] == 0x80) {
    status =
        error_set(STRAIT_EFORMAT, "%s is a pickle, but none of torch.save; save a state_dict with torch.save", path);
  } else if (memcmp(head + 257, "ustar", 5) == 0) {
    status = error_set(STRAIT_ENOTSUP,
                       "%s is a tar archive, as PyTorch wrote before 0.1.10; load and save it with a later one", path);
  } else if (head[8] == '{' || text_ends(path, ".safetensors")) {
    *format = SAFETENSORS;
  } else {
    status = error_set(STRAIT_EFORMAT, "%s is no safetensors, .npz or PyTorch file", path);
  }
  return status;
}

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

int foreign_read(struct arrays **result, const char *path, const char *key, struct notes *notes, const char **name) {
  struct arrays *arrays = NULL;
  int format = 0, status = find_format(path, &format);
  *result = NULL;
  *name = format_names[format];
  if (!status && key && format < TORCH_ZIP)
    status = error_set(STRAIT_EINVAL, "%s: a key (\"%s\") is for PyTorch's files; this one is %s", path, key, *name);
  if (!status)
    status = format == SAFETENSORS ? safetensors_read(&arrays, path)
             : format == NPZ       ? npz_read(&arrays, path)
                                   : torch_read(&arrays, path, format == TORCH_LEGACY, key, notes);
  if (status)
    return status;
  status = check_names(arrays);
  if (!status)
    status = drop_counters(arrays, notes);
  if (!status)
    status = narrow_all(arrays, notes);
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
} ends[] = {{".safetensors", SAFETENSORS}, {".npz", NPZ}, {".pt", TORCH_ZIP}, {".pth", TORCH_ZIP}, {".th", TORCH_ZIP}};

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
  if (format == SAFETENSORS)
    return safetensors_write(path, arrays->array, arrays->count, NULL, 0);
  return format == NPZ ? npz_write(path, arrays->array, arrays->count, NULL, 0)
                       : torch_write(path, arrays->array, arrays->count);
}
