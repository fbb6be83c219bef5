check_LTLIBRARIES += tests/curves/curve-catmull-rom.la tests/curves/curve-trivial.la
tests_curves_curve_catmull_rom_la_SOURCES = %D%/catmull-rom.c
tests_curves_curve_catmull_rom_la_LDFLAGS = $(PLUGIN_LDFLAGS)
tests_curves_curve_trivial_la_SOURCES = %D%/trivial.c
tests_curves_curve_trivial_la_LDFLAGS = $(PLUGIN_LDFLAGS)

if HAVE_CHECK
check_PROGRAMS += tests/curves/test-curves tests/curves/test-schedules
endif
tests_curves_test_curves_SOURCES = %D%/test-curves.c %D%/objects.h
tests_curves_test_curves_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_curves_test_curves_LDADD = libstrait.la $(CHECK_LIBS)
tests_curves_test_schedules_SOURCES = %D%/test-schedules.c %D%/objects.h
tests_curves_test_schedules_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_curves_test_schedules_LDADD = libstrait.la $(CHECK_LIBS)
