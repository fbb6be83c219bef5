libstrait_la_SOURCES += %D%/assign.c %D%/assign.h
