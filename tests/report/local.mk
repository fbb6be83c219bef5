if HAVE_CHECK
check_PROGRAMS += tests/report/test-contours
endif
tests_report_test_contours_SOURCES = %D%/test-contours.c
tests_report_test_contours_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_report_test_contours_LDADD = libstrait.la $(CHECK_LIBS)
