/* imagefolder: small JPEG and PNG files of every kind made here, read back, and damaged. */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <sys/stat.h>
#include <utime.h>

#include "files.h"

#include <jpeglib.h>
#include <png.h>

/* A smooth picture, so that JPEG's losses are small: at quality 100 every coefficient is kept to half a unit, and YCbCr
 * is rounded. The worst difference of these pictures is 3; LOSS is one more, for other versions of libjpeg. PNG loses
 * nothing. */
enum { H = 19, W = 26, LOSS = 4 };
static unsigned char colour(int seed, int c, int y, int x) {
  return (unsigned char)(seed * 16 + 20 + c * 40 + y * 3 + x * 2);
}

static const char *file_path(const char *name) {
  char parent[256];
  snprintf(parent, sizeof parent, "%s", in_folder(name));
  *strrchr(parent, '/') = 0;
  ck_assert_int_eq(file_make_folders(parent), STRAIT_OK);
  return in_folder(name);
}

/* components: 1 (the first colour), 3, or 4 (inverted CMYK whose ink is the colours, key 200). */
static void write_jpeg(const char *name, int seed, int components, int progressive) {
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr error;
  unsigned char row[W * 4], *rows[1] = {row};
  FILE *file = fopen(file_path(name), "wb");
  ck_assert_ptr_nonnull(file);
  jpeg.err = jpeg_std_error(&error);
  jpeg_create_compress(&jpeg);
  jpeg_stdio_dest(&jpeg, file);
  jpeg.image_width = W;
  jpeg.image_height = H;
  jpeg.input_components = components;
  jpeg.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
  if (progressive)
    jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  for (int y = 0; y < H; y++) {
    for (int x = 0; x < W; x++)
      for (int c = 0; c < components; c++)
        row[x * components + c] = c == 3 ? 200 : colour(seed, c, y, x);
    jpeg_write_scanlines(&jpeg, rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  ck_assert_int_eq(fclose(file), 0);
}

/* type: PNG_COLOR_TYPE_...; bits: 8 or 16. A palette has the colours of the first row, by column. */
static void write_png(const char *name, int seed, int type, int bits, int interlace) {
  static const int channels_of[] = {[PNG_COLOR_TYPE_GRAY] = 1,
                                    [PNG_COLOR_TYPE_RGB] = 3,
                                    [PNG_COLOR_TYPE_PALETTE] = 1,
                                    [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
                                    [PNG_COLOR_TYPE_RGB_ALPHA] = 4};
  const int channels = channels_of[type], bytes = bits / 8, colours = channels >= 3 ? 3 : 1;
  static unsigned char pixels[H][W * 8];
  unsigned char *rows[H];
  png_color palette[W];
  FILE *file = fopen(file_path(name), "wb");
  ck_assert_ptr_nonnull(file);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, W, H, bits, type, interlace ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  for (int x = 0; x < W; x++)
    palette[x] = (png_color){colour(seed, 0, 0, x), colour(seed, 1, 0, x), colour(seed, 2, 0, x)};
  if (type == PNG_COLOR_TYPE_PALETTE)
    png_set_PLTE(png, info, palette, W);
  for (int y = 0; y < H; y++) {
    rows[y] = pixels[y];
    for (int x = 0; x < W; x++)
      for (int c = 0; c < channels; c++) {
        unsigned char *to = pixels[y] + (x * channels + c) * bytes;
        to[bytes - 1] = 77; /* the low byte of 16 bits */
        to[0] = type == PNG_COLOR_TYPE_PALETTE ? (unsigned char)x
                : c < colours                  ? colour(seed, c, y, x)
                                               : (unsigned char)(x * 5); /* transparency */
      }
  }
  png_write_info(png, info);
  png_write_image(png, rows);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  ck_assert_int_eq(fclose(file), 0);
}

/* What was written, by kind. */
enum { COLOUR, GREY, INK, PALETTE };
static void check_image(const struct source *source, int which, int64_t index, int label, int seed, int kind,
                        int loss) {
  struct reading reading = {0};
  int32_t got = -1;
  ck_assert_int_eq(memory_grow(&reading.elements, &reading.capacity, 3 * H * W, 1), STRAIT_OK);
  ck_assert_msg(source_read(source, which, index, &reading, &got, NULL) == STRAIT_OK, "%s", error_text());
  ck_assert_int_eq(got, label);
  ck_assert_int_eq(source_label(source, which, index, &got), STRAIT_OK);
  ck_assert_int_eq(got, label);
  ck_assert_int_eq(reading.height, H);
  ck_assert_int_eq(reading.width, W);
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++) {
        int want = kind == GREY      ? colour(seed, 0, y, x)
                   : kind == INK     ? (colour(seed, c, y, x) * 200 + 127) / 255
                   : kind == PALETTE ? colour(seed, c, 0, x)
                                     : colour(seed, c, y, x);
        int is = reading.elements[(c * H + y) * W + x];
        ck_assert_msg(abs(is - want) <= loss, "image %d (%d, %d, %d) is %d, not %d", (int)index, c, y, x, is, want);
      }
  memory_free(reading.elements);
}

START_TEST(every_kind_of_image_is_read) {
  struct source source;
  folder_make();
  write_png("train/a/0.png", 0, PNG_COLOR_TYPE_RGB, 8, 0);
  write_png("train/a/1.png", 1, PNG_COLOR_TYPE_RGB, 16, 1);
  write_png("train/a/2.png", 2, PNG_COLOR_TYPE_RGB_ALPHA, 8, 0);
  write_png("train/a/3.png", 3, PNG_COLOR_TYPE_GRAY, 8, 1);
  write_png("train/a/4.png", 4, PNG_COLOR_TYPE_GRAY_ALPHA, 16, 0);
  write_png("train/a/5.PNG", 5, PNG_COLOR_TYPE_PALETTE, 8, 0);
  write_png("train/a/6.jpg", 6, PNG_COLOR_TYPE_RGB, 8, 0); /* what it is, its bytes say */
  write_jpeg("train/b/0.jpg", 0, 3, 0);
  write_jpeg("train/b/1.JPEG", 1, 3, 1);
  write_jpeg("train/b/2.jpeg", 2, 1, 0);
  write_jpeg("train/b/3.jpg", 3, 4, 0);
  write_jpeg("val/b/0.jpg", 4, 3, 0);
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  open_source(&source, object);
  const strait_split *split = &source.split[STRAIT_TRAIN];
  ck_assert_int_eq(split->count, 11);
  ck_assert_int_eq(split->classes, 2);
  ck_assert_int_eq(split->dims[0], 3);
  ck_assert_int_eq(split->dims[1], H);
  ck_assert_int_eq(split->dims[2], W);
  ck_assert_int_eq(source.split[STRAIT_TEST].count, 1);
  static const int kinds[] = {COLOUR, COLOUR, COLOUR, GREY, GREY, PALETTE, COLOUR};
  for (int i = 0; i < 7; i++)
    check_image(&source, STRAIT_TRAIN, i, 0, i, kinds[i], 0);
  check_image(&source, STRAIT_TRAIN, 7, 1, 0, COLOUR, LOSS);
  check_image(&source, STRAIT_TRAIN, 8, 1, 1, COLOUR, LOSS);
  check_image(&source, STRAIT_TRAIN, 9, 1, 2, GREY, LOSS);
  check_image(&source, STRAIT_TRAIN, 10, 1, 3, INK, LOSS);
  check_image(&source, STRAIT_TEST, 0, 1, 4, COLOUR, LOSS);
  object_free(object);
  folder_remove();
}
END_TEST

static int warnings;
static char warned[8192];
static void note(void *context, unsigned level, const char *message) {
  (void)context;
  warnings += level == STRAIT_LOG_WARNING;
  strncat(warned, message, sizeof warned - strlen(warned) - 2);
  strcat(warned, "\n");
}
static void listen(void) {
  warnings = 0;
  warned[0] = 0;
  log_to(note, NULL);
}

START_TEST(classes_and_files_are_sorted_by_bytes) {
  static const char *const classes[] = {"B", "a", "c10", "c9"};
  struct source source;
  char name[64];
  folder_make();
  for (int i = 3; i >= 0; i--) {
    snprintf(name, sizeof name, "train/%s/z.png", classes[i]);
    write_png(name, 2 * i + 1, PNG_COLOR_TYPE_RGB, 8, 0);
    snprintf(name, sizeof name, "train/%s/Z.png", classes[i]);
    write_png(name, 2 * i, PNG_COLOR_TYPE_RGB, 8, 0);
  }
  write_png("val/c9/one.png", 1, PNG_COLOR_TYPE_RGB, 8, 0);
  write_plain("train/a/notes.txt", "x", 1);
  write_plain("train/a/.hidden.png", "x", 1);
  write_plain("train/README", "x", 1); /* no folder: no class */
  listen();
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  open_source(&source, object);
  log_to(NULL, NULL);
  ck_assert_int_eq(warnings, 1);
  ck_assert_ptr_nonnull(strstr(warned, "left aside 1 file, named neither .jpg nor .jpeg nor .png"));
  ck_assert_int_eq(source.split[0].count, 8);
  for (int i = 0; i < 4; i++)
    ck_assert_str_eq(source.split[0].class_names[i], classes[i]);
  for (int i = 0; i < 8; i++)
    check_image(&source, STRAIT_TRAIN, i, i / 2, i, COLOUR, 0);
  check_image(&source, STRAIT_TEST, 0, 3, 1, COLOUR, 0);
  object_free(object);
  folder_remove();
}
END_TEST

START_TEST(folders_that_are_not_right_are_refused) {
  folder_make();
  open_refuses("imagefolder", NULL, STRAIT_ENOENT, "set dataset.path", NULL);
  open_refuses("imagefolder", folder, STRAIT_ENOENT, "/train", "set dataset.path", NULL);
  ck_assert_int_eq(file_make_folders(in_folder("train")), STRAIT_OK);
  open_refuses("imagefolder", folder, STRAIT_EFORMAT, "/train has no folders", NULL);
  ck_assert_int_eq(file_make_folders(in_folder("train/a")), STRAIT_OK);
  open_refuses("imagefolder", folder, STRAIT_EFORMAT, "train/a has no .jpg", NULL);
  write_png("train/a/0.png", 0, PNG_COLOR_TYPE_RGB, 8, 0);
  open_refuses("imagefolder", folder, STRAIT_ENOENT, "/val", NULL);
  write_png("val/b/0.png", 0, PNG_COLOR_TYPE_RGB, 8, 0);
  open_refuses("imagefolder", folder, STRAIT_EFORMAT, "val/b is of no class", NULL);
  folder_remove();
}
END_TEST

/* --- broken files --- */

/* Shortens a file to `part` of its length. */
static void cut(const char *name, double part) {
  char *data;
  size_t length;
  ck_assert_int_eq(file_read(in_folder(name), 1 << 20, &data, &length), STRAIT_OK);
  write_plain(name, data, (size_t)((double)length * part));
  memory_free(data);
}

START_TEST(each_broken_image_is_named) {
  static const struct {
    const char *name, *words;
  } broken[] = {{"train/a/0.jpg", "remature end"},
                {"train/a/1.jpg", "remature end"},
                {"train/a/2.png", "too early"},
                {"train/a/3.png", "neither a JPEG nor a PNG"},
                {"train/a/4.jpg", "neither a JPEG nor a PNG"},
                {"train/a/5.png", ""},
                {"train/a/6.jpg", ""},
                {"train/a/7.jpg", "in all are the most"}};
  struct source source;
  folder_make();
  for (int i = 0; i < 8; i++) {
    if (strstr(broken[i].name, "jpg"))
      write_jpeg(broken[i].name, i, 3, i == 1);
    else
      write_png(broken[i].name, i, PNG_COLOR_TYPE_RGB, 8, 0);
  }
  cut("train/a/0.jpg", .7);
  cut("train/a/1.jpg", .7);
  cut("train/a/2.png", .7);
  cut("train/a/3.png", 0);
  write_plain("train/a/4.jpg", "<html>Not found</html>", 22);
  char *data;
  size_t length;
  ck_assert_int_eq(file_read(in_folder("train/a/5.png"), 1 << 20, &data, &length), STRAIT_OK);
  data[length / 2] ^= 0x10; /* in the compressed pixels: their checksum fails */
  write_plain("train/a/5.png", data, length);
  memory_free(data);
  cut("train/a/6.jpg", .05); /* in the header */
  ck_assert_int_eq(file_read(in_folder("train/a/7.jpg"), 1 << 20, &data, &length), STRAIT_OK);
  for (size_t i = 0; i + 9 < length; i++) { /* the frame header: its height and width become 65500 */
    if ((unsigned char)data[i] == 0xff && (unsigned char)data[i + 1] == 0xc0) {
      memcpy(data + i + 5, "\xff\xdc\xff\xdc", 4);
      break;
    }
  }
  write_plain("train/a/7.jpg", data, length);
  memory_free(data);
  write_png("val/a/0.png", 0, PNG_COLOR_TYPE_RGB, 8, 0);

  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  open_source(&source, object);
  struct reading reading = {0};
  int32_t label;
  ck_assert_int_eq(memory_grow(&reading.elements, &reading.capacity, 3 * H * W, 1), STRAIT_OK);
  for (int i = 0; i < 8; i++) {
    ck_assert_msg(source_read(&source, STRAIT_TRAIN, i, &reading, &label, NULL) == STRAIT_EFORMAT, "%s was read",
                  broken[i].name);
    ck_assert_msg(strstr(error_text(), broken[i].name) && strstr(error_text(), broken[i].words),
                  "\"%s\" does not say %s and \"%s\"", error_text(), broken[i].name, broken[i].words);
  }
  ck_assert_int_eq(unlink(in_folder("val/a/0.png")), 0);
  ck_assert_int_eq(source_read(&source, STRAIT_TEST, 0, &reading, &label, NULL), STRAIT_ENOENT);
  memory_free(reading.elements);
  object_free(object);
  folder_remove();
}
END_TEST

/* 40 training images in 4 classes, of which 3 are cut, and 4 test images. */
static void write_mixed(void) {
  char name[64];
  folder_make();
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "train/%d/%02d.%s", i / 10, i, i % 2 ? "jpg" : "png");
    if (i % 2)
      write_jpeg(name, i % 5, 3, 0);
    else
      write_png(name, i % 5, PNG_COLOR_TYPE_RGB, 8, 0);
  }
  for (int i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "val/%d/x.png", i);
    write_png(name, i, PNG_COLOR_TYPE_RGB, 8, 0);
  }
  cut("train/0/03.jpg", .6);
  cut("train/1/14.png", .6);
  cut("train/3/39.jpg", .6);
}

static struct data *open_folder(strait_object *object, const struct data_keys *keys) {
  struct data *data;
  ck_assert_msg(data_open(&data, object, registry, keys, 1) == STRAIT_OK, "%s", error_text());
  return data;
}

START_TEST(broken_images_stop_a_run_or_are_counted) {
  struct data_keys keys = {.normalise = "dataset", .image_size = 8};
  struct batch batch;
  struct feeder *feeder;
  int64_t labels[4] = {0};
  write_mixed();
  /* fail: met in the middle of the epoch, by name */
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  struct data *data = open_folder(object, &keys);
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 40);
  ck_assert_int_eq(feeder_create(&feeder, data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 3}), STRAIT_OK);
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_OK);
  ck_assert_int_eq(feeder_next(feeder, &batch), STRAIT_EFORMAT);
  ck_assert_ptr_nonnull(strstr(error_text(), "train/0/03.jpg"));
  feeder_free(feeder);
  data_free(data);
  object_free(object);
  /* skip */
  keys.broken = 1;
  listen();
  object = create_set("imagefolder", folder, NULL, NULL);
  data = open_folder(object, &keys);
  log_to(NULL, NULL);
  ck_assert_int_eq(warnings, 4);
  ck_assert_ptr_nonnull(strstr(warned, "train/0/03.jpg"));
  ck_assert_ptr_nonnull(strstr(warned, "train/1/14.png"));
  ck_assert_ptr_nonnull(strstr(warned, "3 broken samples of 40 left out"));
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 37);
  ck_assert_int_eq(feeder_create(&feeder, data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 3}), STRAIT_OK);
  ck_assert_int_eq(feeder_start(feeder, 1, 0), STRAIT_OK);
  for (;;) {
    ck_assert_msg(feeder_next(feeder, &batch) == STRAIT_OK, "%s", error_text());
    if (!batch.samples)
      break;
    for (int64_t i = 0; i < batch.samples; i++)
      labels[((const int32_t *)batch.target)[i]]++;
  }
  ck_assert(labels[0] == 9 && labels[1] == 9 && labels[2] == 10 && labels[3] == 9);
  feeder_free(feeder);
  data_free(data);
  object_free(object);
  folder_remove();
}
END_TEST

/* With broken = fail nothing is decoded before it is needed: labels come from the folders. */
START_TEST(opening_decodes_nothing) {
  struct data_keys keys = {.normalise = "dataset", .limit = 8, .balanced = 1};
  write_mixed();
  for (int i = 0; i < 40; i++) {
    char name[64];
    snprintf(name, sizeof name, "train/%d/%02d.%s", i / 10, i, i % 2 ? "jpg" : "png");
    write_plain(name, "no image", 8);
  }
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  struct data *data = open_folder(object, &keys);
  ck_assert_int_eq(data_count(data, SPLIT_TRAIN), 8);
  ck_assert_int_eq(data_describe(data)->dims[1], 224); /* the default */
  ck_assert_int_eq(data_describe(data)->dims[2], 224);
  data_free(data);
  object_free(object);
  folder_remove();
}
END_TEST

/* --- the feeder --- */

enum { SIZE = 16, FLOATS = 3 * SIZE * SIZE };

static int64_t one_epoch(const char *threads, float *x) {
  static const char *const words[] = {"resized-crop", "flip"};
  struct data_keys keys = {.normalise = "dataset", .image_size = SIZE, .augment = {2, words}, .broken = 1};
  struct feeder *feeder;
  struct batch batch;
  int64_t n = 0;
  setenv("STRAIT_THREADS", threads, 1);
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  struct data *data = open_folder(object, &keys);
  struct feeding feeding = {
      .split = SPLIT_TRAIN, .batch = 8, .shuffle = 1, .order_seed = 2, .augment = 1, .augment_seed = 3};
  ck_assert_int_eq(feeder_create(&feeder, data, &feeding), STRAIT_OK);
  for (int epoch = 1; epoch < 3; epoch++) { /* the first is left in its middle */
    n = 0;
    ck_assert_int_eq(feeder_start(feeder, epoch, 0), STRAIT_OK);
    while (epoch == 2 || n < 16) {
      ck_assert_msg(feeder_next(feeder, &batch) == STRAIT_OK, "%s", error_text());
      if (!batch.samples)
        break;
      memcpy(x + n * FLOATS, batch.x, (size_t)(batch.samples * FLOATS) * sizeof *x);
      n += batch.samples;
    }
  }
  feeder_free(feeder);
  data_free(data);
  object_free(object);
  unsetenv("STRAIT_THREADS");
  return n;
}

START_TEST(any_number_of_threads_makes_the_same_batches) {
  static float one[40 * FLOATS], many[40 * FLOATS];
  write_mixed();
  log_level(STRAIT_LOG_WARNING + 1);
  ck_assert_int_eq(one_epoch("1", one), 37);
  for (int i = 0; i < 5; i++) {
    memset(many, 0, sizeof many);
    ck_assert_int_eq(one_epoch("13", many), 37);
    ck_assert_int_eq(memcmp(one, many, sizeof one), 0);
  }
  log_level(STRAIT_LOG_INFO);
  folder_remove();
}
END_TEST

static void fingerprint_of(char digest[33]) {
  struct source source;
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  open_source(&source, object);
  object_fingerprint(object, digest);
  object_free(object);
}

/* Exchanges the contents of two files, and keeps the times of the first. */
static void exchange(const char *a, const char *b) {
  char *one, *two, first[256], second[256];
  size_t m, n;
  struct stat about;
  snprintf(first, sizeof first, "%s", in_folder(a));
  snprintf(second, sizeof second, "%s", in_folder(b));
  ck_assert_int_eq(stat(first, &about), 0);
  ck_assert_int_eq(file_read(first, 1 << 20, &one, &m), STRAIT_OK);
  ck_assert_int_eq(file_read(second, 1 << 20, &two, &n), STRAIT_OK);
  write_plain(a, two, n);
  write_plain(b, one, m);
  const struct timespec times[2] = {about.st_atim, about.st_mtim};
  ck_assert_int_eq(utimensat(AT_FDCWD, first, times, 0), 0);
  memory_free(one);
  memory_free(two);
}

START_TEST(the_fingerprint_is_of_names_and_bytes) {
  char before[33], again[33], after[33];
  write_mixed();
  fingerprint_of(before);
  fingerprint_of(again);
  ck_assert_str_eq(before, again);
  struct utimbuf then = {1000000000, 1000000000};
  ck_assert_int_eq(utime(in_folder("train/2/20.png"), &then), 0);
  fingerprint_of(after); /* another time */
  ck_assert_str_eq(before, after);
  exchange("train/2/20.png", "train/2/22.png");
  fingerprint_of(after); /* the same files, in another order */
  ck_assert_str_ne(before, after);
  exchange("train/2/20.png", "train/2/22.png");
  fingerprint_of(again);
  ck_assert_str_eq(before, again);
  char to[256];
  snprintf(to, sizeof to, "%s", in_folder("val/0/y.png"));
  ck_assert_int_eq(rename(in_folder("val/0/x.png"), to), 0);
  fingerprint_of(again);
  ck_assert_str_ne(before, again);
  folder_remove();
}
END_TEST

/* --- folders in folders, sizes --- */

/* As Python's sorted(os.walk(CLASS)), files of each sorted: "a/b", "a/b c" and "a/b/x" come in the order of their
 * bytes. */
START_TEST(folders_in_class_folders_are_read) {
  static const char *const names[] = {"train/a/0.png",      "train/a/9.png",     "train/a/B/1.png",
                                      "train/a/b/0.png",    "train/a/b c/0.png", "train/a/b/x/y/0.png",
                                      "train/z/only/0.png", "train/z/only/2.png"};
  struct source source;
  folder_make();
  for (int i = 7; i >= 0; i--)
    write_png(names[i], i, PNG_COLOR_TYPE_RGB, 8, 0);
  write_png("val/a/deep/0.png", 0, PNG_COLOR_TYPE_RGB, 8, 0);
  write_plain("train/a/b/notes.txt", "x", 1);
  listen();
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  open_source(&source, object);
  log_to(NULL, NULL);
  ck_assert_ptr_nonnull(strstr(warned, "left aside 1 file, named neither"));
  ck_assert_int_eq(source.split[STRAIT_TRAIN].count, 8);
  ck_assert_int_eq(source.split[STRAIT_TRAIN].classes, 2);
  for (int i = 0; i < 8; i++)
    check_image(&source, STRAIT_TRAIN, i, i > 5, i, COLOUR, 0);
  check_image(&source, STRAIT_TEST, 0, 0, 0, COLOUR, 0);
  object_free(object);
  ck_assert_int_eq(symlink("..", in_folder("train/a/b/back")), 0);
  open_refuses("imagefolder", folder, STRAIT_EFORMAT, "back", "does a link lead back?", NULL);
  folder_remove();
}
END_TEST

static void size_is(int64_t height, int64_t width) {
  struct source source;
  strait_object *object = create_set("imagefolder", folder, NULL, NULL);
  open_source(&source, object);
  ck_assert_int_eq(source.split[0].dims[1], height);
  ck_assert_int_eq(source.split[0].dims[2], width);
  object_free(object);
}

/* A JPEG's first bytes: a comment of `filling` bytes, then a frame of this size. */
static void write_head(const char *name, int marker, int filling, int height, int width) {
  static unsigned char bytes[70000];
  size_t at = 0;
  memset(bytes, 0xff, sizeof bytes);
  bytes[at++] = 0xff, bytes[at++] = 0xd8, bytes[at++] = 0xff, bytes[at++] = 0xfe;
  bytes[at++] = (unsigned char)((filling + 2) >> 8), bytes[at++] = (unsigned char)(filling + 2);
  at += (size_t)filling;
  bytes[at++] = 0xff, bytes[at++] = 0xff, bytes[at++] = (unsigned char)marker; /* a byte of filling is allowed */
  bytes[at++] = 0, bytes[at++] = 17, bytes[at++] = 8;
  bytes[at++] = (unsigned char)(height >> 8), bytes[at++] = (unsigned char)height;
  bytes[at++] = (unsigned char)(width >> 8), bytes[at++] = (unsigned char)width;
  file_path(name);
  write_plain(name, bytes, at);
}

START_TEST(images_of_one_size_keep_it) {
  folder_make();
  write_png("train/a/0.png", 0, PNG_COLOR_TYPE_GRAY, 16, 1);
  write_jpeg("train/a/1.jpg", 0, 4, 1);
  write_jpeg("val/a/1.jpg", 0, 1, 0);
  write_head("val/a/2.jpg", 0xc2, 65000, H, W);
  size_is(H, W);
  write_plain("train/a/2.jpg", "no image", 8); /* says nothing of sizes */
  size_is(H, W);
  write_head("val/a/3.jpg", 0xc4, 10, W, H); /* no frame: tables */
  size_is(H, W);
  write_head("val/a/3.jpg", 0xc1, 3000, H, W + 1);
  size_is(0, 0);
  write_head("val/a/3.jpg", 0xc1, 3000, H, W);
  size_is(H, W);
  folder_remove();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("imagefolder");
  TCase *tests = tcase_create("imagefolder");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_test(tests, every_kind_of_image_is_read);
  tcase_add_test(tests, classes_and_files_are_sorted_by_bytes);
  tcase_add_test(tests, folders_that_are_not_right_are_refused);
  tcase_add_test(tests, each_broken_image_is_named);
  tcase_add_test(tests, broken_images_stop_a_run_or_are_counted);
  tcase_add_test(tests, opening_decodes_nothing);
  tcase_add_test(tests, any_number_of_threads_makes_the_same_batches);
  tcase_add_test(tests, the_fingerprint_is_of_names_and_bytes);
  tcase_add_test(tests, folders_in_class_folders_are_read);
  tcase_add_test(tests, images_of_one_size_keep_it);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
