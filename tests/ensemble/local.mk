EXTRA_DIST += %D%/check-members.py
if HAVE_CHECK
check_PROGRAMS += tests/ensemble/test-ensemblers tests/ensemble/test-members tests/ensemble/test-run
endif
tests_ensemble_test_ensemblers_SOURCES = %D%/test-ensemblers.c tests/curves/objects.h
tests_ensemble_test_ensemblers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_ensemble_test_ensemblers_LDADD = libstrait.la $(CHECK_LIBS)
tests_ensemble_test_members_SOURCES = %D%/test-members.c tests/landscape/fixture.h tests/curves/objects.h
tests_ensemble_test_members_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_ensemble_test_members_LDADD = libstrait.la $(CHECK_LIBS)
tests_ensemble_test_run_SOURCES = %D%/test-run.c tests/landscape/fixture.h tests/curves/objects.h
tests_ensemble_test_run_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_ensemble_test_run_LDADD = libstrait.la $(CHECK_LIBS)
