libstrait_la_SOURCES += %D%/checks.c %D%/checks.h %D%/children.c %D%/children.h %D%/compare.h %D%/compare_figures.c \
	%D%/compare_rows.c %D%/compare_table.c %D%/cost.c %D%/cost.h %D%/difference.c %D%/difference.h \
	%D%/ensemble_figures.c %D%/experiment.c %D%/experiment.h %D%/figures.c %D%/figures.h %D%/fits.c %D%/fits.h \
	%D%/gather.c %D%/gather.h %D%/ini.c %D%/ini.h %D%/instance.c %D%/instance.h %D%/job.c %D%/job.h %D%/join.c \
	%D%/join.h %D%/key.c %D%/key.h %D%/leftovers.c %D%/leftovers.h %D%/material.c %D%/material.h %D%/order.c %D%/order.h \
	%D%/plane_figures.c %D%/plane_table.c %D%/plugins.c %D%/plugins.h %D%/predict.c %D%/predict.h %D%/prepare.c \
	%D%/prepare.h %D%/progress.h %D%/record.c %D%/record.h %D%/refer.c %D%/refer.h %D%/reference.c %D%/reference.h \
	%D%/runner.c %D%/runner.h %D%/saving.c %D%/saving.h %D%/scan_figures.c %D%/scan_results.c %D%/scan_results.h %D%/scan_table.c %D%/session.c \
	%D%/session.h %D%/settings.c %D%/settings.h %D%/settle.c %D%/settle.h %D%/shown.h %D%/spent.c %D%/spent.h \
	%D%/splits.c %D%/splits.h %D%/stages.c %D%/stages.h %D%/sweep_figures.c %D%/sweep_table.c %D%/verb.c %D%/verb.h \
	%D%/verb_compare.c %D%/verb_connect.c %D%/verb_ensemble.c %D%/verb_evaluate.c %D%/verb_plane.c %D%/verb_scan.c \
	%D%/verb_sweep.c %D%/verb_train.c %D%/verbs.c %D%/verbs.h %D%/weights.c %D%/weights.h
