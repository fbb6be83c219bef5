libstrait_la_SOURCES += %D%/evaluate.h %D%/path.h %D%/scan.h 
