if HAVE_CHECK
check_LTLIBRARIES += librig.la
librig_la_SOURCES = %D%/rig.c %D%/rig.h
librig_la_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)

check_PROGRAMS += %D%/test-random
%C%_test_random_SOURCES = %D%/test-random.c
%C%_test_random_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_random_LDADD = librig.la libstrait.la $(CHECK_LIBS)
check_PROGRAMS += %D%/test-team
%C%_test_team_SOURCES = %D%/test-team.c
%C%_test_team_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_team_LDADD = librig.la libstrait.la $(CHECK_LIBS)
check_PROGRAMS += %D%/test-linear
%C%_test_linear_SOURCES = %D%/test-linear.c
%C%_test_linear_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_linear_LDADD = librig.la libstrait.la $(CHECK_LIBS)
check_PROGRAMS += %D%/test-conv
%C%_test_conv_SOURCES = %D%/test-conv.c
%C%_test_conv_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_conv_LDADD = librig.la libstrait.la $(CHECK_LIBS)
check_PROGRAMS += %D%/test-norm
%C%_test_norm_SOURCES = %D%/test-norm.c
%C%_test_norm_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_norm_LDADD = librig.la libstrait.la $(CHECK_LIBS)
check_PROGRAMS += %D%/test-pool
%C%_test_pool_SOURCES = %D%/test-pool.c
%C%_test_pool_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_pool_LDADD = librig.la libstrait.la $(CHECK_LIBS)
endif
