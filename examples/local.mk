examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/cifar10-preresnet20.ini %D%/digits.ini %D%/quickstart.ini
