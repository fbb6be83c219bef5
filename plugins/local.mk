# Kinds that have no folder of their own at the top.
include plugins/ensemblers/local.mk
# The starter projects of `strait new`.
STARTER_FILES = %D%/template/README %D%/template/configure.ac %D%/template/Makefile.am %D%/template/gitignore \
	%D%/template/test.sh %D%/template/model.c %D%/template/model.ini %D%/template/dataset.c %D%/template/dataset.ini \
	%D%/template/curve.c %D%/template/curve.ini %D%/template/schedule.c %D%/template/schedule.ini \
	%D%/template/ensembler.c %D%/template/ensembler.ini
EXTRA_DIST += $(STARTER_FILES) %D%/template/embed.awk
