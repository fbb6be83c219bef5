# Runs that are killed, starved, and fed what is broken. Each script takes a sample of the faults; make torture takes all.
check_LTLIBRARIES += tests/torture/fault.la
tests_torture_fault_la_SOURCES = %D%/fault.c
tests_torture_fault_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
dist_check_SCRIPTS += %D%/faults.sh %D%/kill.sh %D%/divergence.sh %D%/load.sh %D%/flips.sh %D%/memory.sh
EXTRA_DIST += %D%/all.sh

# What shows the promises of doc/reliability.md. TORTURE= takes some.
TORTURE_TESTS = faults:memory faults:starved faults:memory-later memory kill divergence faults:full faults:broken \
	faults:killed faults:unreadable faults:unreadable-later faults:full-for-good faults:starved-early load flips \
	tests/cli/kill.sh tests/cli/limit.sh tests/cli/made.sh tests/cli/places.sh tests/cli/mishaps.sh tests/cli/fits.sh tests/cli/bad.sh \
	tests/base/test-limits tests/base/test-reader tests/experiment/test-ini tests/plugin/test-options \
	tests/store/test-safetensors tests/store/test-npz tests/store/test-folder tests/store/test-torch \
	tests/store/test-pickle tests/data/test-idx tests/data/test-cifar tests/data/test-imagefolder \
	tests/train/test-checkpoint tests/train/test-resume tests/fuzz/replay
TORTURE_SUITES = lint check-sanitizers check-tsan check-valgrind coverage fuzz
TORTURE = $(TORTURE_TESTS) $(TORTURE_SUITES)
torture: all check-programs
	@failed=0; $(AM_TESTS_ENVIRONMENT) \
	test -z '$(filter-out $(TORTURE_SUITES),$(TORTURE))' || \
	  sh '$(srcdir)/%D%/all.sh' $(filter-out $(TORTURE_SUITES),$(TORTURE)) || failed=1; \
	for suite in $(filter $(TORTURE_SUITES),$(TORTURE)); do \
	  if $(MAKE) $(AM_MAKEFLAGS) $$suite; then echo "== $$suite passed"; else echo "== $$suite FAILED"; failed=1; fi; \
	done; exit $$failed
check-programs: $(check_PROGRAMS) $(check_LTLIBRARIES)
.PHONY: torture check-programs
