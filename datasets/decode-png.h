/* decode-png.h: one PNG in memory into a sample, through libpng: grey is repeated, transparency dropped, 16 bits cut
 * to 8. */
#ifdef HAVE_PNG
#include <stdlib.h>
#include <string.h>

#include <png.h>

/* What is read from, what is read into, and what went wrong. */
struct png_work {
  const unsigned char *bytes;
  size_t length, at;
  unsigned char *pixels; /* (height, width, 3), or one row of it */
  unsigned char **rows;
  int starved; /* out of memory */
  char message[128];
};

static void png_give_up(png_structp png, png_const_charp text) {
  struct png_work *work = png_get_error_ptr(png);
  strncpy(work->message, text, sizeof work->message - 1);
  png_longjmp(png, 1);
}
static void png_ignore(png_structp png, png_const_charp text) { (void)png, (void)text; }

static png_voidp png_get_memory(png_structp png, png_alloc_size_t bytes) {
  void *memory = malloc(bytes);
  ((struct png_work *)png_get_mem_ptr(png))->starved |= !memory;
  return memory;
}
static void png_give_memory(png_structp png, png_voidp memory) { (void)png, free(memory); }

static void png_take(png_structp png, png_bytep to, size_t count) {
  struct png_work *work = png_get_io_ptr(png);
  if (count > work->length - work->at)
    png_error(png, "the file ends too early");
  memcpy(to, work->bytes + work->at, count);
  work->at += count;
}

/* row: (width, 3); to: the same row of the first of three planes. */
static void png_split_row(const unsigned char *row, int64_t width, int64_t plane, unsigned char *to) {
  for (int64_t x = 0; x < width; x++)
    for (int c = 0; c < 3; c++)
      to[c * plane + x] = row[3 * x + c];
}

/* Row by row; an interlaced image only as a whole. */
static int32_t png_read_planes(const void *self, png_structp png, struct png_work *work, int interlaced,
                               const int64_t *dims, unsigned char *planes) {
  const int64_t height = dims[1], width = dims[2], held = interlaced ? height : 1;
  work->pixels = calloc((size_t)(held * width), 3);
  work->rows = malloc((size_t)held * sizeof *work->rows);
  if (!work->pixels || !work->rows)
    return strait_fail(self, STRAIT_ENOMEM, "out of memory");
  for (int64_t y = 0; y < held; y++)
    work->rows[y] = work->pixels + y * 3 * width;
  if (interlaced)
    png_read_image(png, work->rows);
  for (int64_t y = 0; y < height; y++) {
    if (!interlaced)
      png_read_row(png, work->pixels, NULL);
    png_split_row(work->rows[interlaced ? y : 0], width, height * width, planes + y * width);
  }
  png_read_end(png, NULL);
  return STRAIT_OK;
}

static int32_t png_decode_rows(const void *self, png_structp png, png_infop info, struct png_work *work,
                               strait_sample *sample) {
  png_set_read_fn(png, work, png_take);
  png_read_info(png, info);
  const int64_t dims[3] = {3, png_get_image_height(png, info), png_get_image_width(png, info)};
  if (dims[1] * dims[2] > MOST_PIXELS)
    return strait_fail(self, STRAIT_EFORMAT, "%lld x %lld pixels; %lld in all are the most", (long long)dims[2],
                       (long long)dims[1], (long long)MOST_PIXELS);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  const int interlaced = png_set_interlace_handling(png) > 1;
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != (size_t)(3 * dims[2]))
    return strait_fail(self, STRAIT_EFORMAT, "its pixels are of no known kind");
  unsigned char *planes = strait_sample_reserve(sample, 3, dims);
  return planes ? png_read_planes(self, png, work, interlaced, dims, planes) : STRAIT_EFORMAT;
}

static int32_t decode_png(const void *self, const unsigned char *bytes, size_t length, strait_sample *sample) {
  struct png_work work = {.bytes = bytes, .length = length};
  png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &work, png_give_up, png_ignore, &work,
                                             png_get_memory, png_give_memory);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  int32_t status;
  if (!info)
    status = strait_fail(self, STRAIT_ENOMEM, "out of memory");
  else if (setjmp(png_jmpbuf(png)) == 0)
    status = png_decode_rows(self, png, info, &work, sample);
  else
    status = strait_fail(self, work.starved ? STRAIT_ENOMEM : STRAIT_EFORMAT, "%s", work.message);
  png_destroy_read_struct(&png, &info, NULL);
  free(work.pixels);
  free(work.rows);
  return status;
}
#else
static int32_t decode_png(const void *self, const unsigned char *bytes, size_t length, strait_sample *sample) {
  (void)bytes, (void)length, (void)sample;
  return strait_fail(self, STRAIT_ENOTSUP, "this strait was built without libpng");
}
#endif
