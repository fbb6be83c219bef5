# One plugin a file. For models/mlp.c, the plugin model-mlp.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/model-mlp.la
#   plugins_model_mlp_la_SOURCES = %D%/mlp.c
#   plugins_model_mlp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/mlp.c
# (A '-' of the name is a '_' in the second and third.)
