/* compute/gemm.c: matrix products by OpenBLAS, on the calling thread. */
#include <cblas.h>
#include <dlfcn.h>

#include "compute/gemm.h"

/* Exported by OpenBLAS, in no header of it: ends the threads that its pthread flavour starts when it is loaded. */
extern int blas_thread_shutdown_(void) __attribute__((weak));

enum { SEQUENTIAL, PTHREADS, OPENMP }; /* what openblas_get_parallel returns */

void gemm(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
          const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
  if (m <= 0 || n <= 0)
    return;
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              (blasint)m, (blasint)n, (blasint)k, alpha, a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

void gemm_single_process(void) {
  openblas_set_num_threads(1);
  if (openblas_get_parallel() == PTHREADS && blas_thread_shutdown_)
    blas_thread_shutdown_();
}

/* OpenMP's flavour asks OpenMP for the number of threads, which each thread has for itself. OpenBLAS 0.3.29's
 * openblas_set_num_threads (Debian 13) does not pass the number on to OpenMP; 0.3.21 and 0.3.34 do. libgomp came with
 * the library, so it is not linked. */
void gemm_single_thread(void) {
  if (openblas_get_parallel() != OPENMP)
    return;
  openblas_set_num_threads(1);
  void (*set_threads)(int);
  *(void **)&set_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set_threads)
    set_threads(1);
}

const char *gemm_library(void) { return openblas_get_config(); }
