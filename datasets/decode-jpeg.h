/* decode-jpeg.h: one JPEG in memory into a sample, through libjpeg(-turbo), as Pillow reads it: grey is repeated, CMYK
 * taken as Adobe writes it. Data that end too early or make no sense are an error, never a half grey image. */
#ifdef HAVE_JPEG
#include <setjmp.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

#define MOST_SCANS 500

struct jpeg_failure {
  struct jpeg_error_mgr base; /* first: libjpeg's view */
  jmp_buf back;
  int32_t status;
  char message[JMSG_LENGTH_MAX];
};

static void jpeg_give_up(j_common_ptr jpeg) {
  struct jpeg_failure *failure = (struct jpeg_failure *)jpeg->err;
  failure->base.format_message(jpeg, failure->message);
  failure->status = jpeg->err->msg_code == JERR_OUT_OF_MEMORY ? STRAIT_ENOMEM : STRAIT_EFORMAT;
  longjmp(failure->back, 1);
}

/* libjpeg only warns where it replaces lost data; some warnings are of no consequence. */
static void jpeg_message(j_common_ptr jpeg, int level) {
  int code = jpeg->err->msg_code;
  if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM && code != JWRN_NOT_SEQUENTIAL &&
      code != JWRN_BOGUS_PROGRESSION && code != JWRN_TOO_MUCH_DATA)
    jpeg_give_up(jpeg);
}

/* A progressive image has some ten scans; thousands of empty ones would take hours. */
static void jpeg_count_scans(j_common_ptr jpeg) {
  struct jpeg_failure *failure = (struct jpeg_failure *)jpeg->err;
  if (((struct jpeg_decompress_struct *)jpeg)->input_scan_number <= MOST_SCANS)
    return;
  snprintf(failure->message, sizeof failure->message, "more than %d scans", MOST_SCANS);
  failure->status = STRAIT_EFORMAT;
  longjmp(failure->back, 1);
}

/* a * b / 255 for bytes, rounded. */
static unsigned multiply_bytes(unsigned a, unsigned b) {
  unsigned product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

/* row: `components` interleaved bytes a pixel; to: the same row of the first of three planes. */
static void jpeg_split_row(const unsigned char *row, int components, int64_t width, int64_t plane, unsigned char *to) {
  for (int64_t x = 0; x < width; x++) {
    const unsigned char *pixel = row + x * components;
    for (int c = 0; c < 3; c++) {
      if (components == 4) /* inverted: full ink is 0 */
        to[c * plane + x] = (unsigned char)(pixel[3] - multiply_bytes(255u - pixel[c], pixel[3]));
      else
        to[c * plane + x] = pixel[components == 3 ? c : 0];
    }
  }
}

static int32_t jpeg_decode_rows(const void *self, struct jpeg_decompress_struct *jpeg,
                                struct jpeg_progress_mgr *progress, const unsigned char *bytes, size_t length,
                                strait_sample *sample) {
  jpeg_create_decompress(jpeg);
  jpeg->progress = progress;
  jpeg_mem_src(jpeg, bytes, (unsigned long)length);
  jpeg_read_header(jpeg, TRUE);
  const int64_t dims[3] = {3, jpeg->image_height, jpeg->image_width}, plane = dims[1] * dims[2];
  if (plane > MOST_PIXELS)
    return strait_fail(self, STRAIT_EFORMAT, "%lld x %lld pixels; %lld in all are the most", (long long)dims[2],
                       (long long)dims[1], (long long)MOST_PIXELS);
  if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
    jpeg->out_color_space = JCS_CMYK;
  else
    jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(jpeg);
  unsigned char *planes = strait_sample_reserve(sample, 3, dims);
  if (!planes)
    return STRAIT_EFORMAT;
  JSAMPARRAY row = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE,
                                           jpeg->output_width * (JDIMENSION)jpeg->output_components, 1);
  for (int64_t y = 0; y < dims[1]; y++) {
    jpeg_read_scanlines(jpeg, row, 1);
    jpeg_split_row(row[0], jpeg->output_components, dims[2], plane, planes + y * dims[2]);
  }
  jpeg_finish_decompress(jpeg);
  return STRAIT_OK;
}

static int32_t decode_jpeg(const void *self, const unsigned char *bytes, size_t length, strait_sample *sample) {
  struct jpeg_decompress_struct jpeg = {0};
  struct jpeg_failure failure;
  struct jpeg_progress_mgr progress = {.progress_monitor = jpeg_count_scans};
  int32_t status;
  jpeg.err = jpeg_std_error(&failure.base);
  failure.base.error_exit = jpeg_give_up;
  failure.base.emit_message = jpeg_message;
  if (setjmp(failure.back) == 0)
    status = jpeg_decode_rows(self, &jpeg, &progress, bytes, length, sample);
  else
    status = strait_fail(self, failure.status, "%s", failure.message);
  jpeg_destroy_decompress(&jpeg);
  return status;
}
#else
static int32_t decode_jpeg(const void *self, const unsigned char *bytes, size_t length, strait_sample *sample) {
  (void)bytes, (void)length, (void)sample;
  return strait_fail(self, STRAIT_ENOTSUP, "this strait was built without libjpeg");
}
#endif
