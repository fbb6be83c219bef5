libstrait_la_SOURCES += %D%/host.h %D%/options.h %D%/registry.h 
