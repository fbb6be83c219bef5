libstrait_la_SOURCES += %D%/combination.c %D%/common.c %D%/curve.c %D%/custom.c %D%/dataset.c %D%/ensembler.c %D%/ensembler.h %D%/gradient.c %D%/law.h %D%/laws.c \
	%D%/model.c %D%/model.h %D%/schedule.c %D%/symbols.c %D%/variants.c %D%/verify.h
