libstrait_la_SOURCES += %D%/combine.c %D%/greedy.c %D%/members.c %D%/members.h %D%/plan.c %D%/rehearse.c %D%/run.c %D%/run.h %D%/state.c \
	%D%/state.h
