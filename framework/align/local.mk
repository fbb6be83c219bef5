libstrait_la_SOURCES += %D%/assign.c %D%/assign.h %D%/match.h %D%/match_activations.c %D%/match_weights.c
