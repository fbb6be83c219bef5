libstrait_la_SOURCES += %D%/align_table.c %D%/checks.c %D%/checks.h %D%/compare.h %D%/compare_figures.c %D%/compare_rows.c \
	%D%/compare_table.c %D%/ensemble_figures.c %D%/gather.c %D%/gather.h %D%/join.c %D%/join.h %D%/line.c %D%/line.h %D%/means.c %D%/means.h %D%/merging.c %D%/merging.h \
	%D%/plane_figures.c %D%/plane_table.c %D%/predict.c %D%/predict.h %D%/saving.c %D%/saving.h %D%/scan_figures.c \
	%D%/scan_results.c %D%/scan_results.h %D%/scan_table.c %D%/shown.h %D%/sweep_figures.c %D%/sweep_table.c \
	%D%/verb_align.c %D%/verb_compare.c %D%/verb_connect.c %D%/verb_ensemble.c %D%/verb_evaluate.c %D%/verb_merge.c %D%/verb_plane.c %D%/verb_scan.c \
	%D%/verb_sweep.c %D%/verb_train.c %D%/verbs.c %D%/verbs.h
libstrait_la_SOURCES += %D%/course.c %D%/course.h %D%/train_figures.c
