/* tests/plugin/is-secure.c: prints what the kernel holds of this process: "secure" where it has more rights than who
 * started it, or "plain". For secure.sh, which lends it rights; as a test of its own it only has to run. */
#include <stdio.h>
#include <sys/auxv.h>

int main(void) { return puts(getauxval(AT_SECURE) ? "secure" : "plain") < 0; }
