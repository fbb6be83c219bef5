if HAVE_CHECK
check_PROGRAMS += tests/store/test-folder tests/store/test-npz tests/store/test-pickle tests/store/test-rename \
	tests/store/test-safetensors tests/store/test-torch tests/store/test-torch-kinds tests/store/test-torch-made \
	tests/store/test-elements tests/store/test-format tests/store/test-names
endif
EXTRA_DIST += %D%/make-torch-files.py
tests_store_test_folder_SOURCES = %D%/test-folder.c
tests_store_test_folder_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_folder_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_npz_SOURCES = %D%/test-npz.c
tests_store_test_npz_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_npz_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_pickle_SOURCES = %D%/test-pickle.c
tests_store_test_pickle_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_pickle_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_rename_SOURCES = %D%/test-rename.c
tests_store_test_rename_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_rename_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_safetensors_SOURCES = %D%/test-safetensors.c
tests_store_test_safetensors_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_safetensors_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_torch_SOURCES = %D%/test-torch.c %D%/torch-files.h %D%/torch-rig.h
tests_store_test_torch_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_torch_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_torch_made_SOURCES = %D%/test-torch-made.c %D%/torch-rig.h
tests_store_test_torch_made_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_torch_made_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_torch_kinds_SOURCES = %D%/test-torch-kinds.c %D%/torch-rig.h
tests_store_test_torch_kinds_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_torch_kinds_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_elements_SOURCES = %D%/test-elements.c
tests_store_test_elements_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_elements_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_format_SOURCES = %D%/test-format.c %D%/torch-rig.h
tests_store_test_format_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_format_LDADD = libstrait.la $(CHECK_LIBS)
tests_store_test_names_SOURCES = %D%/test-names.c
tests_store_test_names_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_store_test_names_LDADD = libstrait.la $(CHECK_LIBS)
