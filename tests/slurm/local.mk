# A Slurm of one node in a temporary folder, and strait submit in it; see check.sh. Needs the Debian packages of
# SLURM_PACKAGES. LONG=yes takes the whole.
EXTRA_DIST += %D%/check.sh %D%/node.sh
SLURM_PACKAGES = slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge
check-slurm: all tests/cli/json-tool tests/cli/tensors tests/cli/model-normed.la
	@$(AM_TESTS_ENVIRONMENT) sh '$(srcdir)/tests/slurm/check.sh' || \
	{ test $$? = 77 && echo 'not tried; it needs Slurm: $(SLURM_PACKAGES)'; exit 1; }
.PHONY: check-slurm
