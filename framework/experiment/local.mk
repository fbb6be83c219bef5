libstrait_la_SOURCES += %D%/compose.c %D%/compose.h %D%/experiment.c %D%/experiment.h %D%/ini.c %D%/ini.h %D%/instance.c %D%/instance.h \
	%D%/leftovers.c %D%/leftovers.h %D%/order.c %D%/order.h %D%/refer.c %D%/refer.h %D%/reference.c %D%/reference.h \
	%D%/settings.c %D%/settings.h %D%/settle.c %D%/settle.h %D%/stages.c %D%/stages.h %D%/verb.c %D%/verb.h \
	%D%/words.c %D%/words.h
