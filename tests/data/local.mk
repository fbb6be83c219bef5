if HAVE_CHECK
check_PROGRAMS += tests/data/test-keys tests/data/test-transform tests/data/test-feeder tests/data/test-idx \
	tests/data/test-cifar tests/data/test-digits tests/data/test-fashion-mnist tests/data/test-resample tests/data/test-sequence tests/data/test-text
if HAVE_JPEG
if HAVE_PNG
check_PROGRAMS += tests/data/test-imagefolder
endif
endif
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
tests_data_test_sequence_SOURCES = %D%/test-sequence.c %D%/fake.h %D%/sequence.h
tests_data_test_sequence_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_sequence_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_text_SOURCES = %D%/test-text.c %D%/files.h
tests_data_test_text_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_text_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_idx_SOURCES = %D%/test-idx.c %D%/files.h
tests_data_test_idx_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_idx_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_cifar_SOURCES = %D%/test-cifar.c %D%/files.h
tests_data_test_cifar_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_cifar_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_digits_SOURCES = %D%/test-digits.c %D%/files.h
tests_data_test_digits_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_digits_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_fashion_mnist_SOURCES = %D%/test-fashion-mnist.c %D%/files.h
tests_data_test_fashion_mnist_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_fashion_mnist_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_resample_SOURCES = %D%/test-resample.c %D%/fake.h
tests_data_test_resample_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_resample_LDADD = libstrait.la $(CHECK_LIBS)
tests_data_test_imagefolder_SOURCES = %D%/test-imagefolder.c %D%/files.h
tests_data_test_imagefolder_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_data_test_imagefolder_LDADD = libstrait.la $(CHECK_LIBS) $(IMAGE_LIBS)
