examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/digits.ini %D%/quickstart.ini
