libstrait_la_SOURCES += %D%/network.h %D%/program.h 
