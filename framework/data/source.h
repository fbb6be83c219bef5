/* data/source.h: a data set plugin's instance, seen from the host: its description, checked, and one sample at a time.
 */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include <strait/dataset.h>

struct source {
  strait_object *object; /* borrowed */
  strait_dataset_ops ops;
  strait_split split[3]; /* STRAIT_TRAIN, STRAIT_TEST, and STRAIT_VALIDATION where there is one: alike but for their
                            counts */
  int splits;            /* 3, or 2 */
  int ordered;           /* streams and windows: the samples are places of one long sequence */
  int64_t labels;        /* classes of a sample: 1, or one for each position; 0: the target is real */
  int varies;            /* images of any height and width; the next two are 0 then */
  int64_t elements;      /* numbers in a sample */
  int64_t bytes;         /* of a sample's elements */
};
/* Calls the plugin's open() and describe(), and checks that the host can work with what they say. */
int source_open(struct source *source, strait_object *object);

/* A sample's elements as the plugin gives them, channels first. Where sizes vary, source_read gives it the room it
 * needs (memory_grow), and sets the dimensions. */
struct reading {
  unsigned char *elements;
  size_t capacity; /* bytes: at least source->bytes */
  int64_t height, width;
};
/* Reads one sample, whose numbers must be finite: its elements, and its classes or its real target (classes floats);
 * whichever the target is not may be NULL. Any thread may call it. */
int source_read(const struct source *source, int which, int64_t index, struct reading *reading, int32_t *label,
                float *target);
/* The class alone, by the plugin's label(), which must be there. */
int source_label(const struct source *source, int which, int64_t index, int32_t *label);

#endif
