# The program as a user sees it. The scripts share lib.sh; the two programs are their tools, and test themselves.
check_PROGRAMS += tests/cli/json-tool tests/cli/tensors
tests_cli_json_tool_SOURCES = %D%/json-tool.c
tests_cli_json_tool_LDADD = libstrait.la
tests_cli_tensors_SOURCES = %D%/tensors.c
tests_cli_tensors_LDADD = libstrait.la
check_PROGRAMS += tests/cli/terminal
tests_cli_terminal_SOURCES = %D%/terminal.c
check_LTLIBRARIES += tests/cli/model-normed.la
tests_cli_model_normed_la_SOURCES = %D%/normed.c
tests_cli_model_normed_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
check_LTLIBRARIES += tests/cli/dataset-table.la
tests_cli_dataset_table_la_SOURCES = examples/plugins/table.c
tests_cli_dataset_table_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
EXTRA_DIST += %D%/lib.sh %D%/torch-check.py
dist_check_SCRIPTS += %D%/run.sh %D%/merge.sh %D%/compare.sh %D%/checks.sh %D%/plan.sh %D%/bytes.sh %D%/children.sh %D%/kill.sh %D%/bad.sh %D%/bench.sh %D%/commands.sh \
	%D%/import.sh %D%/torch.sh
dist_check_SCRIPTS += %D%/new.sh %D%/completion.sh %D%/narrow.sh
dist_check_SCRIPTS += %D%/align.sh %D%/plane.sh %D%/scan.sh %D%/finite.sh %D%/warnings.sh %D%/report.sh %D%/examples.sh
dist_check_SCRIPTS += %D%/members.sh %D%/made.sh %D%/back.sh %D%/limit.sh %D%/places.sh %D%/fits.sh %D%/mishaps.sh
dist_check_SCRIPTS += %D%/stop.sh %D%/submit.sh %D%/shards.sh
EXTRA_DIST += %D%/svg.awk
dist_check_SCRIPTS += %D%/figures.sh
check_LTLIBRARIES += tests/cli/model-recurrent.la
tests_cli_model_recurrent_la_SOURCES = %D%/recurrent.c
tests_cli_model_recurrent_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
dist_check_SCRIPTS += %D%/text.sh
dist_check_SCRIPTS += %D%/include.sh
