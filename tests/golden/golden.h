/* tests/golden/golden.h: reads a golden file, builds its network from the plugin it names, fills weights and inputs by
 * the hash that make.py describes. */
#ifndef TESTS_GOLDEN_GOLDEN_H
#define TESTS_GOLDEN_GOLDEN_H

#include "network/network.h"
#include "plugin/registry.h"

struct golden {
  char *text, *next; /* the file; the line that golden_line gives next */
  char model[64];
  struct setting settings[8];
  size_t setting_count;
  struct signature signature;
  int64_t batch, parameters;
  double gain;
  struct registry *registry;
  strait_object *object;
  struct network *network;
};
/* Reads the header and builds the network. */
int golden_open(struct golden *golden, const char *path);
void golden_close(struct golden *golden);
/* The next line, its first word cut off into *word; NULL at the end. */
char *golden_line(struct golden *golden, char **word);

/* Fills a vector of this layout. */
void golden_fill(const struct golden *golden, const struct layout *layout, float *vector);
/* The inputs, (batch, height, width, channels) for images, and the labels. */
void golden_input(const struct golden *golden, float *x, int32_t *labels);

#endif
