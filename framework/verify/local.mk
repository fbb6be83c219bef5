libstrait_la_SOURCES += %D%/blocks.c %D%/collection.c %D%/combination.c %D%/common.c %D%/curve.c %D%/dataset.c %D%/dataset.h %D%/ensembler.c %D%/ensembler.h %D%/gradient.c %D%/law.h %D%/laws.c \
	%D%/model.c %D%/model.h %D%/operation.c %D%/operation.h %D%/samples.c %D%/schedule.c %D%/slopes.c %D%/statics.c %D%/statics.h %D%/symbols.c %D%/threads.c %D%/variants.c %D%/verify.h
