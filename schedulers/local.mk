# One plugin a file. For schedulers/cosine.c, the plugin schedule-cosine.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/schedule-cosine.la
#   plugins_schedule_cosine_la_SOURCES = %D%/cosine.c
#   plugins_schedule_cosine_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/cosine.c
# (A '-' of the name is a '_' in the second and third.)

EXTRA_LTLIBRARIES += plugins/schedule-constant.la
plugins_schedule_constant_la_SOURCES = %D%/constant.c
plugins_schedule_constant_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/constant.c

EXTRA_LTLIBRARIES += plugins/schedule-decay.la
plugins_schedule_decay_la_SOURCES = %D%/decay.c
plugins_schedule_decay_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/decay.c

EXTRA_LTLIBRARIES += plugins/schedule-cosine.la
plugins_schedule_cosine_la_SOURCES = %D%/cosine.c
plugins_schedule_cosine_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/cosine.c

EXTRA_LTLIBRARIES += plugins/schedule-triangle.la
plugins_schedule_triangle_la_SOURCES = %D%/triangle.c
plugins_schedule_triangle_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/triangle.c

EXTRA_LTLIBRARIES += plugins/schedule-exponential.la
plugins_schedule_exponential_la_SOURCES = %D%/exponential.c
plugins_schedule_exponential_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/exponential.c

EXTRA_LTLIBRARIES += plugins/schedule-warmup-cosine.la
plugins_schedule_warmup_cosine_la_SOURCES = %D%/warmup-cosine.c
plugins_schedule_warmup_cosine_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/warmup-cosine.c
