if HAVE_CHECK
check_PROGRAMS += tests/verbs/test-means tests/verbs/test-merging tests/verbs/test-verb
endif
tests_verbs_test_means_SOURCES = %D%/test-means.c
tests_verbs_test_means_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_verbs_test_means_LDADD = libstrait.la $(CHECK_LIBS)
tests_verbs_test_verb_SOURCES = %D%/test-verb.c
tests_verbs_test_verb_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_verbs_test_verb_LDADD = libstrait.la $(CHECK_LIBS)
tests_verbs_test_merging_SOURCES = %D%/test-merging.c
tests_verbs_test_merging_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_verbs_test_merging_LDADD = libstrait.la $(CHECK_LIBS)
