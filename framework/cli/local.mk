bin_PROGRAMS += strait
strait_SOURCES = %D%/main.c %D%/command.h %D%/arguments.c %D%/probe.c %D%/probe.h %D%/table.c %D%/table.h %D%/sheet.c %D%/sheet.h %D%/answer.c %D%/answer.h %D%/progress.c \
	%D%/progress.h %D%/results.c %D%/results.h %D%/results_parts.h %D%/results_plane.c %D%/results_scan.c %D%/results_compare.c %D%/command_run.c %D%/command_plan.c %D%/opened.c %D%/opened.h %D%/command_show.c %D%/command_clean.c \
	%D%/command_list.c %D%/topic.c %D%/topic.h %D%/command_describe.c %D%/command_doctor.c \
	%D%/command_bench.c %D%/bench.c %D%/bench.h %D%/bench_tune.c %D%/bench_tune.h %D%/command_import.c %D%/command_export.c %D%/shape.c \
	%D%/shape.h
strait_SOURCES += %D%/child.c %D%/child.h %D%/command_verify.c %D%/trier.c %D%/trier.h
strait_SOURCES += %D%/topic_man.c %D%/command_new.c %D%/starter.c %D%/starter.h
strait_SOURCES += %D%/gnuplot.c %D%/gnuplot.h %D%/figures.c %D%/figures.h %D%/figures_scan.c %D%/figures_plane.c \
	%D%/figures_ensemble.c %D%/figures_compare.c %D%/command_plot.c %D%/command_report.c
strait_LDADD = libstrait.la

# The starter projects, carried in the program.
AM_CPPFLAGS += -Iframework
CLEANFILES += %D%/starter_files.h
%D%/starter.$(OBJEXT): %D%/starter_files.h
%D%/starter_files.h: $(STARTER_FILES) plugins/template/embed.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(srcdir) && LC_ALL=C $(AWK) -f plugins/template/embed.awk $(STARTER_FILES) \
		>'$(abs_builddir)/$@.tmp' && mv '$(abs_builddir)/$@.tmp' '$(abs_builddir)/$@'
