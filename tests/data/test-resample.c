/* Resizing and cropping images of any size: bytes against Pillow, geometry against torchvision's definitions. */
#include <config.h>

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "data/framing.h"
#include "data/internal.h"
#include "data/maker.h"

#include "fake.h"

enum { C = 3, H = 9, W = 13 };

/* Made by Pillow 9.4 from the same 3 x 9 x 13 image: resize((5, 4)); crop((3, 2, 7, 5)).resize((6, 7)); resize((1, 1));
 * and resize((8, 6)).crop((2, 0, 7, 5)), what torchvision's Resize(6) and CenterCrop(5) do; all BILINEAR, planes apart.
 */
static const unsigned char smaller[] = {63,  125, 138, 111, 111, 134, 128, 90,  101, 129, 138, 88,  122, 147, 171,
                                        86,  139, 187, 98,  69,  149, 165, 129, 119, 133, 163, 98,  127, 176, 182,
                                        104, 151, 167, 117, 87,  159, 184, 97,  89,  126, 173, 110, 122, 148, 166,
                                        112, 143, 155, 103, 93,  159, 150, 105, 104, 131, 128, 107, 122, 178, 153};
static const unsigned char part_larger[] = {
    197, 218, 202, 59,  122, 221, 170, 202, 199, 56,  109, 197, 87,  156, 188, 48,  70,  127, 5,   109, 178,
    40,  31,  56,  100, 117, 118, 56,  47,  53,  194, 125, 59,  73,  63,  49,  226, 128, 39,  78,  68,  48,
    30,  51,  78,  105, 83,  54,  39,  54,  74,  102, 88,  67,  67,  62,  64,  95,  104, 106, 94,  70,  53,
    87,  120, 145, 79,  78,  85,  121, 136, 142, 64,  86,  117, 156, 152, 138, 59,  89,  128, 167, 157, 137,
    119, 140, 167, 194, 172, 143, 128, 143, 163, 191, 177, 156, 156, 151, 153, 184, 193, 195, 183, 159, 142,
    176, 209, 234, 168, 167, 156, 119, 170, 231, 153, 175, 169, 62,  131, 227, 148, 178, 174, 43,  118, 226};
static const unsigned char tiny[] = {121, 136, 130};
static const unsigned char middle[] = {109, 149, 128, 139, 174, 175, 139, 79,  61,  100, 122, 66,  88,  102, 141,
                                       88,  91,  124, 149, 182, 108, 140, 185, 120, 130, 191, 158, 162, 80,  103,
                                       116, 86,  99,  150, 189, 78,  118, 168, 189, 183, 141, 180, 171, 149, 87,
                                       197, 203, 85,  67,  83,  103, 71,  117, 155, 138, 122, 161, 172, 158, 95,
                                       160, 161, 121, 107, 70,  141, 133, 72,  83,  110, 118, 100, 107, 141, 166};

static unsigned char image[C * H * W];
static void make_image(void) {
  for (int c = 0; c < C; c++)
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++)
        image[(c * H + y) * W + x] = (unsigned char)(c * 89 + y * 37 + x * 23 + x * y % 11 * 9);
}

/* Every byte is compared: the algorithm is the same, so are the roundings. */
static void check_resize(struct resizing resizing, const unsigned char *expected) {
  static struct resampler resampler; /* kept: what an image leaves behind must not show in the next */
  unsigned char got[C * 64];
  const int64_t bytes = C * resizing.window.height * resizing.window.width;
  make_image();
  ck_assert_int_eq(resample(&resampler, image, C, H, W, &resizing, got), STRAIT_OK);
  for (int64_t i = 0; i < bytes; i++)
    ck_assert_msg(got[i] == expected[i], "byte %d is %d, Pillow's %d", (int)i, got[i], expected[i]);
}

START_TEST(bytes_are_pillow_s) {
  const struct frame all = {0, 0, H, W};
  for (int round = 0; round < 2; round++) {
    check_resize((struct resizing){all, 4, 5, {0, 0, 4, 5}}, smaller);
    check_resize((struct resizing){{2, 3, 3, 4}, 7, 6, {0, 0, 7, 6}}, part_larger);
    check_resize((struct resizing){all, 1, 1, {0, 0, 1, 1}}, tiny);
    check_resize((struct resizing){all, 6, 8, {0, 2, 5, 5}}, middle);
    check_resize(framing_centre(H, W, 6, 5, 5), middle);
  }
}
END_TEST

START_TEST(the_same_size_is_a_copy) {
  unsigned char part[C * 7 * 9];
  make_image();
  for (int c = 0; c < C; c++)
    for (int y = 0; y < 7; y++)
      for (int x = 0; x < 9; x++)
        part[(c * 7 + y) * 9 + x] = image[(c * H + y + 1) * W + x + 2];
  check_resize((struct resizing){{0, 0, H, W}, H, W, {1, 2, 7, 9}}, part);
}
END_TEST

static void check_centre(int64_t height, int64_t width, int64_t full_height, int64_t full_width, int64_t top,
                         int64_t left) {
  struct resizing r = framing_centre(height, width, 256, 224, 224);
  ck_assert_int_eq(r.full_height, full_height);
  ck_assert_int_eq(r.full_width, full_width);
  ck_assert_int_eq(r.window.top, top);
  ck_assert_int_eq(r.window.left, left);
}

/* By hand: int(256 * long / short), then round((full - 224) / 2) with halves to even: 117 / 2 = 58.5 is 58, 119 / 2
 * = 59.5 is 60. */
START_TEST(the_middle_is_torchvision_s) {
  check_centre(375, 500, 256, 341, 16, 58);
  check_centre(500, 375, 341, 256, 58, 16);
  check_centre(224, 224, 256, 256, 16, 16);
  check_centre(300, 402, 256, 343, 16, 60);
  check_centre(1, 4000, 256, 1024000, 16, 511888);
}
END_TEST

/* A part is accepted when it fits. In a square image of 1000 x 1000 that is so for ratios r and areas a with a r <= 1
 * and a / r <= 1. The bounds follow from the definition: area in .08..1, ratio in 3/4..4/3, up to the rounding of sides
 * to pixels (1 / 200). */
START_TEST(random_parts_obey_their_bounds) {
  struct stream stream = stream_of(5, "resized-crop", 1);
  double areas = 0, least = 1;
  int small = 0, wide = 0;
  for (int i = 0; i < 4000; i++) {
    struct resizing r = framing_random(&stream, i, 1000, 1000, 224, 200);
    double area = (double)(r.from.height * r.from.width) / 1e6, ratio = (double)r.from.width / (double)r.from.height;
    ck_assert(r.from.top >= 0 && r.from.left >= 0);
    ck_assert(r.from.top + r.from.height <= 1000 && r.from.left + r.from.width <= 1000);
    ck_assert(area > .08 * .99 && area <= 1);
    ck_assert(ratio > 3. / 4 * .99 && ratio < 4. / 3 * 1.01);
    ck_assert(r.full_height == 224 && r.full_width == 200 && r.window.height == 224 && r.window.width == 200);
    areas += area;
    least = area < least ? area : least;
    small += area < .3;
    wide += ratio > 1;
  }
  /* Areas up to .75 always fit; a larger one, a, fits with probability ln(1/a) / ln(4/3) (u = ln ratio is uniform in
   * +-ln(4/3)). The integral of that from .75 to 1 is .1190, of a times that .0989. So with F = .67 + .1190 = .7890,
   * P(a < .3) = .22 / F = .2788, deviation .0071 with 4000 samples; the mean is ((.75^2 - .08^2) / 2 + .0989) / F =
   * .4778, deviation .2334 / sqrt(4000) = .0037; P(ratio > 1) = 1/2 less the squares that rounding makes (1 in 600 at
   * most), deviation .0079. Five deviations each. */
  ck_assert_double_le(fabs(small / 4000. - .2788), 5 * .0071);
  ck_assert_double_le(fabs(areas / 4000 - .4778), 5 * .0037);
  ck_assert_double_le(least, .085); /* P(a < .085) = .0063: none of 4000 with probability 1e-11 */
  ck_assert_double_le(fabs(wide / 4000. - .5), 5 * .0079 + 1 / 600.);
}
END_TEST

/* Where the part lies is uniform: among the places it can have, the mean of (top / most) is 1/2, deviation .289 /
 * sqrt(n). */
START_TEST(random_parts_lie_anywhere) {
  struct stream stream = stream_of(6, "resized-crop", 1);
  double down = 0, right = 0, both = 0;
  int n = 0;
  for (int i = 0; i < 4000; i++) {
    struct resizing r = framing_random(&stream, i, 600, 800, 32, 32);
    if (r.from.height > 500 || r.from.width > 700)
      continue;
    const double d = (double)r.from.top / (double)(600 - r.from.height);
    const double a = (double)r.from.left / (double)(800 - r.from.width);
    down += d;
    right += a;
    both += (d - .5) * (a - .5); /* independent: mean 0, deviation 1/12 */
    n++;
  }
  ck_assert_int_gt(n, 2000);
  ck_assert_double_le(fabs(down / n - .5), 5 * .289 / sqrt(n));
  ck_assert_double_le(fabs(right / n - .5), 5 * .289 / sqrt(n));
  ck_assert_double_le(fabs(both / n), 5. / 12 / sqrt(n));
}
END_TEST

/* In a strip of 10 x 1000, no part of 800 pixels or more is as high as wide: what is left is the middle, 10 x
 * round(40/3). */
START_TEST(strips_give_their_middle) {
  struct stream stream = stream_of(5, "resized-crop", 1);
  for (int i = 0; i < 20; i++) {
    struct resizing wide = framing_random(&stream, i, 10, 1000, 8, 8),
                    high = framing_random(&stream, i, 1000, 10, 8, 8);
    ck_assert(wide.from.top == 0 && wide.from.height == 10 && wide.from.left == 493 && wide.from.width == 13);
    ck_assert(high.from.left == 0 && high.from.width == 10 && high.from.top == 493 && high.from.height == 13);
  }
}
END_TEST

/* --- the keys, on images of one size: 3 x 5 x 6, from fake.h --- */

/* The batch is what resample makes of the raw image, divided by 255: a table of floats, so equality is exact. */
static void check_batches(struct data_keys *keys, int augment, int64_t size, int64_t height, int64_t width) {
  static float x[100 * C * 64];
  unsigned char raw[C * 5 * 6], resized[C * 64];
  struct resampler resampler = {0};
  struct fake *fake = fake_create();
  keys->normalise = "none";
  struct data *data = open_with(fake, keys, 1);
  ck_assert_int_eq(data_describe(data)->dims[1], height);
  ck_assert_int_eq(data_describe(data)->dims[2], width);
  struct feeder *feeder =
      feed(data, &(struct feeding){.split = SPLIT_TRAIN, .batch = 30, .augment = augment, .augment_seed = 9});
  struct stream stream = stream_of(9, "resized-crop", 4);
  ck_assert_int_eq(collect(feeder, 4, 0, C * height * width, x, NULL), 100);
  for (int i = 0; i < 100; i++) {
    for (int e = 0; e < C * 30; e++)
      raw[e] = (unsigned char)fake_byte(STRAIT_TRAIN, i, e);
    struct resizing r = augment ? framing_random(&stream, i, 5, 6, height, width)
                                : framing_centre(5, 6, keys->image_resize ? keys->image_resize : 8, size, size);
    ck_assert_int_eq(resample(&resampler, raw, C, 5, 6, &r, resized), STRAIT_OK);
    for (int e = 0; e < C * height * width; e++) {
      int c = e % C, at = e / C;
      ck_assert_float_eq(x[i * C * height * width + e], (float)(resized[c * height * width + at] / 255.));
    }
  }
  resampler_free(&resampler);
  feeder_free(feeder);
  data_free(data);
  fake_free(fake);
}

START_TEST(images_are_resized_on_request) {
  static const char *const words[] = {"resized-crop"};
  struct data_keys keys = default_keys();
  keys.image_size = 7; /* and 8/7 of it first */
  check_batches(&keys, 0, 7, 7, 7);
  keys.image_resize = 7;
  check_batches(&keys, 0, 7, 7, 7);
  keys.augment = (strait_strings){1, words};
  check_batches(&keys, 1, 7, 7, 7);
  keys.image_size = keys.image_resize = 0; /* random parts, at the images' own size */
  check_batches(&keys, 1, 0, 5, 6);
}
END_TEST

START_TEST(sizes_that_make_no_sense_are_refused) {
  static const char *const words[] = {"resized-crop"};
  struct fake *fake = fake_create();
  struct data_keys keys = default_keys();
  keys.image_size = 8;
  keys.image_resize = 7;
  refuses(fake, &keys, STRAIT_EINVAL, "image.resize = 7 is less than image.size = 8");
  keys.image_size = 0;
  refuses(fake, &keys, STRAIT_EINVAL, "needs image.size");
  keys.image_resize = 0;
  fake->split[0].element = fake->split[1].element = STRAIT_F32;
  keys.augment = (strait_strings){1, words};
  refuses(fake, &keys, STRAIT_ENOTSUP, "no images of bytes");
  keys.augment = (strait_strings){0, NULL};
  keys.image_size = 8;
  refuses(fake, &keys, STRAIT_ENOTSUP, "no images of bytes");
  fake_free(fake);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("resample");
  TCase *tests = tcase_create("resample");
  tcase_set_timeout(tests, 120); /* of a run under valgrind */
  tcase_add_test(tests, bytes_are_pillow_s);
  tcase_add_test(tests, the_same_size_is_a_copy);
  tcase_add_test(tests, the_middle_is_torchvision_s);
  tcase_add_test(tests, random_parts_obey_their_bounds);
  tcase_add_test(tests, random_parts_lie_anywhere);
  tcase_add_test(tests, strips_give_their_middle);
  tcase_add_test(tests, images_are_resized_on_request);
  tcase_add_test(tests, sizes_that_make_no_sense_are_refused);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
