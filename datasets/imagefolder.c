/* imagefolder: JPEG and PNG images of any size in folders, one folder a class, as torchvision's ImageFolder reads them:
 *
 *   PATH/train/CLASS/NAME.jpg   PATH/val/CLASS/NAME.png   PATH/train/CLASS/FOLDER/FOLDER/NAME.jpg
 *
 * The classes are the folders of train, in the order of their names' bytes; what lies in folders below belongs to them.
 * Opening lists the files and reads the sizes of images until two differ; an image is decoded each time it is needed,
 * and resized by the host.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <strait/dataset.h>

#define MOST_PIXELS ((int64_t)1 << 26) /* in an image: more is treated as an attack or a damaged header */
#define MOST_BYTES ((size_t)256 << 20) /* in a file */

#define DEEPEST 64 /* folders in folders: more are a link that leads back */

#include "decode-jpeg.h"
#include "decode-png.h"
#include "image-size.h"

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
  struct names files[2];  /* "train/CLASS/NAME", by class, folder and name */
  int32_t *labels[2];
  int64_t height, width; /* of every image; 0: they differ, or cannot be told */
};

static const strait_option options[] = {
    STRAIT_PATH("path", struct imagefolder, path, NULL,
                "folder whose train and val have one folder of images per class"),
    STRAIT_STRING("train", struct imagefolder, folders[STRAIT_TRAIN], "train", "folder of the training images in path"),
    STRAIT_STRING("test", struct imagefolder, folders[STRAIT_TEST], "val", "folder of the test images in path"),
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

/* By folder, then by name. */
static int compare_files(const void *a, const void *b) {
  const char *x = *(char *const *)a, *y = *(char *const *)b;
  const size_t m = (size_t)(strrchr(x, '/') - x), n = (size_t)(strrchr(y, '/') - y);
  const int order = memcmp(x, y, m < n ? m : n);
  return order ? order : m != n ? (m > n) - (m < n) : strcmp(x, y);
}

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

/* Adds the images of one folder, and those of the folders in it. */
static int32_t read_folder(struct imagefolder *self, int which, const char *folder, int depth, int64_t *left_aside) {
  char inner[4096];
  struct names entries = {0};
  int32_t status = depth > DEEPEST
                       ? strait_fail(self, STRAIT_EFORMAT, "%s/%s: folders more than %d deep; does a link lead back?",
                                     self->path, folder, DEEPEST)
                       : list_folder(self, folder, &entries);
  for (size_t i = 0; i < entries.n && status == STRAIT_OK; i++) {
    if (is_folder(self, folder, entries.v[i])) {
      snprintf(inner, sizeof inner, "%s/%s", folder, entries.v[i]);
      status = read_folder(self, which, inner, depth + 1, left_aside);
    } else if (is_image(entries.v[i]))
      status = add_name(self, &self->files[which], folder, entries.v[i]);
    else
      ++*left_aside;
  }
  free_names(&entries);
  return status;
}

/* Adds the images of one class. */
static int32_t read_class(struct imagefolder *self, int which, const char *name, int64_t *left_aside) {
  char folder[4096];
  struct names *files = &self->files[which];
  const size_t before = files->n;
  snprintf(folder, sizeof folder, "%s/%s", self->folders[which], name);
  int32_t status = read_folder(self, which, folder, 0, left_aside);
  if (status == STRAIT_OK && files->n == before)
    return strait_fail(self, STRAIT_EFORMAT, "%s/%s has no .jpg, .jpeg or .png files", self->path, folder);
  if (status == STRAIT_OK)
    qsort(files->v + before, files->n - before, sizeof *files->v, compare_files);
  for (size_t i = before; i < files->n && status == STRAIT_OK; i++) {
    status = strait_fingerprint_file(self, self->path, files->v[i]);
    if (status == STRAIT_EIO || status == STRAIT_ENOENT) /* a broken sample, if it is wanted at all */
      status = strait_fingerprint(self, files->v[i], strlen(files->v[i]));
  }
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
    strait_log(self, STRAIT_LOG_WARNING, "%s/%s: left aside %lld file%s, named neither .jpg nor .jpeg nor .png",
               self->path, self->folders[which], (long long)left_aside, left_aside == 1 ? "" : "s");
  free_names(&found);
  return status;
}

/* Sets the size that all images have. Those whose headers cannot be read are left to the reading of samples. */
static void find_size(struct imagefolder *self) {
  for (int which = 0; which < 2; which++)
    for (size_t i = 0; i < self->files[which].n; i++) {
      int64_t height, width;
      strait_reader *reader;
      if (strait_open(self, self->path, self->files[which].v[i], &reader) != STRAIT_OK)
        continue;
      const int known = image_size(reader, &height, &width);
      strait_close(reader);
      if (!known || height * width > MOST_PIXELS)
        continue;
      if (which == STRAIT_TRAIN && !self->height)
        self->height = height, self->width = width;
      if (height != self->height || width != self->width) {
        self->height = self->width = 0;
        return;
      }
    }
}

static int32_t open_folders(void *object) {
  struct imagefolder *self = object;
  if (!self->path)
    return strait_fail(self, STRAIT_ENOENT, "set dataset.path to a folder that holds %s/CLASS/*.jpg and %s/CLASS/*.jpg",
                       self->folders[STRAIT_TRAIN], self->folders[STRAIT_TEST]);
  int32_t status = read_split(self, STRAIT_TRAIN);
  if (status == STRAIT_OK)
    status = read_split(self, STRAIT_TEST);
  if (status == STRAIT_OK)
    find_size(self);
  return status;
}

static int32_t describe(const void *object, uint32_t which, strait_split *split) {
  const struct imagefolder *self = object;
  split->element = STRAIT_U8;
  split->target = STRAIT_TARGET_CLASS;
  split->order = STRAIT_ORDER_SHUFFLED;
  split->rank = 3;
  split->dims[0] = 3;
  split->dims[1] = self->height;
  split->dims[2] = self->width;
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
STRAIT_REGISTER(dataset, imagefolder, struct imagefolder, .version = "1.1",
                .summary = "JPEG and PNG images, one folder per class", .ops = &ops, STRAIT_WITH_OPTIONS(options),
                .fini = close_folders)
