libstrait_la_SOURCES += %D%/arrays.c %D%/arrays.h %D%/document.c %D%/document.h %D%/elements.c %D%/elements.h \
	%D%/folder.c %D%/folder.h %D%/foreign.c %D%/foreign.h %D%/format.c %D%/format.h %D%/loaded.h %D%/notes.c \
	%D%/notes.h %D%/npy.c %D%/npy.h %D%/npz.c %D%/pickle.c %D%/pickle.h %D%/pickle_machine.c %D%/pickle_machine.h \
	%D%/pickle_value.c %D%/rename.c %D%/rename.h %D%/reparametrised.c %D%/reparametrised.h %D%/safetensors.c %D%/seal.c \
	%D%/seal.h %D%/shards.c %D%/shards.h %D%/torch.h %D%/torch_file.c %D%/torch_objects.c %D%/torch_objects.h \
	%D%/torch_search.c %D%/torch_select.c %D%/torch_tensors.c %D%/torch_write.c %D%/wrappers.c %D%/wrappers.h %D%/zip.c \
	%D%/zip.h %D%/zip_table.c %D%/zip_table.h %D%/zip_writer.c
