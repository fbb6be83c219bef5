/* idx.h: the four IDX files of MNIST and its kin, plain or .gz, for the plugins that say where they lie and what the
 * classes are called. A file, numbers of four bytes with the most significant first:
 *
 *   images: 0x00000803, count, rows, columns, then count * rows * columns bytes
 *   labels: 0x00000801, count, then count bytes
 *
 * Their names, with any of "-._" between the parts: [PREFIX-]train-images-idx3-ubyte, [PREFIX-]train-labels-idx1-ubyte,
 * and the same with t10k or test in the place of train.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include <strait/dataset.h>
#include <string.h>

#define IDX_LARGEST ((int64_t)1 << 30) /* bytes in a file: more is treated as a damaged header */
#define IDX_PIECE ((int64_t)1 << 24)   /* bytes, 16 MB */

/* A file's bytes behind its header, in pieces: a header that promises missing data costs at most one. */
struct idx_bytes {
  unsigned char *piece[IDX_LARGEST / IDX_PIECE];
};
struct idx {
  strait_object object;
  const char *path;
  const char *prefix; /* of the files' names; NULL: the only one that there is */
  int64_t classes;    /* 0: as many as the training labels say */
  int64_t first;      /* the label of class 0 */
  const char **labels;
  struct idx_split {
    int64_t count, rows, columns;
    struct idx_bytes images; /* (count, rows, columns) */
    struct idx_bytes labels; /* (count) */
  } splits[2];
};

/* The last rows of the option tables. */
#define IDX_OPTIONS                                                                                                    \
  STRAIT_STRING("prefix", struct idx, prefix, NULL,                                                                    \
                "prefix of the file names if the folder has several sets, as emnist-letters"),                         \
      STRAIT_INT("classes", struct idx, classes, "0", 0, 256,                                                          \
                 "number of classes n, with labels 0 to n-1; 0: from the smallest to the largest training label")

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
  static const char *const types[] = {"bytes",           "signed bytes", NULL,     "16-bit integers",
                                      "32-bit integers", "floats",       "doubles"};
  unsigned char header[16], more;
  const int64_t length = 4 + 4 * dims;
  int64_t bytes = 1, got = strait_read(reader, header, length);
  if (got < 0)
    return (int32_t)got;
  if (got < length)
    return strait_fail(self, STRAIT_EFORMAT, "%s: ends inside its header, after %lld bytes", name, (long long)got);
  if (!header[0] && !header[1] && header[2] > 8 && header[2] < 15 && types[header[2] - 8])
    return strait_fail(self, STRAIT_ENOTSUP, "%s: holds %s (type %02x); of IDX files only bytes (type 08) are read",
                       name, types[header[2] - 8], header[2]);
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
    return strait_fail(self, STRAIT_EFORMAT, "%s: has more data after the %lld bytes that its header announces", name,
                       (long long)bytes);
  return got < 0 ? (int32_t)got : STRAIT_OK;
}

static int32_t idx_read_named(struct idx *self, const char *folder, const char *name, int dims, int64_t size[3],
                              struct idx_bytes *data) {
  strait_reader *reader;
  int32_t status = strait_open(self, folder, name, &reader);
  if (status == STRAIT_OK)
    status = idx_read_file(self, reader, name, dims, size, data);
  strait_close(reader);
  return status;
}

/* --- names --- */

/* The words of a name after its prefix; a split of tests has two. */
static const char *const idx_words[2][2] = {[STRAIT_TRAIN] = {"train", NULL}, [STRAIT_TEST] = {"t10k", "test"}};
static const char *const idx_kinds[2] = {"images-idx3-ubyte", "labels-idx1-ubyte"};

/* Is `text` these words, with any separator for "-"? `end`: what may follow. */
static int idx_alike(const char *text, const char *words, const char *end) {
  for (; *words; text++, words++)
    if (*text != *words && !(*words == '-' && (*text == '.' || *text == '_')))
      return 0;
  return strcmp(text, end) == 0;
}

/* The length of the prefix before SPLIT-KIND in a file's name, with its separator; -1: it has another end. */
static int idx_prefix(const char *name, int which, int kind) {
  char words[64];
  for (int w = 0; w < 2 && idx_words[which][w]; w++) {
    snprintf(words, sizeof words, "%s-%s", idx_words[which][w], idx_kinds[kind]);
    for (const char *at = name; *at; at++)
      if ((at == name || strchr("-._", at[-1])) && (idx_alike(at, words, "") || idx_alike(at, words, ".gz")))
        return (int)(at - name);
  }
  return -1;
}

/* Is the prefix, with or without a separator at its end, the one that is asked for? */
static int idx_wanted(const char *name, int length, const char *prefix) {
  const int asked = (int)strlen(prefix);
  return strncmp(name, prefix, (size_t)asked) == 0 &&
         (length == asked || (length == asked + 1 && strchr("-._", name[asked])));
}

/* The files of a set in a folder; names without ".gz". */
struct idx_names {
  char folder[4096], prefix[256], file[2][2][256]; /* (split, kind); "": not found */
};

/* The next regular file of an open folder; NULL at its end. */
static const char *idx_next(DIR *open, const char *folder) {
  char path[4608];
  struct stat about;
  for (struct dirent *entry; (entry = readdir(open));) {
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (stat(path, &about) == 0 && S_ISREG(about.st_mode))
      return entry->d_name;
  }
  return NULL;
}

/* Chooses among the prefixes of the folder's sets: the one that is asked for, or none, or the only one. *sets: how many
 * there are. */
static int32_t idx_choose(const struct idx *self, DIR *open, const char *folder, char prefix[256], int *sets) {
  char all[2048] = ", ", one[264];
  const char *name;
  *sets = *prefix = 0;
  while ((name = idx_next(open, folder))) {
    const int length = idx_prefix(name, STRAIT_TRAIN, 0);
    if (length < 0 || length > 255 || (self->prefix && !idx_wanted(name, length, self->prefix)))
      continue;
    snprintf(one, sizeof one, ", %.*s, ", length, name);
    if (strstr(all, one))
      continue; /* plain and .gz */
    snprintf(all + strlen(all), sizeof all - strlen(all), "%s", one + 2);
    if (!*sets || length == 0)
      snprintf(prefix, 256, "%.*s", length, name);
    ++*sets;
  }
  if (*sets > 1 && *prefix)
    return strait_fail(self, STRAIT_EINVAL, "%s holds several sets: %.*s; set dataset.prefix to one of them", folder,
                       (int)strlen(all) - 4, all + 2);
  return STRAIT_OK;
}

/* Finds a set's files in names->folder. */
static int32_t idx_list(const struct idx *self, struct idx_names *names, int *sets) {
  DIR *open = opendir(names->folder);
  char *prefix = names->prefix;
  const char *name;
  *sets = 0;
  if (!open)
    return STRAIT_OK;
  int32_t status = idx_choose(self, open, names->folder, prefix, sets);
  rewinddir(open);
  while (status == STRAIT_OK && *sets && (name = idx_next(open, names->folder)))
    for (int k = 0; k < 4; k++)
      if (idx_prefix(name, k / 2, k % 2) == (int)strlen(prefix) && strncmp(name, prefix, strlen(prefix)) == 0) {
        const int end = (int)strlen(name), gz = end > 3 && strcmp(name + end - 3, ".gz") == 0 ? 3 : 0;
        snprintf(names->file[k / 2][k % 2], sizeof names->file[0][0], "%.*s", end - gz, name);
      }
  closedir(open);
  return status;
}

/* Where a folder may have them: in itself, or where torchvision puts them. */
static int32_t idx_find(const struct idx *self, const char *torchvision, struct idx_names *names) {
  const char *const below[] = {"", "/raw", torchvision};
  int sets = 0;
  int32_t status = STRAIT_OK;
  memset(names, 0, sizeof *names);
  for (int i = 0; i < 3 && !sets && status == STRAIT_OK; i++) {
    if (snprintf(names->folder, sizeof names->folder, "%s%s", self->path, below[i]) >= (int)sizeof names->folder)
      return strait_fail(self, STRAIT_EINVAL, "%s: the name is too long", self->path);
    status = idx_list(self, names, &sets);
  }
  if (!sets)
    snprintf(names->folder, sizeof names->folder, "%s", self->path);
  return status;
}

/* --- a set --- */

/* Reads a file under the first of its possible names that is there: in an archive the prefix must be known. */
static int32_t idx_read_any(struct idx *self, struct idx_names *names, int which, int kind, int64_t size[3],
                            struct idx_bytes *data) {
  char *name = names->file[which][kind];
  const size_t room = sizeof names->file[which][kind];
  const char *prefix = *names->prefix || !self->prefix ? names->prefix : self->prefix;
  int32_t status = STRAIT_ENOENT;
  if (*name)
    return idx_read_named(self, names->folder, name, kind ? 1 : 3, size, data);
  const char *link = *prefix && !strchr("-._", prefix[strlen(prefix) - 1]) ? "-" : "";
  for (int i = 3; i >= 0 && status == STRAIT_ENOENT; i--) { /* the usual name last: it is the one that is missed */
    const char *word = idx_words[which][i / 2];
    if (!word)
      continue;
    snprintf(name, room, "%s%s%s-%s", prefix, link, word, idx_kinds[kind]);
    if (i % 2)
      name[strlen(name) - strlen("-idx3-ubyte")] = '.';
    status = idx_read_named(self, names->folder, name, kind ? 1 : 3, size, data);
  }
  return status;
}

static int32_t idx_read_split(struct idx *self, struct idx_names *names, int which) {
  struct idx_split *split = &self->splits[which];
  int64_t size[3] = {0}, count[3] = {0};
  int32_t status = idx_read_any(self, names, which, 0, size, &split->images);
  if (status == STRAIT_OK)
    status = idx_read_any(self, names, which, 1, count, &split->labels);
  if (status < 0)
    return status;
  if (size[0] != count[0])
    return strait_fail(self, STRAIT_EFORMAT, "%s says %lld for its images, %s %lld for its labels",
                       names->file[which][0], (long long)size[0], names->file[which][1], (long long)count[0]);
  split->count = size[0];
  split->rows = size[1];
  split->columns = size[2];
  return STRAIT_OK;
}

/* From the training labels: which is class 0, and how many classes there are. */
static void idx_count_classes(struct idx *self) {
  const struct idx_split *train = &self->splits[STRAIT_TRAIN];
  int64_t seen[256] = {0}, last = 255, missing = 0;
  unsigned char label;
  for (int64_t i = 0; i < train->count; i++) {
    idx_copy(&train->labels, i, &label, 1);
    seen[label] = 1;
  }
  while (!seen[self->first])
    self->first++;
  while (!seen[last])
    last--;
  self->classes = last - self->first + 1;
  for (int64_t i = self->first; i <= last; i++)
    missing += !seen[i];
  if (missing)
    strait_log(
        self, STRAIT_LOG_WARNING,
        "the training labels go from %lld to %lld, and %lld of these do not occur; dataset.classes says how many "
        "classes there are",
        (long long)self->first, (long long)last, (long long)missing);
}

static int32_t idx_check_labels(struct idx *self, const struct idx_names *names, int which) {
  const struct idx_split *split = &self->splits[which];
  for (int64_t i = 0; i < split->count; i++) {
    unsigned char label;
    idx_copy(&split->labels, i, &label, 1);
    if (label < self->first || label >= self->first + self->classes)
      return strait_fail(self, STRAIT_EFORMAT, "%s: label %d of image %lld is outside %lld..%lld",
                         names->file[which][1], label, (long long)i, (long long)self->first,
                         (long long)(self->first + self->classes - 1));
  }
  return STRAIT_OK;
}

/* Names of classes that have none: their labels. */
static int32_t idx_name_classes(struct idx *self) {
  char *text = strait_alloc(self, (size_t)self->classes * 4);
  self->labels = strait_alloc(self, (size_t)self->classes * sizeof *self->labels);
  if (!text || !self->labels)
    return STRAIT_ENOMEM;
  for (int64_t c = 0; c < self->classes; c++, text += 4) {
    snprintf(text, 4, "%d", (int)(self->first + c) & 255);
    self->labels[c] = text;
  }
  return STRAIT_OK;
}

/* Both splits. torchvision: the folder that it keeps the set in. On failure the caller says where the files are to be
 * had. */
static int32_t idx_open(struct idx *self, const char *torchvision) {
  struct idx_names names;
  int32_t status = idx_find(self, torchvision, &names);
  for (int which = 0; which < 2 && status == STRAIT_OK; which++)
    status = idx_read_split(self, &names, which);
  if (status == STRAIT_OK && !self->classes)
    idx_count_classes(self);
  for (int which = 0; which < 2 && status == STRAIT_OK; which++)
    status = idx_check_labels(self, &names, which);
  return status == STRAIT_OK ? idx_name_classes(self) : status;
}

/* names: of the classes, where there are ten from 0 on. */
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
  split->classes = self->classes;
  split->class_names = self->first == 0 && self->classes == 10 ? names : self->labels;
}

static int32_t idx_read(const struct idx *self, uint32_t which, int64_t index, strait_sample *sample) {
  const struct idx_split *from = &self->splits[which];
  const int64_t dims[3] = {1, from->rows, from->columns}, bytes = from->rows * from->columns;
  unsigned char label, *to = strait_sample_reserve(sample, 3, dims);
  if (!to)
    return STRAIT_EFORMAT;
  idx_copy(&from->images, index * bytes, to, bytes);
  idx_copy(&from->labels, index, &label, 1);
  return strait_sample_label(sample, label - self->first);
}
