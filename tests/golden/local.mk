GOLDEN_FILES = %D%/cifarresnet-20.txt %D%/cifarresnet-20-b.txt %D%/convfc.txt %D%/mlp.txt %D%/preresnet-20.txt %D%/preresnet-110.txt %D%/preresnet-164.txt \
	%D%/resnet18.txt %D%/resnet18-cifar.txt %D%/resnet34.txt %D%/resnet50.txt %D%/vgg16.txt %D%/vgg16-bn.txt %D%/vgg19.txt \
	%D%/vgg19-bn.txt %D%/wideresnet-28-10.txt
EXTRA_DIST += %D%/README %D%/make.py %D%/load.py $(GOLDEN_FILES)
dist_check_SCRIPTS += %D%/load.sh
EXTRA_PROGRAMS = tests/golden/write-weights
CLEANFILES += tests/golden/write-weights$(EXEEXT)
tests/golden/load.log: tests/golden/write-weights$(EXEEXT)
tests_golden_write_weights_SOURCES = %D%/write-weights.c %D%/golden.c %D%/golden.h
tests_golden_write_weights_LDADD = libstrait.la

if HAVE_CHECK
check_PROGRAMS += tests/golden/test-golden
endif
tests_golden_test_golden_SOURCES = %D%/test-golden.c %D%/golden.c %D%/golden.h
tests_golden_test_golden_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_golden_test_golden_LDADD = libstrait.la $(CHECK_LIBS)

# `make check-slow` compares the large networks too.
SLOW_TESTS += %D%/all.sh
EXTRA_DIST += %D%/all.sh
check-slow: tests/golden/test-golden$(EXEEXT)
