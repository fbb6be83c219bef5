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
  unsigned char *pixels; /* (height, width, 3) */
  unsigned char **rows;
  char message[128];
};

static void png_give_up(png_structp png, png_const_charp text) {
  struct png_work *work = png_get_error_ptr(png);
  strncpy(work->message, text, sizeof work->message - 1);
  png_longjmp(png, 1);
}
static void png_ignore(png_structp png, png_const_charp text) { (void)png, (void)text; }

static void png_take(png_structp png, png_bytep to, size_t count) {
  struct png_work *work = png_get_io_ptr(png);
  if (count > work->length - work->at)
    png_error(png, "the file ends too early");
  memcpy(to, work->bytes + work->at, count);
  work->at += count;
}

static int32_t png_decode_rows(const void *self, png_structp png, png_infop info, struct png_work *work,
                               strait_sample *sample) {
  png_set_read_fn(png, work, png_take);
  png_read_info(png, info);
  const int64_t dims[3] = {3, png_get_image_height(png, info), png_get_image_width(png, info)};
  const int64_t plane = dims[1] * dims[2];
  if (plane > MOST_PIXELS)
    return strait_fail(self, STRAIT_EFORMAT, "%lld x %lld pixels are more than can be meant", (long long)dims[2],
                       (long long)dims[1]);
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != (size_t)(3 * dims[2]))
    return strait_fail(self, STRAIT_EFORMAT, "its pixels are of no known kind");
  unsigned char *planes = strait_sample_reserve(sample, 3, dims);
  if (!planes)
    return STRAIT_EFORMAT;
  work->pixels = calloc((size_t)plane, 3);
  work->rows = malloc((size_t)dims[1] * sizeof *work->rows);
  if (!work->pixels || !work->rows)
    return strait_fail(self, STRAIT_ENOMEM, "out of memory");
  for (int64_t y = 0; y < dims[1]; y++)
    work->rows[y] = work->pixels + y * 3 * dims[2];
  png_read_image(png, work->rows);
  png_read_end(png, NULL);
  for (int64_t i = 0; i < plane; i++) {
    for (int c = 0; c < 3; c++)
      planes[c * plane + i] = work->pixels[3 * i + c];
  }
  return STRAIT_OK;
}

static int32_t decode_png(const void *self, const unsigned char *bytes, size_t length, strait_sample *sample) {
  struct png_work work = {.bytes = bytes, .length = length};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &work, png_give_up, png_ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  int32_t status;
  if (!info)
    status = strait_fail(self, STRAIT_ENOMEM, "out of memory");
  else if (setjmp(png_jmpbuf(png)) == 0)
    status = png_decode_rows(self, png, info, &work, sample);
  else
    status = strait_fail(self, STRAIT_EFORMAT, "%s", work.message);
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
