examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/cifar10-preresnet20.ini %D%/digits.ini %D%/quickstart.ini
# A plugin of each kind, as third parties write them: not built here, but by a test.
examplepluginsdir = $(examplesdir)/plugins
dist_exampleplugins_DATA = %D%/plugins/cubic.c %D%/plugins/gated.c %D%/plugins/table.c %D%/plugins/restarts.c \
	%D%/plugins/ema.c %D%/plugins/five.ini
