libstrait_la_SOURCES += %D%/device.h %D%/random.h %D%/team.h 
