/* Bad: a shared object without an entry. */
#include <strait/types.h>

STRAIT_EXPORT int strait_something_else(void);
int strait_something_else(void) { return 1; }
