if HAVE_CHECK
check_PROGRAMS += tests/network/test-gradients tests/network/test-random
endif
tests_network_test_gradients_SOURCES = %D%/test-gradients.c %D%/nets.c %D%/nets.h %D%/reference.c
tests_network_test_gradients_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_gradients_LDADD = libstrait.la $(CHECK_LIBS)
tests_network_test_random_SOURCES = %D%/test-random.c %D%/nets.c %D%/nets.h %D%/reference.c
tests_network_test_random_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_random_LDADD = libstrait.la $(CHECK_LIBS)
