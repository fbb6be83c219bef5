EXTRA_DIST += %D%/golden-optimisers.py

if HAVE_CHECK
check_PROGRAMS += tests/train/test-optimiser tests/train/test-resume tests/train/test-steps
endif
tests_train_test_optimiser_SOURCES = %D%/test-optimiser.c %D%/golden-optimisers.h tests/curves/objects.h
tests_train_test_optimiser_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_optimiser_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_resume_SOURCES = %D%/test-resume.c %D%/fixture.h tests/curves/objects.h
tests_train_test_resume_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_resume_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_steps_SOURCES = %D%/test-steps.c %D%/fixture.h tests/curves/objects.h
tests_train_test_steps_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_steps_LDADD = libstrait.la $(CHECK_LIBS)
