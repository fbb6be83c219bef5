# One plugin a file. For curves/bezier.c, the plugin curve-bezier.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/curve-bezier.la
#   plugins_curve_bezier_la_SOURCES = %D%/bezier.c
#   plugins_curve_bezier_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/bezier.c
# (A '-' of the name is a '_' in the second and third.)

EXTRA_LTLIBRARIES += plugins/curve-polychain.la
plugins_curve_polychain_la_SOURCES = %D%/polychain.c
plugins_curve_polychain_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/polychain.c

EXTRA_LTLIBRARIES += plugins/curve-bezier.la
plugins_curve_bezier_la_SOURCES = %D%/bezier.c
plugins_curve_bezier_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/bezier.c
