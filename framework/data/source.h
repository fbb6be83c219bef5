/* data/source.h: a data set plugin's instance, seen from the host: its description, checked, and one sample at a time.
 */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include <strait/dataset.h>

struct source {
  strait_object *object; /* borrowed */
  strait_dataset_ops ops;
  strait_split split[2]; /* STRAIT_TRAIN, STRAIT_TEST: alike but for their counts */
  int64_t elements;      /* numbers in a sample */
  int64_t bytes;         /* of a sample's elements */
};
/* Calls the plugin's open() and describe(), and checks that the host can work with what they say. */
int source_open(struct source *source, strait_object *object);
/* Reads one sample: its elements (source->bytes) as the plugin gives them, channels first, its class, or its real
 * target (classes floats); whichever the target is not may be NULL. Any thread may call it. */
int source_read(const struct source *source, int which, int64_t index, void *elements, int32_t *label, float *target);

#endif
