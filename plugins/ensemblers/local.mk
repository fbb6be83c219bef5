# One plugin a file. For plugins/ensemblers/fge.c, the plugin ensembler-fge.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/ensembler-fge.la
#   plugins_ensembler_fge_la_SOURCES = %D%/fge.c
#   plugins_ensembler_fge_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/fge.c
# (A '-' of the name is a '_' in the second and third.)
