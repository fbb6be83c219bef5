libstrait_la_SOURCES += %D%/error.h %D%/file.h %D%/hash.h %D%/log.h %D%/memory.h %D%/stop.h %D%/text.h 
