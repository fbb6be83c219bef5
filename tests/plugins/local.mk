# Plugins for the tests of the binary contract, most of them bad on purpose. -rpath makes shared objects of them; they are
# never installed.
TEST_PLUGIN_LDFLAGS = $(MODULE_FLAGS) -rpath /nowhere

check_LTLIBRARIES += tests/plugins/dataset-services.la
tests_plugins_dataset_services_la_SOURCES = %D%/services.c
tests_plugins_dataset_services_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-good.la
tests_plugins_curve_good_la_SOURCES = %D%/good.c %D%/flat.h
tests_plugins_curve_good_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-noentry.la
tests_plugins_curve_noentry_la_SOURCES = %D%/noentry.c
tests_plugins_curve_noentry_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-future.la
tests_plugins_curve_future_la_SOURCES = %D%/future.c
tests_plugins_curve_future_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-newminor.la
tests_plugins_curve_newminor_la_SOURCES = %D%/newminor.c %D%/flat.h
tests_plugins_curve_newminor_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-short.la
tests_plugins_curve_short_la_SOURCES = %D%/short.c %D%/flat.h
tests_plugins_curve_short_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-newer.la
tests_plugins_curve_newer_la_SOURCES = %D%/newer.c %D%/flat.h
tests_plugins_curve_newer_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-tooshort.la
tests_plugins_curve_tooshort_la_SOURCES = %D%/tooshort.c %D%/flat.h
tests_plugins_curve_tooshort_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-failinit.la
tests_plugins_curve_failinit_la_SOURCES = %D%/failinit.c %D%/flat.h
tests_plugins_curve_failinit_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-crash.la
tests_plugins_curve_crash_la_SOURCES = %D%/crash.c %D%/flat.h
tests_plugins_curve_crash_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-misnamed.la
tests_plugins_curve_misnamed_la_SOURCES = %D%/misnamed.c %D%/flat.h
tests_plugins_curve_misnamed_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-miskind.la
tests_plugins_curve_miskind_la_SOURCES = %D%/miskind.c %D%/flat.h
tests_plugins_curve_miskind_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-width.la
tests_plugins_curve_width_la_SOURCES = %D%/width.c %D%/flat.h
tests_plugins_curve_width_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-bounds.la
tests_plugins_curve_bounds_la_SOURCES = %D%/bounds.c %D%/flat.h
tests_plugins_curve_bounds_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-header.la
tests_plugins_curve_header_la_SOURCES = %D%/header.c %D%/flat.h
tests_plugins_curve_header_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-noops.la
tests_plugins_curve_noops_la_SOURCES = %D%/noops.c %D%/flat.h
tests_plugins_curve_noops_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-nothing.la
tests_plugins_curve_nothing_la_SOURCES = %D%/nothing.c %D%/flat.h
tests_plugins_curve_nothing_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/curve-denormals.la
tests_plugins_curve_denormals_la_SOURCES = %D%/denormals.c %D%/flat.h
tests_plugins_curve_denormals_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

# It has an undefined symbol, so it is linked without -z defs.
check_LTLIBRARIES += tests/plugins/curve-undefined.la
tests_plugins_curve_undefined_la_SOURCES = %D%/undefined.c %D%/flat.h
tests_plugins_curve_undefined_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

# Plugins against the headers as they were in 1.0: only those, whatever AM_CPPFLAGS says.
FROZEN_CPPFLAGS = -I$(srcdir)/%D%/frozen-1.0/include
EXTRA_DIST += %D%/frozen-1.0/README \
	%D%/frozen-1.0/include/strait/curve.h \
	%D%/frozen-1.0/include/strait/dataset.h \
	%D%/frozen-1.0/include/strait/ensembler.h \
	%D%/frozen-1.0/include/strait/host.h \
	%D%/frozen-1.0/include/strait/model.h \
	%D%/frozen-1.0/include/strait/option.h \
	%D%/frozen-1.0/include/strait/plugin.h \
	%D%/frozen-1.0/include/strait/schedule.h \
	%D%/frozen-1.0/include/strait/strait.h \
	%D%/frozen-1.0/include/strait/types.h

check_LTLIBRARIES += tests/plugins/curve-frozen.la
tests_plugins_curve_frozen_la_SOURCES = %D%/frozen-1.0/curve.c
tests_plugins_curve_frozen_la_CPPFLAGS = $(FROZEN_CPPFLAGS)
tests_plugins_curve_frozen_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/model-frozen.la
tests_plugins_model_frozen_la_SOURCES = %D%/frozen-1.0/model.c
tests_plugins_model_frozen_la_CPPFLAGS = $(FROZEN_CPPFLAGS)
tests_plugins_model_frozen_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/dataset-frozen.la
tests_plugins_dataset_frozen_la_SOURCES = %D%/frozen-1.0/dataset.c
tests_plugins_dataset_frozen_la_CPPFLAGS = $(FROZEN_CPPFLAGS)
tests_plugins_dataset_frozen_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/schedule-frozen.la
tests_plugins_schedule_frozen_la_SOURCES = %D%/frozen-1.0/schedule.c
tests_plugins_schedule_frozen_la_CPPFLAGS = $(FROZEN_CPPFLAGS)
tests_plugins_schedule_frozen_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/plugins/ensembler-frozen.la
tests_plugins_ensembler_frozen_la_SOURCES = %D%/frozen-1.0/ensembler.c
tests_plugins_ensembler_frozen_la_CPPFLAGS = $(FROZEN_CPPFLAGS)
tests_plugins_ensembler_frozen_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

if HAVE_CHECK
check_PROGRAMS += tests/plugins/test-frozen
endif
tests_plugins_test_frozen_SOURCES = %D%/test-frozen.c
tests_plugins_test_frozen_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_plugins_test_frozen_LDADD = libstrait.la $(CHECK_LIBS)

dist_check_SCRIPTS += %D%/abidiff.sh %D%/frozen.sh %D%/outside.sh %D%/symbols.sh
