libstrait_la_SOURCES += %D%/ini.c %D%/ini.h
