libstrait_la_SOURCES += %D%/arrays.h 
