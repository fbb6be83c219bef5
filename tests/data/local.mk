if HAVE_CHECK
check_PROGRAMS += tests/data/test-keys tests/data/test-transform tests/data/test-feeder
endif
tests_data_test_keys_SOURCES = %D%/test-keys.c %D%/fake.h
tests_data_test_keys_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_keys_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_transform_SOURCES = %D%/test-transform.c %D%/fake.h
tests_data_test_transform_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_transform_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_feeder_SOURCES = %D%/test-feeder.c %D%/fake.h
tests_data_test_feeder_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_feeder_LDADD = libstrait.la $(CHECK_LIBS)
