/* store/format.c: tells formats apart. Two bytes are no sign: the first eight of a safetensors file are a length, and
 * may look like the beginning of anything. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/format.h"
#include "store/torch.h"
#include "store/zip.h"

#define HEAD 512

struct source {
  const char *path;
  int fd;
  uint64_t bytes;
  unsigned char head[HEAD + 1]; /* zeros behind the file's end */
};

const char *format_name(int format) {
  static const char *const names[] = {"safetensors", "npz", "PyTorch", "PyTorch, legacy format", "parts by an index"};
  return names[format];
}

/* --- what is no file of weights --- */

#define DISTRIBUTED                                                                                                    \
  "of a distributed checkpoint; in Python, "                                                                           \
  "torch.distributed.checkpoint.format_utils.dcp_to_torch_save(FOLDER, \"weights.pt\") makes one file of its folder"

static int has_file(const char *folder, const char *name) {
  struct arena *arena = arena_create();
  struct stat status;
  const char *path = arena ? file_join(arena, folder, name) : NULL;
  const int there = path && stat(path, &status) == 0;
  arena_free(arena);
  return there;
}

static int fail_folder(const char *path) {
  static const char *const inside[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                       "pytorch_model.bin.index.json"};
  if (has_file(path, ".metadata"))
    return error_set(STRAIT_ENOTSUP, "%s is the folder " DISTRIBUTED, path);
  for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
    if (has_file(path, inside[i]))
      return error_set(STRAIT_EINVAL, "%s is a folder; name the file %s in it", path, inside[i]);
  return error_set(STRAIT_EINVAL, "%s is a folder, not a regular file; name the file of weights in it", path);
}

static const struct {
  const char *magic;
  size_t bytes;
  const char *what;
} others[] = {
    {"\x89HDF\r\n\x1a\n", 8, "an HDF5 file, as Keras writes; load it in Python and numpy.savez its arrays"},
    {"GGUF", 4, "a GGUF file of llama.cpp; convert it to safetensors"},
    {"\x93NUMPY", 6, "a single array without a name (.npy); in Python, numpy.savez(\"weights.npz\", NAME=array)"},
    {"version https://git-lfs", 23, "a pointer of Git LFS, not the file itself; git lfs pull fetches that"},
    {"<!DOCTYPE", 9, "a web page, not the file that it leads to; download that"},
    {"<html", 5, "a web page, not the file that it leads to; download that"},
    {"\x1f\x8b", 2, "compressed by gzip; unpack it first"},
    {"\xfd"
     "7zXZ",
     5, "compressed by xz; unpack it first"},
    {"\x28\xb5\x2f\xfd", 4, "compressed by zstd; unpack it first"},
};

static int fail_other(const struct source *s) {
  if (memcmp(s->head + 257, "ustar", 5) == 0)
    return error_set(STRAIT_ENOTSUP,
                     "%s is a tar archive: unpack it; if PyTorch before 0.1.10 wrote it, load and save it with a later "
                     "one",
                     s->path);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strncasecmp((const char *)s->head, others[i].magic, others[i].bytes) == 0)
      return error_set(STRAIT_ENOTSUP, "%s is %s", s->path, others[i].what);
  if (s->head[0] == 0x80 && s->head[1] >= 2 && s->head[1] <= 5)
    return error_set(STRAIT_EFORMAT,
                     "%s is a pickle, but not one written by torch.save; save a state_dict with torch.save", s->path);
  return error_set(STRAIT_EFORMAT, "%s is not a safetensors, .npz or PyTorch file", s->path);
}

/* --- the formats --- */

/* The header's length fits into the file, and the header begins and ends as an object of JSON. */
static int is_safetensors(const struct source *s) {
  uint64_t length = 0;
  char end[HEAD];
  for (int i = 7; i >= 0; i--)
    length = length << 8 | s->head[i];
  if (s->bytes < 10 || length < 2 || length > s->bytes - 8 || s->head[8] != '{')
    return 0;
  const size_t count = length < sizeof end ? (size_t)length : sizeof end;
  if (pread(s->fd, end, count, (off_t)(8 + length - count)) != (ssize_t)count)
    return 0;
  size_t last = count;
  while (last && (end[last - 1] == ' ' || end[last - 1] == '\n'))
    last--;
  return last ? end[last - 1] == '}' : length > sizeof end; /* more blanks than are looked at */
}

/* Of the same members as PyTorch's own reader and numpy.load look for. */
static int find_zip(const struct source *s, int *format) {
  struct zip_reader *zip = NULL;
  const char *name = "";
  uint64_t bytes;
  size_t arrays = 0, others_met = 0;
  int is_torch = 0, status = zip_open(&zip, s->path);
  while (!status && !is_torch && !(status = zip_next(zip, &name, &bytes)) && name) {
    is_torch = text_ends(name, "/data.pkl");
    arrays += text_ends(name, ".npy") != 0;
    others_met += !text_ends(name, ".npy");
  }
  zip_close(zip);
  if (status)
    return error_wrap("%s", s->path);
  if (!is_torch && !arrays && others_met)
    return error_set(STRAIT_EFORMAT, "%s is a zip archive, but neither of PyTorch (no data.pkl) nor of NumPy (no .npy)",
                     s->path);
  *format = is_torch ? FORMAT_TORCH_ZIP : FORMAT_NPZ;
  return STRAIT_OK;
}

/* An object of JSON with a member "weight_map". */
static int is_index(const struct source *s) {
  const char *head = (const char *)s->head + strspn((const char *)s->head, " \t\r\n");
  return *head == '{' && (text_ends(s->path, ".index.json") || strstr(head, "\"weight_map\"") != NULL);
}

static int find(const struct source *s, int *format) {
  if (text_ends(s->path, ".distcp"))
    return error_set(STRAIT_ENOTSUP, "%s is one part " DISTRIBUTED, s->path);
  if (is_safetensors(s))
    return *format = FORMAT_SAFETENSORS, STRAIT_OK;
  if (memcmp(s->head, "PK\3\4", 4) == 0 || memcmp(s->head, "PK\5\6", 4) == 0)
    return find_zip(s, format);
  if (torch_is_legacy(s->head, s->bytes < HEAD ? (size_t)s->bytes : HEAD))
    return *format = FORMAT_TORCH_LEGACY, STRAIT_OK;
  if (is_index(s))
    return *format = FORMAT_INDEX, STRAIT_OK;
  if (text_ends(s->path, ".safetensors") || s->head[8] == '{')
    return *format = FORMAT_SAFETENSORS, STRAIT_OK; /* a damaged one: its reader says in what */
  return fail_other(s);
}

int format_find(const char *path, int *format) {
  struct source s = {.path = path};
  struct stat status;
  int result;
  s.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (s.fd < 0)
    return error_errno(errno == ENOENT || errno == ENOTDIR ? STRAIT_ENOENT : STRAIT_EIO, "cannot read %s", path);
  if (fstat(s.fd, &status))
    result = error_errno(STRAIT_EIO, "cannot read %s", path);
  else if (S_ISDIR(status.st_mode))
    result = fail_folder(path);
  else if (!S_ISREG(status.st_mode))
    result = error_set(STRAIT_EINVAL, "%s is not a regular file", path);
  else if (pread(s.fd, s.head, HEAD, 0) < 0)
    result = error_errno(STRAIT_EIO, "cannot read %s", path);
  else {
    s.bytes = (uint64_t)status.st_size;
    result = find(&s, format);
  }
  close(s.fd);
  return result;
}
