# The conformance laws. For each law a plugin that breaks it and no other: KIND-LAW.c, or another word where a law can be
# broken in several ways; bad.sh says which. Sound ones are all of the tree's own (tree.sh).
EXTRA_DIST += %D%/curve.h %D%/dataset.h %D%/ensembler.h %D%/model.h %D%/schedule.h
dist_check_SCRIPTS += %D%/bad.sh %D%/tree.sh %D%/command.sh

check_LTLIBRARIES += tests/verify/curve-aborts.la
tests_verify_curve_aborts_la_SOURCES = %D%/curve-aborts.c %D%/curve.h
tests_verify_curve_aborts_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-arithmetic.la
tests_verify_curve_arithmetic_la_SOURCES = %D%/curve-arithmetic.c %D%/curve.h
tests_verify_curve_arithmetic_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-crashes.la
tests_verify_curve_crashes_la_SOURCES = %D%/curve-crashes.c %D%/curve.h
tests_verify_curve_crashes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-defaults.la
tests_verify_curve_defaults_la_SOURCES = %D%/curve-defaults.c %D%/curve.h
tests_verify_curve_defaults_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-derivatives.la
tests_verify_curve_derivatives_la_SOURCES = %D%/curve-derivatives.c %D%/curve.h
tests_verify_curve_derivatives_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-ends.la
tests_verify_curve_ends_la_SOURCES = %D%/curve-ends.c %D%/curve.h
tests_verify_curve_ends_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-exits.la
tests_verify_curve_exits_la_SOURCES = %D%/curve-exits.c %D%/curve.h
tests_verify_curve_exits_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-finite.la
tests_verify_curve_finite_la_SOURCES = %D%/curve-finite.c %D%/curve.h
tests_verify_curve_finite_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-hangs.la
tests_verify_curve_hangs_la_SOURCES = %D%/curve-hangs.c %D%/curve.h
tests_verify_curve_hangs_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-instances.la
tests_verify_curve_instances_la_SOURCES = %D%/curve-instances.c %D%/curve.h
tests_verify_curve_instances_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-leaks.la
tests_verify_curve_leaks_la_SOURCES = %D%/curve-leaks.c %D%/curve.h
tests_verify_curve_leaks_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-limits.la
tests_verify_curve_limits_la_SOURCES = %D%/curve-limits.c %D%/curve.h
tests_verify_curve_limits_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-points.la
tests_verify_curve_points_la_SOURCES = %D%/curve-points.c %D%/curve.h
tests_verify_curve_points_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-pure.la
tests_verify_curve_pure_la_SOURCES = %D%/curve-pure.c %D%/curve.h
tests_verify_curve_pure_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-silence.la
tests_verify_curve_silence_la_SOURCES = %D%/curve-silence.c %D%/curve.h
tests_verify_curve_silence_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-sum.la
tests_verify_curve_sum_la_SOURCES = %D%/curve-sum.c %D%/curve.h
tests_verify_curve_sum_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/curve-symbol.la
tests_verify_curve_symbol_la_SOURCES = %D%/curve-symbol.c %D%/curve.h
tests_verify_curve_symbol_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-behind.la
tests_verify_dataset_behind_la_SOURCES = %D%/dataset-behind.c %D%/dataset.h
tests_verify_dataset_behind_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-counts.la
tests_verify_dataset_counts_la_SOURCES = %D%/dataset-counts.c %D%/dataset.h
tests_verify_dataset_counts_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-labels.la
tests_verify_dataset_labels_la_SOURCES = %D%/dataset-labels.c %D%/dataset.h
tests_verify_dataset_labels_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-opens.la
tests_verify_dataset_opens_la_SOURCES = %D%/dataset-opens.c %D%/dataset.h
tests_verify_dataset_opens_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-rereading.la
tests_verify_dataset_rereading_la_SOURCES = %D%/dataset-rereading.c %D%/dataset.h
tests_verify_dataset_rereading_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/dataset-shapes.la
tests_verify_dataset_shapes_la_SOURCES = %D%/dataset-shapes.c %D%/dataset.h
tests_verify_dataset_shapes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-ends.la
tests_verify_ensembler_ends_la_SOURCES = %D%/ensembler-ends.c %D%/ensembler.h
tests_verify_ensembler_ends_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-members.la
tests_verify_ensembler_members_la_SOURCES = %D%/ensembler-members.c %D%/ensembler.h
tests_verify_ensembler_members_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-order.la
tests_verify_ensembler_order_la_SOURCES = %D%/ensembler-order.c %D%/ensembler.h
tests_verify_ensembler_order_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-pure.la
tests_verify_ensembler_pure_la_SOURCES = %D%/ensembler-pure.c %D%/ensembler.h
tests_verify_ensembler_pure_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-refusals.la
tests_verify_ensembler_refusals_la_SOURCES = %D%/ensembler-refusals.c %D%/ensembler.h
tests_verify_ensembler_refusals_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-slots.la
tests_verify_ensembler_slots_la_SOURCES = %D%/ensembler-slots.c %D%/ensembler.h
tests_verify_ensembler_slots_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/ensembler-sum.la
tests_verify_ensembler_sum_la_SOURCES = %D%/ensembler-sum.c %D%/ensembler.h
tests_verify_ensembler_sum_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-builds.la
tests_verify_model_builds_la_SOURCES = %D%/model-builds.c %D%/model.h
tests_verify_model_builds_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-gradient.la
tests_verify_model_gradient_la_SOURCES = %D%/model-gradient.c %D%/model.h
tests_verify_model_gradient_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-shapes.la
tests_verify_model_shapes_la_SOURCES = %D%/model-shapes.c %D%/model.h
tests_verify_model_shapes_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-twice.la
tests_verify_model_twice_la_SOURCES = %D%/model-twice.c %D%/model.h
tests_verify_model_twice_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/model-unsaid.la
tests_verify_model_unsaid_la_SOURCES = %D%/model-unsaid.c %D%/model.h
tests_verify_model_unsaid_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-finite.la
tests_verify_schedule_finite_la_SOURCES = %D%/schedule-finite.c %D%/schedule.h
tests_verify_schedule_finite_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-horizons.la
tests_verify_schedule_horizons_la_SOURCES = %D%/schedule-horizons.c %D%/schedule.h
tests_verify_schedule_horizons_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-moments.la
tests_verify_schedule_moments_la_SOURCES = %D%/schedule-moments.c %D%/schedule.h
tests_verify_schedule_moments_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-positive.la
tests_verify_schedule_positive_la_SOURCES = %D%/schedule-positive.c %D%/schedule.h
tests_verify_schedule_positive_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)

check_LTLIBRARIES += tests/verify/schedule-pure.la
tests_verify_schedule_pure_la_SOURCES = %D%/schedule-pure.c %D%/schedule.h
tests_verify_schedule_pure_la_LDFLAGS = $(TEST_PLUGIN_LDFLAGS)
