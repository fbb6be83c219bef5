libstrait_la_SOURCES += %D%/bind.c %D%/bind.h %D%/channels.c %D%/channels.h %D%/fuse.c %D%/graph.c %D%/graph.h %D%/initialise.c %D%/layout.c \
	%D%/network.c %D%/network.h %D%/permute.c %D%/plan.c %D%/program.c %D%/program.h %D%/shape.c %D%/tape.h
