libstrait_la_SOURCES += %D%/error.c %D%/error.h %D%/extreme.c %D%/extreme.h %D%/faults.c %D%/faults.h %D%/file.c %D%/file.h %D%/hash.c %D%/hash.h %D%/limits.c %D%/limits.h %D%/log.c %D%/log.h \
	%D%/memory.c %D%/memory.h %D%/number.c %D%/reader.c %D%/screen.c %D%/screen.h %D%/stop.c %D%/stop.h %D%/text.c %D%/text.h
