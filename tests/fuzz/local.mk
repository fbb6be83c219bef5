# The readers of what comes from strangers, fed with small hostile files in make check; `make fuzz` has libFuzzer make more of
# them, FUZZ_SECONDS a target. What it finds goes into seeds/ with the mend.
check_PROGRAMS += tests/fuzz/replay
tests_fuzz_replay_SOURCES = %D%/replay.c %D%/targets.c %D%/targets.h
tests_fuzz_replay_LDADD = libstrait.la
EXTRA_DIST += %D%/fuzzer.c %D%/seeds
EXTRA_PROGRAMS += tests/fuzz/fuzzer
tests_fuzz_fuzzer_SOURCES = %D%/fuzzer.c %D%/targets.c %D%/targets.h
tests_fuzz_fuzzer_LDADD = libstrait.la
tests_fuzz_fuzzer_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
