libstrait_la_SOURCES += %D%/checkpoint.h %D%/communicator.c %D%/communicator.h %D%/optimiser.h %D%/snapshot.h \
	%D%/training.h
