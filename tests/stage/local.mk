if HAVE_CHECK
check_PROGRAMS += tests/stage/test-key tests/stage/test-weights
endif
tests_stage_test_key_SOURCES = %D%/test-key.c
tests_stage_test_key_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_key_LDADD = libstrait.la $(CHECK_LIBS)
tests_stage_test_weights_SOURCES = %D%/test-weights.c
tests_stage_test_weights_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_weights_LDADD = libstrait.la $(CHECK_LIBS)
