/* tests/store/torch-rig.h: reads files of PyTorch as strait import does, and looks at what came of them. */
#ifndef TESTS_TORCH_RIG_H
#define TESTS_TORCH_RIG_H

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "store/foreign.h"

#include "../base/scratch.h"

static struct notes notes;

static inline void set_up(void) {
  scratch_make();
  notes = (struct notes){.arena = scratch_arena};
}
static inline void tear_down(void) {
  notes_free(&notes);
  scratch_remove();
}

static inline const char *file_of(const void *bytes, size_t length) {
  const char *path = in_scratch("file.pt");
  int fd = open(path, O_WRONLY | O_CREAT, 0600); /* neither synced nor emptied first: there are thousands */
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
  ck_assert_int_eq(ftruncate(fd, (off_t)length), 0);
  ck_assert_int_eq(close(fd), 0);
  return path;
}

static inline int read_key(struct arrays **arrays, const char *path, const char *key) {
  const char *format;
  notes.count = 0;
  error_clear();
  int status = foreign_read(arrays, path, key, &notes, &format);
  if (!status && (status = foreign_finish(*arrays, &notes))) {
    status = error_wrap("%s", path);
    arrays_free(*arrays);
    *arrays = NULL;
  }
  ck_assert_int_eq(error_status(), status);
  ck_assert((*arrays == NULL) == (status != STRAIT_OK));
  return status;
}

static inline struct arrays *ck_read(const char *path, const char *key) {
  struct arrays *arrays;
  ck_assert_msg(read_key(&arrays, path, key) == STRAIT_OK, "%s", error_text());
  return arrays;
}

static inline void ck_fails(const char *path, const char *key, int status, const char *why) {
  struct arrays *arrays;
  ck_assert_int_eq(read_key(&arrays, path, key), status);
  ck_error_has(why);
  ck_error_has(path);
}

static inline void ck_note(const char *line) {
  for (size_t i = 0; i < notes.count; i++)
    if (strcmp(notes.line[i], line) == 0)
      return;
  ck_abort_msg("no note \"%s\"", line);
}

/* An array of this type and shape; "4 2 3", "" for a scalar. */
static inline const void *ck_array(const struct arrays *arrays, const char *name, uint32_t type, const char *shape) {
  struct text text = {0};
  const struct array *a = arrays_find(arrays, name);
  ck_assert_msg(a != NULL, "no %s", name);
  ck_assert_uint_eq(a->type, type);
  for (uint32_t i = 0; i < a->rank; i++)
    text_add(&text, "%s%lld", i ? " " : "", (long long)a->dims[i]);
  ck_assert_str_eq(text.data ? text.data : "", shape);
  text_free(&text);
  return a->data;
}
#define CK_FLOATS(arrays, name, shape, ...)                                                                            \
  do {                                                                                                                 \
    const float expected_[] = {__VA_ARGS__};                                                                           \
    const void *data_ = ck_array(arrays, name, STRAIT_F32, shape);                                                     \
    ck_assert_uint_eq(array_bytes(arrays_find(arrays, name)), sizeof expected_);                                       \
    ck_assert_mem_eq(data_, expected_, sizeof expected_);                                                              \
  } while (0)

#endif
