libstrait_la_SOURCES += %D%/data.c %D%/data.h %D%/feeder.c %D%/feeder.h %D%/framing.c %D%/framing.h %D%/internal.h \
	%D%/keys.c %D%/maker.c %D%/maker.h %D%/mixing.c %D%/mixing.h %D%/normal.c %D%/normal.h %D%/order.c %D%/order.h \
	%D%/resample.c %D%/resample.h %D%/shelf.c \
	%D%/shelf.h %D%/source.c %D%/source.h %D%/sweep.c %D%/sweep.h %D%/transform.c %D%/transform.h
