libstrait_la_SOURCES += %D%/arrays.h %D%/document.h %D%/folder.h
