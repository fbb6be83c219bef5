libstrait_la_SOURCES += %D%/evaluate.h %D%/geometry.c %D%/path.c %D%/path.h %D%/scan.h
