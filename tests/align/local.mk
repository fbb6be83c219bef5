if HAVE_CHECK
check_PROGRAMS += tests/align/test-assign tests/align/test-match
endif
tests_align_test_assign_SOURCES = %D%/test-assign.c
tests_align_test_assign_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_align_test_assign_LDADD = libstrait.la $(CHECK_LIBS)
tests_align_test_match_SOURCES = %D%/test-match.c
tests_align_test_match_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_align_test_match_LDADD = libstrait.la $(CHECK_LIBS)
