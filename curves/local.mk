plugin_LTLIBRARIES += plugins/curve-polychain.la
plugins_curve_polychain_la_SOURCES = %D%/polychain.c
plugins_curve_polychain_la_LDFLAGS = $(PLUGIN_LDFLAGS)
plugin_LTLIBRARIES += plugins/curve-bezier.la
plugins_curve_bezier_la_SOURCES = %D%/bezier.c
plugins_curve_bezier_la_LDFLAGS = $(PLUGIN_LDFLAGS)
