/* data/maker.c: the way of a sample from the data set to the batch. */
#include "data/maker.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "data/framing.h"

struct augmenting augmenting_of(const struct feeding *feeding, int64_t epoch) {
  return (struct augmenting){.on = feeding->augment,
                             .shift = stream_of(feeding->augment_seed, "augment", (uint64_t)epoch),
                             .frame = stream_of(feeding->augment_seed, "resized-crop", (uint64_t)epoch)};
}

int maker_create(struct maker *maker, const struct data *data) {
  const struct transform *t = &data->transform;
  const size_t elements = (size_t)(t->channels * t->height * t->width);
  memset(maker, 0, sizeof *maker);
  maker->data = data;
  maker->resized = memory_alloc(elements, (size_t)t->bytes);
  maker->shifted = memory_alloc(elements, (size_t)t->bytes);
  if (!maker->resized || !maker->shifted)
    return STRAIT_ENOMEM;
  if (data->shelf[STRAIT_TRAIN].raw && data->shelf[STRAIT_TEST].raw)
    return STRAIT_OK;
  const size_t labels = (size_t)data->source.labels, reals = labels ? 0 : (size_t)data->description.classes;
  maker->label = memory_alloc(labels, sizeof *maker->label);
  maker->target = memory_alloc(reals, sizeof *maker->target);
  if (!maker->label || !maker->target)
    return STRAIT_ENOMEM;
  return memory_grow(&maker->reading.elements, &maker->reading.capacity, (size_t)data->source.bytes, 1);
}

void maker_free(struct maker *maker) {
  resampler_free(&maker->resampler);
  memory_free(maker->reading.elements);
  memory_free(maker->label);
  memory_free(maker->target);
  memory_free(maker->resized);
  memory_free(maker->shifted);
  memset(maker, 0, sizeof *maker);
}

/* Makes the image as large as the network wants it: a random part in training, the middle otherwise. */
static const unsigned char *resize(struct maker *maker, const unsigned char *raw, const struct stream *frame,
                                   int64_t sample) {
  const struct transform *t = &maker->data->transform;
  const int64_t height = maker->reading.height, width = maker->reading.width;
  const struct resizing resizing = frame ? framing_random(frame, sample, height, width, t->height, t->width)
                                         : framing_centre(height, width, t->shorter, t->height, t->width);
  if (resample(&maker->resampler, raw, t->channels, height, width, &resizing, maker->resized) < 0)
    return NULL;
  return maker->resized;
}

int maker_make(struct maker *maker, struct spot spot, const struct augmenting *augmenting, float *x, void *target) {
  const struct data *data = maker->data;
  const struct shelf *shelf = &data->shelf[spot.which];
  const int64_t sample = data_index(data, spot), classes = data->description.classes, labels = data->source.labels;
  const int cut = augmenting->on && data->resized_crop;
  const unsigned char *raw = data_raw(data, spot, &maker->reading, maker->label, maker->target);
  if (raw && (cut || data->transform.shorter))
    raw = resize(maker, raw, cut ? &augmenting->frame : NULL, sample);
  if (!raw)
    return error_failure();
  if (augmenting->on && (data->crop || data->flip)) {
    struct shift shift = shift_draw(&augmenting->shift, sample, data->crop, data->flip);
    transform_shift(&data->transform, shift, raw, maker->shifted);
    raw = maker->shifted;
  }
  transform_normalise(&data->transform, raw, x);
  if (labels) /* those on the shelf have noise */
    memcpy(target, shelf->label ? shelf->label + spot.place * labels : maker->label, (size_t)labels * sizeof(int32_t));
  else
    memcpy(target, shelf->target + spot.place * classes, (size_t)classes * sizeof *shelf->target);
  return STRAIT_OK;
}
