/* cli/shape.h: the shape of a sample as it is typed. */
#ifndef CLI_SHAPE_H
#define CLI_SHAPE_H

#include "base/memory.h"
#include "network/network.h"

/* Reads the value of --input, CHANNELSxHEIGHTxWIDTH or FEATURES, as "3x32x32", into the signature's rank and dims. */
int shape_read(struct arena *arena, const char *text, struct signature *signature);

#endif
