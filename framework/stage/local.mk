libstrait_la_SOURCES += %D%/ini.h
