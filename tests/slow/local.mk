# Accuracy at scale, in minutes: `make check-slow`. Needs Fashion-MNIST (Debian: dataset-fashion-mnist); skipped without.
SLOW_TESTS = %D%/mlp-rows.sh %D%/fge.sh
EXTRA_DIST += $(SLOW_TESTS) %D%/oracle.py
check-slow: all tests/cli/json-tool
	@$(AM_TESTS_ENVIRONMENT) for t in $(SLOW_TESTS); do echo "== $$t"; sh $(srcdir)/$$t || exit; done
.PHONY: check-slow
