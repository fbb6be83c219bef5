/* image-size.h: the height and width in the header of a JPEG or PNG, without decoding it.
 *
 *   PNG (ISO 15948, 11.2.2):    signature of 8 bytes; length, "IHDR", width, height of 4 bytes each
 *   JPEG (ITU-T T.81, B.2.2):   ff d8, then segments: ff, marker, length of 2 bytes with itself in it; that of the
 * frame (markers c0 to cf but c4, c8 and cc): precision of 1 byte, height and width of 2
 */
#include <string.h>

#include <strait/host.h>

/* A file's bytes, in order. */
struct image_head {
  strait_reader *reader;
  unsigned char bytes[1024];
  int64_t count, at;
};

/* The next byte; -1 when there is none. */
static int image_byte(struct image_head *head) {
  if (head->at == head->count) {
    head->count = strait_read(head->reader, head->bytes, sizeof head->bytes);
    head->at = 0;
  }
  return head->at < head->count ? head->bytes[head->at++] : -1;
}

/* The next `count` bytes as a number, the first being the most significant; -1 when they are not there. */
static int64_t image_number(struct image_head *head, int count) {
  int64_t number = 0;
  for (int i = 0; i < count; i++) {
    const int byte = image_byte(head);
    if (byte < 0)
      return -1;
    number = number << 8 | byte;
  }
  return number;
}

static int png_size(struct image_head *head, int64_t *height, int64_t *width) {
  if (image_number(head, 4) != 0x0d0a1a0a || image_number(head, 4) < 0 || image_number(head, 4) != 0x49484452)
    return 0;
  *width = image_number(head, 4);
  *height = image_number(head, 4);
  return *width > 0 && *height > 0;
}

static int jpeg_size(struct image_head *head, int64_t *height, int64_t *width) {
  for (;;) {
    int marker = image_byte(head);
    while (marker == 0xff)
      marker = image_byte(head);
    if (marker < 0 || marker == 0xd9 || marker == 0xda) /* the end, or pixels without a frame */
      return 0;
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) { /* a marker alone */
      if (image_byte(head) != 0xff)
        return 0;
      continue;
    }
    const int64_t length = image_number(head, 2);
    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
      image_byte(head);
      *height = image_number(head, 2);
      *width = image_number(head, 2);
      return *width > 0 && *height > 0;
    }
    for (int64_t i = 2; i < length; i++)
      if (image_byte(head) < 0)
        return 0;
    int byte;
    while ((byte = image_byte(head)) != 0xff) /* bytes between segments are passed over, as libjpeg does */
      if (byte < 0)
        return 0;
  }
}

/* 1 if the file says how large its image is; 0 if not, or if it is no image. */
static int image_size(strait_reader *reader, int64_t *height, int64_t *width) {
  struct image_head head = {.reader = reader};
  const int64_t start = image_number(&head, 3);
  if (start == 0xffd8ff)
    return jpeg_size(&head, height, width);
  return start == 0x89504e && image_byte(&head) == 0x47 && png_size(&head, height, width);
}
