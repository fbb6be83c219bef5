# The manual pages are made from the program's own tables, and kept in the tree so that a build needs no program that runs.
dist_man_MANS += %D%/strait.1 %D%/strait-experiment.5
EXTRA_DIST += %D%/make-manual.sh %D%/strait.1.first %D%/strait.1.last %D%/strait-experiment.5.first %D%/strait-experiment.5.last
dist_check_SCRIPTS += tests/manual.sh
update-manual: all
	$(AM_TESTS_ENVIRONMENT) for page in strait.1 strait-experiment.5; do \
	  sh $(srcdir)/doc/make-manual.sh $$page ./strait $(srcdir)/doc >$(srcdir)/doc/$$page.new && \
	  mv $(srcdir)/doc/$$page.new $(srcdir)/doc/$$page || exit; done
.PHONY: update-manual
dist_doc_DATA = README.md NEWS LICENSE %D%/architecture.md
