/* plugin/class.h: a plugin's class, checked and copied into our own full-size structs. For this folder alone. */
#ifndef PLUGIN_CLASS_H
#define PLUGIN_CLASS_H

#include <strait/strait.h>

#include "plugin/registry.h"

/* A plugin that is loaded: its class as we keep it, with our copy of its operations. */
struct loaded {
  strait_class cls;
  union {
    strait_model_ops model;
    strait_dataset_ops dataset;
    strait_curve_ops curve;
    strait_schedule_ops schedule;
    strait_ensembler_ops ensembler;
  } ops;
  const char *origin;     /* the file, or "built in" */
  const char *arithmetic; /* what opening it did to the floating-point environment; NULL: nothing */
  int identified;         /* it is what its file promises, operations and all; what may be wrong still is its options */
};

/* The smallest class there is: as far as `ops`; what a shorter one lacks cannot be done without. */
#define CLASS_SIZE_LEAST (offsetof(strait_class, ops) + sizeof(const void *))

/* Checks what a plugin's entry returned, for the kind and name that its file promises, and fills loaded->cls and ops.
 */
int class_take(struct loaded *loaded, const strait_class *theirs, uint32_t kind, const char *name);

#endif
