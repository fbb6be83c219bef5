# Runs that are killed, starved, and fed what is broken. Each script takes a sample of the faults; make torture takes all.
check_LTLIBRARIES += tests/torture/fault.la
tests_torture_fault_la_SOURCES = %D%/fault.c
tests_torture_fault_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
dist_check_SCRIPTS += %D%/faults.sh %D%/kill.sh %D%/divergence.sh %D%/load.sh %D%/flips.sh %D%/memory.sh
EXTRA_DIST += %D%/all.sh
