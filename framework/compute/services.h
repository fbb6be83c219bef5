/* compute/services.h: the entries of the host table that compute/ owns. */
#ifndef COMPUTE_SERVICES_H
#define COMPUTE_SERVICES_H

/* Puts random and gemm into host_table(). cpu_create does it; call it where plugins run without a device. */
void compute_host_services(void);

#endif
