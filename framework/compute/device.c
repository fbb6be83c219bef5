/* compute/device.c: the devices there are, by name. */
#include "compute/device.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "compute/cpu.h"

static const struct {
  const char *name;
  int (*create)(struct device **device, struct team *team, const char *kernels);
  int for_tests;
} devices[] = {{"cpu", cpu_create, 0}, {"guarded", guarded_create, 1}};
#define DEVICES (sizeof devices / sizeof *devices)

static int no_device(const char *name) {
  const char *names[DEVICES], *nearest;
  size_t count = 0;
  for (size_t i = 0; i < DEVICES; i++)
    if (!devices[i].for_tests)
      names[count++] = devices[i].name;
  nearest = text_nearest(name, names, count);
  if (nearest)
    return error_set(STRAIT_EINVAL, "no device \"%s\"; did you mean \"%s\"?", name, nearest);
  return error_set(STRAIT_EINVAL, "no device \"%s\"; there is %s", name, names[0]);
}

int device_known(const char *name) {
  for (size_t i = 0; i < DEVICES; i++)
    if (!devices[i].for_tests && strcmp(devices[i].name, name) == 0)
      return STRAIT_OK;
  return no_device(name);
}

int device_create(struct device **device, const char *name, struct team *team, const char *kernels) {
  *device = NULL;
  for (size_t i = 0; i < DEVICES; i++)
    if (strcmp(devices[i].name, name ? name : devices[0].name) == 0)
      return devices[i].create(device, team, kernels);
  return no_device(name);
}

void device_free(struct device *device) {
  if (device)
    device->ops->free(device);
}
