# One plugin a file. For plugins/ensemblers/fge.c, the plugin ensembler-fge.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/ensembler-fge.la
#   plugins_ensembler_fge_la_SOURCES = %D%/fge.c
#   plugins_ensembler_fge_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/fge.c
# (A '-' of the name is a '_' in the second and third.)

EXTRA_LTLIBRARIES += plugins/ensembler-fge.la
plugins_ensembler_fge_la_SOURCES = %D%/fge.c
plugins_ensembler_fge_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/fge.c

EXTRA_LTLIBRARIES += plugins/ensembler-snapshot.la
plugins_ensembler_snapshot_la_SOURCES = %D%/snapshot.c
plugins_ensembler_snapshot_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/snapshot.c

EXTRA_LTLIBRARIES += plugins/ensembler-independent.la
plugins_ensembler_independent_la_SOURCES = %D%/independent.c
plugins_ensembler_independent_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/independent.c

EXTRA_LTLIBRARIES += plugins/ensembler-swa.la
plugins_ensembler_swa_la_SOURCES = %D%/swa.c
plugins_ensembler_swa_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/swa.c

EXTRA_LTLIBRARIES += plugins/ensembler-pfge.la
plugins_ensembler_pfge_la_SOURCES = %D%/pfge.c
plugins_ensembler_pfge_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/pfge.c

EXTRA_LTLIBRARIES += plugins/ensembler-curve-points.la
plugins_ensembler_curve_points_la_SOURCES = %D%/curve-points.c
plugins_ensembler_curve_points_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/curve-points.c

EXTRA_LTLIBRARIES += plugins/ensembler-ema.la
plugins_ensembler_ema_la_SOURCES = %D%/ema.c
plugins_ensembler_ema_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/ema.c

EXTRA_LTLIBRARIES += plugins/ensembler-swag.la
plugins_ensembler_swag_la_SOURCES = %D%/swag.c
plugins_ensembler_swag_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/swag.c
