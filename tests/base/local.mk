if HAVE_CHECK
check_PROGRAMS += tests/base/test-base tests/base/test-file tests/base/test-limits tests/base/test-reader tests/base/test-text
endif
tests_base_test_base_SOURCES = %D%/test-base.c %D%/scratch.h
tests_base_test_base_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_base_test_base_LDADD = libstrait.la $(CHECK_LIBS)
tests_base_test_file_SOURCES = %D%/test-file.c
tests_base_test_file_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_base_test_file_LDADD = libstrait.la $(CHECK_LIBS)
tests_base_test_limits_SOURCES = %D%/test-limits.c
tests_base_test_limits_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_base_test_limits_LDADD = libstrait.la $(CHECK_LIBS)
tests_base_test_reader_SOURCES = %D%/test-reader.c
tests_base_test_reader_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_base_test_reader_LDADD = libstrait.la $(CHECK_LIBS)
tests_base_test_text_SOURCES = %D%/test-text.c
tests_base_test_text_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_base_test_text_LDADD = libstrait.la $(CHECK_LIBS)
