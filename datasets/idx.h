/* idx.h: the four IDX files of MNIST and its kin, plain or .gz, for the plugins that say where they lie and what the
 * classes are called. A file, numbers of four bytes with the most significant first:
 *
 *   images: 0x00000803, count, rows, columns, then count * rows * columns bytes
 *   labels: 0x00000801, count, then count bytes
 */
#include <strait/dataset.h>
#include <string.h>

#define IDX_LARGEST ((int64_t)1 << 30) /* bytes in a file: more is taken for a damaged header */
#define IDX_PIECE ((int64_t)1 << 24)   /* bytes, 16 MB */

/* A file's bytes behind its header, in pieces: a header that promises what is not there costs one at the most. */
struct idx_bytes {
  unsigned char *piece[IDX_LARGEST / IDX_PIECE];
};
struct idx {
  strait_object object;
  const char *path;
  struct idx_split {
    int64_t count, rows, columns;
    struct idx_bytes images; /* (count, rows, columns) */
    struct idx_bytes labels; /* (count) */
  } splits[2];
};

static void idx_copy(const struct idx_bytes *from, int64_t at, unsigned char *to, int64_t count) {
  for (int64_t part; count > 0; at += part, to += part, count -= part) {
    part = IDX_PIECE - at % IDX_PIECE < count ? IDX_PIECE - at % IDX_PIECE : count;
    memcpy(to, from->piece[at / IDX_PIECE] + at % IDX_PIECE, (size_t)part);
  }
}

/* How many of the bytes are there, or a negative status. */
static int64_t idx_read_bytes(struct idx *self, strait_reader *reader, struct idx_bytes *to, int64_t bytes) {
  int64_t at = 0, got = 0;
  for (int64_t part = 0; at < bytes && got == part; at += got) {
    part = bytes - at < IDX_PIECE ? bytes - at : IDX_PIECE;
    unsigned char *piece = to->piece[at / IDX_PIECE] = strait_alloc(self, (size_t)part);
    got = piece ? strait_read(reader, piece, part) : STRAIT_ENOMEM;
    if (got < 0)
      return got;
  }
  return at;
}

/* Reads the file `name` with `dims` dimensions into memory of the host. */
static int32_t idx_read_file(struct idx *self, strait_reader *reader, const char *name, int dims, int64_t size[3],
                             struct idx_bytes *data) {
  unsigned char header[16], more;
  const int64_t length = 4 + 4 * dims;
  int64_t bytes = 1, got = strait_read(reader, header, length);
  if (got < 0)
    return (int32_t)got;
  if (got < length)
    return strait_fail(self, STRAIT_EFORMAT, "%s: ends inside its header, after %lld bytes", name, (long long)got);
  if (header[0] || header[1] || header[2] != 8 || header[3] != dims)
    return strait_fail(self, STRAIT_EFORMAT,
                       "%s: begins with %02x%02x%02x%02x; an IDX file of %s begins with 0000080%d", name, header[0],
                       header[1], header[2], header[3], dims == 3 ? "images" : "labels", dims);
  for (int i = 0; i < dims; i++) {
    const unsigned char *b = header + 4 + 4 * i;
    size[i] = (int64_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
    if (size[i] == 0 || (bytes *= size[i]) > IDX_LARGEST)
      return strait_fail(self, STRAIT_EFORMAT, "%s: dimension %d is %lld, which cannot be right", name, i + 1,
                         (long long)size[i]);
  }
  got = idx_read_bytes(self, reader, data, bytes);
  if (got >= 0 && got < bytes)
    return strait_fail(self, STRAIT_EFORMAT, "%s: its header says %lld bytes of data, the file has %lld", name,
                       (long long)bytes, (long long)got);
  if (got > 0 && (got = strait_read(reader, &more, 1)) > 0)
    return strait_fail(self, STRAIT_EFORMAT, "%s: goes on after the %lld bytes of data that its header says", name,
                       (long long)bytes);
  return got < 0 ? (int32_t)got : STRAIT_OK;
}

static int32_t idx_read_named(struct idx *self, const char *name, int dims, int64_t size[3], struct idx_bytes *data) {
  strait_reader *reader;
  int32_t status = strait_open(self, self->path, name, &reader);
  if (status == STRAIT_OK)
    status = idx_read_file(self, reader, name, dims, size, data);
  strait_close(reader);
  return status;
}

static int32_t idx_read_split(struct idx *self, struct idx_split *split, const char *images, const char *labels) {
  int64_t size[3] = {0}, count[3] = {0};
  int32_t status = idx_read_named(self, images, 3, size, &split->images);
  if (status == STRAIT_OK)
    status = idx_read_named(self, labels, 1, count, &split->labels);
  if (status < 0)
    return status;
  if (size[0] != count[0])
    return strait_fail(self, STRAIT_EFORMAT, "%s has %lld images, %s %lld labels", images, (long long)size[0], labels,
                       (long long)count[0]);
  for (int64_t i = 0; i < count[0]; i++) {
    unsigned char label;
    idx_copy(&split->labels, i, &label, 1);
    if (label > 9)
      return strait_fail(self, STRAIT_EFORMAT, "%s: label %d of image %lld is outside 0..9", labels, label,
                         (long long)i);
  }
  split->count = size[0];
  split->rows = size[1];
  split->columns = size[2];
  return STRAIT_OK;
}

/* Both splits. On failure the caller says where the files are to be had. */
static int32_t idx_open(struct idx *self) {
  int32_t status =
      idx_read_split(self, &self->splits[STRAIT_TRAIN], "train-images-idx3-ubyte", "train-labels-idx1-ubyte");
  if (status == STRAIT_OK)
    status = idx_read_split(self, &self->splits[STRAIT_TEST], "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
  return status;
}

static void idx_describe(const struct idx *self, uint32_t which, const char *const *names, strait_split *split) {
  const struct idx_split *from = &self->splits[which];
  split->element = STRAIT_U8;
  split->target = STRAIT_TARGET_CLASS;
  split->order = STRAIT_ORDER_SHUFFLED;
  split->rank = 3;
  split->dims[0] = 1;
  split->dims[1] = from->rows;
  split->dims[2] = from->columns;
  split->count = from->count;
  split->classes = 10;
  split->class_names = names;
}

static int32_t idx_read(const struct idx *self, uint32_t which, int64_t index, strait_sample *sample) {
  const struct idx_split *from = &self->splits[which];
  const int64_t dims[3] = {1, from->rows, from->columns}, bytes = from->rows * from->columns;
  unsigned char label, *to = strait_sample_reserve(sample, 3, dims);
  if (!to)
    return STRAIT_EFORMAT;
  idx_copy(&from->images, index * bytes, to, bytes);
  idx_copy(&from->labels, index, &label, 1);
  return strait_sample_label(sample, label);
}
