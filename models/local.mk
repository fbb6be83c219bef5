# One plugin a file. For models/mlp.c, the plugin model-mlp.so, these four lines, and nothing anywhere else:
#   EXTRA_LTLIBRARIES += plugins/model-mlp.la
#   plugins_model_mlp_la_SOURCES = %D%/mlp.c
#   plugins_model_mlp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
#   EXTRA_libbuiltin_la_SOURCES += %D%/mlp.c
# (A '-' of the name is a '_' in the second and third.)

EXTRA_LTLIBRARIES += plugins/model-mlp.la
plugins_model_mlp_la_SOURCES = %D%/mlp.c
plugins_model_mlp_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/mlp.c

EXTRA_LTLIBRARIES += plugins/model-convfc.la
plugins_model_convfc_la_SOURCES = %D%/convfc.c
plugins_model_convfc_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/convfc.c

EXTRA_LTLIBRARIES += plugins/model-preresnet.la
plugins_model_preresnet_la_SOURCES = %D%/preresnet.c
plugins_model_preresnet_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/preresnet.c

EXTRA_LTLIBRARIES += plugins/model-vgg.la
plugins_model_vgg_la_SOURCES = %D%/vgg.c
plugins_model_vgg_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/vgg.c

EXTRA_LTLIBRARIES += plugins/model-wideresnet.la
plugins_model_wideresnet_la_SOURCES = %D%/wideresnet.c
plugins_model_wideresnet_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/wideresnet.c

EXTRA_LTLIBRARIES += plugins/model-resnet.la
plugins_model_resnet_la_SOURCES = %D%/resnet.c
plugins_model_resnet_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/resnet.c

EXTRA_LTLIBRARIES += plugins/model-cifarresnet.la
plugins_model_cifarresnet_la_SOURCES = %D%/cifarresnet.c
plugins_model_cifarresnet_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/cifarresnet.c

EXTRA_LTLIBRARIES += plugins/model-lstm.la
plugins_model_lstm_la_SOURCES = %D%/lstm.c
plugins_model_lstm_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/lstm.c

EXTRA_LTLIBRARIES += plugins/model-gpt.la
plugins_model_gpt_la_SOURCES = %D%/gpt.c
plugins_model_gpt_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/gpt.c

EXTRA_LTLIBRARIES += plugins/model-vit.la
plugins_model_vit_la_SOURCES = %D%/vit.c
plugins_model_vit_la_LDFLAGS = $(PLUGIN_LDFLAGS)
EXTRA_libbuiltin_la_SOURCES += %D%/vit.c
