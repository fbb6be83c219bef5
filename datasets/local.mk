# One plugin a file. For datasets/digits.c, the plugin dataset-digits.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/dataset-digits.la
#   plugins_dataset_digits_la_SOURCES = %D%/digits.c
#   plugins_dataset_digits_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/digits.c
# (A '-' of the name is a '_' in the second and third.)

EXTRA_LTLIBRARIES += plugins/dataset-digits.la
plugins_dataset_digits_la_SOURCES = %D%/digits.c
plugins_dataset_digits_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/digits.c

EXTRA_LTLIBRARIES += plugins/dataset-mnist.la
plugins_dataset_mnist_la_SOURCES = %D%/mnist.c %D%/idx.h
plugins_dataset_mnist_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/mnist.c

EXTRA_LTLIBRARIES += plugins/dataset-fashion-mnist.la
plugins_dataset_fashion_mnist_la_SOURCES = %D%/fashion-mnist.c %D%/idx.h
plugins_dataset_fashion_mnist_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/fashion-mnist.c

EXTRA_LTLIBRARIES += plugins/dataset-cifar10.la
plugins_dataset_cifar10_la_SOURCES = %D%/cifar10.c %D%/cifar.h
plugins_dataset_cifar10_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/cifar10.c

EXTRA_LTLIBRARIES += plugins/dataset-cifar100.la
plugins_dataset_cifar100_la_SOURCES = %D%/cifar100.c %D%/cifar.h
plugins_dataset_cifar100_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/cifar100.c

EXTRA_LTLIBRARIES += plugins/dataset-text.la
plugins_dataset_text_la_SOURCES = %D%/text.c %D%/vocabulary.h
plugins_dataset_text_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/text.c

# imagefolder has libraries of its own.
EXTRA_LTLIBRARIES += plugins/dataset-imagefolder.la
plugins_dataset_imagefolder_la_SOURCES = %D%/imagefolder.c %D%/decode-jpeg.h %D%/decode-png.h %D%/image-size.h
plugins_dataset_imagefolder_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugins_dataset_imagefolder_la_LIBADD = $(IMAGE_LIBS)
EXTRA_libbuiltin_la_SOURCES += %D%/imagefolder.c
AM_CPPFLAGS += $(IMAGE_CPPFLAGS)
libbuiltin_la_LIBADD += $(BUILTIN_LIBS)

# The table of digits, from the published files.
EXTRA_DIST += %D%/digits/README %D%/digits/optdigits.tra %D%/digits/optdigits.tes %D%/digits/rows.awk
CLEANFILES += %D%/digits/rows.h
%D%/digits.lo %D%/libbuiltin_la-digits.lo: %D%/digits/rows.h
%D%/digits/rows.h: %D%/digits/optdigits.tra %D%/digits/optdigits.tes %D%/digits/rows.awk
	$(AM_V_GEN)$(MKDIR_P) %D%/digits && LC_ALL=C $(AWK) -f $(srcdir)/%D%/digits/rows.awk \
		$(srcdir)/%D%/digits/optdigits.tra $(srcdir)/%D%/digits/optdigits.tes >$@.tmp && mv $@.tmp $@
