/* store/format.h: which format a file of weights has, by what its whole structure says. Only for store/. */
#ifndef STORE_FORMAT_H
#define STORE_FORMAT_H

enum { FORMAT_SAFETENSORS, FORMAT_NPZ, FORMAT_TORCH_ZIP, FORMAT_TORCH_LEGACY, FORMAT_INDEX };

/* STRAIT_EFORMAT or STRAIT_ENOTSUP for any other file: what it is, where that can be told, and what to do. */
int format_find(const char *path, int *format);
/* "safetensors". */
const char *format_name(int format);

#endif
