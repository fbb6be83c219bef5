# One folder of tests for each folder of the framework. A Check program:
#   check_PROGRAMS += tests/base/test-text
#   tests_base_test_text_SOURCES = %D%/test-text.c
#   tests_base_test_text_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
#   tests_base_test_text_LDADD = libstrait.la $(CHECK_LIBS)
# A script, which gets srcdir, builddir, STRAIT (the program), CC, NM and SANITIZERS from Makefile.am's environment:
#   dist_check_SCRIPTS += %D%/includes.sh %D%/uninstall.sh
TESTS += $(check_PROGRAMS) $(dist_check_SCRIPTS)
dist_check_SCRIPTS += %D%/includes.sh %D%/doors.sh %D%/contracts.sh %D%/examples.sh
include tests/base/local.mk
include tests/plugin/local.mk
include tests/compute/local.mk
include tests/network/local.mk
include tests/data/local.mk
include tests/store/local.mk
include tests/train/local.mk
include tests/align/local.mk
include tests/landscape/local.mk
include tests/report/local.mk
include tests/ensemble/local.mk
include tests/experiment/local.mk
include tests/stage/local.mk
include tests/verbs/local.mk
include tests/cli/local.mk
include tests/slurm/local.mk
include tests/curves/local.mk
include tests/plugins/local.mk
include tests/verify/local.mk
include tests/slow/local.mk
include tests/golden/local.mk
include tests/torture/local.mk
include tests/fuzz/local.mk
