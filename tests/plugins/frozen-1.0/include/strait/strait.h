/* strait/strait.h: everything a plugin may include. One of the kind's own headers is enough. */
#ifndef STRAIT_STRAIT_H
#define STRAIT_STRAIT_H

#include <strait/curve.h>
#include <strait/dataset.h>
#include <strait/ensembler.h>
#include <strait/host.h>
#include <strait/model.h>
#include <strait/option.h>
#include <strait/plugin.h>
#include <strait/schedule.h>
#include <strait/types.h>

#endif
