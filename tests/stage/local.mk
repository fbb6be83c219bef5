if HAVE_CHECK
check_PROGRAMS += tests/stage/test-ini tests/stage/test-reference tests/stage/test-experiment tests/stage/test-key \
	tests/stage/test-figures tests/stage/test-instance tests/stage/test-verb
endif
tests_stage_test_ini_SOURCES = %D%/test-ini.c
tests_stage_test_ini_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_ini_LDADD = libstrait.la $(CHECK_LIBS)
tests_stage_test_reference_SOURCES = %D%/test-reference.c
tests_stage_test_reference_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_reference_LDADD = libstrait.la $(CHECK_LIBS)
tests_stage_test_experiment_SOURCES = %D%/test-experiment.c
tests_stage_test_experiment_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_experiment_LDADD = libstrait.la $(CHECK_LIBS)
tests_stage_test_key_SOURCES = %D%/test-key.c
tests_stage_test_key_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_key_LDADD = libstrait.la $(CHECK_LIBS)
tests_stage_test_figures_SOURCES = %D%/test-figures.c
tests_stage_test_figures_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_figures_LDADD = libstrait.la $(CHECK_LIBS)
tests_stage_test_instance_SOURCES = %D%/test-instance.c
tests_stage_test_instance_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_instance_LDADD = libstrait.la $(CHECK_LIBS)
tests_stage_test_verb_SOURCES = %D%/test-verb.c
tests_stage_test_verb_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_stage_test_verb_LDADD = libstrait.la $(CHECK_LIBS)
