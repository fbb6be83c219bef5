libstrait_la_SOURCES += %D%/training.h 
