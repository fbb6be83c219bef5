straitincludedir = $(includedir)/strait
straitinclude_HEADERS = %D%/include/strait/curve.h %D%/include/strait/dataset.h %D%/include/strait/ensembler.h \
	%D%/include/strait/host.h %D%/include/strait/model.h %D%/include/strait/option.h %D%/include/strait/plugin.h \
	%D%/include/strait/schedule.h %D%/include/strait/strait.h %D%/include/strait/types.h
