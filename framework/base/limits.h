/* base/limits.h: what the machine, a container or a batch system lets this process have. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Both: the least limit of the control groups that `membership` ("/proc/self/cgroup") names, each with all above it, as
 * they are mounted at `mount` ("/sys/fs/cgroup"); version 1 or 2; 1e300 when there is none, or none is to be seen.
 * Kernel documentation: admin-guide/cgroup-v2, memory.max and cpu.max; cgroup-v1/memory, memory.limit_in_bytes;
 * scheduler/sched-bwc, cpu.cfs_quota_us. */

double limits_memory(const char *membership, const char *mount); /* bytes */
double limits_cpus(const char *membership, const char *mount);   /* CPUs' worth of time: 1.5 is one and a half */

/* CPUs that Slurm gave the job on this node, by SLURM_CPUS_ON_NODE (sbatch(1)); 1e300 outside a job. */
double limits_job_cpus(void);
/* Bytes of memory that this process may have: the least of the machine's, its control groups', RLIMIT_AS, RLIMIT_DATA,
 * and of a Slurm job's SLURM_MEM_PER_NODE or SLURM_MEM_PER_CPU. */
double limits_memory_here(void);

#endif
