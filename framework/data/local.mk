libstrait_la_SOURCES += %D%/data.c %D%/data.h %D%/feeder.c %D%/feeder.h %D%/internal.h %D%/keys.c %D%/normal.c %D%/normal.h \
	%D%/shelf.c %D%/shelf.h %D%/source.c %D%/source.h %D%/transform.c %D%/transform.h
