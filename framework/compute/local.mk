libstrait_la_SOURCES += %D%/correlate.c %D%/correlate.h %D%/cpu.c %D%/cpu.h \
	%D%/cpu_guarded.c %D%/cpu_loss.c %D%/cpu_vector.c \
	%D%/cpu_winograd.c %D%/cpu_winograd.h %D%/device.c %D%/device.h %D%/gemm.c %D%/gemm.h %D%/gradient.c %D%/gradient.h \
	%D%/kernels.h %D%/kernels_choose.c %D%/operations.h %D%/panels.c %D%/peak.c %D%/peak.h %D%/random.c %D%/random.h %D%/services.c \
	%D%/services.h %D%/team.c %D%/team.h %D%/timed.c %D%/timed.h %D%/tune.c %D%/tune.h

# The vector kernels: one source, a set for each kind of CPU; compute/kernels_choose.c picks one at run time.
noinst_LTLIBRARIES += libkernels-portable.la
libkernels_portable_la_SOURCES = %D%/kernels.c %D%/tiles.c %D%/tiles.h %D%/vectors.h %D%/winograd.c %D%/winograd.h %D%/winograd_kernel.h
libkernels_portable_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERNELS=portable
libkernels_portable_la_CFLAGS = $(AM_CFLAGS)
libstrait_la_LIBADD += libkernels-portable.la
if X86
noinst_LTLIBRARIES += libkernels-avx2.la libkernels-avx512.la
libkernels_avx2_la_SOURCES = %D%/kernels.c %D%/tiles.c %D%/tiles.h %D%/vectors.h %D%/winograd.c %D%/winograd.h %D%/winograd_kernel.h
libkernels_avx2_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERNELS=avx2
libkernels_avx2_la_CFLAGS = $(AM_CFLAGS) -mavx2 -mfma
libkernels_avx512_la_SOURCES = %D%/kernels.c %D%/tiles.c %D%/tiles.h %D%/vectors.h %D%/winograd.c %D%/winograd.h %D%/winograd_kernel.h
libkernels_avx512_la_CPPFLAGS = $(AM_CPPFLAGS) -DKERNELS=avx512
libkernels_avx512_la_CFLAGS = $(AM_CFLAGS) -mavx2 -mfma -mavx512f -mavx512dq -mavx512bw -mavx512vl
libstrait_la_LIBADD += libkernels-avx2.la libkernels-avx512.la
endif
