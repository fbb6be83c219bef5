# A layer: what it is, and what runs it on the CPU. Its row is in framework/compute/operations.h.
libstrait_la_SOURCES += \
	%D%/layer.c %D%/layer.h \
	%D%/conv.c framework/compute/cpu_conv.c \
	%D%/custom.c framework/compute/cpu_custom.c \
	%D%/dropout.c %D%/flatten.c %D%/map.c framework/compute/cpu_map.c \
	%D%/attention.c framework/compute/cpu_attention.c \
	%D%/embedding.c framework/compute/cpu_embedding.c \
	%D%/gelu.c framework/compute/cpu_gelu.c \
	%D%/layer_norm.c framework/compute/cpu_layer_norm.c \
	%D%/linear.c framework/compute/cpu_linear.c \
	%D%/lstm.c framework/compute/cpu_lstm.c \
	%D%/norm.c framework/compute/cpu_norm.c \
	%D%/pool.c framework/compute/cpu_pool.c \
	%D%/positions.c framework/compute/cpu_positions.c \
	%D%/slice.c framework/compute/cpu_slice.c
