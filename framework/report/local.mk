libstrait_la_SOURCES += %D%/contours.c %D%/contours.h %D%/figures.c %D%/figures.h %D%/gnuplot.c %D%/gnuplot.h %D%/html.c %D%/html.h %D%/networks.c \
	%D%/networks.h %D%/results.c %D%/results.h %D%/sheet.c %D%/sheet.h %D%/table.c %D%/table.h
