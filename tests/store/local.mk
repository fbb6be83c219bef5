if HAVE_CHECK
check_PROGRAMS += tests/store/test-folder tests/store/test-npz tests/store/test-safetensors
endif
tests_store_test_folder_SOURCES = %D%/test-folder.c
tests_store_test_folder_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_folder_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_npz_SOURCES = %D%/test-npz.c
tests_store_test_npz_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_npz_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_safetensors_SOURCES = %D%/test-safetensors.c
tests_store_test_safetensors_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_safetensors_LDADD = libstrait.la $(CHECK_LIBS)
