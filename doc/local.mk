# The manual pages and the completion are made from the program's own tables, and kept in the tree so that a build needs no
# program that runs.
dist_man_MANS += %D%/strait.1 %D%/strait-experiment.5 %D%/strait-plugin.7
EXTRA_DIST += %D%/make-manual.sh %D%/make-completion.sh %D%/strait.1.first %D%/strait.1.last %D%/strait-experiment.5.first \
	%D%/strait-experiment.5.last %D%/strait-plugin.7.text %D%/tutorial
dist_check_SCRIPTS += tests/manual.sh tests/tutorial.sh
update-manual: all
	@$(AM_TESTS_ENVIRONMENT) cd $(srcdir)/doc && $(MKDIR_P) plugins completion && rm -f plugins/*.7 && \
	for page in `sh ./make-manual.sh list "$$STRAIT" .`; do \
	  sh ./make-manual.sh $$page "$$STRAIT" . >$$page.new && mv $$page.new $$page || exit; done
.PHONY: update-manual
dist_doc_DATA = README.md NEWS LICENSE CITATION.cff %D%/architecture.md %D%/results.md

# A page for each plugin, those that are built in too.
man7_MANS = $(PLUGIN_PAGES)
EXTRA_DIST += %D%/plugins

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/completion/strait
