if HAVE_CHECK
check_PROGRAMS += tests/plugin/test-options tests/plugin/test-registry tests/plugin/test-object tests/plugin/test-mock \
	tests/plugin/test-digests
endif
tests_plugin_test_options_SOURCES = %D%/test-options.c
tests_plugin_test_options_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_plugin_test_options_LDADD = libstrait.la $(CHECK_LIBS)

tests_plugin_test_registry_SOURCES = %D%/test-registry.c
tests_plugin_test_registry_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_plugin_test_registry_LDADD = libstrait.la $(CHECK_LIBS)

tests_plugin_test_object_SOURCES = %D%/test-object.c
tests_plugin_test_object_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_plugin_test_object_LDADD = libstrait.la $(CHECK_LIBS)

tests_plugin_test_mock_SOURCES = %D%/test-mock.c
tests_plugin_test_mock_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_plugin_test_mock_LDADD = $(CHECK_LIBS)

tests_plugin_test_digests_SOURCES = %D%/test-digests.c
tests_plugin_test_digests_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_plugin_test_digests_LDADD = libstrait.la $(CHECK_LIBS)

check_PROGRAMS += tests/plugin/test-abi
tests_plugin_test_abi_SOURCES = %D%/test-abi.c

# The search path of a program with more rights than its caller.
check_PROGRAMS += tests/plugin/is-secure
tests_plugin_is_secure_SOURCES = %D%/is-secure.c
dist_check_SCRIPTS += %D%/secure.sh
