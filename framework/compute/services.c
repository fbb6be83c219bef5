/* compute/services.c: random numbers and matrix products for plugins. */
#include "base/error.h"
#include "compute/gemm.h"
#include "compute/random.h"
#include "compute/services.h"
#include "plugin/host.h"
#include "plugin/registry.h"

static void service_random(const void *self, const char *purpose, uint64_t index, uint32_t bits[4]) {
  struct stream stream = stream_of(object_seed(self), purpose, index);
  stream_bits(&stream, 0, bits);
}

static int32_t service_gemm(const void *self, int32_t transpose_a, int32_t transpose_b, int64_t m, int64_t n, int64_t k,
                            float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                            int64_t ldc) {
  (void)self;
  const int64_t a_least = transpose_a ? m : k, b_least = transpose_b ? k : n, limit = INT32_MAX;
  if (m < 0 || n < 0 || k < 0 || m > limit || n > limit || k > limit || lda > limit || ldb > limit || ldc > limit)
    return error_set(STRAIT_EINVAL, "gemm: sizes must be from 0 to %lld", (long long)limit);
  if (lda < a_least || lda < 1 || ldb < b_least || ldb < 1 || ldc < n || ldc < 1)
    return error_set(STRAIT_EINVAL, "gemm: lda, ldb and ldc must be at least the rows' lengths %lld, %lld and %lld",
                     (long long)a_least, (long long)b_least, (long long)n);
  gemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  return STRAIT_OK;
}

void compute_host_services(void) {
  host_table()->random = service_random;
  host_table()->gemm = service_gemm;
}
