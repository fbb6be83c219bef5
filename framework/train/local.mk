libstrait_la_SOURCES += %D%/checkpoint.c %D%/checkpoint.h %D%/communicator.c %D%/communicator.h %D%/match.c %D%/match.h \
	%D%/moments.c %D%/moments.h %D%/objective.c %D%/objective.h %D%/optimiser.c %D%/optimiser.h %D%/several.c %D%/shards.c \
	%D%/snapshot.c %D%/snapshot.h %D%/trainer.c %D%/trainer.h %D%/training.c %D%/training.h %D%/training_inside.h
