if HAVE_CHECK
check_PROGRAMS += tests/network/test-channels tests/network/test-gradients tests/network/test-graph \
	tests/network/test-layers tests/network/test-models tests/network/test-program tests/network/test-random
endif
tests_network_test_gradients_SOURCES = %D%/test-gradients.c %D%/sequences.h %D%/nets.c %D%/nets.h %D%/reference.c
tests_network_test_gradients_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_gradients_LDADD = libstrait.la $(CHECK_LIBS)
tests_network_test_layers_SOURCES = %D%/test-layers.c %D%/sequences.h %D%/nets.c %D%/nets.h %D%/reference.c
tests_network_test_layers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_layers_LDADD = libstrait.la $(CHECK_LIBS)
tests_network_test_random_SOURCES = %D%/test-random.c %D%/nets.c %D%/nets.h %D%/reference.c
tests_network_test_random_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_random_LDADD = libstrait.la $(CHECK_LIBS)
tests_network_test_graph_SOURCES = %D%/test-graph.c %D%/nets.c %D%/nets.h
tests_network_test_graph_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_graph_LDADD = libstrait.la $(CHECK_LIBS)
tests_network_test_program_SOURCES = %D%/test-program.c %D%/leaky.h %D%/nets.c %D%/nets.h %D%/reference.c
tests_network_test_program_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_program_LDADD = libstrait.la $(CHECK_LIBS)
tests_network_test_models_SOURCES = %D%/test-models.c %D%/nets.c %D%/nets.h
tests_network_test_models_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_models_LDADD = libstrait.la $(CHECK_LIBS)
tests_network_test_channels_SOURCES = %D%/test-channels.c %D%/nets.c %D%/nets.h
tests_network_test_channels_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_network_test_channels_LDADD = libstrait.la $(CHECK_LIBS)
