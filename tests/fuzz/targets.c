/* tests/fuzz/targets.c: one function for each reader: the bytes become a file where its user would put them, and are
 * read as strait reads them. Any status will do; what must not happen is a crash, a leak or unbounded time or memory.
 */
#include <config.h>

#include "targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "data/data.h"
#include "experiment/experiment.h"
#include "plugin/registry.h"
#include "plugin/values.h"
#include "store/arrays.h"
#include "store/document.h"
#include "store/foreign.h"
#include "store/reparametrised.h"
#include "store/torch.h"
#include "store/wrappers.h"
#include "verbs/verbs.h"

static char folder[200];
static struct registry *registry;

static void silent(void *context, unsigned level, const char *message) { (void)context, (void)level, (void)message; }

static void must(int fine, const char *what) {
  if (fine)
    return;
  fprintf(stderr, "tests/fuzz: cannot %s: %s\n", what, error_text());
  abort(); /* the harness is broken, not what it feeds */
}

void fuzz_begin(void) {
  const char *base = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/strait-fuzz-XXXXXX", base && *base ? base : "/tmp");
  must(mkdtemp(folder) != NULL, "make a folder");
  log_to(silent, NULL);
  document_watch_memory();
  must(registry_create(&registry, NULL, builtins) == STRAIT_OK, "find plugins");
}

void fuzz_end(void) {
  registry_free(registry);
  file_remove_tree(folder);
  log_to(NULL, NULL);
}

static const char *put(const char *name, const uint8_t *data, size_t size) {
  static char path[300];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  must(file && fwrite(data, 1, size, file) == size && fclose(file) == 0, "write");
  return path;
}

static void put_folder(const char *name) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  mkdir(path, 0700);
}

/* --- text --- */

static void feed_ini(const uint8_t *data, size_t size) {
  struct experiment *experiment;
  if (experiment_read(&experiment, verbs, registry, put("e.ini", data, size), NULL, 0) == STRAIT_OK)
    experiment_free(experiment);
}

struct values {
  int64_t integer;
  double number;
  int32_t flag, choice;
  const char *text, *path;
  strait_ints ints;
  strait_floats floats;
  strait_strings strings;
};
static const char *const choices[] = {"one", "two", NULL};
static const strait_option options[] = {
    STRAIT_INT("integer", struct values, integer, "1", -100, 100, "x"),
    STRAIT_FLOAT("number", struct values, number, "1", -1e300, 1e300, "x"),
    STRAIT_BOOL("flag", struct values, flag, "no", "x"),
    STRAIT_CHOICE("choice", struct values, choice, "one", choices, "x"),
    STRAIT_STRING("text", struct values, text, NULL, "x"),
    STRAIT_PATH("path", struct values, path, NULL, "x"),
    STRAIT_INTS("ints", struct values, ints, "1 2", -100, 100, "x"),
    STRAIT_FLOATS("floats", struct values, floats, "1 2", -1e300, 1e300, "x"),
    STRAIT_OPTION("strings", STRAIT_OPT_STRINGS, 0, struct values, strings, "a b", 0, 0, NULL, "x"),
};

/* "NAME=VALUE"; what was read is written and read again, and must be the same text. */
static void feed_option(const uint8_t *data, size_t size) {
  const struct option_table table = {options, sizeof *options, sizeof options / sizeof *options};
  struct arena *arena = arena_create();
  char *text = arena_copy_n(arena, (const char *)data, size), *value = strchr(text, '=');
  if (value) {
    struct values values = {0}, again = {0};
    *value++ = '\0';
    struct setting setting = {.key = text, .value = value, .folder = "/x"};
    if (options_set(&table, &values, text, &setting, arena) == STRAIT_OK) {
      strait_option option = option_at(&table, (uint32_t)option_find(&table, text));
      char *written = options_text(&option, &values, arena), *second = NULL;
      setting.value = written;
      if (options_set(&table, &again, text, &setting, arena) == STRAIT_OK)
        second = options_text(&option, &again, arena);
      must(second && strcmp(written, second) == 0, "read back what an option was written as");
    }
  }
  arena_free(arena);
}

/* --- arrays --- */

/* What strait import does with a file of any format. */
static void import(const char *path) {
  struct notes notes = {.arena = arena_create()};
  struct arrays *arrays;
  const char *format;
  if (foreign_read(&arrays, path, NULL, &notes, &format) == STRAIT_OK) {
    if (arrays_unwrap(arrays, &notes) == STRAIT_OK && arrays_put_together(arrays, &notes) == STRAIT_OK)
      foreign_finish(arrays, &notes);
    arrays_free(arrays);
  }
  notes_free(&notes);
  arena_free(notes.arena);
}

static void feed_safetensors(const uint8_t *data, size_t size) {
  struct arrays *arrays;
  const char *path = put("a.safetensors", data, size);
  if (safetensors_read(&arrays, path) == STRAIT_OK)
    arrays_free(arrays);
  import(path);
}

static void feed_npz(const uint8_t *data, size_t size) {
  struct arrays *arrays;
  const char *path = put("a.npz", data, size);
  if (npz_read(&arrays, path) == STRAIT_OK)
    arrays_free(arrays);
  import(path);
}

static void feed_torch(const uint8_t *data, size_t size) {
  struct notes notes = {.arena = arena_create()};
  struct arrays *arrays;
  const char *path = put("a.pt", data, size);
  if (torch_read(&arrays, path, torch_is_legacy(data, size < 64 ? size : 64), NULL, &notes) == STRAIT_OK)
    arrays_free(arrays);
  notes_free(&notes);
  arena_free(notes.arena);
  import(path);
}

static void feed_document(const uint8_t *data, size_t size) {
  json_t *value;
  if (document_read(put("a.json", data, size), &value) == STRAIT_OK)
    json_decref(value);
}

/* --- data --- */

/* Opens the folder as the data set, and reads eight samples of each split. */
static void open_set(const char *name) {
  const strait_class *cls;
  strait_object *object = NULL;
  struct data *data;
  struct data_keys keys = {0};
  struct arena *arena = arena_create();
  struct setting path = {.key = "dataset.path", .value = folder, .folder = "/"};
  struct setting limit = {.key = "limit", .value = "8"}, side = {.key = "image.size", .value = "8"};
  must(registry_class(registry, STRAIT_DATASET, name, &cls) == STRAIT_OK &&
           options_default(&data_options, &keys, arena) == STRAIT_OK &&
           options_set(&data_options, &keys, "limit", &limit, arena) == STRAIT_OK &&
           (strcmp(name, "imagefolder") || options_set(&data_options, &keys, "image.size", &side, arena) == STRAIT_OK),
       "set up a data set");
  if (object_create(&object, cls, name, 1, &path, 1) == STRAIT_OK &&
      data_open(&data, object, registry, &keys, 1) == STRAIT_OK)
    data_free(data);
  object_free(object);
  arena_free(arena);
}

/* The first byte says which of the two files is fed; the other is sound, with two images of 2x2. */
static void feed_idx(const uint8_t *data, size_t size) {
  static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};
  static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 9};
  int of_labels = size && data[0] == 'l';
  put("t10k-images-idx3-ubyte", images, sizeof images);
  put("t10k-labels-idx1-ubyte", labels, sizeof labels);
  put("train-images-idx3-ubyte", of_labels || !size ? images : data + 1, of_labels || !size ? sizeof images : size - 1);
  put("train-labels-idx1-ubyte", of_labels ? data + 1 : labels, of_labels ? size - 1 : sizeof labels);
  open_set("mnist");
}

/* The bytes are the front of the first batch, the rest of all files zeros. */
static void feed_cifar(const uint8_t *data, size_t size) {
  static const char *const names[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                      "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
  static const char meta[] = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n";
  for (size_t i = 0; i < 6; i++) {
    const char *path = put(names[i], data, i ? 0 : size);
    /* the first byte says how long the first file is */
    must(truncate(path, i || (size && data[0] < 128) ? 30730000 : (off_t)size) == 0, "lengthen a file");
  }
  put("batches.meta.txt", (const uint8_t *)meta, sizeof meta - 1);
  open_set("cifar10");
}

static void read_all(const char *path, const char *member) {
  static char room[1 << 16];
  strait_reader *reader;
  if (file_open(path, member, NULL, NULL, &reader))
    return;
  for (int64_t n, all = 0; all < (64 << 20) && (n = reader->ops->read(reader, room, sizeof room)) > 0;)
    all += n;
  reader->ops->close(reader);
}
static void feed_archive(const uint8_t *data, size_t size) { read_all(put("a.tar", data, size), "a/b.bin"); }
static void feed_gzip(const uint8_t *data, size_t size) { read_all(put("a.gz", data, size), NULL); }

static void feed_image(const char *name, const uint8_t *data, size_t size) {
  char path[64];
  const char *const folders[] = {"train", "train/one", "train/two", "val", "val/one", "val/two"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    put_folder(folders[i]);
  for (size_t i = 1; i < sizeof folders / sizeof *folders; i++)
    if (i != 3) {
      snprintf(path, sizeof path, "%s/%s", folders[i], name);
      put(path, data, size);
    }
  open_set("imagefolder");
  for (size_t i = 1; i < sizeof folders / sizeof *folders; i++)
    if (i != 3) {
      char whole[300];
      snprintf(whole, sizeof whole, "%s/%s/%s", folder, folders[i], name);
      unlink(whole);
    }
}
static void feed_jpeg(const uint8_t *data, size_t size) { feed_image("a.jpg", data, size); }
static void feed_png(const uint8_t *data, size_t size) { feed_image("a.png", data, size); }

const struct fuzz_target fuzz_targets[] = {
    {"ini", feed_ini},   {"option", feed_option}, {"safetensors", feed_safetensors},
    {"npz", feed_npz},   {"torch", feed_torch},   {"json", feed_document},
    {"idx", feed_idx},   {"cifar", feed_cifar},   {"archive", feed_archive},
    {"gzip", feed_gzip}, {"jpeg", feed_jpeg},     {"png", feed_png},
    {NULL, NULL},
};

const struct fuzz_target *fuzz_find(const char *name) {
  for (const struct fuzz_target *t = fuzz_targets; name && t->name; t++)
    if (strcmp(t->name, name) == 0)
      return t;
  return NULL;
}
