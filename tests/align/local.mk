if HAVE_CHECK
check_PROGRAMS += tests/align/test-assign
endif
tests_align_test_assign_SOURCES = %D%/test-assign.c
tests_align_test_assign_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_align_test_assign_LDADD = libstrait.la $(CHECK_LIBS)
