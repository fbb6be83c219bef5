libstrait_la_SOURCES += %D%/children.c %D%/children.h %D%/cost.c %D%/cost.h %D%/difference.c %D%/difference.h \
	%D%/fits.c %D%/fits.h %D%/job.c %D%/job.h %D%/key.c %D%/key.h %D%/material.c %D%/material.h %D%/plugins.c \
	%D%/plugins.h %D%/prepare.c %D%/prepare.h %D%/progress.h %D%/record.c %D%/record.h %D%/runner.c %D%/runner.h \
	%D%/session.c %D%/session.h %D%/spent.c %D%/spent.h %D%/splits.c %D%/splits.h %D%/warnings.c %D%/warnings.h %D%/weights.c %D%/weights.h
