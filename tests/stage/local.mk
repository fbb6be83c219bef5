if HAVE_CHECK
check_PROGRAMS += tests/stage/test-ini
endif
tests_stage_test_ini_SOURCES = %D%/test-ini.c
tests_stage_test_ini_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_ini_LDADD = libstrait.la $(CHECK_LIBS)
