/* compute/gemm.h: matrix products. gemm.c is the only file that calls OpenBLAS. */
#ifndef COMPUTE_GEMM_H
#define COMPUTE_GEMM_H

#include <stdint.h>

/* C = alpha op(A) op(B) + beta C, row-major, on the calling thread alone; with beta 0, C is not read. op(A): (m, k),
 * op(B): (k, n). */
void gemm(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
          const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
/* Keeps OpenBLAS's products on the thread that asks for them: once in the process, and in each thread (with OpenMP the
 * number of threads is the calling thread's own). With POSIX threads OpenBLAS starts its pool when it is loaded: the
 * first ends it. */
void gemm_single_process(void);
void gemm_single_thread(void);

/* OpenBLAS's description of itself: version, threading, the CPU it chose. */
const char *gemm_library(void);

#endif
