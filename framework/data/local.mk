libstrait_la_SOURCES += %D%/data.h %D%/feeder.h 
