bin_PROGRAMS += strait
strait_SOURCES = %D%/answer.c %D%/answer.h %D%/arguments.c %D%/arguments.h %D%/bench.c %D%/bench.h %D%/bench_tune.c %D%/bench_tune.h \
	%D%/child.c %D%/child.h %D%/command.h %D%/command_bench.c %D%/command_clean.c %D%/command_describe.c \
	%D%/command_doctor.c %D%/command_export.c %D%/command_import.c %D%/command_list.c %D%/command_new.c \
	%D%/command_plan.c %D%/command_stop.c %D%/command_submit.c %D%/estimate.c %D%/estimate.h %D%/jobs.c %D%/jobs.h %D%/command_plot.c %D%/command_report.c %D%/command_run.c %D%/command_show.c %D%/command_verify.c \
	%D%/main.c %D%/opened.c %D%/opened.h %D%/probe.c %D%/probe.h %D%/program.c %D%/program.h %D%/requeue.c %D%/requeue.h %D%/slurm.c %D%/slurm.h %D%/progress.c %D%/progress.h %D%/shape.c %D%/shape.h \
	%D%/starter.c %D%/starter.h %D%/tables.c %D%/tables.h %D%/topic.c %D%/topic.h %D%/topic_man.c %D%/topic_print.c %D%/trier.c \
	%D%/trier.h
strait_LDADD = libstrait.la

# The starter projects, carried in the program.
AM_CPPFLAGS += -Iframework
CLEANFILES += %D%/starter_files.h
%D%/starter.$(OBJEXT): %D%/starter_files.h
%D%/starter_files.h: $(STARTER_FILES) plugins/template/embed.awk
	$(AM_V_GEN)$(MKDIR_P) %D% && cd $(srcdir) && LC_ALL=C $(AWK) -f plugins/template/embed.awk $(STARTER_FILES) \
		>'$(abs_builddir)/$@.tmp' && mv '$(abs_builddir)/$@.tmp' '$(abs_builddir)/$@'
