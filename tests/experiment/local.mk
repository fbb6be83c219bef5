if HAVE_CHECK
check_PROGRAMS += tests/experiment/test-ini tests/experiment/test-reference tests/experiment/test-experiment tests/experiment/test-instance
endif
tests_experiment_test_ini_SOURCES = %D%/test-ini.c
tests_experiment_test_ini_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_experiment_test_ini_LDADD = libstrait.la $(CHECK_LIBS)
tests_experiment_test_reference_SOURCES = %D%/test-reference.c
tests_experiment_test_reference_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_experiment_test_reference_LDADD = libstrait.la $(CHECK_LIBS)
tests_experiment_test_experiment_SOURCES = %D%/test-experiment.c
tests_experiment_test_experiment_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_experiment_test_experiment_LDADD = libstrait.la $(CHECK_LIBS)
tests_experiment_test_instance_SOURCES = %D%/test-instance.c
tests_experiment_test_instance_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_experiment_test_instance_LDADD = libstrait.la $(CHECK_LIBS)
