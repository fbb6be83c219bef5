libstrait_la_SOURCES += %D%/members.h %D%/run.h
