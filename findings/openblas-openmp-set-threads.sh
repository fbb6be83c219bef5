#!/bin/sh
# OpenBLAS's OpenMP flavour in Debian 13 does not do what openblas_set_num_threads(1) asks for, and says that it does:
# openblas_get_num_threads then returns 1, but the next product starts the threads that OpenMP would use (as many as there
# are CPUs). A program that runs one product per thread of its own then runs CPUs times as many threads as it wants, and
# sums may be cut differently. omp_set_num_threads(1), in each thread that calls a product, is obeyed.
#
# Packages (Debian 13, amd64): libopenblas0-openmp 0.3.29+ds-3, libgomp1 14.2.0-19, libgfortran5 14.2.0-19, libgcc-s1
# 14.2.0-19, libc6 2.41. Release 0.3.21 (Debian 12) obeys.
# Seen, on a machine of 2 CPUs: after openblas_set_num_threads(1): get says 1, after the product 2 threads; with
# omp_set_num_threads(1): 1 thread.
. "$(dirname "$0")/lib.sh"
test "$(nproc)" -gt 1 || cannot 'one CPU only'
packages trixie libopenblas0-openmp=0.3.29+ds-3 libgomp1=14.2.0-19 libgfortran5=14.2.0-19 libgcc-s1=14.2.0-19 libc6
cat >"$folder/threads.c" <<'END'
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
void openblas_set_num_threads(int n);
int openblas_get_num_threads(void);
void omp_set_num_threads(int n);
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
                 int ldb, float beta, float *c, int ldc);
enum { N = 512 };
int main(int argc, char **argv) {
  float *m = calloc(3 * N * N, sizeof *m);
  (void)argv;
  openblas_set_num_threads(1);
  if (argc > 1)
    omp_set_num_threads(1);
  int said = openblas_get_num_threads(), threads = -2; /* . and .. */
  cblas_sgemm(101, 111, 111, N, N, N, 1, m, N, m + N * N, N, 0, m + 2 * N * N, N);
  DIR *tasks = opendir("/proc/self/task");
  while (readdir(tasks))
    threads++;
  printf("%d %d\n", said, threads);
  return 0;
}
END
libraries=$folder/root/usr/lib/x86_64-linux-gnu
cc -o "$folder/threads" "$folder/threads.c" -Wl,--allow-shlib-undefined "$libraries/openblas-openmp/libopenblas.so.0" \
  "$libraries/libgomp.so.1"
unset OMP_NUM_THREADS OPENBLAS_NUM_THREADS GOTO_NUM_THREADS
LIBRARIES=openblas-openmp
plain=$(with_packages "$folder/threads")
asked=$(with_packages "$folder/threads" omp)
echo "after openblas_set_num_threads(1): get says ${plain% *}, after a product ${plain#* } threads"
echo "with omp_set_num_threads(1) too: get says ${asked% *}, after a product ${asked#* } threads"
test "${plain% *}" = 1 && test "${plain#* }" -gt 1 && test "${asked#* }" = 1
