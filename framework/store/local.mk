libstrait_la_SOURCES += %D%/arrays.c %D%/arrays.h %D%/document.c %D%/document.h %D%/folder.c %D%/folder.h %D%/loaded.h \
	%D%/npy.c %D%/npy.h %D%/npz.c %D%/pickle.c %D%/pickle.h %D%/pickle_machine.c %D%/pickle_machine.h \
	%D%/pickle_value.c %D%/safetensors.c %D%/zip.c %D%/zip.h
