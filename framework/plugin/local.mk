libstrait_la_SOURCES += %D%/arithmetic.h %D%/class.c %D%/class.h %D%/digests.c %D%/digests.h %D%/find.c %D%/find.h %D%/host.c %D%/host.h %D%/loader.c %D%/loader.h \
	%D%/object.c %D%/object.h %D%/options.c %D%/options.h %D%/places.c %D%/places.h %D%/registry.c %D%/registry.h %D%/share.c %D%/share.h \
	%D%/values.c %D%/values.h
