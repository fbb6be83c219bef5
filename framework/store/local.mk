libstrait_la_SOURCES += %D%/arrays.h %D%/document.c %D%/document.h %D%/folder.c %D%/folder.h
