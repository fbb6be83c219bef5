EXTRA_DIST += %D%/check-curve.py %D%/check-plane.py %D%/reference-names.py %D%/golden-statistics.py

if HAVE_CHECK
check_PROGRAMS += tests/landscape/test-path tests/landscape/test-statistics
endif
tests_landscape_test_path_SOURCES = %D%/test-path.c %D%/fixture.h tests/curves/objects.h
tests_landscape_test_path_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_path_LDADD = libstrait.la $(CHECK_LIBS)
tests_landscape_test_statistics_SOURCES = %D%/test-statistics.c %D%/fixture.h %D%/golden-statistics.h \
	tests/curves/objects.h
tests_landscape_test_statistics_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_statistics_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/landscape/test-evaluate tests/landscape/test-scan
endif
tests_landscape_test_evaluate_SOURCES = %D%/test-evaluate.c %D%/fixture.h %D%/naive.h tests/curves/objects.h
tests_landscape_test_evaluate_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_evaluate_LDADD = libstrait.la $(CHECK_LIBS)
tests_landscape_test_scan_SOURCES = %D%/test-scan.c %D%/fixture.h tests/curves/objects.h
tests_landscape_test_scan_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_scan_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/landscape/test-plane
endif
tests_landscape_test_plane_SOURCES = %D%/test-plane.c %D%/fixture.h tests/curves/objects.h
tests_landscape_test_plane_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_plane_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/landscape/test-quality
endif
tests_landscape_test_quality_SOURCES = %D%/test-quality.c
tests_landscape_test_quality_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_quality_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/landscape/test-refine
endif
tests_landscape_test_refine_SOURCES = %D%/test-refine.c %D%/fixture.h tests/curves/objects.h
tests_landscape_test_refine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_refine_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/landscape/test-streams
endif
tests_landscape_test_streams_SOURCES = %D%/test-streams.c tests/data/sequence.h tests/train/fixture.h tests/network/leaky.h tests/curves/objects.h
tests_landscape_test_streams_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_streams_LDADD = libstrait.la $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += tests/landscape/test-repair
endif
tests_landscape_test_repair_SOURCES = %D%/test-repair.c %D%/fixture.h tests/curves/objects.h
tests_landscape_test_repair_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_landscape_test_repair_LDADD = libstrait.la $(CHECK_LIBS)
