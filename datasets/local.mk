# One plugin a file. For datasets/digits.c, the plugin dataset-digits.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/dataset-digits.la
#   plugins_dataset_digits_la_SOURCES = %D%/digits.c
#   plugins_dataset_digits_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/digits.c
# (A '-' of the name is a '_' in the second and third.)
