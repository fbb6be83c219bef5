/* imagefolder: JPEG and PNG images of any size in folders, one folder a class, as torchvision's ImageFolder reads them:
 *
 *   PATH/train/CLASS/NAME.jpg   PATH/val/CLASS/NAME.png
 *
 * The classes are the folders of train, in the order of their names' bytes. Opening only lists the files (their names,
 * sizes and times are the fingerprint); an image is read and decoded each time it is needed, and resized by the host.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <strait/dataset.h>

#define MOST_PIXELS ((int64_t)1 << 26) /* in an image: more is taken for an attack or a damaged header */
#define MOST_BYTES ((size_t)256 << 20) /* in a file */

#include "decode-jpeg.h"
#include "decode-png.h"

/* A growing list of names. */
struct names {
  char **v;
  size_t n, capacity;
};
struct imagefolder {
  strait_object object;
  const char *path;
  const char *folders[2]; /* of the training and test images in path */
  struct names classes;   /* sorted */
  struct names files[2];  /* "train/CLASS/NAME", by class, then by name */
  int32_t *labels[2];
};

static const strait_option options[] = {
    STRAIT_PATH("path", struct imagefolder, path, NULL,
                "folder with a folder of images for each class in train and val"),
    STRAIT_STRING("train", struct imagefolder, folders[STRAIT_TRAIN], "train",
                  "the folder of the training images in path"),
    STRAIT_STRING("test", struct imagefolder, folders[STRAIT_TEST], "val", "the folder of the test images in path"),
};
static const float mean[] = {.485f, .456f, .406f},
                   deviation[] = {.229f, .224f, .225f}; /* of ImageNet, for all its users */

/* Adds "FOLDER/NAME", or NAME alone. */
static int32_t add_name(const void *self, struct names *names, const char *folder, const char *name) {
  if (names->n == names->capacity) {
    size_t capacity = names->capacity ? 2 * names->capacity : 64;
    char **grown = realloc(names->v, capacity * sizeof *grown);
    if (!grown)
      return strait_fail(self, STRAIT_ENOMEM, "out of memory");
    names->v = grown;
    names->capacity = capacity;
  }
  size_t length = (folder ? strlen(folder) + 1 : 0) + strlen(name) + 1;
  char *text = malloc(length);
  if (!text)
    return strait_fail(self, STRAIT_ENOMEM, "out of memory");
  snprintf(text, length, "%s%s%s", folder ? folder : "", folder ? "/" : "", name);
  names->v[names->n++] = text;
  return STRAIT_OK;
}

static void free_names(struct names *names) {
  for (size_t i = 0; i < names->n; i++)
    free(names->v[i]);
  free(names->v);
  *names = (struct names){0};
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The entries of PATH/folder but hidden ones, sorted. */
static int32_t list_folder(const struct imagefolder *self, const char *folder, struct names *names) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s", self->path, folder) >= (int)sizeof path)
    return strait_fail(self, STRAIT_EINVAL, "%s/%s: the name is too long", self->path, folder);
  DIR *open = opendir(path);
  int32_t status = STRAIT_OK;
  if (!open)
    return strait_fail(self, STRAIT_ENOENT,
                       "cannot read the folder %s; set dataset.path to one that holds "
                       "%s/CLASS/*.jpg and %s/CLASS/*.jpg",
                       path, self->folders[STRAIT_TRAIN], self->folders[STRAIT_TEST]);
  for (struct dirent *entry; status == STRAIT_OK && (entry = readdir(open));) {
    if (entry->d_name[0] != '.')
      status = add_name(self, names, NULL, entry->d_name);
  }
  closedir(open);
  if (names->n)
    qsort(names->v, names->n, sizeof *names->v, compare_names);
  return status;
}

static int is_folder(const struct imagefolder *self, const char *folder, const char *name) {
  char path[4096];
  struct stat about;
  snprintf(path, sizeof path, "%s/%s/%s", self->path, folder, name);
  return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static int is_image(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg") || !strcasecmp(dot, ".png"));
}

/* Takes a file into the fingerprint: its name below PATH, size and time. */
static int32_t mark_file(const struct imagefolder *self, const char *name) {
  char path[4096];
  struct stat about;
  snprintf(path, sizeof path, "%s/%s", self->path, name);
  if (stat(path, &about))
    return strait_fail(self, STRAIT_EIO, "cannot see the file %s", path);
  const int64_t facts[2] = {(int64_t)about.st_size, (int64_t)about.st_mtime};
  int32_t status = strait_fingerprint(self, name, strlen(name));
  return status < 0 ? status : strait_fingerprint(self, facts, sizeof facts);
}

/* Adds the images of one class. */
static int32_t read_class(struct imagefolder *self, int which, const char *name, int64_t *left_aside) {
  char folder[4096];
  struct names entries = {0};
  const size_t before = self->files[which].n;
  snprintf(folder, sizeof folder, "%s/%s", self->folders[which], name);
  int32_t status = list_folder(self, folder, &entries);
  for (size_t i = 0; i < entries.n && status == STRAIT_OK; i++) {
    if (is_image(entries.v[i]))
      status = add_name(self, &self->files[which], folder, entries.v[i]);
    else
      ++*left_aside;
  }
  for (size_t i = before; i < self->files[which].n && status == STRAIT_OK; i++)
    status = mark_file(self, self->files[which].v[i]);
  free_names(&entries);
  if (status == STRAIT_OK && self->files[which].n == before)
    status = strait_fail(self, STRAIT_EFORMAT, "%s/%s has no .jpg, .jpeg or .png files", self->path, folder);
  return status;
}

/* The folders of one split, which for the training images are the classes. */
static int32_t read_classes(struct imagefolder *self, int which, struct names *found) {
  struct names entries = {0};
  int32_t status = list_folder(self, self->folders[which], &entries);
  for (size_t i = 0; i < entries.n && status == STRAIT_OK; i++) {
    if (is_folder(self, self->folders[which], entries.v[i]))
      status = add_name(self, found, NULL, entries.v[i]);
  }
  free_names(&entries);
  return status;
}

static int32_t read_split(struct imagefolder *self, int which) {
  struct names found = {0};
  int64_t left_aside = 0;
  size_t done = 0;
  int32_t status = read_classes(self, which, which == STRAIT_TRAIN ? &self->classes : &found);
  const struct names *classes = which == STRAIT_TRAIN ? &self->classes : &found;
  if (status == STRAIT_OK && classes->n == 0)
    status = strait_fail(self, STRAIT_EFORMAT, "%s/%s has no folders: there must be one for each class", self->path,
                         self->folders[which]);
  for (size_t i = 0; i < classes->n && status == STRAIT_OK; i++) {
    char **class = bsearch(&classes->v[i], self->classes.v, self->classes.n, sizeof *self->classes.v, compare_names);
    if (!class) {
      status = strait_fail(self, STRAIT_EFORMAT, "%s/%s/%s is of no class: %s has no such folder", self->path,
                           self->folders[which], classes->v[i], self->folders[STRAIT_TRAIN]);
      break;
    }
    status = read_class(self, which, classes->v[i], &left_aside);
    int32_t *grown = status == STRAIT_OK ? realloc(self->labels[which], self->files[which].n * sizeof *grown) : NULL;
    if (grown)
      self->labels[which] = grown;
    else if (status == STRAIT_OK)
      status = strait_fail(self, STRAIT_ENOMEM, "out of memory");
    for (; status == STRAIT_OK && done < self->files[which].n; done++)
      self->labels[which][done] = (int32_t)(class - self->classes.v);
  }
  if (status == STRAIT_OK && left_aside)
    strait_log(self, STRAIT_LOG_WARNING, "%s/%s: %lld files that are not .jpg, .jpeg or .png are left aside",
               self->path, self->folders[which], (long long)left_aside);
  free_names(&found);
  return status;
}

static int32_t open_folders(void *object) {
  struct imagefolder *self = object;
  if (!self->path)
    return strait_fail(self, STRAIT_ENOENT, "set dataset.path to a folder that holds %s/CLASS/*.jpg and %s/CLASS/*.jpg",
                       self->folders[STRAIT_TRAIN], self->folders[STRAIT_TEST]);
  int32_t status = read_split(self, STRAIT_TRAIN);
  return status == STRAIT_OK ? read_split(self, STRAIT_TEST) : status;
}

static int32_t describe(const void *object, uint32_t which, strait_split *split) {
  const struct imagefolder *self = object;
  split->element = STRAIT_U8;
  split->target = STRAIT_TARGET_CLASS;
  split->order = STRAIT_ORDER_SHUFFLED;
  split->rank = 3;
  split->dims[0] = 3; /* heights and widths vary */
  split->count = (int64_t)self->files[which].n;
  split->classes = (int64_t)self->classes.n;
  split->class_names = (const char *const *)self->classes.v;
  return STRAIT_OK;
}

/* The whole file, in memory that the caller frees. */
static int32_t read_file(const struct imagefolder *self, const char *name, unsigned char **bytes, size_t *length) {
  strait_reader *reader;
  size_t capacity = (size_t)1 << 17;
  int64_t got = strait_open(self, self->path, name, &reader);
  *bytes = NULL;
  *length = 0;
  while (got >= 0) {
    unsigned char *grown = realloc(*bytes, capacity);
    if (!grown) {
      got = strait_fail(self, STRAIT_ENOMEM, "out of memory");
      break;
    }
    *bytes = grown;
    got = strait_read(reader, grown + *length, (int64_t)(capacity - *length));
    *length += got > 0 ? (size_t)got : 0;
    if (got < 0 || *length < capacity)
      break;
    if ((capacity *= 2) > MOST_BYTES)
      got = strait_fail(self, STRAIT_EFORMAT, "the file is too large for an image");
  }
  strait_close(reader);
  return got < 0 ? (int32_t)got : STRAIT_OK;
}

/* What a file is, its first bytes say; its name may be wrong. */
static int32_t decode(const void *self, const unsigned char *bytes, size_t length, strait_sample *sample) {
  if (length >= 3 && !memcmp(bytes, "\xff\xd8\xff", 3))
    return decode_jpeg(self, bytes, length, sample);
  if (length >= 8 && !memcmp(bytes, "\x89PNG\r\n\x1a\n", 8))
    return decode_png(self, bytes, length, sample);
  return strait_fail(self, STRAIT_EFORMAT, "neither a JPEG nor a PNG");
}

static int32_t label(const void *object, uint32_t which, int64_t index, int64_t *class) {
  const struct imagefolder *self = object;
  *class = self->labels[which][index];
  return STRAIT_OK;
}

static int32_t read_sample(const void *object, uint32_t which, int64_t index, strait_sample *sample) {
  const struct imagefolder *self = object;
  const char *name = self->files[which].v[index];
  unsigned char *bytes;
  size_t length;
  int32_t status = read_file(self, name, &bytes, &length);
  if (status == STRAIT_OK)
    status = decode(self, bytes, length, sample);
  free(bytes);
  if (status < 0)
    return strait_fail(self, status, "%s/%s", self->path, name);
  return strait_sample_label(sample, self->labels[which][index]);
}

static void close_folders(void *object) {
  struct imagefolder *self = object;
  free_names(&self->classes);
  for (int which = 0; which < 2; which++) {
    free_names(&self->files[which]);
    free(self->labels[which]);
  }
}

static const strait_dataset_ops ops = {.size = sizeof ops,
                                       .open = open_folders,
                                       .describe = describe,
                                       .read = read_sample,
                                       .mean = mean,
                                       .deviation = deviation,
                                       .channels = 3,
                                       .label = label};
STRAIT_REGISTER(dataset, imagefolder, struct imagefolder, .version = "1.0",
                .summary = "JPEG and PNG images, one folder a class", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                .fini = close_folders)
