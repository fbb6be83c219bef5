libstrait_la_SOURCES += %D%/curve_npz.c %D%/evaluate.c %D%/evaluate.h %D%/geometry.c %D%/path.c %D%/path.h \
	%D%/scan.c %D%/scan.h %D%/statistics.c %D%/supply.c %D%/supply.h
