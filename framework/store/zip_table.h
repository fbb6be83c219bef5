/* store/zip_table.h: what the table at an archive's end says and libarchive does not pass on. Only for store/. */
#ifndef STORE_ZIP_TABLE_H
#define STORE_ZIP_TABLE_H

#include <stdint.h>

/* Has an archive of `bytes` bytes members, and 0 as the checksum of each that is not empty? Some programs write 0 for
 * "not computed". A table that cannot be read is an answer too, no: what is wrong is the archive's reader to say. */
int zip_table_without_sums(int fd, uint64_t bytes);

#endif
