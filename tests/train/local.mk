EXTRA_DIST += %D%/golden-optimisers.py

if HAVE_CHECK
check_PROGRAMS += tests/train/test-checkpoint tests/train/test-optimiser tests/train/test-resume \
	tests/train/test-steps tests/train/test-training tests/train/test-trivial
endif
tests_train_test_checkpoint_SOURCES = %D%/test-checkpoint.c tests/data/sequence.h %D%/fixture.h tests/curves/objects.h
tests_train_test_checkpoint_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_checkpoint_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_optimiser_SOURCES = %D%/test-optimiser.c %D%/golden-optimisers.h tests/curves/objects.h
tests_train_test_optimiser_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_optimiser_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_resume_SOURCES = %D%/test-resume.c %D%/fixture.h tests/curves/objects.h
tests_train_test_resume_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_resume_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_steps_SOURCES = %D%/test-steps.c %D%/fixture.h tests/curves/objects.h
tests_train_test_steps_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_steps_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_training_SOURCES = %D%/test-training.c %D%/fixture.h tests/curves/objects.h
tests_train_test_training_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_training_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_training_LDFLAGS = -Wl,--wrap=memory_alloc
tests_train_test_trivial_SOURCES = %D%/test-trivial.c %D%/fixture.h tests/curves/objects.h
tests_train_test_trivial_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_trivial_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/train/test-objective
endif
tests_train_test_objective_SOURCES = %D%/test-objective.c %D%/fixture.h tests/curves/objects.h
tests_train_test_objective_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_objective_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/train/test-moments tests/train/test-ranks tests/train/test-trainer
endif
tests_train_test_moments_SOURCES = %D%/test-moments.c %D%/fixture.h tests/curves/objects.h
tests_train_test_moments_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_moments_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_trainer_SOURCES = %D%/test-trainer.c %D%/fixture.h tests/curves/objects.h
tests_train_test_trainer_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_train_test_trainer_LDADD = libstrait.la $(CHECK_LIBS)
tests_train_test_ranks_SOURCES = %D%/test-ranks.c %D%/fixture.h tests/curves/objects.h
tests_train_test_ranks_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -pthread
tests_train_test_ranks_LDADD = libstrait.la $(CHECK_LIBS)
