libstrait_la_SOURCES += %D%/checkpoint.c %D%/checkpoint.h %D%/communicator.c %D%/communicator.h %D%/match.c %D%/match.h \
	%D%/optimiser.c %D%/optimiser.h %D%/objective.c %D%/objective.h %D%/several.c %D%/snapshot.c %D%/snapshot.h %D%/training.c %D%/training.h %D%/training_inside.h
