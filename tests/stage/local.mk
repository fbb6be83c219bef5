if HAVE_CHECK
check_PROGRAMS += tests/stage/test-key
endif
tests_stage_test_key_SOURCES = %D%/test-key.c
tests_stage_test_key_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_key_LDADD = libstrait.la $(CHECK_LIBS)
