check_PROGRAMS += tests/plugin/test-options
tests_plugin_test_options_SOURCES = %D%/test-options.c
tests_plugin_test_options_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_plugin_test_options_LDADD = libstrait.la $(CHECK_LIBS)
