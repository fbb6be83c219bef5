/* base/limits.h: what a container lets this process have. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* The least limit on memory, in bytes, of the control groups that `membership` ("/proc/self/cgroup") names, each with all
 * above it, as they are mounted at `mount` ("/sys/fs/cgroup"); version 1 or 2; 1e300 when there is none, or none is to be
 * seen. Kernel documentation: admin-guide/cgroup-v2, memory.max; cgroup-v1/memory, memory.limit_in_bytes. */
double limits_memory(const char *membership, const char *mount);

#endif
