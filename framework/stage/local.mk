libstrait_la_SOURCES += %D%/ini.c %D%/ini.h %D%/reference.c %D%/reference.h %D%/experiment.c %D%/experiment.h %D%/order.c %D%/instance.c %D%/instance.h \
	%D%/settle.c %D%/settle.h %D%/verb.h %D%/verbs.c %D%/progress.h %D%/session.h %D%/material.c %D%/prepare.c \
	%D%/prepare.h %D%/key.c %D%/cost.c %D%/cost.h %D%/difference.c %D%/job.c %D%/job.h %D%/weights.c %D%/weights.h \
	%D%/predict.c %D%/predict.h %D%/fits.c %D%/gather.c %D%/gather.h %D%/join.c %D%/join.h %D%/record.c %D%/record.h %D%/runner.c %D%/runner.h %D%/scan_results.c %D%/scan_results.h \
	%D%/verb_train.c %D%/verb_connect.c \
	%D%/verb_scan.c %D%/verb_plane.c %D%/verb_ensemble.c %D%/verb_evaluate.c %D%/verb_compare.c %D%/compare.h %D%/compare_rows.c %D%/verb_sweep.c \
	%D%/figures.c %D%/figures.h %D%/checks.c %D%/checks.h %D%/children.c %D%/children.h
