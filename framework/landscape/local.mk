libstrait_la_SOURCES += %D%/contents.c %D%/contents.h %D%/curve_npz.c %D%/evaluate.c %D%/evaluate.h %D%/geometry.c %D%/halves.c %D%/halves.h \
	%D%/mixture.c %D%/mixture.h %D%/path.c %D%/path.h %D%/plane.c %D%/plane.h %D%/plane_npz.c %D%/quality.c %D%/quality.h %D%/refine.c %D%/repair.c %D%/repair.h %D%/scan.c %D%/scan.h \
	%D%/statistics.c %D%/supply.c %D%/supply.h
